import ClinicalTree
import Definitions

/// What an evaluation may use beyond the document.
package struct PathLimits: Sendable {
  /// How many operations an evaluation may take.
  package var steps = 10_000_000
  /// How many items a collection may have.
  package var items = 4_000_000
  /// How deep operations may be nested while they run.
  package var depth = 500

  package init() {}
}

/// Evaluates programs: a stack of items on which every operation leaves its result.
///
/// A machine is made for one walk over a document and used for many evaluations; texts that are made
/// on the way live until it goes.
struct Machine {
  var stack: [Item] = []
  var program: Program
  let facts = FHIRFacts.r4
  let model = PathModel.shared
  let host: any PathHost
  let limits: PathLimits
  var quantities: [PathQuantity] = []
  let arena = Arena()
  /// The document, for values that name elements of it.
  var tree: Tree?

  /// The item that `$this` stands for, `nil` without input.
  var this: Item?
  var index = 0
  var total: [Item] = []
  var context: Item?
  var resource: Item?
  var rootResource: Item?
  var variables: [String: [Item]] = [:]
  private var steps = 0
  private var depth = 0

  init(host: any PathHost, limits: PathLimits) {
    program = .nothing
    self.host = host
    self.limits = limits
    stack.reserveCapacity(64)
  }

  /// Evaluates a program on an item; the result stays on the stack until the next evaluation.
  mutating func evaluate(_ program: Program, on item: Item?) throws(FHIRPathError) -> Range<Int> {
    begin(program, on: item)
    try run(program.root)
    return 0..<stack.count
  }

  /// Evaluates a program that is a condition.
  mutating func condition(_ program: Program, on item: Item?) throws(FHIRPathError) -> Bool? {
    begin(program, on: item)
    return try condition(program.root)
  }

  private mutating func begin(_ program: Program, on item: Item?) {
    if program !== self.program {
      self.program = program
      if !program.quantities.isEmpty || !quantities.isEmpty { quantities = program.quantities }
    } else if quantities.count > program.quantities.count {
      quantities = program.quantities
    }
    stack.removeAll(keepingCapacity: true)
    this = item
    context = item
    if program.definesVariables { variables = [:] }
    steps = 0
    depth = 0
  }

  // MARK: Faults

  func fault(_ code: FHIRPathError.Code, _ message: String, _ operation: Int32) -> FHIRPathError {
    FHIRPathError(code, message, at: Int(program.offsets[Int(operation)]))
  }

  /// Counts work that is done, and ends what takes too much of it.
  @inline(__always)
  mutating func charge(_ operation: Int32, by count: Int = 1) throws(FHIRPathError) {
    steps &+= count
    if steps > limits.steps || stack.count > limits.items {
      throw fault(.limit, "more work than the limit", operation)
    }
  }

  // MARK: Running

  /// Runs an operation; its result is on the stack above what stood there.
  mutating func run(_ operation: Int32) throws(FHIRPathError) {
    try charge(operation)
    depth += 1
    defer { depth -= 1 }
    guard depth <= limits.depth else { throw fault(.limit, "nested too deep", operation) }
    switch program.operations[Int(operation)] {
    case .nothing: break
    case .constant(let number): stack.append(program.constants[Int(number)])
    case .this: if let this { stack.append(this) }
    case .index: stack.append(.integer(index))
    case .total: stack.append(contentsOf: total)
    case .external(let number): try push(program.externals[Int(number)], operation)
    case .root(let number): if let this { root(program.steps[Int(number)], of: this) }
    case .member(let source, let number): try member(source, number)
    case .indexer(let source, let index): try indexer(source, index, operation)
    case .polarity(let source, let isMinus): try polarity(source, isMinus, operation)
    case .binary(let symbol, let left, let right):
      switch symbol {
      case .and, .or, .xor, .implies: push(try logic(symbol, left, right))
      default: try binary(symbol, left, right, operation)
      }
    case .isType(let source, let type): try isType(source, type, operation)
    case .asType(let source, let type): try asType(source, type, operation)
    case .call(let function, let source, let first, let count):
      try call(function, Call(operation, source, first, count))
    }
  }

