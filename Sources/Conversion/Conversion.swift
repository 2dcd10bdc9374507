package import ClinicalTree

/// Between C-CDA and FHIR R4.
package enum Conversion {
  /// What a conversion may be told.
  package struct Options: Sendable {
    /// What becomes of a time that states no offset from UTC; FHIR has none without.
    package enum TimeZonePolicy: Sendable, Equatable {
      /// The date alone becomes the value; the source form stands beside it.
      case date
      /// The one offset that the document states elsewhere, if it states exactly one.
      case document
      /// A given offset, in minutes east of UTC.
      case fixed(Int)
    }

    package var timeZonePolicy: TimeZonePolicy
    /// The instant to use where R4 requires one, in R4's form; from the header's time if `nil`.
    package var now: String?
    /// Whether the source itself, as UTF-8, goes into the bundle.
    package var attachesSource: Bool

    package init(
      timeZonePolicy: TimeZonePolicy = .date, now: String? = nil, attachesSource: Bool = false
    ) {
      self.timeZonePolicy = timeZonePolicy
      self.now = now
      self.attachesSource = attachesSource
    }
  }

  /// The version of this software.
  package static let version: StaticString = "0.1.0"
  /// What the tables of conversion follow.
  static let tables: StaticString = "C-CDA on FHIR 2.0.0"

  /// The canonical base of everything that this project defines; see `Profiles/`.
  package static let canonicalBase = "https://crestkit.example/fhir"

  /// The code system of the guide, and the OID under which C-CDA names its statements: that of the UUID
  /// of this project's canonical base.
  static let guideSystem: StaticString = "https://crestkit.example/fhir/CodeSystem/crest-guide"
  static let guideOID: StaticString = "2.25.110433287056431517116062294796437218124"
  /// The code system of the acts in which C-CDA carries what only FHIR has an element for.
  static let contentOID: StaticString = "2.25.110433287056431517116062294796437218124.1"
  static let contentCode: StaticString = "fhir-content"
  /// The root of ids that name a resource of FHIR by its type and logical id, so that others can refer to
  /// it, where it has no identifier.
  static let resourceOID: StaticString = "2.25.110433287056431517116062294796437218124.2"
}

extension Conversion {
  static let fragment = Issue.Code(
    "CONV-0001", "The document is a fragment", severity: .information,
    explanation:
      "The root is a section, an entry, a clinical statement or a part of a header. It becomes a collection Bundle, without a Composition.",
    repair: "Nothing, if a fragment is what was meant.")
  static let noNamespace = Issue.Code(
    "CONV-0002", "The elements are in no namespace", severity: .warning,
    explanation:
      "CDA's namespace is urn:hl7-org:v3. The elements are read by their names all the same.",
    repair: "Declare xmlns=\"urn:hl7-org:v3\" on the root element.")
  static let danglingReference = Issue.Code(
    "CONV-0003", "A reference into the narrative leads nowhere", severity: .warning,
    explanation: "No element of the document has the ID. The reference is kept as it stands.",
    repair: "Give the part of the narrative that is meant this ID.")
  static let missingHash = Issue.Code(
    "CONV-0004", "A reference into the narrative lacks its #", severity: .warning,
    explanation: "The ID exists, so the reference is read as if the # were there.",
    repair: "Write # before the ID.")
  static let badTime = Issue.Code(
    "CONV-0005", "A time that is no time", severity: .warning,
    explanation:
      "The value is not a date of the calendar in the form of HL7 version 3. It is kept beside the place where the date would stand.",
    repair: "Write YYYYMMDD, or YYYYMMDDHHMMSS+ZZZZ.")
  static let unknownSystem = Issue.Code(
    "CONV-0006", "A code system is named instead of identified", severity: .warning,
    explanation: "codeSystem holds something that is neither an OID nor a UUID nor a URL.",
    repair: "Write the OID of the code system.")
  static let valueSetAsSystem = Issue.Code(
    "CONV-0007", "A value set stands where a code system belongs", severity: .warning,
    explanation: "The OID is that of a value set. It is kept as it stands.",
    repair: "Write the OID of the code system that the code is from.")
  static let badNumber = Issue.Code(
    "CONV-0008", "A quantity without a number that FHIR can hold", severity: .warning,
    explanation: "The value is not a decimal number. It is kept as text beside its place.",
    repair: "Write a decimal number.")
  static let unknownStatement = Issue.Code(
    "CONV-0009", "A clinical statement that no table knows", severity: .information,
    explanation:
      "Its templates are not among those that are mapped field by field. It becomes an Observation or a Basic resource with its codes, and the rest is kept with it.",
    repair: "See `crest mapping` for what is mapped.")
  static let severalPatients = Issue.Code(
    "CONV-0010", "The document has several record targets", severity: .warning,
    explanation: "The first is the subject of all statements; the others are in the Bundle.",
    repair: "Check whose statements these are.")
  static let unknownCode = Issue.Code(
    "CONV-0011", "A code that the concept map does not have", severity: .warning,
    explanation:
      "FHIR requires one of its own codes here, and no map leads there. The source code is kept.",
    repair: "Use a code of the value set that the template names.")
  static let contradiction = Issue.Code(
    "CONV-0012", "Two values of the source contradict each other", severity: .warning,
    explanation:
      "Both cannot be true of the patient. The reading that does less harm if it is wrong was taken; the other value is kept beside it.",
    repair: "Ask the sender which is right.")

