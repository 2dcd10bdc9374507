public import ClinicalTree
public import FHIRModels

extension CREST.Record {
  /// Reads a record from the resources of a FHIR Bundle, or from a single resource.
  ///
  /// What is refuted, negated or answered with no is absent; what was entered in error, is cancelled or is
  /// said of relatives counts for nothing. A diagnosis of CREST alone makes no letter present. What other
  /// systems wrote is read by any code of the guide, and by words where there is none.
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
    self.init(
      bundle.entry.compactMap { entry in
        entry.resource.map { (entry.fullUrl?.value, $0) }
      })
  }

  /// Reads a record from resources that refer to each other by type and id.
  public init(resources: [R4.Resource]) {
    self.init(resources.map { (nil, $0) })
  }

  /// Reads a record from resources with the URLs that others refer to them by.
  ///
  /// Linear in the size of the resources.
  public init(_ resources: [(url: String?, resource: R4.Resource)]) {
    self = Self.reading(resources).record
  }

  /// A record, and how the resources that it was read from took part in it.
  public struct Reading: Sendable {
    /// The record.
    public let record: CREST.Record
    /// The numbers of the resources that gave it nothing: other diseases, what was entered in error, what
    /// names no code or words of this field. Those that say who and where, such as practitioners, are not
    /// counted. Of a resource that gave something, details may still be missing.
    public let leftOver: [Int]
    /// The numbers of the resources whose meaning was told by their words, as they have no code.
    public let byWords: [Int]
  }

  /// Reads a record from resources with the URLs that others refer to them by, and says how they took part.
  ///
  /// Linear in the size of the resources.
  public static func reading(
    _ resources: [(url: String?, resource: R4.Resource)]
  ) -> Reading {
    var reader = RecordReader(resources)
    let record = reader.read()
    return Reading(record: record, leftOver: reader.leftOver, byWords: reader.byWords)
  }

  /// The letters whose finding a concept names, by any code of the guide or, without any code, by words.
  static func letters(_ concept: R4.CodeableConcept?) -> [CREST.Letter] {
    let statements = CREST.Guide.statements(concept)
    return CREST.Letter.allCases.filter { statements.contains($0.statement) }
  }
}

extension CREST.Guide {
  private static let statementsByCode: [Code: [String]] = {
    var table: [Code: [String]] = [:]
    for statement in standard.statements {
      for code in statement.codes { table[code, default: []].append(statement.id) }
    }
    return table
  }()

  /// The ids of the statements that a concept's codes select.
  static func statements(codesOf concept: R4.CodeableConcept?) -> Set<String> {
    Set(
      (concept?.codes ?? []).flatMap {
        statementsByCode[Code(system: $0.system, code: $0.code)] ?? []
      })
  }

  /// The ids of the statements that a concept's codes select, or without any code its words.
  static func statements(_ concept: R4.CodeableConcept?) -> Set<String> {
    guard let concept else { return [] }
    if concept.codes.isEmpty, let words = concept.text?.value {
      return Set(LinkIndex.standard.statementIDs(forWords: words))
    }
    return statements(codesOf: concept)
  }
}

/// Reads the parts of a record from resources.
private struct RecordReader {
  private let resources: [(url: String?, resource: R4.Resource)]
  private var record = CREST.Record() { didSet { isTaken = true } }
  /// Whether the resource in hand gave the record something.
  private var isTaken = false
  /// The resources that gave the record nothing.
  private(set) var leftOver: [Int] = []
  /// The resources without a code that gave it something.
  private(set) var byWords: [Int] = []
  /// The places of resources, by what refers to them.
  private var places: [String: Int] = [:]
  /// The places of deposits in the record by their ids.
  private var lesionPlaces: [String: Int] = [:]
  /// What reports consist of.
  private var partsOfReports: Set<Int> = []
  /// The conditions that a calcinosis comes from.
  private var causes: Set<Int> = []