  /// Runs an operation and gives where its result begins on the stack.
  mutating func result(of operation: Int32) throws(FHIRPathError) -> Int {
    let start = stack.count
    try run(operation)
    return start
  }

  mutating func push(_ value: Bool?) {
    if let value { stack.append(.boolean(value)) }
  }

  /// Takes everything from a place on off the stack.
  mutating func drop(to start: Int) { stack.removeLast(stack.count - start) }

  /// Takes a stretch off the stack; what is above it moves down.
  mutating func drop(_ range: Range<Int>) {
    for place in range.upperBound..<stack.count { stack[place - range.count] = stack[place] }
    stack.removeLast(range.count)
  }

  private mutating func push(_ external: External, _ operation: Int32) throws(FHIRPathError) {
    switch external {
    case .context: if let context { stack.append(context) }
    case .resource: if let resource { stack.append(resource) }
    case .rootResource: if let rootResource { stack.append(rootResource) }
    case .constant(let text): stack.append(.string(text))
    case .variable(let name):
      guard let items = variables[name] else {
        throw fault(.unknown, "there is no %\(name)", operation)
      }
      stack.append(contentsOf: items)
    }
  }

  // MARK: Conditions

  /// The result of an operation as a condition: a single item that is no boolean counts as true
  /// (section 4.5).
  mutating func condition(_ operation: Int32) throws(FHIRPathError) -> Bool? {
    // What gives a condition anyway need not go over the stack.
    switch program.operations[Int(operation)] {
    case .binary(let symbol, let left, let right):
      switch symbol {
      case .and, .or, .xor, .implies:
        try charge(operation)
        return try logic(symbol, left, right)
      default: break
      }
    case .call(.exists, let source, _, 0):
      try charge(operation)
      let start = try result(of: source)
      defer { drop(to: start) }
      return stack.count > start
    case .call(.empty, let source, _, _):
      try charge(operation)
      let start = try result(of: source)
      defer { drop(to: start) }
      return stack.count == start
    case .call(.not, let source, _, _):
      try charge(operation)
      return try condition(source).map { !$0 }
    default: break
    }
    let start = try result(of: operation)
    defer { drop(to: start) }
    guard let item = try single(start, operation) else { return nil }
    return truth(item)
  }

  /// The single item from a place on, `nil` for none.
  func single(_ start: Int, _ operation: Int32) throws(FHIRPathError) -> Item? {
    if stack.count == start { return nil }
    guard stack.count == start + 1 else {
      throw fault(.notSingle, "\(stack.count - start) items where one is allowed", operation)
    }
    return stack[start]
  }

  /// The value of the single item from a place on, `nil` for none.
  func singleValue(_ start: Int, _ operation: Int32) throws(FHIRPathError) -> Item? {
    guard let item = try single(start, operation) else { return nil }
    return value(of: item)
  }

  func truth(_ item: Item) -> Bool {
    switch item {
    case .boolean(let value): return value
    case .node(let node):
      switch node.cursor.kind {
      case .false: return !node.hasValue
      default: return true
      }
    case .cda:
      if case .boolean(let value)? = value(of: item) { return value }
      return true
    default: return true
    }
  }

  private mutating func logic(
    _ symbol: BinaryOperator, _ left: Int32, _ right: Int32
  ) throws(FHIRPathError) -> Bool? {
    let first = try condition(left)
    switch (symbol, first) {
    case (.and, false?): return false
    case (.or, true?): return true
    case (.implies, false?): return true
    default: break
    }
    let second = try condition(right)
    switch symbol {
    case .and: return second == false ? false : first == true ? second : nil
    case .or: return second == true ? true : first == false ? second : nil
    case .implies: return second == true ? true : first == true ? second : nil
    default:
      guard let first, let second else { return nil }
      return first != second
    }
  }

  // MARK: Types

  private mutating func isType(
    _ source: Int32, _ type: Int32, _ operation: Int32
  ) throws(FHIRPathError) {
    let start = try result(of: source)
    let item = try single(start, operation)
    drop(to: start)
    guard let item else { return }
    push(try matches(item, program.types[Int(type)], exactly: false, operation))
  }

