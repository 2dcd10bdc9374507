import ClinicalTree
import Definitions

// Equality, equivalence and order (section 6.1 and 6.2).

extension Machine {
  // MARK: Equality

  /// Whether two items are equal; `nil` where precision or units leave it open.
  mutating func equal(_ a: Item, _ b: Item) -> Bool? {
    guard let x = value(of: a), let y = value(of: b) else {
      // Elements without a value are equal when their extensions are.
      if case .node(let left) = a, case .node(let right) = b, !left.hasValue, !right.hasValue {
        return sameTree(left.cursor, right.cursor)
      }
      return false
    }
    switch (x, y) {
    case (.boolean(let left), .boolean(let right)): return left == right
    case (.integer(let left), .integer(let right)): return left == right
    case (.string(let left), .string(let right)): return left == right
    case (.node(let left), .node(let right)):
      if left.cursor.index == right.cursor.index, left.cursor.isSameTree(as: right.cursor) {
        return true
      }
      if let first = asQuantity(x), let second = asQuantity(y) { return equal(first, second) }
      return sameTree(left.cursor, right.cursor)
    case (.cda(let left, _), .cda(let right, _)): return sameElement(left, right)
    case (.quantity(let left), .quantity(let right)):
      return compare(quantities[Int(left)], quantities[Int(right)]).map { $0 == 0 }
    case (.typeInfo(let left, let name), .typeInfo(let right, let other)):
      return left == right && name == other
    default: break
    }
    if let left = number(x), let right = number(y) { return left == right }
    if let left = temporal(x), let right = temporal(y) {
      if (left.kind == .time) != (right.kind == .time) { return false }
      return left.compared(to: right).map { $0 == 0 }
    }
    // A text is a date when it stands against one.
    if let (left, right) = dates(x, y) { return left.compared(to: right).map { $0 == 0 } }
    if let left = asQuantity(x), let right = asQuantity(y) { return equal(left, right) }
    return false
  }

  private func dates(_ a: Item, _ b: Item) -> (Temporal, Temporal)? {
    switch (a, b) {
    case (.string(let text), _):
      guard let right = temporal(b), let left = Temporal(text, right.kind) else { return nil }
      return (left, right)
    case (_, .string(let text)):
      guard let left = temporal(a), let right = Temporal(text, left.kind) else { return nil }
      return (left, right)
    default: return nil
    }
  }

  /// A number of an item.
  func number(_ item: Item) -> ExactDecimal? {
    switch item {
    case .integer(let value): ExactDecimal(value)
    case .decimal(let text): ExactDecimal(text)
    default: nil
    }
  }

  func temporal(_ item: Item) -> Temporal? {
    switch item {
    case .date(let text): Temporal(text, .date)
    case .dateTime(let text): Temporal(text, .dateTime)
    case .time(let text): Temporal(text, .time)
    default: nil
    }
  }

  /// Whether two parts of JSON say the same, whatever the order of properties.
  private func sameTree(_ a: Cursor, _ b: Cursor) -> Bool {
    switch (a.kind, b.kind) {
    case (.object, .object):
      var count = 0
      for child in a.children {
        let isShadow = child.node.flags.contains(.shadow)
        guard let other = b.property(child.name, shadow: isShadow), sameTree(child, other) else {
          return false
        }
        count += 1
      }
      return b.children.reduce(0) { sum, _ in sum + 1 } == count
    case (.array, .array):
      var others = b.children
      for item in a.children {
        guard let other = others.next(), sameTree(item, other) else { return false }
      }
      return others.next() == nil
    case (.number, .number): return ExactDecimal(a.text) == ExactDecimal(b.text)
    default: return a.kind == b.kind && a.text == b.text
    }
  }

  private func sameElement(_ a: Cursor, _ b: Cursor) -> Bool {
    guard a.kind == b.kind, a.name == b.name else { return false }
    if a.kind != .element { return a.text == b.text }
    var others = b.children
    for child in a.children {
      guard let other = others.next(), sameElement(child, other) else { return false }
    }
    return others.next() == nil
  }