  init(_ resources: [(url: String?, resource: R4.Resource)]) {
    self.resources = resources
    for (place, source) in resources.enumerated() {
      guard let typed = source.resource.typed else { continue }
      if let id = typed.id?.value {
        places["\(type(of: typed).resourceType)/\(id)", default: place] = place
      }
      if let url = source.url { places[url, default: place] = place }
    }
    for case (_, .diagnosticReport(let report)) in resources {
      let parts = report.result + report.imagingStudy + report.specimen
      partsOfReports.formUnion(parts.compactMap { place($0) })
    }
  }

  mutating func read() -> CREST.Record {
    // Calcinosis first: it tells which other conditions it comes from. So do deposits, for their order.
    for (_, resource) in resources {
      switch resource {
      case .condition(let condition): readCalcinosis(condition)
      case .bodyStructure(let structure): read(structure)
      default: break
      }
    }
    for (place, source) in resources.enumerated() {
      isTaken = false
      switch source.resource {
      case .patient(let patient): read(patient)
      case .condition(let condition): read(condition, place)
      case .observation(let observation): read(observation)
      case .diagnosticReport(let report): read(report)
      case .medicationRequest(let request): read(request)
      case .medicationStatement(let statement): read(statement)
      case .procedure(let procedure): read(procedure)
      case .carePlan(let plan): read(plan)
      case .serviceRequest(let request): read(request)
      case .careTeam(let team): read(team)
      case .consent(let consent): read(consent)
      case .bodyStructure, .composition, .practitioner, .practitionerRole, .organization,
        .relatedPerson, .location, .medication, .provenance:
        continue
      default: break
      }
      if !isTaken, !isPartOfAnother(source.resource, place) { leftOver.append(place) }
      if isTaken, Self.hasWordsOnly(source.resource) { byWords.append(place) }
    }
    return record
  }

  private static func hasWordsOnly(_ resource: R4.Resource) -> Bool {
    let concept: R4.CodeableConcept?
    switch resource {
    case .condition(let condition): concept = condition.code
    case .observation(let observation): concept = observation.code
    case .procedure(let procedure): concept = procedure.code
    default: return false
    }
    return concept.map { $0.codes.isEmpty && $0.text?.value != nil } ?? false
  }

  /// Whether a resource counts with one that refers to it, or sums others up.
  private func isPartOfAnother(_ resource: R4.Resource, _ place: Int) -> Bool {
    switch resource {
    case .condition(let condition):
      causes.contains(place) || Self.claims("condition-calcinosis", condition.meta)
    case .observation(let observation):
      partsOfReports.contains(place) || Self.claims("observation-crest-panel", observation.meta)
    case .imagingStudy, .specimen: partsOfReports.contains(place)
    default: false
    }
  }

  // MARK: Parts that many share

  private func place(_ reference: R4.Reference?) -> Int? {
    reference?.reference?.value.flatMap { places[$0] }
  }

  private static func isVoid(_ status: R4.Primitive<String>?) -> Bool {
    status?.value == "entered-in-error" || status?.value == "cancelled"
  }

  /// Whether a resource claims one of our own profiles.
  private static func claims(_ profile: String, _ meta: R4.Meta?) -> Bool {
    let url = CREST.canonicalBase + "/StructureDefinition/crest-" + profile
    return meta?.profile.contains { $0.value == url } ?? false
  }

  private static func extensions(_ all: [R4.Extension], _ name: String) -> [R4.AnyValue] {
    let url = CREST.canonicalBase + "/StructureDefinition/" + name
    return all.filter { $0.url == url }.compactMap(\.value)
  }

  private static func dateExtension(_ all: [R4.Extension], _ name: String) -> CREST.Date? {
    if case .dateTime(let value) = extensions(all, name).first { CREST.Date(value) } else { nil }
  }

  private static func references(_ all: [R4.Extension], _ name: String) -> [R4.Reference] {
    extensions(all, name).compactMap {
      if case .reference(let reference) = $0 { reference } else { nil }
    }
  }