  package static let noPatient = Issue.Code(
    "CONV-0013", "There is no patient",
    explanation: "A C-CDA document is about a patient. There is no Patient among the resources.",
    repair: "Name the patient with --patient, or put the Patient into the Bundle.")
  static let danglingEntry = Issue.Code(
    "CONV-0014", "A reference leads to no resource", severity: .warning,
    explanation: "The Bundle does not hold what the entry of a section refers to.",
    repair: "Put the resource into the Bundle, with the fullUrl that the reference names.")
  static let nobodysResource = Issue.Code(
    "CONV-0015", "A resource belongs to none of the patients", severity: .warning,
    explanation:
      "The records of several patients were taken apart by what refers to each of them. Neither does this resource, nor does one of theirs refer to it, so it is in no document.",
    repair: "Name the patient in the resource.")
  package static let mixedPatients = Issue.Code(
    "CONV-0016", "The resources are of several patients",
    explanation: "A C-CDA document is about one patient. There are several among the resources.",
    repair: "Take them apart with --split-patients.")
  static let noStatement = Issue.Code(
    "CONV-0017", "A resource has no place in C-CDA", severity: .warning,
    explanation:
      "No template of C-CDA is about resources of this type, it is not clinical, and no resource of the document refers to it. It is not in the document.",
    repair: "Nothing, if a clinical document is what was meant.")
  static let withdrawn = Issue.Code(
    "CONV-0018", "A resource was entered in error", severity: .information,
    explanation:
      "The template of C-CDA has no code for that, and the statement would read as true. The resource is carried in the section of further information.",
    repair: "Nothing.")
  static let unknownModifier = Issue.Code(
    "CONV-0019", "A modifier extension is not known", severity: .warning,
    explanation:
      "A modifier extension may turn what a resource says into its opposite, so that whoever does not know it must not go by the rest. The resource is carried whole in the section of further information.",
    repair: "Convert the resource by hand, or leave the extension out where it does not matter.")

  /// The codes that this module gives out.
  package static let issueCodes = [
    fragment, noNamespace, danglingReference, missingHash, badTime, unknownSystem, valueSetAsSystem,
    badNumber, unknownStatement, severalPatients, unknownCode, contradiction,
    noPatient, danglingEntry,
    nobodysResource, mixedPatients, noStatement, withdrawn,
    unknownModifier,
  ]
}
