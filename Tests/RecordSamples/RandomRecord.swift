public import CRESTRecords
import FHIRModels

/// Makes invented records, the same ones for the same seed.
public struct RandomRecord {
  private var state: UInt64

  /// Begins a series.
  public init(seed: UInt64) { state = seed }

  private mutating func number(below bound: Int) -> Int {
    // SplitMix64 (Steele, Lea and Flood 2014).
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
  }

  private mutating func coin() -> Bool { number(below: 2) == 0 }

  private mutating func pick<Member: CaseIterable>(_: Member.Type) -> Member {
    let all = Array(Member.allCases)
    return all[number(below: all.count)]
  }

  private mutating func maybe<Member: CaseIterable>(_: Member.Type) -> Member? {
    coin() ? pick(Member.self) : nil
  }

  private mutating func several<Member: CaseIterable>(_: Member.Type) -> [Member] {
    Member.allCases.filter { _ in coin() }
  }

  private mutating func list<Item>(_ make: (inout RandomRecord) -> Item) -> [Item] {
    (0..<number(below: 3)).map { _ in make(&self) }
  }

  private mutating func date() -> CREST.Date? {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let year = "\(1990 + number(below: 36))"
    let month = year + "-" + two(1 + number(below: 12))
    let day = month + "-" + two(1 + number(below: 28))
    switch number(below: 5) {
    case 0: return nil
    case 1: return CREST.Date(fhir: year)
    case 2: return CREST.Date(fhir: month)
    case 3: return CREST.Date(fhir: day)
    default: return CREST.Date(fhir: day + "T\(two(number(below: 24))):30:00+01:00")
    }
  }

  private mutating func decimal() -> R4.Decimal {
    let numbers: [R4.Decimal] = ["1", "2.5", "2.50", "1.125", "3", "3.0", "4.999"]
    return numbers[number(below: numbers.count)]
  }

  private mutating func words() -> String? {
    let all = ["Invented", "two words", "Ärmel & <Saum>", "\"quoted\" \\ text", "colour: pale"]
    return coin() ? all[number(below: all.count)] : nil
  }

  private mutating func site() -> CREST.Site {
    coin() ? CREST.Site(pick(CREST.Region.self)) : CREST.Site("pulp of the index finger")
  }

  private mutating func sites() -> [CREST.Site] {
    several(CREST.Region.self).prefix(2).map { CREST.Site($0) } + (coin() ? ["sole"] : [])
  }

  private mutating func maybeSite() -> CREST.Site? { coin() ? site() : nil }

  private mutating func manifestation<Details: CREST.ManifestationDetails>(
    _ details: Details
  ) -> CREST.Manifestation<Details> {
    let finding: CREST.Manifestation<Details>.Finding =
      switch number(below: 4) {
      case 0: .absent
      case 1: .notAssessed
      case 2: .unknown
      default: .present(onset: date(), details)
      }
    return CREST.Manifestation(finding, note: finding == .unknown ? nil : words())
  }

  private mutating func lesionID(_ record: CREST.Record) -> String? {
    switch number(below: 4) {
    case 0: nil
    case 1: "elsewhere"
    default: record.lesions.isEmpty ? nil : record.lesions[number(below: record.lesions.count)].id
    }
  }

  private mutating func patient() -> CREST.Patient {
    var patient = CREST.Patient()
    patient.identifiers = list { random in
      .init(
        system: random.coin() ? "https://registry.example/pseudonym" : nil,
        value: "P-\(random.number(below: 1000))")
    }
    patient.given = coin() ? ["Ada", "B."] : []
    patient.family = words()
    patient.gender = maybe(CREST.Patient.Gender.self)
    patient.managingOrganization = number(below: 3) == 0 ? "Site \(number(below: 9))" : nil
    patient.birthDate = CREST.Date(fhir: "19\(50 + number(below: 50))")
    switch number(below: 3) {
    case 0: patient.vitalStatus = .alive
    case 1: patient.vitalStatus = .dead(date())
    default: break
    }
    return patient
  }

  private mutating func lesion(_ number: Int) -> CREST.Lesion {
    var lesion = CREST.Lesion(
      id: "L \(number)", site: maybeSite(), maybe(CREST.Laterality.self),
      recurrenceOf: number > 1 && coin() ? "L \(number - 1)" : nil)
    lesion.descriptions = list { random in
      var seen = CREST.Lesion.Description(
        date: random.date(), diameter: random.coin() ? random.decimal() : nil,
        count: random.coin() ? 1 + random.number(below: 9) : nil,
        form: random.maybe(CREST.Lesion.Form.self), colour: random.maybe(CREST.Lesion.Colour.self),
        consistency: random.maybe(CREST.Lesion.Consistency.self))
      seen.tenderness = random.maybe(CREST.Presence.self)
      seen.swelling = random.maybe(CREST.Presence.self)
      seen.drainage = random.maybe(CREST.Presence.self)
      seen.ulceration = random.maybe(CREST.Presence.self)
      seen.infection = random.maybe(CREST.Presence.self)
      seen.note = random.words()
      return seen
    }
    return lesion
  }