  private static func status(_ concept: R4.CodeableConcept?) -> CREST.ClinicalStatus? {
    concept?.codes.lazy.compactMap { CREST.ClinicalStatus(rawValue: $0.code) }.first
  }

  // MARK: Patient and diseases

  private mutating func read(_ resource: R4.Patient) {
    guard record.patient == CREST.Patient() else { return }
    var patient = CREST.Patient()
    patient.identifiers = resource.identifier.compactMap { identifier in
      identifier.value?.value.map { .init(system: identifier.system?.value, value: $0) }
    }
    patient.given = resource.name.first?.given.compactMap(\.value) ?? []
    patient.family = resource.name.first?.family?.value
    patient.gender = resource.gender?.value.flatMap { CREST.Patient.Gender(rawValue: $0) }
    patient.birthDate = CREST.Date(resource.birthDate)
    switch resource.deceased {
    case .boolean(let flag):
      patient.vitalStatus = flag.value.map { $0 ? .dead(nil) : .alive }
    case .dateTime(let date): patient.vitalStatus = .dead(CREST.Date(date))
    case nil: break
    }
    patient.managingOrganization = organization(resource.managingOrganization)
    record.patient = patient
  }

  private func organization(_ reference: R4.Reference?) -> String? {
    if let place = place(reference), case .organization(let found) = resources[place].resource,
      let name = found.name?.value
    {
      return name
    }
    return reference?.display?.value
  }

  /// What the verification of a condition says: `nil` for what was entered in error.
  private static func presence(_ condition: R4.Condition) -> CREST.Presence? {
    switch condition.verificationStatus?.codes.first?.code {
    case "entered-in-error": nil
    case "refuted": .absent
    default: .present
    }
  }

  private mutating func readCalcinosis(_ condition: R4.Condition) {
    guard record.calcinosis == nil, Self.presence(condition) == .present,
      CREST.Record.letters(condition.code).contains(.calcinosis)
    else { return }
    var calcinosis = CREST.Calcinosis()
    calcinosis.kind = CREST.Calcinosis.Kind(condition.code)
    causes = Set(
      Self.references(condition.extension, "cause-of-calcinosis").compactMap { place($0) })
    for (place, source) in resources.enumerated() {
      guard case .condition(let cause) = source.resource,
        causes.contains(place) || Self.claims("condition-cause", cause.meta),
        Self.presence(cause) == .present, let kind = CREST.Calcinosis.Cause.Kind(cause.code)
      else { continue }
      causes.insert(place)
      calcinosis.causes.append(.init(kind, onset: CREST.Date(cause.onset)))
    }
    calcinosis.severity = CREST.Calcinosis.Severity(condition.severity)
    calcinosis.status = Self.status(condition.clinicalStatus)
    calcinosis.onset = CREST.Date(condition.onset)
    calcinosis.sites = condition.bodySite.compactMap { CREST.Site($0) }
    record.calcinosis = calcinosis
  }

  private mutating func read(_ condition: R4.Condition, _ place: Int) {
    guard let presence = Self.presence(condition), !causes.contains(place) else { return }
    let onset = CREST.Date(condition.onset)
    for letter in CREST.Record.letters(condition.code) where !isOwnCalcinosis(condition, letter) {
      note(letter, presence, onset: onset)
    }
    guard presence == .present else { return }
    if record.diagnosis == nil, let kind = CREST.Diagnosis.Kind(condition.code) {
      let verification = condition.verificationStatus?.codes.lazy
        .compactMap { CREST.Diagnosis.Verification(rawValue: $0.code) }.first
      record.diagnosis = CREST.Diagnosis(
        kind, verification: verification, status: Self.status(condition.clinicalStatus),
        onset: onset, raynaudOnset: Self.dateExtension(condition.extension, "onset-raynaud"),
        firstOtherOnset: Self.dateExtension(condition.extension, "onset-first-non-raynaud"),
        date: CREST.Date(condition.recordedDate))
    }
    if condition.code?.isLocal("complication-of-calcinosis") ?? false,
      let kind = CREST.Complication.Kind(condition.code)
    {
      record.complications.append(
        CREST.Complication(
          kind, onset: onset, course: Self.course(condition),
          lesion: firstLesion(condition.evidence.flatMap(\.detail))))
    }
  }

