public import ClinicalTree
public import FHIRModels

extension CREST.Record {
  /// Reads a record from the resources of a FHIR Bundle, or from a single resource.
  ///
  /// What is refuted, negated or answered with no is absent; what was entered in error, is cancelled or is
  /// said of relatives counts for nothing. A diagnosis of CREST alone makes no letter present.
  public init(fhir tree: Tree) {
    let (resource, _) = R4.Resource.reading(tree)
    if case .bundle(let bundle) = resource {
      self.init(bundle: bundle)
    } else {
      self.init(resources: [resource])
    }
  }

  /// Reads a record from the resources of a Bundle.
  public init(bundle: R4.Bundle) {
    self.init(resources: bundle.entry.compactMap(\.resource))
  }

  /// Reads a record from resources.
  public init(resources: [R4.Resource]) {
    self.init()
    for resource in resources {
      switch resource {
      case .patient(let patient): read(patient)
      case .condition(let condition): read(condition)
      case .observation(let observation): read(observation)
      case .bodyStructure(let structure): read(structure)
      case .procedure(let procedure): read(procedure)
      default: break
      }
    }
  }

  private static func codings(_ concept: R4.CodeableConcept?) -> [(system: String, code: String)] {
    (concept?.coding ?? []).compactMap { coding in
      coding.code?.value.map { (coding.system?.value ?? "", $0) }
    }
  }

  private static func code(_ concept: R4.CodeableConcept?) -> String? {
    codings(concept).first?.code
  }

  /// What a concept says in words.
  private static func words(_ concept: R4.CodeableConcept) -> String? {
    concept.text?.value ?? concept.coding.compactMap { $0.display?.value }.first
  }

  /// The letters whose finding a concept names.
  static func letters(_ concept: R4.CodeableConcept?) -> [CREST.Letter] {
    let codes = codings(concept).map { CREST.Guide.Code(system: $0.system, code: $0.code) }
    return CREST.Letter.allCases.filter { letter in
      CREST.Guide.standard.statements.first { $0.id == letter.statement }
        .map { statement in codes.contains { statement.codes.contains($0) } } ?? false
    }
  }

  /// A finding that is there outweighs one that is not, and any answer outweighs none.
  private mutating func note(
    _ letter: CREST.Letter, _ state: CREST.Presence, onset: String? = nil, note: String? = nil
  ) {
    let order: [CREST.Presence] = [.unknown, .notAssessed, .absent, .present]
    let known = manifestations[letter].state
    guard let old = order.firstIndex(of: known), let new = order.firstIndex(of: state), new > old
    else { return }
    manifestations[letter] = CREST.Manifestation(state, onset: onset, note: note)
  }

  private mutating func read(_ resource: R4.Patient) {
    guard patient == CREST.Patient() else { return }
    patient.identifiers = resource.identifier.compactMap { identifier in
      identifier.value?.value.map { .init(system: identifier.system?.value, value: $0) }
    }
    patient.given = resource.name.first?.given.compactMap(\.value) ?? []
    patient.family = resource.name.first?.family?.value
    patient.gender = resource.gender?.value
    patient.birthDate = resource.birthDate?.value?.fhir
  }

  private mutating func read(_ condition: R4.Condition) {
    let verification = Self.code(condition.verificationStatus)
    if verification == "entered-in-error" { return }
    let isRefuted = verification == "refuted"
    let onset: String? =
      switch condition.onset {
      case .dateTime(let date): date.value?.fhir
      case .period(let period): period.start?.value?.fhir
      default: nil
      }
    for letter in Self.letters(condition.code) {
      note(letter, isRefuted ? .absent : .present, onset: isRefuted ? nil : onset)
    }
    guard !isRefuted else { return }
    let codings = Self.codings(condition.code)
    let status = Self.code(condition.clinicalStatus)
    if diagnosis == nil,
      let kind = codings.lazy.compactMap({ CREST.Codes.diagnosis(system: $0.system, code: $0.code) }
      ).first
    {
      diagnosis = CREST.Diagnosis(kind, status: status, onset: onset)
    }
    if calcinosis == nil, Self.letters(condition.code).contains(.calcinosis) {
      let kind = codings.first {
        $0.system == CREST.conceptSystem && CREST.Calcinosis.Kind(rawValue: $0.code) != nil
      }
      .flatMap { CREST.Calcinosis.Kind(rawValue: $0.code) }
      calcinosis = CREST.Calcinosis(
        kind: kind, status: status, onset: onset, sites: condition.bodySite.compactMap(Self.words))
    }
  }

