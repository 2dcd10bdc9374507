package import ClinicalTree
import FHIRPath

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

  static let brokenInvariant = Issue.Code(
    "FHIR-0110", "An invariant of FHIR does not hold",
    explanation: "FHIR R4 attaches rules to its types, each with a key and a FHIRPath expression.",
    repair: "Look the rule up by its key in the definition of the type, and change what breaks it.")
  static let badReference = Issue.Code(
    "FHIR-0111", "A reference does not lead to what is allowed here",
    explanation:
      "References name the types of resources that they may lead to; one that begins with # leads to a contained resource.",
    repair: "Correct the reference, or add the resource that it names.")
  static let badBundle = Issue.Code(
    "FHIR-0112", "A rule of Bundles is broken",
    explanation:
      "Entries of a Bundle are found by their fullUrl, and documents and messages have an order and links of their own.",
    repair: "See the chapter on Bundle in FHIR R4, and the message for the rule.")
  static let badNarrativeContent = Issue.Code(
    "FHIR-0113", "A narrative holds what is not allowed in it",
    explanation:
      "`text.div` is a part of XHTML: no scripts, no forms, no content from elsewhere, links that lead somewhere, and some text or an image.",
    repair: "Remove what the message names.")
  static let badAttachment = Issue.Code(
    "FHIR-0114", "An attachment is not what it says of itself",
    explanation: "The size of an Attachment is that of its data, base64 taken off.",
    repair: "Correct the size or the data.")
  static let badIdentifier = Issue.Code(
    "FHIR-0115", "An identifier or URI is not valid",
    explanation:
      "URIs that begin with urn:uuid: or urn:oid: have a form of their own, and identifiers of the system urn:ietf:rfc:3986 are URIs.",
    repair: "Write UUIDs in lower case and in full, OIDs as numbers between dots.")
  static let unknownCode = Issue.Code(
    "FHIR-0116", "A code that its code system does not have",
    explanation: "The code system is at hand in full, and the code is not in it. Of HL7's own "
      + "terminology the library carries the copy of FHIR R4; a code that this copy lacks is a warning, "
      + "and a package with a later one decides.",
    repair: "Correct the code or its system.")
  static let wrongDisplay = Issue.Code(
    "FHIR-0117", "A display that is not that of its code", severity: .warning,
    explanation: "The code system gives the code another display.",
    repair:
      "Use the display of the code system, or check whether the code is the one that is meant."
  )
  package static let unchecked = Issue.Code(
    "FHIR-0118", "Codes that could not be checked", severity: .information,
    explanation:
      "The code system is not at hand. One note stands for all of its codes in the document.",
    repair: "Nothing needs to be done; load the code system with --package to have it checked.")
  static let preferredCode = Issue.Code(
    "FHIR-0119", "A code outside a value set that should be used", severity: .warning,
    explanation:
      "The binding is extensible: other codes are for what the value set does not cover.",
    repair: "Use a code of the value set where one fits.")
  static let unknownExtension = Issue.Code(
    "FHIR-0120", "An extension whose definition is not at hand",
    explanation:
      "Nobody can tell what the extension means, or whether it is used as it was defined.",
    repair: "Load the package that defines it with --package, or correct its URL.")
  static let misplacedExtension = Issue.Code(
    "FHIR-0121", "An extension where its definition does not allow it",
    explanation: "Each extension says on which elements it may stand.",
    repair: "Move the extension to an element that its definition names.")
  static let unknownProfile = Issue.Code(
    "FHIR-0122", "A profile that is not at hand", severity: .warning,
    explanation: "The resource claims a profile, or a profile names one, that no package holds.",
    repair: "Load the package that holds it with --package.")
  static let duplicateID = Issue.Code(
    "FHIR-0123", "Two elements of a resource have the same id",
    explanation: "Links within the resource could mean either.", repair: "Make the ids unique.")
  static let badDefinition = Issue.Code(
    "FHIR-0124", "A definition contradicts itself or what it is based on",
    explanation:
      "StructureDefinitions, ValueSets, CodeSystems and the like have rules beyond those of their structure.",
    repair: "See the message for the rule.")
  static let badMeasure = Issue.Code(
    "FHIR-0125", "A MeasureReport does not fit its Measure",
    explanation: "Groups, populations and scores of a report follow those of its measure.",
    repair: "See the message for the part that differs.")
  static let cut = Issue.Code(
    "FHIR-0199", "Not all findings are listed", severity: .information,
    explanation: "A document with this many findings is not mended one by one.",
    repair: "Mend the commonest ones and validate again.")

  static let missingByProfile = Issue.Code(
    "PROF-0101", "An element that a profile demands is missing",
    explanation: "The profile sets a least number for this element or slice.",
    repair: "Add the element, or do not claim the profile.")
  static let tooManyByProfile = Issue.Code(
    "PROF-0102", "An element stands more often than a profile allows",
    explanation: "The profile sets a greatest number for this element or slice.",
    repair: "Remove what is too much, or do not claim the profile.")
  static let wrongValue = Issue.Code(
    "PROF-0103", "A value is not the one that a profile fixes",
    explanation: "The profile fixes the value, or a pattern that it must contain, or its bounds.",
    repair: "Use the value that the profile asks for.")
  static let wrongType = Issue.Code(
    "PROF-0104", "A value of a type that a profile does not allow",
    explanation: "The profile allows some of the types that the base allows.",
    repair: "Use one of the types that the message names.")
  static let noSlice = Issue.Code(
    "PROF-0105", "An element fits none of the slices of a closed slicing",
    explanation:
      "The profile divides a repeating element into slices and allows no others. The message names the nearest slice and why it does not fit.",
    repair: "Change the element so that it fits its slice, or remove it.")
  static let wrongOrder = Issue.Code(
    "PROF-0106", "Slices stand in another order than a profile has",
    explanation: "The slicing is ordered.",
    repair: "Bring the elements into the order of the slices.")
  static let brokenConstraint = Issue.Code(
    "PROF-0107", "A constraint of a profile does not hold",
    explanation: "Profiles attach rules to elements, each with a key and a FHIRPath expression.",
    repair: "Look the rule up by its key in the profile, and change what breaks it.")
  static let codeByProfile = Issue.Code(
    "PROF-0108", "A code is not in the value set that a profile demands",
    explanation: "The profile binds the element to a value set, and no other codes are allowed.",
    repair: "Use a code of the value set that the message names.")
  static let noProfileFits = Issue.Code(
    "PROF-0109", "A value fits none of the profiles that are allowed",
    explanation: "The type of the element names profiles, and the value must follow one of them.",
    repair: "Validate the value against the profile that is meant, and mend what is found.")
  static let targetByProfile = Issue.Code(
    "PROF-0110", "A reference leads to what a profile does not allow",
    explanation: "The profile names the types or profiles of the resources that it may lead to.",
    repair: "Refer to a resource of an allowed kind.")
  static let uncheckedConstraint = Issue.Code(
    "PROF-0111", "A constraint could not be checked", severity: .warning,
    explanation: "The expression could not be read, needs what is not at hand, or takes too long.",
    repair: "Report it to the publisher of the profile.")
  static let costlyConstraint = Issue.Code(
    "PROF-0113", "A constraint takes more work than the limit", severity: .warning,
    explanation:
      "Its expression was ended before it had an answer, so that nothing takes for ever.",
    repair: "Report it to the publisher of the profile.", isLimit: true)
  static let profileFault = Issue.Code(
    "PROF-0112", "A profile could be used in part only", severity: .warning,
    explanation: "Its base is not at hand, or its chain of bases does not end.",
    repair: "Load the packages that it depends on with --package.")

  static let unknownItem = Issue.Code(
    "QUEST-0101", "An item that the Questionnaire does not have",
    explanation: "Items of a response have the linkIds of the Questionnaire's items.",
    repair: "Correct the linkId.")
  static let badAnswer = Issue.Code(
    "QUEST-0102", "An answer that its question does not allow",
    explanation:
      "The type, the options, the bounds and the number of answers are set by the Questionnaire.",
    repair: "Correct the answer; the message says what is asked for.")
  static let missingAnswer = Issue.Code(
    "QUEST-0103", "A required answer is missing",
    explanation: "The Questionnaire requires the item, and it is enabled.",
    repair: "Answer the question.")
  static let disabledItem = Issue.Code(
    "QUEST-0104", "An answer to a question that is not enabled",
    explanation: "The conditions under which the question is asked do not hold.",
    repair: "Remove the answer, or correct those that the question depends on.")

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

  static let brokenTemplate = Issue.Code(
    "CDA-0201", "A rule of a C-CDA template is broken",
    explanation:
      "The element claims a template by its templateId, and the template demands what the message states. Rules that C-CDA only recommends are warnings.",
    repair:
      "Look the rule up by its id in the template's definition; change the element, or do not claim the template."
  )

  /// The codes that this module gives out.
  package static let issueCodes = [
    unknownResource, unknownElement, missingElement, tooMany, wrongShape, empty, badFormat,
    badCode, repeatedFullUrl, badNarrative, brokenInvariant, badReference, badBundle,
    badNarrativeContent, badAttachment, badIdentifier, unknownCode, wrongDisplay, unchecked,
    preferredCode, unknownExtension, misplacedExtension, unknownProfile, duplicateID,
    badDefinition, badMeasure, cut, missingByProfile, tooManyByProfile, wrongValue, wrongType,
    noSlice, wrongOrder, brokenConstraint, codeByProfile, noProfileFits, targetByProfile,
    uncheckedConstraint, costlyConstraint, profileFault, unknownItem, badAnswer, missingAnswer,
    disabledItem,
    unknownCDAElement, missingCDAElement, unknownCDAAttribute, missingCDAAttribute, badCDAValue,
    badCDAType, textInCDAElement, repeatedID, wrongRoot, brokenTemplate,
  ]
}

extension Conformance {
  /// The code for a condition that could not be evaluated.
  static func unchecked(_ error: FHIRPathError) -> Issue.Code {
    error.code == .limit ? costlyConstraint : uncheckedConstraint
  }
}
