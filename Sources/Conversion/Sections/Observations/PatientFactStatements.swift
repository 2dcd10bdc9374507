import ClinicalTree
import Definitions

extension Skeleton {
  fileprivate static func fact(_ code: Code, _ template: String?) -> Skeleton {
    Skeleton(.observation, template, "OBS", code: code, needs: [.id, .time, .value("CD")])
  }
}

extension CDABuilder {
  /// What US Core puts into the Patient, as observations of the social history; once in a document.
  func patientFacts(in section: Draft.Slot) {
    guard let patient, !hasPatientFacts else { return }
    hasPatientFacts = true
    let before = (owner, done)
    owner = patient
    done = []
    var made: [Draft.Slot] = []
    for (url, skeleton, system) in Self.codes {
      guard let extended = extended(url, in: patient), let code = leaf(.valueCode, in: extended)
      else {
        continue
      }
      let observation = open(skeleton, in: add(.entry, in: section))
      let value = add(.value, in: observation)
      constant(.type, "CD", in: value)
      attribute(.code, code.sourced, in: value)
      constant(.codeSystem, system, in: value)
      markURL(extended)
      statements[extended.index] = observation
      made.append(observation)
    }
    for (url, inner, skeleton) in Self.concepts {
      for extended in allExtended(url, in: patient) {
        let holder = inner.flatMap { self.extended($0, in: extended) } ?? extended
        guard let concept = value(.valueCodeableConcept, in: holder) else { continue }
        let observation = open(skeleton, in: add(.entry, in: section))
        cd(concept, as: .value, type: "CD", in: observation)
        markURL(extended)
        if inner != nil { markURL(holder) }
        statements[extended.index] = observation
        made.append(observation)
      }
    }
    if !made.isEmpty { restore(patient, [.observation: made]) }
    (owner, done) = before
  }

  /// The rows of what is known of a patient and stands in the social history.
  func factWords(of patient: Cursor) -> [EntryWords] {
    func row(_ extended: Cursor, _ skeleton: Skeleton, _ found: Text) -> EntryWords {
      let name = skeleton.code.flatMap { fixedName(of: Text($0.code)) } ?? .empty
      return EntryWords(node: extended.index, what: name, when: .empty, details: [found])
    }
    let codes = Self.codes.compactMap { url, skeleton, _ in
      extended(url, in: patient).flatMap { extended in
        leaf(.valueCode, in: extended).map { row(extended, skeleton, sexWords($0.text)) }
      }
    }
    let concepts = Self.concepts.flatMap { url, inner, skeleton in
      allExtended(url, in: patient).compactMap { extended in
        let holder = inner.flatMap { self.extended($0, in: extended) } ?? extended
        return value(.valueCodeableConcept, in: holder).map {
          row(extended, skeleton, words(of: $0))
        }
      }
    }
    return codes + concepts
  }

  private func sexWords(_ code: Text) -> Text {
    switch code.string {
    case "M": Text("Male")
    case "F": Text("Female")
    case "UNK": Text("Unknown")
    default: code
    }
  }

  private static let codes: [(url: StaticString, skeleton: Skeleton, system: StaticString)] = [
    (
      "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex",
      .fact(.loinc("76689-9"), "22.4.200:2016-06-01"), "2.16.840.1.113883.5.1"
    ),
    (
      "http://hl7.org/fhir/us/core/StructureDefinition/us-core-sex",
      .fact(.loinc("46098-0"), "22.4.507:2023-06-28"), "2.16.840.1.113883.5.1"
    ),
  ]

  private static let concepts: [(url: StaticString, inner: StaticString?, skeleton: Skeleton)] = [
    (
      "http://hl7.org/fhir/us/core/StructureDefinition/us-core-genderIdentity", nil,
      .fact(.loinc("76691-5"), nil)
    ),
    (
      "http://hl7.org/fhir/us/core/StructureDefinition/us-core-tribal-affiliation",
      "tribalAffiliation", .fact(.loinc("95370-3"), "22.4.506:2023-05-01")
    ),
  ]
}
