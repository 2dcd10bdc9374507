public import CRESTKit
import FHIRModels

/// Makes pseudonymous records of people who do not exist, the same ones for the same seed; about one in ten
/// has something that a registry objects to.
public struct SyntheticRecords: IteratorProtocol {
  private var state: UInt64
  private var number = 0

  /// Begins a series.
  public init(seed: UInt64) { state = seed }

  private mutating func random(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }

  private mutating func pick<Member: CaseIterable>(_: Member.Type) -> Member {
    let all = Array(Member.allCases)
    return all[random(all.count)]
  }

  private mutating func day(_ year: Int) -> CREST.Date? {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return CREST.Date(fhir: "\(year)-\(two(1 + random(12)))-\(two(1 + random(28)))")
  }

  private mutating func manifestation<Details>(
    _ onset: Int, _ details: Details
  ) -> CREST.Manifestation<Details> {
    switch random(4) {
    case 0: .absent
    case 1: .notAssessed
    default: .present(onset: CREST.Date(fhir: "\(onset + random(6))"), details)
    }
  }

  /// Most sites send the total alone.
  private mutating func skin() -> CREST.StoredScore {
    if random(4) != 0 {
      return CREST.StoredScore(
        .mrss, date: day(2025), total: R4.Decimal(integerLiteral: random(34)))
    }
    var skin = CREST.SkinScore()
    for site in CREST.SkinScore.Site.allCases {
      skin[site] = CREST.SkinScore.proximal.contains(site) ? 0 : random(3)
    }
    let wrong = random(50) == 0 ? 1 : 0
    return CREST.StoredScore(
      skin, date: day(2025),
      total: R4.Decimal(integerLiteral: skin.total.lowerBound + wrong))
  }

  /// The next record, as the JSON of its Bundle: about 10 kilobytes.
  public mutating func next() -> [UInt8]? {
    number += 1
    var record = CREST.Record()
    record.patient.identifiers = [
      .init(system: "https://registry.example/pseudonym", value: "P-\(number)")
    ]
    record.patient.gender = random(60) == 0 ? nil : random(5) == 0 ? .male : .female
    record.patient.birthDate = CREST.Date(fhir: "\(1935 + random(60))")
    record.patient.vitalStatus = .alive
    record.patient.managingOrganization = "Site \(1 + random(4))"
    if random(80) == 0 { record.patient.family = "Invented" }
    let onset = 2000 + random(15)
    record.diagnosis = CREST.Diagnosis(
      random(3) == 0 ? .limitedCutaneous : .crest, verification: .confirmed, status: .active,
      raynaudOnset: day(onset), firstOtherOnset: day(onset + 2), date: day(onset + 4))
    record.manifestations.raynaud = .present(
      onset: CREST.Date(fhir: "\(onset)"), .init(triggers: [.cold], phases: [.white, .blue]))
    record.manifestations.calcinosis = .present(.init(sites: [.init(pick(CREST.Region.self))]))
    record.manifestations.esophageal = manifestation(onset, .init(symptoms: [.reflux]))
    record.manifestations.sclerodactyly = .present(.init(fingers: .distalToMCP))
    record.manifestations.telangiectasia = manifestation(onset, .init(sites: [.init(.face)]))
    record.lesions = [
      .init(
        id: "L1", site: .init(pick(CREST.Region.self)), pick(CREST.Laterality.self),
        [.init(date: day(2023), diameter: R4.Decimal(integerLiteral: 1 + random(20)))])
    ]
    let calcium: R4.Decimal = random(60) == 0 ? "9.4" : "2.31"
    record.chemistry = [
      .init(.calcium, .init(calcium, .millimolesPerLitre), date: day(2025))
    ]
    record.autoantibodies = [
      .init(.centromere, .present, titre: 640, method: .immunofluorescence, date: day(2025)),
      .init(.topoisomeraseI, .absent, date: day(2025)), .init(.rnaPolymeraseIII, .notAssessed),
    ]
    record.procedures = [
      .init(.excision, date: day(2024), lesion: "L1", outcome: pick(CREST.Procedure.Outcome.self))
    ]
    record.scores = [skin()]
    return record.bundle.json()
  }
}
