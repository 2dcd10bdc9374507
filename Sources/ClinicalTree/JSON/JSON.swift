/// Reading and writing of JSON texts (RFC 8259), without loss: numbers keep their digits, objects their
/// order, and duplicate names stay.
public enum JSON {
  /// What reading gives up at.
  public struct Limits: Sendable {
    /// How deep arrays and objects may be nested.
    public var depth: Int
    /// How many bytes a text may have.
    public var size: Int

    /// Sets the limits.
    public init(depth: Int = 256, size: Int = 1 << 30) {
      self.depth = depth
      self.size = size
    }

    /// 256 levels and one gibibyte.
    public static let standard = Limits()
  }

  /// Why a text could not be read: at least one issue, in the order of their places.
  public struct ParsingError: Error, Sendable {
    /// The issues, the first of which ended the reading.
    public let issues: [Issue]

    package init(_ issues: [Issue]) { self.issues = issues }
  }
}

extension JSON {
  static let syntax = Issue.Code(
    "JSON-0001", "The text is not JSON",
    explanation: "At this place RFC 8259 allows no such character, so nothing of the text is used.",
    repair:
      "Repair the text at the place named; most often a comma, a quote or a bracket is missing.")
  static let truncated = Issue.Code(
    "JSON-0002", "The text ends too early",
    explanation: "The text ended inside a value, as a file does whose writing was interrupted.",
    repair: "Fetch the file again, or ask its sender for the rest.")
  static let badEscape = Issue.Code(
    "JSON-0003", "A string has an escape that JSON does not know",
    explanation:
      "After a backslash only \" \\ / b f n r t and u with four hexadecimal digits may follow.",
    repair: "Write a backslash that is meant as such as two.")
  static let loneSurrogate = Issue.Code(
    "JSON-0004", "A string has half of a surrogate pair", severity: .warning,
    explanation:
      "An escape names one half of a UTF-16 pair, which is no character. It is read as U+FFFD.",
    repair: "Write both halves, or the character itself in UTF-8.")
  static let badUTF8 = Issue.Code(
    "JSON-0005", "The bytes are not UTF-8",
    explanation: "JSON is UTF-8. A byte sequence that is not cannot be read without guessing.",
    repair: "Convert the text to UTF-8 from the encoding that it really has.")
  static let controlCharacter = Issue.Code(
    "JSON-0006", "A string has a control character",
    explanation: "Characters below U+0020 must be written as escapes inside strings.",
    repair: "Write \\n for a line feed, \\t for a tab, \\u0000 and so on for others.")
  static let tooDeep = Issue.Code(
    "JSON-0007", "The nesting is too deep",
    explanation: "Arrays and objects are nested deeper than the limit, so the text is not read.",
    repair: "Raise the limit with --max-depth if the text is meant to be like that.", isLimit: true)
  static let trailing = Issue.Code(
    "JSON-0008", "Something follows the value",
    explanation: "A JSON text is one value. More of them, one a line, are NDJSON.",
    repair: "Remove what follows, or name the format with --from ndjson.")
  static let tooLarge = Issue.Code(
    "JSON-0009", "The text is too large",
    explanation: "The text has more bytes than the limit.",
    repair: "Raise the limit with --max-input-size.", isLimit: true)
  package static let duplicateName = Issue.Code(
    "FHIR-0001", "A property stands twice in one object",
    explanation:
      "FHIR forbids it, and readers disagree on which of the two counts. Both are kept in the tree.",
    repair: "Keep the one that is meant; for several values write an array.")
  package static let shadowMismatch = Issue.Code(
    "FHIR-0002", "A property and its underscore partner do not fit together",
    explanation:
      "`_name` holds id and extensions of the primitive `name`: an object for a single value, an array of the same length, with nulls, for a list.",
    repair: "Give both the same shape and length.")
  package static let nullValue = Issue.Code(
    "FHIR-0003", "A null stands where FHIR allows none",
    explanation:
      "In FHIR a null only fills a place in a list of primitives whose partner list has something there.",
    repair: "Leave the property out.")

  /// The codes that this module gives out.
  package static let issueCodes = [
    syntax, truncated, badEscape, loneSurrogate, badUTF8, controlCharacter, tooDeep, trailing,
    tooLarge, duplicateName, shadowMismatch, nullValue,
  ]
}
