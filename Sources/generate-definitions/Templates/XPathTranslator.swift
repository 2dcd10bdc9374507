import ClinicalTree

/// Translates the tests of C-CDA's Schematron into FHIRPath over CDA: paths of names and attributes,
/// predicates, counts, comparisons with literals, and the logic over them. What goes beyond that gives
/// `nil` and is left to the Schematron file itself.
struct XPathTranslator {
  private enum Token: Equatable {
    case name(String)
    case literal(String)
    case number(String)
    case symbol(String)
  }

  /// What an expression of XPath is, translated.
  private indirect enum Value {
    /// Nodes, and whether the last step is an attribute.
    case nodes(String, isAttribute: Bool)
    case boolean(String)
    case number(String)
    case literal(String)
  }

  private struct Unsupported: Error {}

  private let tokens: [Token]
  private var position = 0

  /// The FHIRPath of a test; `nil` when it cannot be translated.
  static func condition(_ text: String) -> String? {
    guard let tokens = tokens(of: text) else { return nil }
    var translator = XPathTranslator(tokens: tokens)
    guard let value = try? translator.or(), translator.position == tokens.count,
      let result = try? translator.boolean(value)
    else { return nil }
    return result
  }

  /// The FHIRPath of the path of a context, after its first step.
  static func path(_ text: String) -> String? {
    guard let tokens = tokens(of: text) else { return nil }
    var translator = XPathTranslator(tokens: tokens)
    guard let value = try? translator.union(), translator.position == tokens.count,
      case .nodes(let path, _) = value
    else { return nil }
    return path
  }

  // MARK: Tokens

  private static func tokens(of text: String) -> [Token]? {
    var tokens: [Token] = []
    var rest = text[...]
    while let first = rest.first {
      if first.isWhitespace {
        rest = rest.dropFirst()
      } else if first == "'" || first == "\"" {
        let inner = rest.dropFirst().prefix { $0 != first }
        tokens.append(.literal(String(inner)))
        rest = rest.dropFirst(inner.count + 2)
      } else if first.isNumber {
        let digits = rest.prefix { $0.isNumber }
        tokens.append(.number(String(digits)))
        rest = rest.dropFirst(digits.count)
      } else if first.isLetter {
        let name = rest.prefix { $0.isLetter || $0.isNumber || "-_:.".contains($0) }
        tokens.append(.name(String(name)))
        rest = rest.dropFirst(name.count)
      } else if let two = ["//", "<=", ">=", "!=", "..", "::"].first(where: rest.hasPrefix) {
        tokens.append(.symbol(two))
        rest = rest.dropFirst(2)
      } else if "()[]/@=<>|.,".contains(first) {
        tokens.append(.symbol(String(first)))
        rest = rest.dropFirst()
      } else {
        return nil
      }
    }
    return tokens
  }

  private var next: Token? { position < tokens.count ? tokens[position] : nil }

  private mutating func take(_ token: Token) -> Bool {
    guard next == token else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ symbol: String) throws {
    guard take(.symbol(symbol)) else { throw Unsupported() }
  }

  // MARK: Grammar

  private mutating func or() throws -> Value {
    var parts = [try and()]
    while take(.name("or")) { parts.append(try and()) }
    if parts.count == 1 { return parts[0] }
    return .boolean(try parts.map { "(\(try boolean($0)))" }.joined(separator: " or "))
  }

  private mutating func and() throws -> Value {
    var parts = [try comparison()]
    while take(.name("and")) { parts.append(try comparison()) }
    if parts.count == 1 { return parts[0] }
    return .boolean(try parts.map { "(\(try boolean($0)))" }.joined(separator: " and "))
  }

  private mutating func comparison() throws -> Value {
    let left = try union()
    for symbol in ["=", "!=", "<=", ">=", "<", ">"] where take(.symbol(symbol)) {
      return .boolean(try compared(left, symbol, try union()))
    }
    return left
  }

  private func compared(_ left: Value, _ symbol: String, _ right: Value) throws -> String {
    switch (left, right) {
    case (.number(let a), .number(let b)): return "\(a) \(symbol) \(b)"
    case (.nodes(let path, let isAttribute), .literal(let text)):
      guard isAttribute, symbol == "=" || symbol == "!=" else { throw Unsupported() }
      return "\(path).where(toString() \(symbol) '\(text)').exists()"
    default: throw Unsupported()
    }
  }