  private mutating func asType(
    _ source: Int32, _ type: Int32, _ operation: Int32
  ) throws(FHIRPathError) {
    let start = try result(of: source)
    guard let item = try single(start, operation) else { return }
    if try !matches(item, program.types[Int(type)], exactly: true, operation) { drop(to: start) }
  }

  /// Whether an item is of a type; exactly, or of one derived from it.
  func matches(
    _ item: Item, _ type: PathType, exactly: Bool, _ operation: Int32
  ) throws(FHIRPathError) -> Bool {
    guard type.isKnown else { throw fault(.unknown, "there is no such type", operation) }
    switch item {
    case .node(let node):
      guard type.fhir != 0 else { return false }
      let own = Int(node.type)
      // A primitive is of its own type alone; Quantity stands for Age and the like as well.
      if exactly, facts.kind(of: own) == .primitive { return own == type.fhir }
      return facts.type(own, is: type.fhir)
    case .cda(let cursor, let own):
      if own > 0 { return type.cda != 0 && CDAFacts.r2.type(Int(own), is: type.cda) }
      _ = cursor
      return type.system != nil && systemType(of: item) == type.system
    case .typeInfo: return false
    default: return type.system == systemType(of: item)
    }
  }

  /// The system type of a value that is no element of FHIR.
  func systemType(of item: Item) -> SystemType? {
    switch item {
    case .node, .typeInfo: nil
    case .cda: value(of: item).flatMap { $0.isNode ? nil : systemType(of: $0) }
    case .boolean: .boolean
    case .integer: .integer
    case .decimal: .decimal
    case .string: .string
    case .date: .date
    case .dateTime: .dateTime
    case .time: .time
    case .quantity: .quantity
    }
  }

  // MARK: Index and polarity

  private mutating func indexer(
    _ source: Int32, _ index: Int32, _ operation: Int32
  ) throws(FHIRPathError) {
    let start = try result(of: source)
    let end = try result(of: index)
    let number = try singleValue(end, operation)
    drop(to: end)
    guard let number else { return drop(to: start) }
    guard case .integer(let place) = number else {
      throw fault(.wrongType, "an index is a whole number", operation)
    }
    keep(place, from: start)
  }

  /// Leaves one item of the result that begins at a place.
  mutating func keep(_ place: Int, from start: Int) {
    guard place >= 0, start + place < stack.count else { return drop(to: start) }
    stack[start] = stack[start + place]
    drop(to: start + 1)
  }

  private mutating func polarity(
    _ source: Int32, _ isMinus: Bool, _ operation: Int32
  ) throws(FHIRPathError) {
    let start = try result(of: source)
    guard let item = try single(start, operation) else { return }
    guard let value = value(of: item) else { return drop(to: start) }
    let negated: Item
    switch value {
    case .integer(let number): negated = .integer(isMinus ? 0 &- number : number)
    case .decimal(let text):
      guard isMinus, ExactDecimal(text)?.coefficient != 0 else { return }
      negated = .decimal(
        text.hasPrefix("-") ? text.slice(1..<text.count) : arena.join(Text("-"), text))
    case .quantity(let number):
      let old = quantities[Int(number)]
      let value = isMinus ? -old.value : old.value
      negated = quantity(value, old.unit, old.calendar)
    default: throw fault(.wrongType, "a sign stands before numbers only", operation)
    }
    stack[start] = negated
  }

  /// A quantity that is made now.
  mutating func quantity(_ value: ExactDecimal, _ unit: Text, _ calendar: CalendarUnit?) -> Item {
    quantities.append(
      PathQuantity(
        value: value, text: arena.copy(value.description), unit: unit, calendar: calendar))
    return .quantity(Int32(quantities.count - 1))
  }

  func decimal(_ value: ExactDecimal) -> Item { .decimal(arena.copy(value.description)) }

  func string(_ text: String) -> Item { .string(arena.copy(text)) }
}

/// The operands of a call.
struct Call {
  let operation: Int32
  let source: Int32
  let first: Int32
  let count: Int32

  init(_ operation: Int32, _ source: Int32, _ first: Int32, _ count: Int32) {
    self.operation = operation
    self.source = source
    self.first = first
    self.count = count
  }
}
