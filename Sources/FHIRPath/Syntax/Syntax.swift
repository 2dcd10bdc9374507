/// The tree of an expression as it was written (FHIRPath N1, appendix A).
struct Syntax: Sendable {
  let kind: Kind
  /// Bytes of the expression before its first token.
  let offset: Int
  /// How many levels of operations there are.
  let depth: Int

  init(kind: Kind, offset: Int) {
    self.kind = kind
    self.offset = offset
    depth = 1 + (kind.operands.map(\.depth).max() ?? 0)
  }

  indirect enum Kind: Sendable {
    /// `{}`
    case empty
    case literal(Literal)
    /// `$this`, `$index`, `$total`
    case this, index, total
    /// `%name`
    case external(String)
    /// `name`, or `source.name`
    case member(Syntax?, String)
    case call(Syntax?, String, [Syntax])
    case indexer(Syntax, Syntax)
    /// `+x` or `-x`
    case polarity(isMinus: Bool, Syntax)
    case binary(BinaryOperator, Syntax, Syntax)
    /// `x is T`
    case isType(Syntax, TypeName)
    /// `x as T`
    case asType(Syntax, TypeName)

    /// The expressions that this one is made of.
    var operands: [Syntax] {
      switch self {
      case .empty, .literal, .this, .index, .total, .external: []
      case .member(let source, _): source.map { [$0] } ?? []
      case .call(let source, _, let arguments): (source.map { [$0] } ?? []) + arguments
      case .indexer(let a, let b), .binary(_, let a, let b): [a, b]
      case .polarity(_, let operand): [operand]
      case .isType(let operand, _), .asType(let operand, _): [operand]
      }
    }
  }

  enum Literal: Sendable, Hashable {
    case boolean(Bool)
    case string(String)
    case integer(Int)
    case decimal(String)
    /// Without the `@`, and a time without its `T`.
    case date(String)
    case dateTime(String)
    case time(String)
    case quantity(value: String, unit: String, isCalendar: Bool)
  }
}

/// A type as an expression names it: `Patient`, `FHIR.string`, `System.String`.
struct TypeName: Sendable, Hashable {
  let namespace: String?
  let name: String
}

/// The operators with two operands, by their precedence.
enum BinaryOperator: String, Sendable {
  case multiply = "*"
  case divide = "/"
  case div, mod
  case add = "+"
  case subtract = "-"
  case concatenate = "&"
  case union = "|"
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case equal = "="
  case notEqual = "!="
  case equivalent = "~"
  case notEquivalent = "!~"
  case `in`, contains, and, or, xor, implies

  /// How tightly the operator binds; a higher number binds tighter.
  var precedence: Int {
    switch self {
    case .multiply, .divide, .div, .mod: 10
    case .add, .subtract, .concatenate: 9
    case .union: 7
    case .less, .lessOrEqual, .greater, .greaterOrEqual: 6
    case .equal, .notEqual, .equivalent, .notEquivalent: 5
    case .in, .contains: 4
    case .and: 3
    case .or, .xor: 2
    case .implies: 1
    }
  }
}
