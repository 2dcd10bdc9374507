public import FHIRModels

extension CREST.Record {
  /// The record as a collection Bundle that conforms to the profiles of `Profiles/`.
  public var bundle: R4.Bundle {
    var bundle = R4.Bundle(type: "collection")
    bundle.entry = resources.map { resource in
      var entry = R4.Bundle.Entry(empty: R4.Empty())
      let type = resource.typed.map { Swift.type(of: $0).resourceType } ?? ""
      entry.fullUrl = R4.Primitive(
        CREST.canonicalBase + "/" + type + "/" + (resource.typed?.id?.value ?? ""))
      entry.resource = resource
      return entry
    }
    return bundle
  }

  /// The record as resources: the patient first, then what is said about them.
  public var resources: [R4.Resource] {
    RecordWriter(record: self).resources
  }
}

/// Writes the parts of a record as resources.
private struct RecordWriter {
  let record: CREST.Record
  /// The numbers of deposits by their ids.
  private let lesions: [String: Int]

  init(record: CREST.Record) {
    self.record = record
    let pairs = record.lesions.enumerated().map { ($1.id, $0 + 1) }
    lesions = Dictionary(pairs) { first, _ in first }
  }

  private static let patient = reference("Patient/patient")

  var resources: [R4.Resource] {
    var all: [R4.Resource] = [.patient(patient(record.patient))]
    if let name = record.patient.managingOrganization { all.append(.organization(site(name))) }
    if let diagnosis = record.diagnosis { all.append(.condition(condition(diagnosis))) }
    if let calcinosis = record.calcinosis {
      all.append(.condition(condition(calcinosis)))
      all += calcinosis.causes.enumerated().map { .condition(condition($1, $0 + 1)) }
    }
    let five = record.manifestations
    all += [
      observation(.calcinosis, five.calcinosis), observation(.raynaud, five.raynaud),
      observation(.esophageal, five.esophageal), observation(.sclerodactyly, five.sclerodactyly),
      observation(.telangiectasia, five.telangiectasia),
    ].compactMap { $0.map { .observation($0) } }
    for (number, lesion) in record.lesions.enumerated() {
      all.append(.bodyStructure(structure(lesion, number + 1)))
      all += lesion.descriptions.enumerated().map {
        .observation(observation($1, of: lesion, "lesion-\(number + 1)-\($0 + 1)"))
      }
    }
    all += record.complications.enumerated().map { .condition(condition($1, $0 + 1)) }
    all += record.examinations.enumerated().map { .observation(observation($1, $0 + 1)) }
    for (number, image) in record.imaging.enumerated() { all += report(image, number + 1) }
    all += record.chemistry.enumerated().map { .observation(observation($1, $0 + 1)) }
    all += record.autoantibodies.enumerated().map { .observation(observation($1, $0 + 1)) }
    for (number, biopsy) in record.biopsies.enumerated() { all += report(biopsy, number + 1) }
    all += record.capillaroscopies.enumerated().map { .observation(observation($1, $0 + 1)) }
    all += record.medications.enumerated().map { medication($1, $0 + 1) }
    all += record.procedures.enumerated().map { .procedure(procedure($1, $0 + 1)) }
    if !record.plan.isEmpty { all.append(.carePlan(plan(record.plan))) }
    if !record.careTeam.isEmpty { all.append(.careTeam(team(record.careTeam))) }
    all += record.consents.enumerated().map { .consent(consent($1, $0 + 1)) }
    all += record.scores.enumerated().map { .observation(observation($1, $0 + 1)) }
    return all
  }

  // MARK: Parts that many share

  private static func reference(_ target: String) -> R4.Reference {
    var reference = R4.Reference()
    reference.reference = R4.Primitive(target)
    return reference
  }

  /// A reference to a deposit. Its id stands there as well, so that one which the record does not describe
  /// can be named.
  private func reference(toLesion id: String) -> R4.Reference {
    var reference = R4.Reference()
    if let number = lesions[id] {
      reference = Self.reference("BodyStructure/lesion-site-\(number)")
    }
    var identifier = R4.Identifier()
    identifier.value = R4.Primitive(id)
    reference.identifier = identifier
    return reference
  }

  private static func profile(_ name: String) -> R4.Meta {
    var meta = R4.Meta()
    meta.profile = [R4.Primitive(CREST.canonicalBase + "/StructureDefinition/crest-" + name)]
    return meta
  }

  private static func dateTime(_ date: CREST.Date) -> R4.Primitive<R4.DateTime> {
    R4.Primitive(R4.DateTime(stringLiteral: date.text))
  }