  private static func course(_ condition: R4.Condition) -> CREST.Complication.Course? {
    if case .dateTime(let date) = condition.abatement { return .over(CREST.Date(date)) }
    switch status(condition.clinicalStatus) {
    case .active, .recurrence, .relapse: return .ongoing
    case .inactive, .remission, .resolved: return .over(nil)
    case nil: return nil
    }
  }

  /// A record tells a disease from a manifestation. One that is written as a disease alone says nothing of
  /// the letter; that of other systems does.
  private func isOwnCalcinosis(_ condition: R4.Condition, _ letter: CREST.Letter) -> Bool {
    letter == .calcinosis && Self.claims("condition-calcinosis", condition.meta)
  }

  // MARK: Manifestations

  private mutating func note(
    _ letter: CREST.Letter, _ state: CREST.Presence, onset: CREST.Date? = nil,
    note: String? = nil, _ components: [R4.Observation.Component] = []
  ) {
    func set<Details: InParts & CREST.ManifestationDetails>(
      _ path: WritableKeyPath<CREST.Manifestations, CREST.Manifestation<Details>>
    ) {
      let known = record.manifestations[keyPath: path]
      var details = Details()
      details.read(components)
      let told = CREST.Manifestation(state, onset: onset, details: details, note: note)
      if known == .unknown || state.outweighs(known.state) {
        record.manifestations[keyPath: path] = told
      } else if state == known.state, let both = Self.merged(known, told) {
        record.manifestations[keyPath: path] = both
      }
    }
    switch letter {
    case .calcinosis: set(\.calcinosis)
    case .raynaud: set(\.raynaud)
    case .esophageal: set(\.esophageal)
    case .sclerodactyly: set(\.sclerodactyly)
    case .telangiectasia: set(\.telangiectasia)
    }
  }

  /// What two resources say of a manifestation; `nil` where they say different things.
  private static func merged<Details>(
    _ known: CREST.Manifestation<Details>, _ told: CREST.Manifestation<Details>
  ) -> CREST.Manifestation<Details>? {
    func both<Value: Equatable>(_ first: Value?, _ second: Value?) -> Value?? {
      guard let first else { return .some(second) }
      guard let second, first != second else { return .some(first) }
      return .none
    }
    func said(_ details: Details?) -> Details? { details == Details() ? nil : details }
    guard let onset = both(known.onset, told.onset), let note = both(known.note, told.note),
      let details = both(said(known.details), said(told.details))
    else { return nil }
    return CREST.Manifestation(
      known.state, onset: onset, details: details ?? Details(), note: note)
  }

  private mutating func read(_ observation: R4.Observation) {
    if Self.isVoid(observation.status) { return }
    if let code = observation.code {
      if code.isLocal("lesion") { return readLesion(observation) }
      if code.isLocal("calcification") { return }
      if code.codes.contains(where: { $0.system == "http://loinc.org" && $0.code == "8709-8" }) {
        return readExamination(observation)
      }
    }
    if readChemistry(observation) || readAntibody(observation) || readPattern(observation)
      || readScore(observation)
    {
      return
    }
    let isDenied = Self.isDenied(observation)
    let onset: CREST.Date? =
      if case .period(let period) = observation.effective { CREST.Date(period.start) } else { nil }
    let words = observation.note.first?.text?.value
    for letter in CREST.Record.letters(observation.code) {
      note(
        letter, isDenied ? .absent : Self.answer(observation), onset: onset, note: words,
        observation.component)
    }
    // An observation may name the finding as its value.
    if case .codeableConcept(let concept) = observation.value {
      for letter in CREST.Record.letters(concept) {
        note(letter, isDenied ? .absent : .present, onset: onset, note: words)
      }
    }
  }

