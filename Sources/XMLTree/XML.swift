public import ClinicalTree

/// Reading and writing of XML documents, by way of libxml2.
public enum XML {
  /// What reading gives up at.
  public struct Limits: Sendable {
    /// How deep elements may be nested; libxml2 itself ends at 256.
    public var depth: Int
    /// How many bytes a document may have, before and after its conversion to UTF-8.
    public var size: Int
    /// How many bytes one text or one attribute may have; libxml2 itself ends at 10,000,000.
    public var textSize: Int
    /// How many attributes and namespace declarations one start tag may have.
    public var attributes: Int

    /// Sets the limits.
    public init(
      depth: Int = 200, size: Int = 1 << 30, textSize: Int = 10_000_000, attributes: Int = 2_000
    ) {
      self.depth = min(depth, 250)
      self.size = min(size, Int(Int32.max))
      self.textSize = min(textSize, 10_000_000)
      self.attributes = attributes
    }

    /// 200 levels, one gibibyte, ten megabytes a text, 2,000 attributes a tag.
    public static let standard = Limits()
  }

  /// Why a document could not be read: at least one issue, in the order of their places.
  public struct ParsingError: Error, Sendable {
    /// The issues; the last one ended the reading.
    public let issues: [Issue]

    package init(_ issues: [Issue]) { self.issues = issues }
  }
}

extension XML {
  static let notWellFormed = Issue.Code(
    "XML-0001", "The document is not well-formed XML",
    explanation:
      "At this place the rules of XML 1.0 are broken, so nothing of the document is used.",
    repair: "Repair the document at the place named; an editor with XML support shows such faults.")
  static let truncated = Issue.Code(
    "XML-0002", "The document ends too early",
    explanation:
      "The document ended inside an element, as a file does whose writing was interrupted.",
    repair: "Fetch the file again, or ask its sender for the rest.")
  static let doctype = Issue.Code(
    "XML-0003", "The document has a DOCTYPE",
    explanation:
      "Neither FHIR nor CDA needs a document type declaration, and entities declared in one can be used for attacks. It is refused before anything of it is read.",
    repair: "Remove the DOCTYPE line.")
  static let undeclaredPrefix = Issue.Code(
    "XML-0004", "A namespace prefix is not declared",
    explanation:
      "Fragments are often cut out of documents without their declarations. The names are read by their usual meaning: xsi, sdtc, and CDA for the rest.",
    repair: "Declare the prefix on the root element.")
  static let namespaceFault = Issue.Code(
    "XML-0005", "A namespace is used against the rules",
    explanation: "The document is well-formed, but breaks a rule of Namespaces in XML 1.0.",
    repair: "Repair the declaration or the name at the place named.")
  static let badEncoding = Issue.Code(
    "XML-0006", "The bytes do not fit the encoding",
    explanation:
      "The document declares an encoding, or none and so UTF-8, in which these bytes are no characters.",
    repair: "Declare the encoding that the bytes really have, or convert them to UTF-8.")
  static let unknownEncoding = Issue.Code(
    "XML-0007", "The encoding is not known",
    explanation: "The document declares an encoding that this system cannot read.",
    repair: "Convert the document to UTF-8.")
  static let entity = Issue.Code(
    "XML-0008", "An entity is not defined",
    explanation:
      "Without a DOCTYPE, XML knows only lt, gt, amp, quot and apos; names such as nbsp are HTML's.",
    repair: "Write the character itself, or a numeric reference such as &#160;.")
  static let empty = Issue.Code(
    "XML-0009", "The document is empty",
    explanation: "There is nothing but white space.",
    repair: "Check where the file comes from.")
  static let tooDeep = Issue.Code(
    "XML-0010", "The nesting is too deep",
    explanation: "Elements are nested deeper than the limit, so the document is not read.",
    repair: "Raise the limit with --max-depth, up to 250.", isLimit: true)
  static let textTooLong = Issue.Code(
    "XML-0011", "A text or an attribute is too long",
    explanation: "libxml2 reads texts, attributes and comments of up to ten million bytes.",
    repair: "Move large content out of the document and refer to it.", isLimit: true)
  static let tooManyAttributes = Issue.Code(
    "XML-0012", "A tag has too many attributes",
    explanation: "The number of attributes and namespace declarations of one tag is limited.",
    repair: "No record of FHIR or CDA needs so many: check where the file comes from.",
    isLimit: true)
  static let tooLarge = Issue.Code(
    "XML-0013", "The document is too large",
    explanation: "The document has more bytes than the limit.",
    repair: "Raise the limit with --max-input-size.", isLimit: true)
  static let misdeclared = Issue.Code(
    "XML-0014", "The declared encoding is not that of the document", severity: .warning,
    explanation:
      "The byte order mark, or the width of the characters, shows another encoding than the XML declaration names. The document is read as what it is.",
    repair: "Correct or leave out the encoding in the XML declaration.")
  static let schemaViolation = Issue.Code(
    "XSD-0001", "The document breaks a rule of the given schema",
    explanation: "libxml2's schema validator found the document invalid at this place.",
    repair: "Compare the element with its definition in the schema.")
  static let schemaUnusable = Issue.Code(
    "XSD-0002", "The schema cannot be used",
    explanation: "The given file is not an XML schema that libxml2 can compile.",
    repair: "Name the root file of a complete schema folder.")
  static let schematronFailure = Issue.Code(
    "SCH-0001", "A rule of the given Schematron file is broken",
    explanation: "The message begins with the id of the rule, and says what the rule asks for.",
    repair: "Change the element as the rule asks; the template's own guide has its context.")
  static let schematronUnchecked = Issue.Code(
    "SCH-0002", "Rules of the given Schematron file were not checked", severity: .information,
    explanation:
      "They could not be evaluated with XPath 1.0, took too long, or open a file that is not there.",
    repair: "Put the files that the rules open beside them.")
  static let schematronUnusable = Issue.Code(
    "SCH-0003", "The Schematron file cannot be used",
    explanation: "The given file is no ISO Schematron schema.",
    repair: "Name a file whose root element is schema.")

  /// The codes that this module gives out.
  package static let issueCodes = [
    notWellFormed, truncated, doctype, undeclaredPrefix, namespaceFault, badEncoding,
    unknownEncoding, entity, empty, tooDeep, textTooLong, tooManyAttributes, tooLarge,
    misdeclared, schemaViolation, schemaUnusable, schematronFailure, schematronUnchecked,
    schematronUnusable,
  ]
}