  private static func local(_ code: String, _ display: String) -> R4.CodeableConcept {
    CREST.Codes(.local(code, display)).concept
  }

  private static func added(_ name: String, _ value: R4.AnyValue) -> R4.Extension {
    var added = R4.Extension(url: CREST.canonicalBase + "/StructureDefinition/" + name)
    added.value = value
    return added
  }

  private static func status(_ status: CREST.ClinicalStatus?) -> R4.CodeableConcept? {
    status.map {
      R4.CodeableConcept(
        system: "http://terminology.hl7.org/CodeSystem/condition-clinical", code: $0.rawValue)
    }
  }

  private static func note(_ text: String?) -> [R4.Annotation] {
    text.map { [R4.Annotation(text: R4.Primitive($0))] } ?? []
  }

  private func observation(
    _ id: String, _ profile: String, _ code: R4.CodeableConcept, date: CREST.Date?,
    category: String
  ) -> R4.Observation {
    var observation = R4.Observation(status: "final", code: code)
    observation.id = R4.Primitive(id)
    observation.meta = Self.profile(profile)
    observation.category = [
      R4.CodeableConcept(
        system: "http://terminology.hl7.org/CodeSystem/observation-category", code: category)
    ]
    observation.subject = Self.patient
    observation.effective = date.map { .dateTime(Self.dateTime($0)) }
    return observation
  }

  private func condition(_ id: String, _ profile: String, _ code: R4.CodeableConcept)
    -> R4.Condition
  {
    var condition = R4.Condition(subject: Self.patient)
    condition.id = R4.Primitive(id)
    condition.meta = Self.profile(profile)
    condition.code = code
    return condition
  }

  // MARK: Patient and diseases

  private func patient(_ patient: CREST.Patient) -> R4.Patient {
    var resource = R4.Patient()
    resource.id = "patient"
    resource.meta = Self.profile("patient")
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
    resource.gender = patient.gender.map { R4.Primitive($0.rawValue) }
    resource.birthDate = patient.birthDate.map { Self.dateTime($0) }
    resource.deceased =
      switch patient.vitalStatus {
      case .alive: .boolean(false)
      case .dead(let date): date.map { .dateTime(Self.dateTime($0)) } ?? .boolean(true)
      case nil: nil
      }
    if patient.managingOrganization != nil {
      resource.managingOrganization = Self.reference("Organization/organization")
    }
    return resource
  }

  private func site(_ name: String) -> R4.Organization {
    var organization = R4.Organization()
    organization.id = "organization"
    organization.name = R4.Primitive(name)
    return organization
  }

  private func condition(_ diagnosis: CREST.Diagnosis) -> R4.Condition {
    var condition = condition("diagnosis", "condition-crest", diagnosis.kind.concept)
    condition.extension =
      [
        diagnosis.raynaudOnset.map { Self.added("onset-raynaud", .dateTime(Self.dateTime($0))) },
        diagnosis.firstOtherOnset.map {
          Self.added("onset-first-non-raynaud", .dateTime(Self.dateTime($0)))
        },
      ].compactMap { $0 }
    condition.clinicalStatus = Self.status(diagnosis.status)
    condition.verificationStatus = diagnosis.verification.map {
      R4.CodeableConcept(
        system: "http://terminology.hl7.org/CodeSystem/condition-ver-status", code: $0.rawValue)
    }
    condition.onset = diagnosis.onset.map { .dateTime(Self.dateTime($0)) }
    condition.recordedDate = diagnosis.date.map { Self.dateTime($0) }
    return condition
  }

  private func condition(_ calcinosis: CREST.Calcinosis) -> R4.Condition {
    var code = CREST.Codes(.icd10CM("L94.2", "Calcinosis cutis")).concept
    code.coding += calcinosis.kind?.concept.coding ?? []
    var condition = condition("calcinosis", "condition-calcinosis", code)
    condition.extension = calcinosis.causes.indices.map {
      Self.added("cause-of-calcinosis", .reference(Self.reference("Condition/cause-\($0 + 1)")))
    }
    condition.clinicalStatus = Self.status(calcinosis.status)
    condition.severity = calcinosis.severity?.concept
    condition.onset = calcinosis.onset.map { .dateTime(Self.dateTime($0)) }
    condition.bodySite = calcinosis.sites.map(\.concept)
    return condition
  }

  private func condition(_ cause: CREST.Calcinosis.Cause, _ number: Int) -> R4.Condition {
    var condition = condition("cause-\(number)", "condition-cause", cause.kind.concept)
    condition.onset = cause.onset.map { .dateTime(Self.dateTime($0)) }
    return condition
  }