  private static func isDenied(_ observation: R4.Observation) -> Bool {
    observation.modifierExtension.contains { $0.url?.hasSuffix("/cda-negation") ?? false }
  }

  /// What an observation about a finding answers.
  private static func answer(_ observation: R4.Observation) -> CREST.Presence {
    switch observation.value {
    case .boolean(let value):
      return value.value == true ? .present : value.value == false ? .absent : .unknown
    case .codeableConcept(let concept): return CREST.Presence(concept) ?? .unknown
    case nil:
      switch observation.dataAbsentReason?.codes.first?.code {
      case "not-performed", "not-asked": return .notAssessed
      default: return .unknown
      }
    default: return .present
    }
  }

  // MARK: Lesions

  /// The deposit that a reference means: by its id, or by that of the resource.
  private func lesionID(_ reference: R4.Reference) -> String? {
    if let id = reference.identifier?.value?.value { return id }
    guard let place = place(reference),
      case .bodyStructure(let structure) = resources[place].resource
    else { return nil }
    return Self.id(of: structure)
  }

  private func firstLesion(_ references: [R4.Reference]) -> String? {
    references.lazy.compactMap { self.lesionID($0) }.first
  }

  private static func id(of structure: R4.BodyStructure) -> String? {
    structure.identifier.lazy.compactMap { $0.value?.value }.first ?? structure.id?.value
  }

  private mutating func lesion(_ id: String) -> Int {
    if let place = lesionPlaces[id] { return place }
    record.lesions.append(CREST.Lesion(id: id))
    lesionPlaces[id] = record.lesions.count - 1
    return record.lesions.count - 1
  }

  private mutating func read(_ structure: R4.BodyStructure) {
    guard let id = Self.id(of: structure) else { return }
    let place = lesion(id)
    record.lesions[place].site = CREST.Site(structure.location)
    record.lesions[place].laterality =
      structure.locationQualifier.lazy.compactMap { CREST.Laterality($0) }.first
    record.lesions[place].recurrenceOf = firstLesion(
      Self.references(structure.extension, "recurrence-of"))
  }

  private mutating func readLesion(_ observation: R4.Observation) {
    if Self.isDenied(observation) { return }
    let id = firstLesion(observation.focus) ?? observation.id?.value
    let place = lesion(id ?? "\(record.lesions.count + 1)")
    var description = CREST.Lesion.Description(date: CREST.Date(observation.effective))
    description.read(observation.component)
    description.note = observation.note.first?.text?.value
    record.lesions[place].descriptions.append(description)
  }

  // MARK: Studies

  private mutating func readExamination(_ observation: R4.Observation) {
    if Self.isDenied(observation) { return }
    var examination = CREST.Examination(
      date: CREST.Date(observation.effective), site: CREST.Site(observation.bodySite),
      note: observation.note.first?.text?.value)
    examination.read(observation.component)
    record.examinations.append(examination)
  }

  private mutating func readChemistry(_ observation: R4.Observation) -> Bool {
    guard let analyte = CREST.Chemistry.analyte(observation.code),
      case .quantity(let quantity) = observation.value, quantity.comparator == nil,
      let value = quantity.value?.value,
      let unit = (quantity.code?.value ?? quantity.unit?.value).flatMap({
        CREST.Concentration.Unit(rawValue: $0)
      })
    else { return false }
    record.chemistry.append(
      CREST.Chemistry(
        analyte, CREST.Concentration(value, unit), date: CREST.Date(observation.effective)))
    return true
  }

  private mutating func readAntibody(_ observation: R4.Observation) -> Bool {
    guard let target = CREST.Autoantibody.Target(observation.code) else { return false }
    var result = Self.answer(observation)
    for code in observation.interpretation.flatMap(\.codes).map(\.code) {
      if code == "POS" { result = .present }
      if code == "NEG" { result = .absent }
    }
    var finding = AntibodyFinding()
    finding.read(observation.component)
    // A number that nobody interprets is no answer.
    if case .quantity = observation.value, observation.interpretation.isEmpty { result = .unknown }
    record.autoantibodies.append(
      CREST.Autoantibody(
        target, Self.isDenied(observation) ? .absent : result,
        titre: finding.titre.flatMap { Int($0.fhir) },
        method: CREST.Autoantibody.Method(observation.method),
        date: CREST.Date(observation.effective)))
    return true
  }