  private mutating func score() -> CREST.StoredScore {
    let instrument = pick(CREST.Instrument.self)
    var score = CREST.StoredScore(instrument, date: date() ?? "2024", total: coin() ? 2 : nil)
    switch instrument {
    case .mrss:
      score.items = several(CREST.SkinScore.Site.self).map {
        .init($0.rawValue, .number(R4.Decimal(integerLiteral: number(below: 4))))
      }
    case .acrEULAR2013, .vedoss:
      // One that is not assessed leaves the total open.
      score.items = several(CREST.CriterionItem.self).map {
        .init($0.rawValue, .presence(pick(CREST.Presence.self)))
      }
      score.items.removeAll { $0.code == CREST.CriterionItem.otherExplanation.rawValue }
      score.items.append(.init(CREST.CriterionItem.otherExplanation.rawValue, .presence(.unknown)))
    case .shaq:
      score.total = nil
      score.items = several(CREST.SHAQScale.self).map {
        .init($0.rawValue, .number(coin() ? 0 : 3), scale: coin() ? 3 : 100)
      }
    case .handCalcinosis: score.total = decimal()
    default: break
    }
    return score
  }

  /// Another record.
  public mutating func next() -> CREST.Record {
    var record = CREST.Record()
    record.patient = patient()
    if coin() {
      record.diagnosis = CREST.Diagnosis(
        pick(CREST.Diagnosis.Kind.self), verification: maybe(CREST.Diagnosis.Verification.self),
        status: maybe(CREST.ClinicalStatus.self), onset: date(), raynaudOnset: date(),
        firstOtherOnset: date(), date: coin() ? "2026-01-31" : nil)
    }
    if coin() {
      record.calcinosis = CREST.Calcinosis(
        kind: maybe(CREST.Calcinosis.Kind.self),
        causes: list { .init($0.pick(CREST.Calcinosis.Cause.Kind.self), onset: $0.date()) },
        severity: maybe(CREST.Calcinosis.Severity.self),
        status: maybe(CREST.ClinicalStatus.self), onset: date(), sites: sites())
    }
    record.manifestations.calcinosis = manifestation(.init(sites: sites()))
    record.manifestations.raynaud = manifestation(
      .init(
        triggers: several(CREST.RaynaudDetails.Trigger.self),
        phases: several(CREST.RaynaudDetails.Phase.self), isObserved: coin() ? coin() : nil))
    record.manifestations.esophageal = manifestation(
      .init(
        tests: several(CREST.EsophagealDetails.Test.self),
        symptoms: several(CREST.EsophagealDetails.Symptom.self)))
    record.manifestations.sclerodactyly = manifestation(
      .init(
        fingers: maybe(CREST.SclerodactylyDetails.Extent.self),
        toes: maybe(CREST.Presence.self)))
    record.manifestations.telangiectasia = manifestation(.init(sites: sites()))
    record.lesions = (0..<number(below: 4)).map { lesion($0 + 1) }
    let lesions = record
    record.complications = list {
      .init(
        $0.pick(CREST.Complication.Kind.self), onset: $0.date(),
        course: $0.coin() ? nil : $0.coin() ? .ongoing : .over($0.coin() ? "2026-02" : nil),
        lesion: $0.lesionID(lesions))
    }
    record.examinations = list {
      .init(
        date: $0.date(), site: $0.maybeSite(), skinChanges: $0.maybe(CREST.Presence.self),
        palpableDeposits: $0.maybe(CREST.Presence.self), note: $0.words())
    }
    record.imaging = list {
      let found = $0.pick(CREST.Presence.self)
      return .init(
        $0.pick(CREST.Imaging.Modality.self), calcification: found, date: $0.date(),
        site: $0.maybeSite(), laterality: $0.maybe(CREST.Laterality.self),
        extent: found == .present ? $0.maybe(CREST.Imaging.Extent.self) : nil,
        conclusion: $0.words())
    }
    record.chemistry = list {
      .init(
        $0.pick(CREST.Chemistry.Analyte.self),
        .init($0.decimal(), $0.pick(CREST.Concentration.Unit.self)), date: $0.date())
    }
    record.autoantibodies = list {
      .init(
        $0.pick(CREST.Autoantibody.Target.self), $0.pick(CREST.Presence.self),
        titre: $0.coin() ? 320 : nil, method: $0.maybe(CREST.Autoantibody.Method.self),
        date: $0.date())
    }
    record.biopsies = list {
      .init(
        calcium: $0.pick(CREST.Presence.self), date: $0.date(), site: $0.maybeSite(),
        conclusion: $0.words())
    }
    record.capillaroscopies = list {
      .init($0.pick(CREST.Capillaroscopy.Pattern.self), date: $0.date())
    }
    record.medications = list {
      let name = $0.coin() ? $0.pick(CREST.Substance.self).rawValue : "Invented ointment"
      return .init(
        name, route: $0.maybe(CREST.Medication.Route.self),
        source: $0.pick(CREST.Medication.Source.self),
        status: $0.pick(CREST.Medication.Status.self), date: $0.date(), dosage: $0.words())
    }
    record.procedures = list {
      let status = $0.pick(CREST.Procedure.Status.self)
      return .init(
        $0.pick(CREST.Procedure.Kind.self), status: status, date: $0.date(),
        lesion: $0.lesionID(lesions),
        outcome: status == .notDone ? nil : $0.maybe(CREST.Procedure.Outcome.self),
        note: $0.words())
    }
    record.plan = list {
      .init(
        $0.pick(CREST.PlannedActivity.Kind.self),
        status: $0.pick(CREST.PlannedActivity.Status.self), date: $0.date(), note: $0.words())
    }
    record.careTeam = ["dermatologist", "rheumatologist", "podiatrist"].compactMap { role in
      coin() ? .init(role: role, name: words()) : nil
    }
    record.consents = list {
      .init(
        $0.pick(CREST.Consent.Scope.self), $0.pick(CREST.Consent.Decision.self), date: $0.date())
    }
    record.scores = list { $0.score() }
    return record
  }
}