  private mutating func read(_ observation: R4.Observation) {
    let status = observation.status?.value
    if status == "entered-in-error" || status == "cancelled" { return }
    let isDenied = observation.modifierExtension.contains {
      $0.url?.hasSuffix("/cda-negation") ?? false
    }
    if Self.codings(observation.code).contains(where: {
      $0.system == CREST.conceptSystem && $0.code == "lesion"
    }) {
      return readLesion(observation)
    }
    let onset: String? =
      switch observation.effective {
      case .period(let period): period.start?.value?.fhir
      default: nil
      }
    let words = observation.note.first?.text?.value
    for letter in Self.letters(observation.code) {
      note(letter, isDenied ? .absent : Self.answer(observation), onset: onset, note: words)
    }
    // An observation may name the finding as its value.
    if case .codeableConcept(let concept) = observation.value {
      for letter in Self.letters(concept) {
        note(letter, isDenied ? .absent : .present, onset: onset, note: words)
      }
    }
  }

  /// What an observation about a finding answers.
  private static func answer(_ observation: R4.Observation) -> CREST.Presence {
    switch observation.value {
    case .boolean(let value):
      return value.value == true ? .present : value.value == false ? .absent : .unknown
    case .codeableConcept(let concept): return answer(concept)
    case nil: break
    default: return .present
    }
    switch code(observation.dataAbsentReason) {
    case "not-performed", "not-asked": return .notAssessed
    case nil where observation.value == nil: return .unknown
    default: return .unknown
    }
  }

  static func answer(_ concept: R4.CodeableConcept) -> CREST.Presence {
    for coding in codings(concept) {
      if let state = CREST.Presence(rawValue: coding.code), coding.system == CREST.statusSystem {
        return state
      }
      switch coding.code {
      case "260385009", "N", "NEG": return .absent
      case "10828004", "Y", "POS": return .present
      default: break
      }
    }
    return .unknown
  }

  // MARK: Lesions and procedures

  private static func id(_ reference: R4.Reference?, after prefix: String) -> String? {
    guard let last = reference?.reference?.value?.split(separator: "/").last, last.hasPrefix(prefix)
    else {
      return nil
    }
    return String(last.dropFirst(prefix.count))
  }

  private mutating func lesion(_ id: String) -> Int {
    if let place = lesions.firstIndex(where: { $0.id == id }) { return place }
    lesions.append(CREST.Lesion(id: id))
    return lesions.count - 1
  }

  private mutating func read(_ structure: R4.BodyStructure) {
    let prefix = "lesion-site-"
    guard let name = structure.id?.value, name.hasPrefix(prefix) else { return }
    let place = lesion(String(name.dropFirst(prefix.count)))
    lesions[place].site = structure.location.flatMap(Self.words)
    switch structure.locationQualifier.first.flatMap({ Self.code($0) }) {
    case "7771000": lesions[place].laterality = .left
    case "24028007": lesions[place].laterality = .right
    default: break
    }
  }

  private mutating func readLesion(_ observation: R4.Observation) {
    let id = observation.focus.lazy.compactMap { Self.id($0, after: "lesion-site-") }.first
    let place = lesion(id ?? observation.id?.value ?? "\(lesions.count + 1)")
    if case .dateTime(let date) = observation.effective { lesions[place].date = date.value?.fhir }
    for component in observation.component {
      let code = Self.codings(component.code).first
      if code?.code == "lesion-size", case .quantity(let quantity) = component.value {
        lesions[place].diameter = quantity.value?.value?.fhir
      }
      for sign in CREST.Codes.signs where code?.code == sign.code && code?.system == sign.system {
        if case .codeableConcept(let concept) = component.value {
          lesions[place][keyPath: sign.path] = Self.answer(concept)
        }
      }
    }
  }

  /// What was done, by its code or, without any, by the words that the guide knows it by.
  private static func kind(of procedure: R4.Procedure) -> CREST.Procedure.Kind? {
    let codings = codings(procedure.code)
    if codings.isEmpty, let text = procedure.code?.text?.value {
      let statements = LinkIndex.standard.statementIDs(forWords: text)
      return CREST.Procedure.Kind.allCases.first {
        statements.contains("surgical-options." + $0.rawValue)
      }
    }
    return codings.lazy
      .compactMap { CREST.Codes.procedure(system: $0.system, code: $0.code) }.first
  }

  private mutating func read(_ procedure: R4.Procedure) {
    guard procedure.status?.value != "entered-in-error",
      let kind = Self.kind(of: procedure)
    else { return }
    let date: String? =
      switch procedure.performed {
      case .dateTime(let date): date.value?.fhir
      case .period(let period): period.start?.value?.fhir
      default: nil
      }
    procedures.append(
      CREST.Procedure(
        kind, status: procedure.status?.value ?? "unknown", date: date,
        lesion: procedure.reasonReference.lazy.compactMap { Self.id($0, after: "lesion-") }.first))
  }
}
