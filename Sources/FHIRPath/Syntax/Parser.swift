/// Reads an expression by the precedence of its operators (FHIRPath N1, section 6.8).
struct Parser {
  private let tokens: [Token]
  private var position = 0
  private var depth = 0
  /// How deep an expression may be nested.
  private static let depthLimit = 200

  /// - Throws: ``FHIRPathError`` with the code `syntax`, or `limit` when the nesting is too deep.
  static func parse(_ text: String) throws(FHIRPathError) -> Syntax {
    var parser = Parser(tokens: try Lexer.tokens(of: text))
    let syntax = try parser.expression(above: 0)
    guard case .end = parser.next.kind else { throw parser.unexpected() }
    return syntax
  }

  private init(tokens: [Token]) { self.tokens = tokens }

  private var next: Token { tokens[position] }

  private func isNext(_ symbol: String) -> Bool { next.kind == .symbol(symbol) }

  private mutating func take(_ symbol: String) -> Bool {
    guard isNext(symbol) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ symbol: String) throws(FHIRPathError) {
    guard take(symbol) else {
      throw FHIRPathError(.syntax, "expected \(symbol)", at: next.offset)
    }
  }

  private func unexpected() -> FHIRPathError {
    if case .end = next.kind {
      return FHIRPathError(.syntax, "the expression ends too early", at: next.offset)
    }
    return FHIRPathError(.syntax, "not expected here", at: next.offset)
  }

  // MARK: Operators

  private func checked(_ syntax: Syntax) throws(FHIRPathError) -> Syntax {
    guard syntax.depth <= Parser.depthLimit * 2 else {
      throw FHIRPathError(.limit, "nested too deep", at: syntax.offset)
    }
    return syntax
  }

  private var binaryOperator: BinaryOperator? {
    switch next.kind {
    case .symbol(let text): BinaryOperator(rawValue: text)
    case .identifier(let word): BinaryOperator(rawValue: word)
    default: nil
    }
  }

  private static let typePrecedence = 8

  /// An expression of operators that bind tighter than `precedence`.
  private mutating func expression(above precedence: Int) throws(FHIRPathError) -> Syntax {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Parser.depthLimit else {
      throw FHIRPathError(.limit, "nested too deep", at: next.offset)
    }
    var left = try polarity()
    while true {
      if case .identifier(let word) = next.kind, word == "is" || word == "as",
        Parser.typePrecedence > precedence
      {
        position += 1
        let type = try typeName()
        left = try checked(
          Syntax(
            kind: word == "is" ? .isType(left, type) : .asType(left, type), offset: left.offset))
        continue
      }
      guard let found = binaryOperator, found.precedence > precedence else { return left }
      let offset = next.offset
      position += 1
      let right = try expression(above: found.precedence)
      left = try checked(Syntax(kind: .binary(found, left, right), offset: offset))
    }
  }

  private mutating func polarity() throws(FHIRPathError) -> Syntax {
    let offset = next.offset
    guard isNext("-") || isNext("+") else { return try invocations() }
    let isMinus = isNext("-")
    position += 1
    depth += 1
    defer { depth -= 1 }
    guard depth <= Parser.depthLimit else {
      throw FHIRPathError(.limit, "nested too deep", at: offset)
    }
    return Syntax(kind: .polarity(isMinus: isMinus, try polarity()), offset: offset)
  }

  private mutating func typeName() throws(FHIRPathError) -> TypeName {
    let first = try identifier()
    if isNext(".") {
      position += 1
      return TypeName(namespace: first, name: try identifier())
    }
    return TypeName(namespace: nil, name: first)
  }

  private mutating func identifier() throws(FHIRPathError) -> String {
    switch next.kind {
    case .identifier(let name), .delimited(let name):
      position += 1
      return name
    default: throw unexpected()
    }
  }

  // MARK: Terms

