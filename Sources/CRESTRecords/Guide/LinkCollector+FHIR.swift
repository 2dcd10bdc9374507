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
    "not-taken", "rejected", "preparation",
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
    for name in [Name.status, .lifecycleStatus] {
      if let status = resource.property(name), Self.voided.contains(status.text.string) { return }
    }
    if isDenied(resource) || Self.isOfRelatives(resource) { return }
    if type == "Observation", Self.answer(of: resource) == .notDone { return }
    for name in [Name.code, .medicationCodeableConcept, .conclusionCode, .specialty] {
      for concept in resource.values(name) {
        // The name of a code says what somebody is, not that they care for this disease.
        if type == "PractitionerRole", concept.kind == .object, concept.property(.coding) != nil,
          !concept.values(.coding).contains(where: { index.knows(Self.system(of: $0)) })
        {
          continue
        }
        note(concept: concept)
      }
    }
    for concept in resource.values(.type) where type == "Specimen" { note(concept: concept) }
    for procedure in resource.values(.procedureCode) { note(concept: procedure) }
    // What was linked once stays so: parts that led to the link may be where only its source has a place.
    for tag in resource.values(.meta).flatMap({ Array($0.values(.tag)) }) where tag.kind == .object
    {
      if tag.property(.system).map({ $0.text == index.guideSystem }) ?? false,
        let id = tag.property(.code)
      {
        note(statement: id.text)
      }
    }
    if type == "Goal" { for goal in resource.values(.description) { note(concept: goal) } }
    if type == "Observation" { noteValues(of: resource) }
    for participant in resource.values(.participant) where type == "CareTeam" {
      for role in participant.values(.role) { note(concept: role) }
    }
    for dosage in Array(resource.values(.dosageInstruction)) + Array(resource.values(.dosage)) {
      guard dosage.kind == .object else { continue }
      for coding in dosage.values(.route).flatMap({ Array($0.values(.coding)) }) {
        guard let code = coding.property(.code)?.text else { continue }
        note(route: code, of: Self.system(of: coding))
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
      if detail.property(.doNotPerform)?.kind == .true { continue }
      for concept in detail.values(.code) { note(concept: concept) }
    }
    let id = resource.property(.id)?.text.string ?? ""
    finish(node: resource.index, resource: type + "/" + id, isPresent: isPresent(resource, type))
  }

  private mutating func note(concept: Cursor) {
    guard concept.kind == .object else { return }
    let codings = Array(concept.values(.coding)).filter { $0.kind == .object }
    let codes = codings.compactMap { coding in
      coding.property(.code).map { (system: Self.system(of: coding), code: $0.text) }
    }
    note(codes: codes) { _ in Self.texts(of: concept) }
  }

  /// The words of a concept: its own, or the names of its codes.
  private static func texts(of concept: Cursor) -> [Text] {
    if let text = concept.property(.text), text.kind == .string { return [text.text] }
    return concept.values(.coding).compactMap { coding in
      coding.kind == .object ? coding.property(.display)?.text : nil
    }
  }

  /// The URI of a coding's system, also where it is written as an OID.
  private static func system(of coding: Cursor) -> Text {
    guard let system = coding.property(.system)?.text else { return .empty }
    guard system.hasPrefix("urn:oid:") else { return system }
    return CodeSystems.standard.system(oid: system.slice(8..<system.count))?.uri ?? system
  }

  /// An observation that names a finding as its value speaks of the finding.
  private mutating func noteValues(of observation: Cursor) {
    for concept in observation.values(.valueCodeableConcept) { note(concept: concept) }
    for component in observation.values(.component) {
      guard Self.answer(of: component) == .present else { continue }
      for concept in component.values(.code) { note(concept: concept) }
      for concept in component.values(.valueCodeableConcept) { note(concept: concept) }
    }
  }

  /// Whether a resource says that something is not so.
  private func isDenied(_ resource: Cursor) -> Bool {
    if resource.property(.doNotPerform)?.kind == .true { return true }
    if resource.property(.active)?.kind == .false { return true }
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

  /// Whether an observation is about the family: a history, however its section is called.
  private static func isOfRelatives(_ resource: Cursor) -> Bool {
    resource.values(.code).flatMap { Array($0.values(.coding)) }.contains { coding in
      coding.property(.code).map { $0.text == "10157-6" } ?? false
    }
  }

  /// What an observation says of the finding that it is about.
  enum Answer {
    case present, absent, notDone
  }

  /// Reasons for which a value is missing because nobody looked.
  private static let undone = ["not-performed", "not-asked", "not-applicable", "unsupported"]
  /// Negative and Not detected of SNOMED CT, No and Absent of LOINC, our own states, and those of HL7.
  static let absentCodes = [
    "260385009", "260415000", "373067005", "LA32-8", "LA9634-2", "absent", "unknown", "N", "NEG",
  ]
  /// What says the same in words.
  private static let absentWords = [
    "no", "none", "absent", "negative", "not detected", "not present", "not found",
  ]

  /// Whether words are an answer in the negative.
  static func isAbsent(_ words: Text) -> Bool {
    let text = words.trimmed
    guard text.count <= 12 else { return false }
    let lower = text.string.lowercased()
    return absentWords.contains(lower)
  }

  static func answer(of observation: Cursor) -> Answer {
    if let reason = observation.property(.dataAbsentReason) {
      let codes = reason.values(.coding).compactMap { $0.property(.code)?.text }
      return codes.contains { code in undone.contains { code == $0 } } ? .notDone : .absent
    }
    if observation.property(.valueBoolean)?.kind == .false { return .absent }
    if let words = observation.property(.valueString), isAbsent(words.text) { return .absent }
    for concept in observation.values(.valueCodeableConcept) where concept.kind == .object {
      for coding in concept.values(.coding) where coding.kind == .object {
        if let name = coding.property(.display), isAbsent(name.text) { return .absent }
        guard let code = coding.property(.code)?.text else { continue }
        if code == "not-assessed" { return .notDone }
        if absentCodes.contains(where: { code == $0 }) { return .absent }
      }
      if let text = concept.property(.text), isAbsent(text.text) { return .absent }
    }
    for concept in observation.values(.interpretation) where concept.kind == .object {
      let codes = concept.values(.coding).compactMap { $0.property(.code)?.text }
      if codes.contains(where: { $0 == "NEG" || $0 == "ND" }) { return .absent }
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