  private func condition(_ complication: CREST.Complication, _ number: Int) -> R4.Condition {
    var code = complication.kind.concept
    code.coding +=
      Self.local("complication-of-calcinosis", "Complication of calcinosis cutis")
      .coding
    var condition = condition("complication-\(number)", "condition-complication", code)
    condition.onset = complication.onset.map { .dateTime(Self.dateTime($0)) }
    switch complication.course {
    case .ongoing: condition.clinicalStatus = Self.status(.active)
    case .over(let end):
      condition.clinicalStatus = Self.status(.resolved)
      condition.abatement = end.map { .dateTime(Self.dateTime($0)) }
    case nil: break
    }
    if let lesion = complication.lesion {
      var evidence = R4.Condition.Evidence()
      evidence.detail = [reference(toLesion: lesion)]
      condition.evidence = [evidence]
    }
    return condition
  }

  // MARK: What was found

  private func observation<Details: CREST.ManifestationDetails & InParts>(
    _ letter: CREST.Letter, _ manifestation: CREST.Manifestation<Details>
  ) -> R4.Observation? {
    guard manifestation != .unknown else { return nil }
    var observation = observation(
      "manifestation-" + letter.rawValue, "observation-" + letter.rawValue, letter.concept,
      date: nil, category: "exam")
    observation.effective = manifestation.onset.map { onset in
      var period = R4.Period()
      period.start = Self.dateTime(onset)
      return .period(period)
    }
    observation.value = .codeableConcept(manifestation.state.concept)
    observation.note = Self.note(manifestation.note)
    observation.component = manifestation.details?.components ?? []
    return observation
  }

  private func structure(_ lesion: CREST.Lesion, _ number: Int) -> R4.BodyStructure {
    var structure = R4.BodyStructure(patient: Self.patient)
    structure.id = R4.Primitive("lesion-site-\(number)")
    structure.meta = Self.profile("bodystructure-lesion-site")
    if let earlier = lesion.recurrenceOf {
      structure.extension = [
        Self.added("recurrence-of", .reference(reference(toLesion: earlier)))
      ]
    }
    var identifier = R4.Identifier()
    identifier.value = R4.Primitive(lesion.id)
    structure.identifier = [identifier]
    structure.location = lesion.site?.concept
    structure.locationQualifier = (lesion.laterality?.concept).map { [$0] } ?? []
    return structure
  }

  private func observation(
    _ description: CREST.Lesion.Description, of lesion: CREST.Lesion, _ id: String
  ) -> R4.Observation {
    var observation = observation(
      id, "observation-lesion", Self.local("lesion", "Deposit of calcium in the skin"),
      date: description.date, category: "exam")
    observation.focus = [reference(toLesion: lesion.id)]
    observation.component = description.components
    observation.note = Self.note(description.note)
    return observation
  }

  private func observation(_ examination: CREST.Examination, _ number: Int) -> R4.Observation {
    var observation = observation(
      "examination-\(number)", "observation-physical-exam",
      CREST.Codes(.loinc("8709-8", "Physical findings of Skin")).concept,
      date: examination.date, category: "exam")
    observation.bodySite = examination.site?.concept
    observation.component = examination.components
    observation.note = Self.note(examination.note)
    return observation
  }

  private func observation(_ test: CREST.Chemistry, _ number: Int) -> R4.Observation {
    let profile = test.analyte == .phosphate ? "observation-phosphate" : "observation-calcium"
    var observation = observation(
      "chemistry-\(number)", profile,
      CREST.Chemistry.codes(test.analyte, test.value.unit).concept,
      date: test.date, category: "laboratory")
    observation.value = .quantity(
      R4.Quantity(test.value.value, ucum: test.value.unit.rawValue))
    return observation
  }

  private func observation(_ test: CREST.Autoantibody, _ number: Int) -> R4.Observation {
    var observation = observation(
      "autoantibody-\(number)", "observation-autoantibody", test.target.concept,
      date: test.date, category: "laboratory")
    switch test.result {
    case .present:
      observation.value = .codeableConcept(
        CREST.Codes(.snomed("10828004", "Positive")).concept)
    case .absent:
      observation.value = .codeableConcept(
        CREST.Codes(.snomed("260385009", "Negative")).concept)
    case .notAssessed, .unknown:
      observation.dataAbsentReason = R4.CodeableConcept(
        system: "http://terminology.hl7.org/CodeSystem/data-absent-reason",
        code: test.result == .unknown ? "unknown" : "not-performed")
    }
    observation.method = test.method?.concept
    let titre = test.titre.map { R4.Decimal(integerLiteral: $0) }
    observation.component = AntibodyFinding(titre: titre).components
    return observation
  }