  private mutating func invocations() throws(FHIRPathError) -> Syntax {
    var syntax = try term()
    while true {
      let offset = next.offset
      if take(".") {
        syntax = try checked(try invocation(of: syntax))
      } else if take("[") {
        let index = try expression(above: 0)
        try expect("]")
        syntax = try checked(Syntax(kind: .indexer(syntax, index), offset: offset))
      } else {
        return syntax
      }
    }
  }

  private mutating func invocation(of source: Syntax?) throws(FHIRPathError) -> Syntax {
    let offset = next.offset
    if source != nil, case .special(let name) = next.kind {
      throw FHIRPathError(.syntax, "$\(name) stands at the beginning only", at: offset)
    }
    let name = try identifier()
    guard take("(") else { return Syntax(kind: .member(source, name), offset: offset) }
    var arguments: [Syntax] = []
    if !take(")") {
      repeat { arguments.append(try expression(above: 0)) } while take(",")
      try expect(")")
    }
    return Syntax(kind: .call(source, name, arguments), offset: offset)
  }

  private mutating func term() throws(FHIRPathError) -> Syntax {
    let token = next
    func made(_ kind: Syntax.Kind) -> Syntax { Syntax(kind: kind, offset: token.offset) }
    switch token.kind {
    case .symbol("("):
      position += 1
      let inner = try expression(above: 0)
      try expect(")")
      return inner
    case .symbol("{"):
      position += 1
      try expect("}")
      return made(.empty)
    case .string(let text):
      position += 1
      return made(.literal(.string(text)))
    case .integer(let digits):
      position += 1
      if let quantity = quantity(digits) { return made(.literal(quantity)) }
      guard let value = Int(digits) else { return made(.literal(.decimal(digits))) }
      return made(.literal(.integer(value)))
    case .decimal(let digits):
      position += 1
      return made(.literal(quantity(digits) ?? .decimal(digits)))
    case .date(let text):
      position += 1
      return made(.literal(.date(text)))
    case .dateTime(let text):
      position += 1
      return made(.literal(.dateTime(text)))
    case .time(let text):
      position += 1
      return made(.literal(.time(text)))
    case .external(let name):
      position += 1
      return made(.external(name))
    case .special(let name):
      position += 1
      switch name {
      case "this": return made(.this)
      case "index": return made(.index)
      case "total": return made(.total)
      default: throw FHIRPathError(.syntax, "there is no $\(name)", at: token.offset)
      }
    case .identifier("true"), .identifier("false"):
      position += 1
      return made(.literal(.boolean(token.kind == .identifier("true"))))
    case .identifier, .delimited: return try invocation(of: nil)
    default: throw unexpected()
    }
  }

  /// A number becomes a quantity when a unit follows.
  private mutating func quantity(_ digits: String) -> Syntax.Literal? {
    switch next.kind {
    case .string(let unit):
      position += 1
      return .quantity(value: digits, unit: unit, isCalendar: false)
    case .identifier(let word):
      guard let unit = CalendarUnit(word: word) else { return nil }
      position += 1
      return .quantity(value: digits, unit: unit.rawValue, isCalendar: true)
    default: return nil
    }
  }
}

/// The units of calendar durations (FHIRPath N1, section 4.1.8).
enum CalendarUnit: String, Sendable, CaseIterable {
  case year, month, week, day, hour, minute, second, millisecond

  /// A unit in the singular or plural.
  init?(word: String) {
    guard
      let unit = CalendarUnit(rawValue: word)
        ?? (word.hasSuffix("s") ? CalendarUnit(rawValue: String(word.dropLast())) : nil)
    else { return nil }
    self = unit
  }

  /// The unit of UCUM of the same length; `nil` for years and months, whose lengths vary.
  var ucum: String? {
    switch self {
    case .year, .month: nil
    case .week: "wk"
    case .day: "d"
    case .hour: "h"
    case .minute: "min"
    case .second: "s"
    case .millisecond: "ms"
    }
  }

  init?(ucum: String) {
    guard let unit = CalendarUnit.allCases.first(where: { $0.ucum == ucum }) else { return nil }
    self = unit
  }
}
