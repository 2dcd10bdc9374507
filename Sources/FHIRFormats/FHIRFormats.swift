package import ClinicalTree
import Definitions

/// The codes of the formats in which FHIR travels.
package enum FHIRFormats {
  static let forbiddenCharacter = Issue.Code(
    "FHIR-0010", "A value has a character that XML cannot hold",
    explanation:
      "XML 1.0 has no way to write most control characters. The value is left out of the XML form.",
    repair: "Remove the character, or exchange the resource as JSON.")
  static let badNarrative = Issue.Code(
    "FHIR-0011", "A narrative is not well-formed XHTML",
    explanation:
      "`text.div` must be well-formed XHTML. In the XML form it is written as plain text.",
    repair:
      "Close all tags of the narrative and write &lt; and &amp; where these characters are meant.")
  package static let lineWithoutResource = Issue.Code(
    "FHIR-0012", "A line of the NDJSON is not a resource",
    explanation: "Each line that is not blank holds one FHIR resource as JSON.",
    repair: "Put each resource on one line, without line ends inside it.")
  static let badName = Issue.Code(
    "FHIR-0013", "The name of a property cannot be that of an XML element",
    explanation:
      "No name of FHIR has such characters. The property is left out of the XML form.",
    repair: "Correct the name, or exchange the resource as JSON.")

  /// The codes that this module gives out.
  package static let issueCodes = [
    forbiddenCharacter, badNarrative, lineWithoutResource, badName,
  ]
}