  private mutating func readPattern(_ observation: R4.Observation) -> Bool {
    guard case .codeableConcept(let concept) = observation.value,
      let pattern = CREST.Capillaroscopy.Pattern(concept)
    else { return false }
    record.capillaroscopies.append(
      CREST.Capillaroscopy(pattern, date: CREST.Date(observation.effective)))
    return true
  }

  private mutating func readScore(_ observation: R4.Observation) -> Bool {
    guard
      let instrument = observation.code?.codes.lazy
        .compactMap({ CREST.ScoreCodes.instrument(system: $0.system, code: $0.code) }).first
    else { return false }
    var score = CREST.StoredScore(instrument, date: CREST.Date(observation.effective))
    switch observation.value {
    case .quantity(let quantity) where quantity.comparator == nil:
      score.total = quantity.value?.value
    case .integer(let number):
      score.total = number.value.map { R4.Decimal(integerLiteral: $0) }
    default: break
    }
    score.items = observation.component.compactMap { component in
      guard
        let code = component.code?.codes.first(where: { $0.system == instrument.itemSystem })?.code
      else { return nil }
      let scale = component.referenceRange.lazy.compactMap { $0.high?.value?.value }.first
      switch component.value {
      case .quantity(let quantity):
        return quantity.value?.value.map { .init(code, .number($0), scale: scale) }
      case .integer(let number):
        return number.value.map {
          .init(code, .number(R4.Decimal(integerLiteral: $0)), scale: scale)
        }
      case .codeableConcept(let concept):
        return CREST.Presence(concept).map { .init(code, .presence($0), scale: scale) }
      case .boolean(let flag):
        return flag.value.map { .init(code, .presence($0 ? .present : .absent), scale: scale) }
      default: return nil
      }
    }
    record.scores.append(score)
    return true
  }

  /// The observation of calcium that a report refers to.
  private func calcification(_ report: R4.DiagnosticReport) -> R4.Observation? {
    for reference in report.result {
      if let place = place(reference), case .observation(let found) = resources[place].resource,
        found.code?.isLocal("calcification") ?? false, !Self.isVoid(found.status)
      {
        return found
      }
    }
    return nil
  }

  private static func modality(_ steps: Set<String>) -> CREST.Imaging.Modality? {
    CREST.Imaging.Modality.allCases.first { steps.contains("diagnosis." + $0.rawValue) }
  }

  private mutating func read(_ report: R4.DiagnosticReport) {
    if Self.isVoid(report.status) { return }
    let finding = calcification(report)
    let date: CREST.Date? =
      switch report.effective {
      case .dateTime(let date): CREST.Date(date)
      case .period(let period): CREST.Date(period.start)
      case nil: nil
      }
    let calcium =
      finding.map { Self.isDenied($0) ? .absent : Self.answer($0) } ?? CREST.Presence.unknown
    let site = CREST.Site(finding?.bodySite)
    let conclusion = report.conclusion?.value
    let steps = CREST.Guide.statements(report.code)
    if let modality = Self.modality(steps) {
      var more = ImageFinding()
      more.read(finding?.component ?? [])
      record.imaging.append(
        CREST.Imaging(
          modality, calcification: calcium, date: date, site: site, laterality: more.laterality,
          extent: more.extent, conclusion: conclusion))
    } else if steps.contains("diagnosis.biopsy") {
      record.biopsies.append(
        CREST.Biopsy(calcium: calcium, date: date, site: site, conclusion: conclusion))
    }
  }

  // MARK: What was done

