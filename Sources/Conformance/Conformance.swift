package import ClinicalTree

/// The codes of findings about the structure of FHIR resources and CDA documents.
package enum Conformance {
  static let unknownResource = Issue.Code(
    "FHIR-0100", "The type of the resource is not one of R4's",
    explanation: "`resourceType`, or the root element in XML, names the type of a resource.",
    repair: "Use a resource type of FHIR R4.")
  static let unknownElement = Issue.Code(
    "FHIR-0101", "An element that its type does not have",
    explanation: "FHIR R4 defines no such element at this place, so no receiver will look at it.",
    repair: "Correct the name, or carry the value in an extension.")
  static let missingElement = Issue.Code(
    "FHIR-0102", "A required element is missing",
    explanation: "FHIR R4 demands this element at least once.",
    repair: "Add the element; where the value is not known, add a data-absent-reason extension.")
  static let tooMany = Issue.Code(
    "FHIR-0103", "An element stands too often",
    explanation: "FHIR R4 allows the element less often, or only one form of a choice element.",
    repair: "Keep what is meant and remove the rest.")
  static let wrongShape = Issue.Code(
    "FHIR-0104", "A value has the wrong shape",
    explanation:
      "In JSON what may repeat is an array, even of one item, and what may not is none; complex types are objects, primitives are strings, numbers or booleans.",
    repair: "Write the value in the shape that its type has in JSON.")
  static let empty = Issue.Code(
    "FHIR-0105", "An object, array or string is empty",
    explanation: "FHIR has no empty values: what says nothing is left out.",
    repair: "Remove the property.")
  static let badFormat = Issue.Code(
    "FHIR-0106", "A value does not have the format of its type",
    explanation:
      "The primitive types of FHIR R4 each have a format, such as YYYY-MM-DD for a date.",
    repair: "Write the value in the format of its type.")
  static let badCode = Issue.Code(
    "FHIR-0107", "A code is not in the value set that is required",
    explanation: "The element is bound to a value set, and no other codes are allowed.",
    repair: "Use a code of the value set that the message names.")
  static let repeatedFullUrl = Issue.Code(
    "FHIR-0108", "Two entries of a Bundle have the same fullUrl",
    explanation: "References to this URL could mean either entry.",
    repair: "Give each entry a fullUrl of its own, or versions to those that are meant to share it."
  )
  static let badNarrative = Issue.Code(
    "FHIR-0109", "A narrative is not well-formed XHTML",
    explanation: "`text.div` must be well-formed, without a DOCTYPE and with XML's entities only.",
    repair: "Close all tags, and write &#160; for &nbsp;.")

  static let unknownCDAElement = Issue.Code(
    "CDA-0101", "An element that CDA does not allow here",
    explanation:
      "The schema of CDA R2 with SDTC extensions has no such element at this place: it is unknown, stands in the wrong order, or stands too often.",
    repair: "Compare the order and the names with the schema; extensions need their namespace.")
  static let missingCDAElement = Issue.Code(
    "CDA-0102", "A required element is missing",
    explanation: "The schema of CDA R2 demands an element here.",
    repair: "Add the element, with a nullFlavor where the value is not known.")
  static let unknownCDAAttribute = Issue.Code(
    "CDA-0103", "An attribute that CDA does not allow here",
    explanation: "The schema of CDA R2 has no such attribute on this element or data type.",
    repair: "Remove the attribute or correct its name; a missing xsi:type can be the cause.")
  static let missingCDAAttribute = Issue.Code(
    "CDA-0104", "A required attribute is missing",
    explanation: "The schema of CDA R2 demands the attribute.", repair: "Add the attribute.")
  static let badCDAValue = Issue.Code(
    "CDA-0105", "An attribute's value is not allowed",
    explanation: "The value does not have the format of its data type, or is not in its list.",
    repair: "Correct the value; see the data type that the message names.")
  static let badCDAType = Issue.Code(
    "CDA-0106", "xsi:type names no type that fits",
    explanation:
      "An abstract type needs xsi:type, and the type named there must be derived from the one expected.",
    repair: "Name a data type such as CD, PQ or IVL_TS, in the namespace of CDA.")
  static let textInCDAElement = Issue.Code(
    "CDA-0107", "Text where CDA allows none",
    explanation: "The element has parts only; text between them means nothing.",
    repair: "Remove the text, or put it into the element that is meant for it.")
  static let repeatedID = Issue.Code(
    "CDA-0108", "Two elements have the same ID",
    explanation: "References into the narrative could mean either.", repair: "Make the IDs unique.")
  static let wrongRoot = Issue.Code(
    "CDA-0109", "The root element is not ClinicalDocument",
    explanation: "A CDA document begins with ClinicalDocument in the namespace urn:hl7-org:v3.",
    repair: "Validate a whole document; fragments can be converted, not validated.")

  /// The codes that this module gives out.
  package static let issueCodes = [
    unknownResource, unknownElement, missingElement, tooMany, wrongShape, empty, badFormat, badCode,
    repeatedFullUrl, badNarrative, unknownCDAElement, missingCDAElement, unknownCDAAttribute,
    missingCDAAttribute, badCDAValue, badCDAType, textInCDAElement, repeatedID, wrongRoot,
  ]
}

/// Findings about nodes of one tree, turned into issues with paths and places at the end.
struct FindingList {
  private var all: [(code: Issue.Code, node: Int, message: String)] = []
  /// After so many findings a document is hopeless and the rest is not listed.
  private let limit = 1_000
  private var isCut = false

  mutating func add(_ code: Issue.Code, at node: Int, _ message: String) {
    guard all.count < limit else {
      isCut = true
      return
    }
    all.append((code, node, message))
  }

  func issues(in tree: Tree) -> [Issue] {
    if all.isEmpty { return [] }
    var lines = LineTable(tree.source)
    var paths = PathWriter(tree, marksShadows: false)
    let nodes = tree.nodes
    let sorted = all.enumerated().sorted {
      let (a, b) = ($0.element, $1.element)
      return (nodes[a.node].place, a.code.id, $0.offset) < (
        nodes[b.node].place, b.code.id, $1.offset
      )
    }
    var issues = sorted.map { _, finding in
      Issue(
        finding.code, finding.message, path: paths.path(of: finding.node),
        position: lines.position(of: Int(nodes[finding.node].place)))
    }
    if isCut {
      issues.append(
        Issue(
          Conformance.unknownElement, severity: .information,
          "more than \(limit) findings; the rest is not listed"))
    }
    return issues
  }
}
