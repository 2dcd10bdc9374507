import ClinicalTree
import Definitions

// Conversion (section 5.5) and `iif`.

extension Machine {
  /// `iif` runs the branch that is chosen and no other.
  mutating func iif(_ call: Call) throws(FHIRPathError) {
    let start = try result(of: call.source)
    let item = try single(start, call.operation)
    drop(to: start)
    let isFree: Bool
    if case .this = program.operations[Int(call.source)] { isFree = true } else { isFree = false }
    try with(isFree ? this : item, index: index) { machine throws(FHIRPathError) in
      let criterion = machine.argument(0, call)
      let begin = try machine.result(of: criterion)
      let value = try machine.singleValue(begin, call.operation)
      machine.drop(to: begin)
      switch value {
      case .boolean(true)?: try machine.run(machine.argument(1, call))
      case nil, .boolean(false)?:
        if call.count > 2 { try machine.run(machine.argument(2, call)) }
      default:
        throw machine.fault(.wrongType, "the criterion of iif is a boolean", call.operation)
      }
    }
  }

  mutating func conversion(_ function: Function, _ call: Call, _ start: Int) throws(FHIRPathError) {
    let item = try singleValue(start, call.operation)
    drop(to: start)
    guard let item else { return }
    let converted: Item?
    switch function {
    case .toBoolean, .convertsToBoolean: converted = toBoolean(item)
    case .toInteger, .convertsToInteger, .toLong, .convertsToLong:
      converted = toInteger(
        item, bits: function == .toLong || function == .convertsToLong ? 64 : 32)
    case .toDecimal, .convertsToDecimal: converted = toDecimal(item)
    case .toDate, .convertsToDate: converted = toTemporal(item, .date)
    case .toDateTime, .convertsToDateTime: converted = toTemporal(item, .dateTime)
    case .toTime, .convertsToTime: converted = toTemporal(item, .time)
    case .toQuantity, .convertsToQuantity:
      converted = try toQuantity(item, unit: call.count > 0 ? try text(0, call) : nil)
    default:
      if case .string = item {
        converted = item
      } else {
        converted = asString(item).map { string($0) }
      }
    }
    if function.isTest {
      push(converted != nil)
    } else if let converted {
      stack.append(converted)
    }
  }

  private func toBoolean(_ item: Item) -> Item? {
    switch item {
    case .boolean: return item
    case .string(let text):
      switch text.string.lowercased() {
      case "true", "t", "yes", "y", "1", "1.0": return .boolean(true)
      case "false", "f", "no", "n", "0", "0.0": return .boolean(false)
      default: return nil
      }
    default:
      guard let number = number(item) else { return nil }
      return number == ExactDecimal(1)
        ? .boolean(true) : number == ExactDecimal(0) ? .boolean(false) : nil
    }
  }

  private func toInteger(_ item: Item, bits: Int) -> Item? {
    switch item {
    case .integer: return item
    case .boolean(let value): return .integer(value ? 1 : 0)
    case .string(let text):
      guard let value = Int(text.string), bits == 64 || Int32(exactly: value) != nil else {
        return nil
      }
      return .integer(value)
    default: return nil
    }
  }

  private func toDecimal(_ item: Item) -> Item? {
    switch item {
    case .decimal: return item
    case .integer(let value): return decimal(ExactDecimal(value))
    case .boolean(let value): return .decimal(value ? Text("1.0") : Text("0.0"))
    case .string(let text):
      guard !text.bytes.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }) else { return nil }
      return ExactDecimal(text).map { decimal($0) }
    default: return nil
    }
  }

  private func toTemporal(_ item: Item, _ kind: Temporal.Kind) -> Item? {
    switch item {
    case .string(let text):
      if kind == .date {
        // Of a date with a time the date is taken.
        guard let value = Temporal(text, .dateTime) else { return nil }
        return self.item(date(of: value))
      }
      return Temporal(text, kind).map { self.item($0) }
    case .date(let text): return kind == .date ? item : kind == .dateTime ? .dateTime(text) : nil
    case .dateTime(let text):
      if kind == .dateTime { return item }
      guard kind == .date, let value = Temporal(text, .dateTime) else { return nil }
      return self.item(date(of: value))
    case .time: return kind == .time ? item : nil
    default: return nil
    }
  }

  func date(of value: Temporal) -> Temporal {
    var date = Temporal(.date)
    (date.year, date.month, date.day) = (value.year, value.month, value.day)
    return date
  }

  private mutating func toQuantity(_ item: Item, unit: Text?) throws(FHIRPathError) -> Item? {
    let made: Item?
    switch item {
    case .boolean(let value):
      made = quantity(ExactDecimal(value ? 10 : 0, scale: 1), Text("1"), nil)
    case .integer, .decimal: made = number(item).map { quantity($0, Text("1"), nil) }
    case .string(let text): made = quantity(of: text)
    default: made = asQuantity(item)
    }
    guard let unit, case .quantity(let place)? = made else { return made }
    let old = quantities[Int(place)]
    guard let from = UCUMUnit(old.unit), let to = UCUMUnit(unit), from.dimension == to.dimension,
      let factor = ExactDecimal(from.factor / to.factor), let value = old.value * factor
    else { return nil }
    return quantity(value, unit, nil)
  }

  /// `1`, `1 day` or `1 'wk'`.
  private mutating func quantity(of text: Text) -> Item? {
    let parts = text.string.split(separator: " ", maxSplits: 1)
    guard let first = parts.first, let value = ExactDecimal(arena.copy(String(first))) else {
      return nil
    }
    guard parts.count > 1 else { return quantity(value, Text("1"), nil) }
    let rest = parts[1].drop { $0 == " " }
    if rest.count > 2, rest.hasPrefix("'"), rest.hasSuffix("'") {
      let unit = arena.copy(String(rest.dropFirst().dropLast()))
      return UCUMUnit(unit) == nil ? nil : quantity(value, unit, nil)
    }
    guard let calendar = CalendarUnit(word: String(rest)) else { return nil }
    return quantity(value, arena.copy(calendar.rawValue), calendar)
  }

  /// The text of a value; `nil` for what has parts.
  func asString(_ item: Item) -> String? {
    switch item {
    case .boolean(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .decimal(let text), .string(let text), .date(let text), .dateTime(let text),
      .time(let text):
      text.string
    case .quantity(let place):
      quantities[Int(place)].calendar == nil
        ? "\(quantities[Int(place)].text.string) '\(quantities[Int(place)].unit.string)'"
        : "\(quantities[Int(place)].text.string) \(quantities[Int(place)].unit.string)"
    case .node, .cda, .typeInfo: nil
    }
  }
}