  /// The name of a medicine that concerns the disease: a substance that has a code, or, for those of our
  /// own profiles, any words.
  private static func name(_ concept: R4.CodeableConcept, _ meta: R4.Meta?) -> String? {
    if let substance = CREST.Substance(concept) { return substance.rawValue }
    let isOurs = meta?.profile.contains { $0.value?.hasPrefix(CREST.canonicalBase) ?? false }
    if isOurs ?? false { return concept.words }
    guard let words = concept.words, concept.codes.isEmpty else { return nil }
    let statements = LinkIndex.standard.statementIDs(forWords: words)
    return statements.contains { $0.hasPrefix("management.") } ? words : nil
  }

  private mutating func note(
    _ name: String, _ source: CREST.Medication.Source, _ status: R4.Primitive<String>?,
    _ date: CREST.Date?, _ dosage: R4.Dosage?
  ) {
    record.medications.append(
      CREST.Medication(
        name, route: CREST.Medication.Route(dosage?.route), source: source,
        status: status?.value.flatMap { CREST.Medication.Status(rawValue: $0) } ?? .unknown,
        date: date, dosage: dosage?.text?.value))
  }

  private func medication(_ request: R4.MedicationRequest) -> R4.CodeableConcept? {
    switch request.medication {
    case .codeableConcept(let concept): concept
    case .reference(let reference): medication(reference, in: request.contained)
    case nil: nil
    }
  }

  private func medication(_ statement: R4.MedicationStatement) -> R4.CodeableConcept? {
    switch statement.medication {
    case .codeableConcept(let concept): concept
    case .reference(let reference): medication(reference, in: statement.contained)
    case nil: nil
    }
  }

  /// The code of a Medication that is referred to, of the Bundle or of those inside.
  private func medication(
    _ reference: R4.Reference, in contained: [R4.Resource]
  ) -> R4.CodeableConcept? {
    if let url = reference.reference?.value, url.hasPrefix("#") {
      for case .medication(let medication) in contained
      where medication.id?.value == String(url.dropFirst()) {
        return medication.code
      }
    }
    guard let place = place(reference), case .medication(let medication) = resources[place].resource
    else { return nil }
    return medication.code
  }

  private mutating func read(_ request: R4.MedicationRequest) {
    guard !Self.isVoid(request.status), request.doNotPerform?.value != true,
      let concept = medication(request),
      let name = Self.name(concept, request.meta)
    else { return }
    var isReported = false
    switch request.reported {
    case .boolean(let flag): isReported = flag.value ?? false
    case .reference: isReported = true
    case nil: break
    }
    note(
      name, isReported ? .reported : .prescribed, request.status, CREST.Date(request.authoredOn),
      request.dosageInstruction.first)
  }

  private mutating func read(_ statement: R4.MedicationStatement) {
    guard !Self.isVoid(statement.status), statement.status?.value != "not-taken",
      let concept = medication(statement),
      let name = Self.name(concept, statement.meta)
    else { return }
    let date: CREST.Date? =
      switch statement.effective {
      case .dateTime(let date): CREST.Date(date)
      case .period(let period): CREST.Date(period.start)
      case nil: nil
      }
    note(name, .reported, statement.status, date, statement.dosage.first)
  }

  private mutating func read(_ procedure: R4.Procedure) {
    if Self.isVoid(procedure.status) { return }
    let date: CREST.Date? =
      switch procedure.performed {
      case .dateTime(let date): CREST.Date(date)
      case .period(let period): CREST.Date(period.start)
      default: nil
      }
    let steps = CREST.Guide.statements(procedure.code)
    guard
      let kind = CREST.Procedure.Kind(procedure.code)
        ?? CREST.Procedure.Kind.allCases.first(where: {
          steps.contains("surgical-options." + $0.rawValue)
        })
    else { return readStep(procedure, steps, date) }
    let lesion = firstLesion(Self.references(procedure.extension, "target-lesion"))
    record.procedures.append(
      CREST.Procedure(
        kind,
        status: procedure.status?.value.flatMap { CREST.Procedure.Status(rawValue: $0) }
          ?? .unknown, date: date, lesion: lesion,
        outcome: CREST.Procedure.Outcome(procedure.outcome),
        note: procedure.note.first?.text?.value))
  }

