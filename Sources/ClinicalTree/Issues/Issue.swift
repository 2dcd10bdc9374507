/// One finding about a document: what was found, where, and which rule it breaks.
///
/// Issues are the only currency of findings, from the parsers to the reports. A message holds places,
/// codes and lengths, never a value of the document.
public struct Issue: Hashable, Sendable {
  /// How much an issue weighs.
  public enum Severity: String, Hashable, Sendable, Comparable {
    /// Something is worth knowing; nothing is wrong.
    case information
    /// Something is doubtful, or was repaired.
    case warning
    /// The document breaks a rule, or something of it could not be read.
    case error

    private var weight: Int { self == .information ? 0 : self == .warning ? 1 : 2 }

    /// Orders by weight.
    public static func < (a: Severity, b: Severity) -> Bool { a.weight < b.weight }
  }

  /// What kind of finding this is; see `crest explain`.
  public let code: Code
  /// How much it weighs.
  public let severity: Severity
  /// One line that says what was found and what was expected.
  public let message: String
  /// The place in the document: a FHIRPath for FHIR, an XML path for CDA; empty for the whole document.
  public var path: String
  /// The place in the text, where it is known.
  public var position: SourcePosition?
  /// The profile whose rule was broken, where it is not the base standard's.
  public var profile: String?
  /// The key of the constraint that does not hold, where it is one of a profile.
  public var constraint: String?

  /// Makes an issue; the severity is the code's own unless another is given.
  public init(
    _ code: Code, severity: Severity? = nil, _ message: String, path: String = "",
    position: SourcePosition? = nil
  ) {
    self.code = code
    self.severity = severity ?? code.severity
    self.message = message
    self.path = path
    self.position = position
  }
}

extension Issue {
  /// The same issue with another severity.
  package func weighing(_ severity: Severity) -> Issue {
    var issue = Issue(code, severity: severity, message, path: path, position: position)
    issue.profile = profile
    issue.constraint = constraint
    return issue
  }
}

extension Issue {
  /// A stable name for a kind of finding, with the page that `crest explain` shows.
  ///
  /// Codes never change their meaning. Equality and hashing go by ``id`` alone.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The name, such as `JSON-0003`: the family, a hyphen and four digits.
    public let id: String
    /// The severity of an issue that does not state another one.
    public let severity: Severity
    /// What happened, in a few words.
    public let title: String
    /// What it means for the document.
    public let explanation: String
    /// What to do about it.
    public let repair: String
    /// Whether a limit of this program was reached, not a rule of a standard broken.
    public let isLimit: Bool

    /// Declares a code.
    public init(
      _ id: String, _ title: String, severity: Severity = .error, explanation: String,
      repair: String, isLimit: Bool = false
    ) {
      self.id = id
      self.severity = severity
      self.title = title
      self.explanation = explanation
      self.repair = repair
      self.isLimit = isLimit
    }

    /// The name of the code.
    public var description: String { id }

    /// The part of the name before the hyphen.
    public var family: Substring { id.prefix { $0 != "-" } }

    /// Whether two codes have the same name.
    public static func == (a: Code, b: Code) -> Bool { a.id == b.id }

    /// Hashes the name.
    public func hash(into hasher: inout Hasher) { hasher.combine(id) }
  }
}

/// A place in a text.
public struct SourcePosition: Hashable, Sendable, Comparable {
  /// The line, from 1.
  public let line: Int
  /// The column in Unicode scalars, from 1.
  public let column: Int
  /// Bytes before the place, in UTF-8.
  public let offset: Int

  /// Names a place.
  public init(line: Int, column: Int, offset: Int) {
    self.line = line
    self.column = column
    self.offset = offset
  }

  /// Orders by place.
  public static func < (a: SourcePosition, b: SourcePosition) -> Bool { a.offset < b.offset }
}
