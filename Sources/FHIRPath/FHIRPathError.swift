/// Why an expression could not be read or evaluated.
public struct FHIRPathError: Error, Hashable, Sendable {
  /// What kind of fault it is; equality of errors goes by this alone.
  public enum Code: String, Sendable {
    /// The text is no FHIRPath expression.
    case syntax
    /// The expression uses a function, an operator or a type that does not exist, or wrongly.
    case unknown
    /// Several items stand where one is allowed.
    case notSingle
    /// An operand or argument has a type that the operation does not take.
    case wrongType
    /// What the expression asks for (a terminology, a profile) is not at hand.
    case unavailable
    /// A limit of depth, steps or collection size was reached.
    case limit
  }

  /// What kind of fault it is.
  public let code: Code
  /// One line that says what was found and what was expected.
  public let message: String
  /// Bytes of the expression before the place of the fault.
  public let offset: Int

  package init(_ code: Code, _ message: String, at offset: Int) {
    self.code = code
    self.message = message
    self.offset = offset
  }

  /// Whether two errors are of the same kind.
  public static func == (a: FHIRPathError, b: FHIRPathError) -> Bool { a.code == b.code }

  /// Hashes the kind.
  public func hash(into hasher: inout Hasher) { hasher.combine(code) }
}
