import ClinicalTree
import Definitions

// The operators with two operands (section 6).

extension Machine {
  mutating func binary(
    _ symbol: BinaryOperator, _ left: Int32, _ right: Int32, _ operation: Int32
  ) throws(FHIRPathError) {
    let scope = program.definesVariables ? variables : [:]
    let start = try result(of: left)
    if program.definesVariables { variables = scope }
    let middle = try result(of: right)
    if program.definesVariables { variables = scope }
    let (a, b) = (start..<middle, middle..<stack.count)
    let answer: Bool?
    switch symbol {
    case .union: return try removeDuplicates(from: start, operation)
    case .equal:
      try charge(operation, by: a.count)
      answer = equal(a, b)
    case .notEqual:
      try charge(operation, by: a.count)
      answer = equal(a, b).map { !$0 }
    case .equivalent: answer = try equivalent(a, b, operation)
    case .notEquivalent: answer = try !equivalent(a, b, operation)
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      answer = try compared(symbol, start, middle, operation)
    case .in: answer = try isIn(a, b, operation)
    case .contains: answer = try isIn(b, a, operation)
    default: return try arithmetic(symbol, start, middle, operation)
    }
    drop(to: start)
    push(answer)
  }

  private func pair(_ start: Int, _ middle: Int, _ operation: Int32) throws(FHIRPathError)
    -> (Item?, Item?)
  {
    guard middle - start <= 1, stack.count - middle <= 1 else {
      throw fault(.notSingle, "several items where one is allowed", operation)
    }
    return (middle > start ? stack[start] : nil, stack.count > middle ? stack[middle] : nil)
  }

  private mutating func compared(
    _ symbol: BinaryOperator, _ start: Int, _ middle: Int, _ operation: Int32
  ) throws(FHIRPathError) -> Bool? {
    guard case (let a?, let b?) = try pair(start, middle, operation) else { return nil }
    guard let order = try order(a, b, operation) else { return nil }
    switch symbol {
    case .less: return order < 0
    case .lessOrEqual: return order <= 0
    case .greater: return order > 0
    default: return order >= 0
    }
  }

  private mutating func isIn(_ item: Range<Int>, _ list: Range<Int>, _ operation: Int32)
    throws(FHIRPathError) -> Bool?
  {
    guard item.count <= 1 else {
      throw fault(.notSingle, "several items where one is allowed", operation)
    }
    guard !item.isEmpty else { return nil }
    try charge(operation, by: list.count)
    for place in list where equal(stack[item.lowerBound], stack[place]) == true { return true }
    return false
  }

  // MARK: Arithmetic

  private mutating func arithmetic(
    _ symbol: BinaryOperator, _ start: Int, _ middle: Int, _ operation: Int32
  ) throws(FHIRPathError) {
    let (first, second) = try pair(start, middle, operation)
    let a = first.flatMap { value(of: $0) }
    let b = second.flatMap { value(of: $0) }
    drop(to: start)
    if symbol == .concatenate {
      return stack.append(
        .string(arena.join(try text(a, operation), try text(b, operation))))
    }
    guard let a, let b else { return }
    if let made = try calculate(symbol, a, b, operation) { stack.append(made) }
  }

  /// A text operand of `&`, for which nothing is the empty text.
  private func text(_ item: Item?, _ operation: Int32) throws(FHIRPathError) -> Text {
    switch item {
    case nil: return .empty
    case .string(let text)?: return text
    case .some(let item):
      guard let text = asString(item) else {
        throw fault(.wrongType, "& joins texts", operation)
      }
      return arena.copy(text)
    }
  }

  mutating func calculate(
    _ symbol: BinaryOperator, _ a: Item, _ b: Item, _ operation: Int32
  ) throws(FHIRPathError) -> Item? {
    if case .integer(let x) = a, case .integer(let y) = b, symbol != .divide {
      return integers(symbol, x, y)
    }
    if let x = number(a), let y = number(b) {
      guard let result = ExactDecimal.calculate(symbol, x, y) else { return nil }
      if symbol == .div { return result.integer.map { .integer($0) } }
      return decimal(result)
    }
    if case .string(let x) = a, case .string(let y) = b, symbol == .add {
      return .string(arena.join(x, y))
    }
    let quantityB = asQuantity(b)
    if let left = temporal(a), case .quantity(let number)? = quantityB,
      symbol == .add || symbol == .subtract
    {
      return try shift(left, by: quantities[Int(number)], symbol == .subtract, operation)
    }
    if let result = try quantities(symbol, a, b, operation) { return result }
    throw fault(.wrongType, "\(symbol.rawValue) does not take these types", operation)
  }

  private func integers(_ symbol: BinaryOperator, _ x: Int, _ y: Int) -> Item? {
    let result: (partialValue: Int, overflow: Bool)
    switch symbol {
    case .add: result = x.addingReportingOverflow(y)
    case .subtract: result = x.subtractingReportingOverflow(y)
    case .multiply: result = x.multipliedReportingOverflow(by: y)
    case .div: result = x.dividedReportingOverflow(by: y)
    default: result = x.remainderReportingOverflow(dividingBy: y)
    }
    return result.overflow ? nil : .integer(result.partialValue)
  }

