public import FHIRModels

extension CREST.Record {
  /// The record as a collection Bundle that conforms to the profiles of `Profiles/`.
  public var bundle: R4.Bundle {
    var bundle = R4.Bundle(type: "collection")
    bundle.entry = resources.map { resource in
      var entry = R4.Bundle.Entry(empty: R4.Empty())
      let id = resource.typed?.id?.value ?? ""
      entry.fullUrl = R4.Primitive(CREST.canonicalBase + "/record/" + id)
      entry.resource = resource
      return entry
    }
    return bundle
  }

  /// The record as resources: the patient first, then what is said about them.
  public var resources: [R4.Resource] {
    var resources: [R4.Resource] = [.patient(patientResource)]
    if let diagnosis { resources.append(.condition(condition(diagnosis))) }
    if let calcinosis { resources.append(.condition(condition(calcinosis))) }
    for letter in CREST.Letter.allCases where manifestations[letter].state != .unknown {
      resources.append(.observation(observation(letter, manifestations[letter])))
    }
    for lesion in lesions {
      resources.append(.bodyStructure(bodyStructure(lesion)))
      resources.append(.observation(observation(lesion)))
    }
    for (place, procedure) in procedures.enumerated() {
      resources.append(.procedure(resource(procedure, place)))
    }
    return resources
  }

  private static func reference(_ id: String) -> R4.Reference {
    var reference = R4.Reference()
    reference.reference = R4.Primitive(CREST.canonicalBase + "/record/" + id)
    return reference
  }

  private static func concept(_ system: String, _ code: String, _ display: String?)
    -> R4.CodeableConcept
  {
    var coding = R4.Coding()
    coding.system = R4.Primitive(system)
    coding.code = R4.Primitive(code)
    coding.display = display.map { R4.Primitive($0) }
    var concept = R4.CodeableConcept()
    concept.coding = [coding]
    return concept
  }

  private static func text(_ text: String) -> R4.CodeableConcept {
    var concept = R4.CodeableConcept()
    concept.text = R4.Primitive(text)
    return concept
  }

  private static func local(_ code: String, _ display: String) -> R4.CodeableConcept {
    concept(CREST.conceptSystem, code, display)
  }

  private static func date(_ text: String) -> R4.Primitive<R4.DateTime> {
    R4.Primitive(R4.DateTime(fhir: text))
  }

  private var patientResource: R4.Patient {
    var resource = R4.Patient()
    resource.id = "patient"
    resource.identifier = patient.identifiers.map { source in
      var identifier = R4.Identifier()
      identifier.system = source.system.map { R4.Primitive($0) }
      identifier.value = R4.Primitive(source.value)
      return identifier
    }
    if patient.family != nil || !patient.given.isEmpty {
      var name = R4.HumanName()
      name.family = patient.family.map { R4.Primitive($0) }
      name.given = patient.given.map { R4.Primitive($0) }
      resource.name = [name]
    }
    resource.gender = patient.gender.map { R4.Primitive($0) }
    resource.birthDate = patient.birthDate.map { Self.date($0) }
    return resource
  }

  private static func status(_ code: String?) -> R4.CodeableConcept? {
    code.map { concept("http://terminology.hl7.org/CodeSystem/condition-clinical", $0, nil) }
  }

  private func condition(_ diagnosis: CREST.Diagnosis) -> R4.Condition {
    var condition = R4.Condition(subject: Self.reference("patient"))
    condition.id = "diagnosis"
    let code = CREST.Codes.diagnosis(diagnosis.kind)
    condition.code = Self.concept(code.system, code.code, code.display)
    condition.clinicalStatus = Self.status(diagnosis.status)
    condition.onset = diagnosis.onset.map { .dateTime(Self.date($0)) }
    return condition
  }