  private mutating func union() throws -> Value {
    let first = try primary()
    guard next == .symbol("|") else { return first }
    guard case .nodes(var path, let isAttribute) = first else { throw Unsupported() }
    while take(.symbol("|")) {
      guard case .nodes(let other, _) = try primary() else { throw Unsupported() }
      path = "\(path).combine(\(other))"
    }
    return .nodes(path, isAttribute: isAttribute)
  }

  private mutating func primary() throws -> Value {
    switch next {
    case .literal(let text)?:
      position += 1
      guard !text.contains("'"), !text.contains("\\") else { throw Unsupported() }
      return .literal(text)
    case .number(let digits)?:
      position += 1
      return .number(digits)
    case .symbol("(")?:
      position += 1
      let value = try or()
      try expect(")")
      return value
    case .name(let name)?:
      if position + 1 < tokens.count, tokens[position + 1] == .symbol("(") {
        return try function(name)
      }
      return try path()
    case .symbol("@")?, .symbol(".")?: return try path()
    default: throw Unsupported()
    }
  }

  private mutating func function(_ name: String) throws -> Value {
    position += 2
    var arguments: [Value] = []
    if !take(.symbol(")")) {
      repeat { arguments.append(try or()) } while take(.symbol(","))
      try expect(")")
    }
    switch (name, arguments.count) {
    case ("not", 1): return .boolean("(\(try boolean(arguments[0]))).not()")
    case ("count", 1):
      guard case .nodes(let path, _) = arguments[0] else { throw Unsupported() }
      return .number("\(path).count()")
    case ("starts-with", 2), ("contains", 2):
      guard case .nodes(let path, true) = arguments[0], case .literal(let text) = arguments[1]
      else { throw Unsupported() }
      let own = name == "contains" ? "contains" : "startsWith"
      return .boolean("\(path).where(toString().\(own)('\(text)')).exists()")
    case ("string-length", 1):
      guard case .nodes(let path, true) = arguments[0] else { throw Unsupported() }
      return .number("iif(\(path).exists(), \(path).first().toString().length(), 0)")
    default: throw Unsupported()
    }
  }

  private mutating func path() throws -> Value {
    var steps: [String] = []
    var isAttribute = false
    repeat {
      if isAttribute { throw Unsupported() }
      if take(.symbol(".")) {
        steps.append("$this")
      } else {
        isAttribute = take(.symbol("@"))
        guard case .name(let name)? = next else { throw Unsupported() }
        position += 1
        // A name without a prefix is in no namespace, where CDA has nothing.
        if !isAttribute, !name.contains(":") { throw Unsupported() }
        steps.append(try member(name))
      }
      while take(.symbol("[")) {
        if case .number? = next { throw Unsupported() }
        let criterion = try or()
        try expect("]")
        steps.append("where(\(try boolean(criterion)))")
      }
    } while take(.symbol("/"))
    return .nodes(steps.joined(separator: "."), isAttribute: isAttribute)
  }

  /// The member that a name of CDA is to FHIRPath: those of the SDTC namespace begin with `sdtc`.
  private func member(_ name: String) throws -> String {
    let parts = name.split(separator: ":").map(String.init)
    guard parts.count == 2 else { return XPathTranslator.quoted(name) }
    switch parts[0] {
    case "cda", "xsi": return XPathTranslator.quoted(parts[1])
    case "sdtc": return "sdtc" + parts[1].prefix(1).uppercased() + parts[1].dropFirst()
    default: throw Unsupported()
    }
  }

  private static func quoted(_ name: String) -> String {
    let words = ["as", "is", "contains", "in", "div", "mod", "and", "or", "xor", "implies"]
    return words.contains(name) ? "`\(name)`" : name
  }

  private func boolean(_ value: Value) throws -> String {
    switch value {
    case .boolean(let text): return text
    case .nodes(let path, _): return "\(path).exists()"
    case .number, .literal: throw Unsupported()
    }
  }
}