  /// Arithmetic of quantities, and of a quantity and a number.
  private mutating func quantities(
    _ symbol: BinaryOperator, _ a: Item, _ b: Item, _ operation: Int32
  ) throws(FHIRPathError) -> Item? {
    func part(_ item: Item, _ machine: inout Machine) -> PathQuantity? {
      if let number = machine.number(item) {
        return PathQuantity(value: number, text: .empty, unit: Text("1"), calendar: nil)
      }
      guard case .quantity(let place)? = machine.asQuantity(item) else { return nil }
      return machine.quantities[Int(place)]
    }
    guard let x = part(a, &self), let y = part(b, &self) else { return nil }
    switch symbol {
    case .add, .subtract:
      var other = y.value
      if x.unit != y.unit {
        guard let left = UCUMUnit(x.unit), let right = UCUMUnit(y.unit),
          left.dimension == right.dimension,
          let factor = ExactDecimal(right.factor / left.factor), let converted = other * factor
        else { return nil }
        other = converted
      }
      return (symbol == .add ? x.value + other : x.value - other)
        .map { quantity($0, x.unit, x.calendar) }
    case .multiply, .divide:
      guard let value = ExactDecimal.calculate(symbol, x.value, y.value) else { return nil }
      return quantity(value, unit(symbol, x.unit, y.unit), nil)
    default: return nil
    }
  }

  private func unit(_ symbol: BinaryOperator, _ a: Text, _ b: Text) -> Text {
    if b == "1" { return a }
    if symbol == .multiply { return a == "1" ? b : arena.join(a, Text("."), b) }
    if a == b { return Text("1") }
    let isSimple = !b.bytes.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ".") }
    let divisor = isSimple ? b : arena.join(Text("("), b, Text(")"))
    return a == "1" ? arena.join(Text("1/"), divisor) : arena.join(a, Text("/"), divisor)
  }

  /// A date or time with a duration added or taken away (section 6.6.7).
  private func shift(
    _ temporal: Temporal, by quantity: PathQuantity, _ isBack: Bool, _ operation: Int32
  ) throws(FHIRPathError) -> Item? {
    let word = quantity.unit.string
    guard
      let unit = quantity.calendar ?? CalendarUnit(ucum: word) ?? CalendarUnit(word: word)
    else { throw fault(.wrongType, "not a duration that a date can be moved by", operation) }
    guard let whole = quantity.value.rounded(to: 0, .toZero).integer, abs(whole) < 1 << 40 else {
      return nil
    }
    let count = isBack ? -whole : whole
    let result: Temporal?
    switch unit {
    case .year: result = temporal.adding(months: count * 12)
    case .month: result = temporal.adding(months: count)
    case .week: result = days(temporal, count * 7)
    case .day: result = days(temporal, count)
    case .hour: result = time(temporal, count, 3_600_000_000_000)
    case .minute: result = time(temporal, count, 60_000_000_000)
    case .second: result = time(temporal, count, 1_000_000_000)
    case .millisecond: result = time(temporal, count, 1_000_000)
    }
    return result.map { item($0) }
  }

  /// Days added; to a date without a day as many whole months or years as they make.
  private func days(_ temporal: Temporal, _ count: Int) -> Temporal? {
    if temporal.kind == .time { return temporal }
    if temporal.month == nil { return temporal.adding(months: count / 365 * 12) }
    if temporal.day == nil { return temporal.adding(months: count / 30) }
    return temporal.adding(nanoseconds: Int128(count) * 86_400_000_000_000)
  }

  private func time(_ temporal: Temporal, _ count: Int, _ length: Int) -> Temporal? {
    let nanoseconds = Int128(count) * Int128(length)
    guard temporal.kind == .date || temporal.hour == nil else {
      return temporal.adding(nanoseconds: nanoseconds)
    }
    return days(temporal, Int(nanoseconds / 86_400_000_000_000))
  }

  func item(_ temporal: Temporal) -> Item {
    let text = arena.copy(temporal.text)
    switch temporal.kind {
    case .date: return .date(text)
    case .dateTime: return .dateTime(text)
    case .time: return .time(text)
    }
  }
}

extension ExactDecimal {
  fileprivate static func calculate(
    _ symbol: BinaryOperator, _ x: ExactDecimal, _ y: ExactDecimal
  ) -> ExactDecimal? {
    switch symbol {
    case .add: return x + y
    case .subtract: return x - y
    case .multiply: return x * y
    case .divide: return x.divided(by: y)
    case .div: return x.divided(by: y)?.rounded(to: 0, .toZero)
    case .mod:
      guard let quotient = x.divided(by: y)?.rounded(to: 0, .toZero), let part = quotient * y else {
        return nil
      }
      return x - part
    default: return nil
    }
  }
}