  /// Whether the results in two ranges are equal, item by item.
  mutating func equal(_ a: Range<Int>, _ b: Range<Int>) -> Bool? {
    if a.isEmpty || b.isEmpty { return nil }
    guard a.count == b.count else { return false }
    var isOpen = false
    for (left, right) in zip(a, b) {
      switch equal(stack[left], stack[right]) {
      case false: return false
      case nil: isOpen = true
      default: break
      }
    }
    return isOpen ? nil : true
  }

  // MARK: Equivalence

  mutating func equivalent(_ a: Range<Int>, _ b: Range<Int>, _ operation: Int32)
    throws(FHIRPathError) -> Bool
  {
    guard a.count == b.count else { return false }
    if a.count == 1 { return equivalent(stack[a.lowerBound], stack[b.lowerBound]) }
    var rest = Array(b)
    for left in a {
      try charge(operation, by: rest.count)
      guard let match = rest.firstIndex(where: { equivalent(stack[left], stack[$0]) }) else {
        return false
      }
      rest.remove(at: match)
    }
    return true
  }

  private mutating func equivalent(_ a: Item, _ b: Item) -> Bool {
    guard let x = value(of: a), let y = value(of: b) else { return false }
    switch (x, y) {
    case (.string(let left), .string(let right)):
      return Machine.folded(left) == Machine.folded(right)
    case (.quantity(let left), .quantity(let right)):
      return equivalent(quantities[Int(left)], quantities[Int(right)])
    default: break
    }
    if let left = number(x), let right = number(y) {
      let digits = min(left.shortened().scale, right.shortened().scale)
      return left.rounded(to: digits) == right.rounded(to: digits)
    }
    if let first = asQuantity(x), let second = asQuantity(y),
      case .quantity(let left) = first, case .quantity(let right) = second
    {
      return equivalent(quantities[Int(left)], quantities[Int(right)])
    }
    return equal(a, b) ?? false
  }

  private func equivalent(_ a: PathQuantity, _ b: PathQuantity) -> Bool {
    if a.unit == b.unit {
      let digits = min(a.value.scale, b.value.scale)
      return a.value.rounded(to: digits) == b.value.rounded(to: digits)
    }
    guard let left = unit(a, isEquivalence: true), let right = unit(b, isEquivalence: true),
      left.dimension == right.dimension
    else { return false }
    // As precise as the less precise of the two.
    let x = left.canonical(a.value.double)
    let y = right.canonical(b.value.double)
    func step(_ quantity: PathQuantity, _ unit: UCUMUnit) -> Double {
      var step = abs(unit.factor)
      for _ in 0..<quantity.value.scale { step /= 10 }
      return step
    }
    return abs(x - y) <= max(step(a, left), step(b, right)) / 2 * (1 + 1e-9)
  }

