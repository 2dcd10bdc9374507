import ClinicalTree
import Definitions

extension LinkCollector {
  /// The types of resources that are records of what was found, done or planned.
  private static let types: Set<String> = [
    "Condition", "Observation", "Procedure", "DiagnosticReport", "MedicationRequest",
    "MedicationStatement", "MedicationAdministration", "MedicationDispense", "ServiceRequest",
    "ImagingStudy", "Specimen", "Basic", "NutritionOrder", "CarePlan", "Goal", "CareTeam",
    "PractitionerRole", "Communication",
  ]

  /// States in which a record says that nothing was found or done.
  private static let voided: Set<String> = [
    "entered-in-error", "cancelled", "not-done", "revoked", "draft", "nullified", "declined",
  ]

  mutating func collectFHIR(_ root: Cursor, _ tree: Tree) {
    guard root.kind == .object, let type = root.property(.resourceType)?.text else { return }
    if type == "Bundle" {
      let entries = Array(root.values(.entry))
      let medications = MedicationIndex(entries)
      for entry in entries {
        if let resource = entry.property(.resource) { collect(resource, medications) }
      }
    } else {
      collect(root, MedicationIndex([]))
    }
  }

  private mutating func collect(_ resource: Cursor, _ medications: MedicationIndex) {
    guard let type = resource.property(.resourceType)?.text.string, Self.types.contains(type) else {
      return
    }
    if let status = resource.property(.status), Self.voided.contains(status.text.string) { return }
    if isDenied(resource) { return }
    for name in [Name.code, .medicationCodeableConcept, .conclusionCode, .specialty] {
      for concept in resource.values(name) { note(concept: concept) }
    }
    for concept in resource.values(.type) where type == "Specimen" { note(concept: concept) }
    for procedure in resource.values(.procedureCode) { note(concept: procedure) }
    if type == "Goal" { for goal in resource.values(.description) { note(concept: goal) } }
    if type == "Observation" { noteValues(of: resource) }
    for participant in resource.values(.participant) where type == "CareTeam" {
      for role in participant.values(.role) { note(concept: role) }
    }
    for dosage in Array(resource.values(.dosageInstruction)) + Array(resource.values(.dosage)) {
      guard dosage.kind == .object else { continue }
      for coding in dosage.values(.route).flatMap({ Array($0.values(.coding)) }) {
        guard let code = coding.property(.code)?.text else { continue }
        let system = coding.property(.system)?.text ?? .empty
        note(route: code) { $0 == system }
      }
    }
    if let reference = resource.property(.medicationReference)?.property(.reference)?.text {
      if let medication = medications.medication(reference, in: resource) {
        for concept in medication.values(.code) { note(concept: concept) }
      }
    }
    for activity in resource.values(.activity) {
      guard let detail = activity.property(.detail), detail.kind == .object else { continue }
      if let status = detail.property(.status), Self.voided.contains(status.text.string) {
        continue
      }
      for concept in detail.values(.code) { note(concept: concept) }
    }
    let id = resource.property(.id)?.text.string ?? ""
    finish(node: resource.index, resource: type + "/" + id, isPresent: isPresent(resource, type))
  }

  private mutating func note(concept: Cursor) {
    guard concept.kind == .object else { return }
    var hasCoding = false
    for coding in concept.values(.coding) {
      guard let code = coding.property(.code)?.text else { continue }
      hasCoding = true
      let system = coding.property(.system)?.text ?? .empty
      note(code: code) { $0 == system }
    }
    if !hasCoding, let text = concept.property(.text) { note(text: text.text) }
  }

  /// An observation that names a finding as its value speaks of the finding.
  private mutating func noteValues(of observation: Cursor) {
    for concept in observation.values(.valueCodeableConcept) { note(concept: concept) }
    for component in observation.values(.component) {
      guard Self.answer(of: component) != .absent else { continue }
      for concept in component.values(.code) { note(concept: concept) }
      for concept in component.values(.valueCodeableConcept) { note(concept: concept) }
    }
  }

  /// Whether a resource says that something is not so.
  private func isDenied(_ resource: Cursor) -> Bool {
    if resource.property(.doNotPerform)?.kind == .true { return true }
    for coding in resource.values(.verificationStatus).flatMap({ Array($0.values(.coding)) }) {
      if let code = coding.property(.code)?.text, code == "refuted" || code == "entered-in-error" {
        return true
      }
    }
    return resource.values(.modifierExtension).contains { added in
      added.property(.url)?.text.hasSuffix("/cda-negation") ?? false
        && added.property(.valueBoolean)?.kind == .true
    }
  }

  private func isPresent(_ resource: Cursor, _ type: String) -> Bool {
    type != "Observation" || Self.answer(of: resource) == .present
  }

  /// What an observation says of the finding that it is about.
  enum Answer {
    case present, absent
  }

  static func answer(of observation: Cursor) -> Answer {
    if observation.property(.dataAbsentReason) != nil { return .absent }
    if observation.property(.valueBoolean)?.kind == .false { return .absent }
    for concept in observation.values(.valueCodeableConcept) {
      for coding in concept.values(.coding) {
        guard let code = coding.property(.code)?.text else { continue }
        // Negative; our own states; and no, in HL7's own tables.
        if ["260385009", "absent", "not-assessed", "unknown", "N", "NEG"].contains(where: {
          code == $0
        }) {
          return .absent
        }
      }
    }
    return .present
  }
}

/// The medications of a Bundle and those inside of resources, by what refers to them.
struct MedicationIndex {
  private var byURL: [Text: Cursor] = [:]

  init(_ entries: [Cursor]) {
    for entry in entries {
      guard let resource = entry.property(.resource),
        resource.property(.resourceType).map({ $0.text == "Medication" }) ?? false
      else { continue }
      if let url = entry.property(.fullUrl) { byURL[url.text] = resource }
    }
  }

  func medication(_ reference: Text, in resource: Cursor) -> Cursor? {
    if reference.hasPrefix("#") {
      let id = reference.slice(1..<reference.count)
      return resource.values(.contained).first { $0.property(.id).map { $0.text == id } ?? false }
    }
    return byURL[reference]
      ?? byURL.first { url, _ in
        url.count > reference.count
          && url.slice(url.count - reference.count..<url.count) == reference
      }?.value
  }
}