  private func observation(_ seen: CREST.Capillaroscopy, _ number: Int) -> R4.Observation {
    var observation = observation(
      "capillaroscopy-\(number)", "observation-capillaroscopy",
      Self.local("nailfold-capillaroscopy", "Nailfold capillaroscopy"), date: seen.date,
      category: "exam")
    observation.value = .codeableConcept(seen.pattern.concept)
    return observation
  }

  private func report(
    _ id: String, _ profile: String, _ code: R4.CodeableConcept, category: String,
    date: CREST.Date?, conclusion: String?, _ finding: inout R4.Observation
  ) -> R4.DiagnosticReport {
    var report = R4.DiagnosticReport(status: "final", code: code)
    report.id = R4.Primitive(id)
    report.meta = Self.profile(profile)
    report.category = [
      R4.CodeableConcept(
        system: "http://terminology.hl7.org/CodeSystem/v2-0074", code: category)
    ]
    report.subject = Self.patient
    report.effective = date.map { .dateTime(Self.dateTime($0)) }
    report.conclusion = conclusion.map { R4.Primitive($0) }
    finding.id = R4.Primitive(id + "-finding")
    report.result = [Self.reference("Observation/" + id + "-finding")]
    return report
  }

  /// Whether a report found calcium; its id is that of the report, which makes it its result.
  private func calcification(
    _ state: CREST.Presence, date: CREST.Date?, _ site: CREST.Site?, category: String
  ) -> R4.Observation {
    var finding = observation(
      "", "observation-calcification", Self.local("calcification", "Calcium in the tissue"),
      date: date, category: category)
    finding.value = .codeableConcept(state.concept)
    finding.bodySite = site?.concept
    return finding
  }

  private func report(_ image: CREST.Imaging, _ number: Int) -> [R4.Resource] {
    var finding = calcification(
      image.calcification, date: image.date, image.site, category: "imaging")
    finding.component =
      ImageFinding(extent: image.extent, laterality: image.laterality).components
    let report = report(
      "imaging-\(number)", "diagnosticreport-imaging", image.modality.concept, category: "RAD",
      date: image.date, conclusion: image.conclusion, &finding)
    return [.diagnosticReport(report), .observation(finding)]
  }

  private func report(_ biopsy: CREST.Biopsy, _ number: Int) -> [R4.Resource] {
    var specimen = R4.Specimen()
    specimen.id = R4.Primitive("specimen-\(number)")
    specimen.meta = Self.profile("specimen-skin")
    specimen.type = CREST.Codes(.snomed("309066003", "Skin biopsy sample")).concept
    specimen.subject = Self.patient
    var collection = R4.Specimen.Collection()
    collection.collected = biopsy.date.map { .dateTime(Self.dateTime($0)) }
    collection.bodySite = biopsy.site?.concept
    if biopsy.date != nil || biopsy.site != nil { specimen.collection = collection }
    let reference = Self.reference("Specimen/specimen-\(number)")
    var finding = calcification(
      biopsy.calcium, date: biopsy.date, biopsy.site, category: "laboratory")
    finding.specimen = reference
    var report = report(
      "biopsy-\(number)", "diagnosticreport-biopsy",
      CREST.Codes(.snomed("240977001", "Biopsy of skin")).concept, category: "PAT",
      date: biopsy.date, conclusion: biopsy.conclusion, &finding)
    report.specimen = [reference]
    return [.diagnosticReport(report), .specimen(specimen), .observation(finding)]
  }

  private func observation(_ score: CREST.StoredScore, _ number: Int) -> R4.Observation {
    let instrument = score.instrument
    let code = CREST.Codes.Code(
      system: CREST.ScoreCodes.instruments, code: instrument.rawValue, display: nil)
    var observation = observation(
      "score-\(number)", "observation-" + instrument.profile, CREST.Codes(code).concept,
      date: score.date, category: "survey")
    observation.value = score.total.map { .quantity(R4.Quantity($0, ucum: "{score}")) }
    observation.component = score.items.map { item in
      var component = R4.Observation.Component(
        code: R4.CodeableConcept(system: instrument.itemSystem, code: item.code))
      switch item.value {
      case .number(let number):
        component.value = .quantity(R4.Quantity(number, ucum: "{score}"))
      case .presence(let state): component.value = .codeableConcept(state.concept)
      }
      if let scale = item.scale {
        var range = R4.Observation.ReferenceRange()
        range.high = R4.Quantity(scale, ucum: "{score}")
        component.referenceRange = [range]
      }
      return component
    }
    return observation
  }