  /// Texts that differ in case and white space only are equivalent.
  private static func folded(_ text: Text) -> String {
    text.string.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  // MARK: Quantities

  /// The unit of a quantity; a calendar year or month is one of UCUM for equivalence only.
  private func unit(_ quantity: PathQuantity, isEquivalence: Bool) -> UCUMUnit? {
    if let calendar = quantity.calendar {
      if let ucum = calendar.ucum { return UCUMUnit(ucum) }
      if isEquivalence { return UCUMUnit(calendar == .year ? "a" : "mo") }
      var unit = UCUMUnit("mo")
      unit?.factor = calendar == .year ? 12 : 1
      unit?.dimension = ["calendar month": 1]
      return unit
    }
    return UCUMUnit(quantity.unit)
  }

  /// How two quantities are ordered; `nil` when their units measure different things.
  func compare(_ a: PathQuantity, _ b: PathQuantity) -> Int? {
    if a.unit == b.unit, (a.calendar == nil) == (b.calendar == nil) {
      return a.value < b.value ? -1 : a.value == b.value ? 0 : 1
    }
    guard let left = unit(a, isEquivalence: false), let right = unit(b, isEquivalence: false),
      left.dimension == right.dimension
    else { return nil }
    let x = left.canonical(a.value.double)
    let y = right.canonical(b.value.double)
    if abs(x - y) <= 1e-12 * max(abs(x), abs(y)) { return 0 }
    return x < y ? -1 : 1
  }

  func isComparable(_ a: PathQuantity, _ b: PathQuantity) -> Bool { compare(a, b) != nil }

  // MARK: Order

  /// How two items are ordered; `nil` where precision or units leave it open.
  mutating func order(_ a: Item, _ b: Item, _ operation: Int32) throws(FHIRPathError) -> Int? {
    guard let x = value(of: a), let y = value(of: b) else { return nil }
    if let left = number(x), let right = number(y) {
      return left < right ? -1 : left == right ? 0 : 1
    }
    if case .string(let left) = x, case .string(let right) = y {
      return left.string.unicodeScalars.lexicographicallyPrecedes(right.string.unicodeScalars)
        ? -1 : left == right ? 0 : 1
    }
    if let left = temporal(x), let right = temporal(y),
      (left.kind == .time) == (right.kind == .time)
    {
      return left.compared(to: right)
    }
    if let (left, right) = dates(x, y) { return left.compared(to: right) }
    if let first = asQuantity(x), let second = asQuantity(y), case .quantity(let left) = first,
      case .quantity(let right) = second
    {
      return compare(quantities[Int(left)], quantities[Int(right)])
    }
    // A time without its type, as CDA writes it.
    throw fault(.wrongType, "values that have no order between them", operation)
  }

  // MARK: Sets

  /// A number that equal items share.
  func hash(_ item: Item) -> Int {
    var hasher = Hasher()
    hash(item, &hasher)
    return hasher.finalize()
  }

  private func hash(_ item: Item, _ hasher: inout Hasher) {
    guard let value = value(of: item) else { return hasher.combine(0) }
    switch value {
    case .boolean(let value): hasher.combine(value)
    case .integer, .decimal: hasher.combine(number(value))
    case .string(let text): hasher.combine(text)
    case .node(let node): hash(node.cursor, &hasher)
    case .cda(let cursor, _):
      hasher.combine(cursor.name)
      for child in cursor.children where child.kind == .attribute { hasher.combine(child.text) }
    default: hasher.combine(1)
    }
  }

  private func hash(_ cursor: Cursor, _ hasher: inout Hasher) {
    // Quantities of different units may be equal, and properties have no order.
    var sum = 0
    for child in cursor.children
    where child.name != .value && child.name != .unit && child.name != .code {
      var inner = Hasher()
      inner.combine(child.name)
      if child.kind == .string { inner.combine(child.text) }
      sum &+= inner.finalize()
    }
    hasher.combine(sum)
  }

  /// Leaves the first of equal items among those from a place on.
  mutating func removeDuplicates(from start: Int, _ operation: Int32) throws(FHIRPathError) {
    if stack.count - start < 2 { return }
    var seen = ItemSet()
    var write = start
    for place in start..<stack.count {
      let item = stack[place]
      if try seen.insert(item, &self, operation) {
        stack[write] = item
        write += 1
      }
    }
    drop(to: write)
  }
}

/// Items of which no two are equal.
struct ItemSet {
  private var buckets: [Int: [Item]] = [:]

  /// Adds an item; `false` when an equal one was there.
  mutating func insert(_ item: Item, _ machine: inout Machine, _ operation: Int32)
    throws(FHIRPathError) -> Bool
  {
    if try contains(item, &machine, operation) { return false }
    buckets[machine.hash(item), default: []].append(item)
    return true
  }

  func contains(_ item: Item, _ machine: inout Machine, _ operation: Int32)
    throws(FHIRPathError) -> Bool
  {
    guard let bucket = buckets[machine.hash(item)] else { return false }
    try machine.charge(operation, by: bucket.count)
    return bucket.contains { machine.equal($0, item) == true }
  }
}