  /// A step of diagnosis that is recorded as something done, without what it showed.
  private mutating func readStep(
    _ procedure: R4.Procedure, _ steps: Set<String>, _ date: CREST.Date?
  ) {
    guard procedure.status?.value == "completed" else { return }
    let site = CREST.Site(procedure.bodySite.first)
    if let modality = Self.modality(steps) {
      record.imaging.append(
        CREST.Imaging(modality, calcification: .unknown, date: date, site: site))
    } else if steps.contains("diagnosis.biopsy") {
      record.biopsies.append(CREST.Biopsy(calcium: .unknown, date: date, site: site))
    } else if steps.contains("diagnosis.physical-examination")
      || steps.contains("diagnosis.palpation")
    {
      record.examinations.append(CREST.Examination(date: date, site: site))
    }
  }

  private mutating func read(_ plan: R4.CarePlan) {
    if Self.isVoid(plan.status) { return }
    for detail in plan.activity.compactMap(\.detail) { note(detail) }
  }

  /// A plan that was C-CDA is a request which keeps the activities as their JSON.
  private mutating func read(_ request: R4.ServiceRequest) {
    if Self.isVoid(request.status) { return }
    let url = CREST.canonicalBase + "/StructureDefinition/fhir-content"
    for kept in request.extension where kept.url == url {
      guard case .string(let path) = kept.extension.first(where: { $0.url == "path" })?.value,
        path.value == "activity",
        case .string(let content) = kept.extension.first(where: { $0.url == "content" })?.value,
        let json = content.value,
        let activity = try? JSON.Decoder().decode(
          R4.CarePlan.Activity.self, from: Array(json.utf8))
      else { continue }
      if let detail = activity.detail { note(detail) }
    }
  }

  private mutating func note(_ detail: R4.CarePlan.Activity.Detail) {
    guard let kind = CREST.PlannedActivity.Kind(detail.code), detail.doNotPerform?.value != true
    else { return }
    var date: CREST.Date?
    if case .period(let period) = detail.scheduled { date = CREST.Date(period.start) }
    record.plan.append(
      CREST.PlannedActivity(
        kind,
        status: detail.status?.value.flatMap { CREST.PlannedActivity.Status(rawValue: $0) }
          ?? .unknown, date: date, note: detail.description?.value))
  }

  private mutating func read(_ team: R4.CareTeam) {
    if Self.isVoid(team.status) { return }
    for participant in team.participant {
      guard let concept = participant.role.first,
        let role = CREST.Role(concept)?.rawValue ?? concept.words
      else { continue }
      record.careTeam.append(
        CREST.CareTeamMember(role: role, name: name(of: participant.member)))
    }
  }

  /// Whom a reference names: by its words, or as the resource is called.
  private func name(of reference: R4.Reference?) -> String? {
    if let words = reference?.display?.value { return words }
    guard let place = place(reference),
      case .practitioner(let practitioner) = resources[place].resource,
      let name = practitioner.name.first
    else { return nil }
    if let text = name.text?.value { return text }
    let parts = name.prefix + name.given + [name.family].compactMap { $0 } + name.suffix
    return parts.isEmpty ? nil : parts.compactMap(\.value).joined(separator: " ")
  }

  private mutating func read(_ consent: R4.Consent) {
    guard !Self.isVoid(consent.status), consent.status?.value != "rejected",
      let scope = consent.scope?.codes.lazy
        .compactMap({ CREST.Consent.Scope(rawValue: $0.code) }).first,
      let decision = consent.provision?.type?.value
        .flatMap({ CREST.Consent.Decision(rawValue: $0) })
    else { return }
    record.consents.append(CREST.Consent(scope, decision, date: CREST.Date(consent.dateTime)))
  }
}