  // MARK: What was done

  private static func concept(ofMedication name: String) -> R4.CodeableConcept {
    CREST.Substance(rawValue: name)?.concept ?? R4.CodeableConcept(words: name)
  }

  private func medication(_ medication: CREST.Medication, _ number: Int) -> R4.Resource {
    let concept = Self.concept(ofMedication: medication.name)
    var dosage = R4.Dosage()
    dosage.text = medication.dosage.map { R4.Primitive($0) }
    dosage.route = medication.route?.concept
    let dosages = medication.dosage == nil && medication.route == nil ? [] : [dosage]
    var request = R4.MedicationRequest(
      status: R4.Primitive(medication.status.rawValue),
      intent: medication.source == .prescribed ? "order" : "plan",
      medication: .codeableConcept(concept), subject: Self.patient)
    request.id = R4.Primitive("medication-\(number)")
    request.meta = Self.profile("medicationrequest")
    if medication.source == .reported { request.reported = .boolean(true) }
    request.authoredOn = medication.date.map { Self.dateTime($0) }
    request.dosageInstruction = dosages
    return .medicationRequest(request)
  }

  private func procedure(_ procedure: CREST.Procedure, _ number: Int) -> R4.Procedure {
    var resource = R4.Procedure(
      status: R4.Primitive(procedure.status.rawValue), subject: Self.patient)
    resource.id = R4.Primitive("procedure-\(number)")
    resource.meta = Self.profile(
      procedure.kind == .woundCare ? "procedure-wound-care" : "procedure-surgery")
    resource.code = procedure.kind.concept
    resource.performed = procedure.date.map { .dateTime(Self.dateTime($0)) }
    resource.outcome = procedure.outcome?.concept
    resource.note = Self.note(procedure.note)
    if let lesion = procedure.lesion {
      resource.extension = [
        Self.added("target-lesion", .reference(reference(toLesion: lesion)))
      ]
    }
    return resource
  }

  private func plan(_ activities: [CREST.PlannedActivity]) -> R4.CarePlan {
    var plan = R4.CarePlan(status: "unknown", intent: "plan", subject: Self.patient)
    plan.id = "plan"
    plan.meta = Self.profile("careplan")
    plan.activity = activities.map { source in
      var detail = R4.CarePlan.Activity.Detail(status: R4.Primitive(source.status.rawValue))
      detail.code = source.kind.concept
      detail.scheduled = source.date.map { date in
        var period = R4.Period()
        period.start = Self.dateTime(date)
        return .period(period)
      }
      detail.description = source.note.map { R4.Primitive($0) }
      var activity = R4.CarePlan.Activity()
      activity.detail = detail
      return activity
    }
    return plan
  }

  private func team(_ members: [CREST.CareTeamMember]) -> R4.CareTeam {
    var team = R4.CareTeam()
    team.id = "care-team"
    team.meta = Self.profile("careteam")
    team.subject = Self.patient
    team.participant = members.map { member in
      var participant = R4.CareTeam.Participant()
      let role = CREST.Role(rawValue: member.role)
      participant.role = [role?.concept ?? R4.CodeableConcept(words: member.role)]
      participant.member = member.name.map { name in
        var reference = R4.Reference()
        reference.display = R4.Primitive(name)
        return reference
      }
      return participant
    }
    return team
  }

  private func consent(_ consent: CREST.Consent, _ number: Int) -> R4.Consent {
    let scope = R4.CodeableConcept(
      system: "http://terminology.hl7.org/CodeSystem/consentscope", code: consent.scope.rawValue)
    let category = CREST.Codes(.loinc("59284-0", "Patient Consent")).concept
    var resource = R4.Consent(status: "active", scope: scope, category: [category])
    resource.id = R4.Primitive("consent-\(number)")
    resource.meta = Self.profile("consent")
    resource.patient = Self.patient
    resource.dateTime = consent.date.map { Self.dateTime($0) }
    var provision = R4.Consent.Provision()
    provision.type = R4.Primitive(consent.decision.rawValue)
    resource.provision = provision
    // R4 wants a policy to be named (ppc-1); a record does not say which.
    var absent = R4.Extension(url: "http://hl7.org/fhir/StructureDefinition/data-absent-reason")
    absent.value = .code("unknown")
    var policy = R4.CodeableConcept()
    policy.extension = [absent]
    resource.policyRule = policy
    return resource
  }
}