  private func condition(_ calcinosis: CREST.Calcinosis) -> R4.Condition {
    var condition = R4.Condition(subject: Self.reference("patient"))
    condition.id = "calcinosis"
    var code = Self.concept("http://hl7.org/fhir/sid/icd-10-cm", "L94.2", "Calcinosis cutis")
    if let kind = calcinosis.kind {
      code.coding += Self.local(kind.rawValue, CREST.Codes.display(kind)).coding
    }
    condition.code = code
    condition.clinicalStatus = Self.status(calcinosis.status)
    condition.onset = calcinosis.onset.map { .dateTime(Self.date($0)) }
    condition.bodySite = calcinosis.sites.map(Self.text)
    return condition
  }

  private func observation(_ letter: CREST.Letter, _ manifestation: CREST.Manifestation)
    -> R4.Observation
  {
    let local = letter.localCode
    var observation = R4.Observation(status: "final", code: Self.local(local.code, local.display))
    observation.id = R4.Primitive("manifestation-" + letter.rawValue)
    observation.subject = Self.reference("patient")
    observation.effective = manifestation.onset.map { onset in
      var period = R4.Period()
      period.start = Self.date(onset)
      return .period(period)
    }
    let state = manifestation.state.rawValue
    observation.value = .codeableConcept(
      Self.concept(CREST.statusSystem, state, CREST.Codes.display(manifestation.state)))
    observation.note = manifestation.note.map { [R4.Annotation(text: R4.Primitive($0))] } ?? []
    return observation
  }

  private func bodyStructure(_ lesion: CREST.Lesion) -> R4.BodyStructure {
    var structure = R4.BodyStructure(patient: Self.reference("patient"))
    structure.id = R4.Primitive("lesion-site-" + lesion.id)
    structure.location = lesion.site.map(Self.text)
    structure.locationQualifier =
      lesion.laterality.map { side in
        let code = side == .left ? "7771000" : "24028007"
        return [Self.concept("http://snomed.info/sct", code, side == .left ? "Left" : "Right")]
      } ?? []
    return structure
  }

  private func observation(_ lesion: CREST.Lesion) -> R4.Observation {
    var observation = R4.Observation(
      status: "final", code: Self.local("lesion", "Deposit of calcium in the skin"))
    observation.id = R4.Primitive("lesion-" + lesion.id)
    observation.subject = Self.reference("patient")
    observation.focus = [Self.reference("lesion-site-" + lesion.id)]
    observation.effective = lesion.date.map { .dateTime(Self.date($0)) }
    if let diameter = lesion.diameter.flatMap({ R4.Decimal(fhir: $0) }) {
      var quantity = R4.Quantity()
      quantity.value = R4.Primitive(diameter)
      quantity.unit = "mm"
      quantity.system = "http://unitsofmeasure.org"
      quantity.code = "mm"
      var component = R4.Observation.Component(
        code: Self.local("lesion-size", "Largest diameter of a deposit"))
      component.value = .quantity(quantity)
      observation.component.append(component)
    }
    for sign in CREST.Codes.signs {
      guard let state = lesion[keyPath: sign.path] else { continue }
      var component = R4.Observation.Component(
        code: Self.concept(sign.system, sign.code, sign.display))
      component.value = .codeableConcept(
        Self.concept(CREST.statusSystem, state.rawValue, CREST.Codes.display(state)))
      observation.component.append(component)
    }
    return observation
  }

  private func resource(_ procedure: CREST.Procedure, _ place: Int) -> R4.Procedure {
    var resource = R4.Procedure(
      status: R4.Primitive(procedure.status), subject: Self.reference("patient"))
    resource.id = R4.Primitive("procedure-\(place + 1)")
    let code = CREST.Codes.procedure(procedure.kind)
    resource.code = Self.concept(code.system, code.code, code.display)
    resource.performed = procedure.date.map { .dateTime(Self.date($0)) }
    if let lesion = procedure.lesion {
      resource.reasonReference = [Self.reference("lesion-" + lesion)]
    }
    return resource
  }
}
