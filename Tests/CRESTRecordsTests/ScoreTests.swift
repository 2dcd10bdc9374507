import CRESTRecords
import ClinicalTree
import Definitions
import FHIRModels
import Foundation
import TestSupport
import Testing

@Suite("Scores and classifications")
struct ScoreTests {
  private typealias Item = CREST.CriterionItem

  /// Numbers that are the same in every run.
  private struct Numbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
  }

  // MARK: Criteria

  static let golden: [(name: String, present: [CREST.CriterionItem], points: Int, isYes: Bool)] = [
    ("full CREST", [.raynaudPhenomenon, .sclerodactyly, .telangiectasia], 9, true),
    (
      "with anticentromere",
      [.raynaudPhenomenon, .sclerodactyly, .telangiectasia, .anticentromere],
      12, true
    ),
    ("without telangiectasia", [.raynaudPhenomenon, .sclerodactyly], 7, false),
    (
      "Raynaud, antibody, capillaries",
      [.raynaudPhenomenon, .anticentromere, .abnormalNailfoldCapillaries], 8, false
    ),
    (
      "puffy fingers as well",
      [.puffyFingers, .raynaudPhenomenon, .anticentromere, .abnormalNailfoldCapillaries], 10, true
    ),
    ("the sufficient criterion alone", [.skinThickeningProximalToMCP], 0, true),
    (
      "everything additive",
      CREST.CriterionItem.allCases.filter {
        ![.skinThickeningProximalToMCP, .otherExplanation].contains($0)
      }, 19, true
    ),
    ("everything", CREST.CriterionItem.allCases.filter { $0 != .otherExplanation }, 19, true),
  ]

  @Test("The golden vectors of the ACR/EULAR criteria", arguments: golden)
  func goldenVector(
    _ vector: (name: String, present: [CREST.CriterionItem], points: Int, isYes: Bool)
  ) {
    var criteria = CREST.Criteria(others: .absent)
    for item in vector.present { criteria[item] = .present }
    #expect(criteria.points == vector.points...vector.points)
    #expect(criteria.isSufficient == vector.present.contains(.skinThickeningProximalToMCP))
    #expect(criteria.classification == (vector.isYes ? .yes : .no))
  }

  @Test("What is not assessed gives bounds, and only what decides leaves the verdict open")
  func bounds() {
    var criteria = CREST.Criteria(present: .raynaudPhenomenon, .sclerodactyly)
    #expect(criteria.points == 7...19)
    #expect(criteria.isSufficient == nil)
    #expect(criteria.classification == .indeterminate)
    criteria[.telangiectasia] = .present
    #expect(criteria.classification == .yes)
    criteria[.otherExplanation] = .present
    #expect(criteria.classification == .no)
    var few = CREST.Criteria(present: .raynaudPhenomenon, others: .absent)
    few[.telangiectasia] = .notAssessed
    #expect(few.points == 3...5)
    #expect(few.classification == .no)
    few[.skinThickeningProximalToMCP] = .unknown
    #expect(few.classification == .indeterminate)
  }

  /// The criteria once more, as plain sentences about what is there.
  private enum Plain {
    static func points(_ has: Set<Item>) -> Int {
      var sum = 0
      if has.contains(.sclerodactyly) { sum += 4 } else if has.contains(.puffyFingers) { sum += 2 }
      if has.contains(.fingertipPittingScars) {
        sum += 3
      } else if has.contains(.digitalTipUlcers) {
        sum += 2
      }
      if has.contains(.telangiectasia) { sum += 2 }
      if has.contains(.abnormalNailfoldCapillaries) { sum += 2 }
      if has.contains(.pulmonaryArterialHypertension) || has.contains(.interstitialLungDisease) {
        sum += 2
      }
      if has.contains(.raynaudPhenomenon) { sum += 3 }
      if !has.isDisjoint(with: [.anticentromere, .antiTopoisomerase, .antiRNAPolymerase]) {
        sum += 3
      }
      return sum
    }

    static func isClassified(_ has: Set<Item>) -> Bool {
      !has.contains(.otherExplanation)
        && (has.contains(.skinThickeningProximalToMCP) || points(has) >= 9)
    }

    static func isLimited(_ has: Set<Item>) -> Bool {
      let antibody = !has.isDisjoint(
        with: [.anticentromere, .antiTopoisomerase, .antiRNAPolymerase])
      let capillaries = has.contains(.abnormalNailfoldCapillaries)
      if has.contains(.objectiveRaynaud) { return antibody || capillaries }
      return has.contains(.raynaudPhenomenon) && antibody && capillaries
    }

    static func isVeryEarly(_ has: Set<Item>) -> Bool {
      has.isSuperset(of: [.raynaudPhenomenon, .puffyFingers, .antinuclearAntibodies])
        && !has.isDisjoint(with: [
          .abnormalNailfoldCapillaries, .anticentromere, .antiTopoisomerase,
        ])
    }

    /// What holds in all worlds that fit what is known, in none, or in some.
    static func verdict(_ worlds: [Set<Item>], _ holds: (Set<Item>) -> Bool) -> CREST.Verdict {
      let count = worlds.count(where: holds)
      return count == worlds.count ? .yes : count == 0 ? .no : .indeterminate
    }
  }

  @Test("Random criteria agree with a second formulation over all that may turn out")
  func random() {
    var numbers = Numbers(state: 2013)
    for _ in 0..<3_000 {
      var criteria = CREST.Criteria()
      var known: Set<Item> = []
      var open: [Item] = []
      for item in Item.allCases {
        switch Int.random(in: 0..<8, using: &numbers) {
        case 0..<3:
          criteria[item] = .present
          known.insert(item)
        case 3..<7: criteria[item] = .absent
        default:
          criteria[item] = Bool.random(using: &numbers) ? .notAssessed : .unknown
          // Another explanation that nobody names is none.
          if item != .otherExplanation { open.append(item) }
        }
      }
      let worlds = (0..<1 << open.count).map { bits in
        known.union(open.indices.filter { bits >> $0 & 1 == 1 }.map { open[$0] })
      }
      let points = worlds.map(Plain.points)
      #expect(criteria.points.lowerBound == points.min())
      #expect(criteria.points.upperBound == points.max())
      #expect(criteria.classification == Plain.verdict(worlds, Plain.isClassified))
      #expect(criteria.limitedSystemicSclerosis == Plain.verdict(worlds, Plain.isLimited))
      let early = Plain.verdict(worlds, Plain.isVeryEarly)
      switch criteria.earlyStage {
      case .veryEarly: #expect(early == .yes)
      case .no: #expect(early == .no)
      case .suspected: #expect(early != .yes)
      case .indeterminate: #expect(early != .yes)
      }
    }
  }

  @Test("The stages of VEDOSS")
  func stages() {
    let flags: [Item] = [.raynaudPhenomenon, .puffyFingers, .antinuclearAntibodies]
    var criteria = CREST.Criteria()
    #expect(criteria.earlyStage == .indeterminate)
    for flag in flags { criteria[flag] = .present }
    #expect(criteria.earlyStage == .suspected)
    criteria[.anticentromere] = .present
    #expect(criteria.earlyStage == .veryEarly)
    criteria[.puffyFingers] = .absent
    #expect(criteria.earlyStage == .no)
  }

  // MARK: Sums and means

  @Test("The skin score is a sum of what is known, with what the rest could be")
  func skin() {
    var numbers = Numbers(state: 17)
    for _ in 0..<500 {
      var score = CREST.SkinScore()
      var (sum, missing) = (0, 17)
      for site in CREST.SkinScore.Site.allCases where Int.random(in: 0..<4, using: &numbers) > 0 {
        let grade = Int.random(in: 0...3, using: &numbers)
        score[site] = grade
        sum += grade
        missing -= 1
      }
      #expect(score.total == sum...(sum + missing * 3))
    }
    var full = CREST.SkinScore()
    for site in CREST.SkinScore.Site.allCases { full[site] = 3 }
    #expect(full.total == 51...51)
    full[.face] = 4
    #expect(full[.face] == nil)
    #expect(full.proximalSites.count == 6)
    for site in CREST.SkinScore.proximal { full[site] = 0 }
    full[.face] = 3
    #expect(full.total == 33...33)
    #expect(full.proximalSites == [])
  }

  @Test(
    "The disability index is a mean of six to eight, the GIT total one of six without constipation")
  func means() {
    let all = Dictionary(uniqueKeysWithValues: CREST.HAQCategory.allCases.map { ($0, 1.0) })
    #expect(CREST.HAQCategory.index(of: all) == 1)
    var six = all
    six[.grip] = nil
    six[.reach] = nil
    six[.eating] = 3
    #expect(CREST.HAQCategory.index(of: six) == 8.0 / 6)
    six[.walking] = nil
    #expect(CREST.HAQCategory.index(of: six) == nil)
    #expect(CREST.HAQCategory.index(of: all.merging([.grip: 4]) { $1 }) == nil)
    var git = Dictionary(uniqueKeysWithValues: CREST.GITScale.allCases.map { ($0, 2.0) })
    git[.constipation] = 0
    #expect(CREST.GITScale.total(of: git) == 2)
    git[.diarrhea] = 2.5
    #expect(CREST.GITScale.total(of: git) == nil)
  }

  // MARK: Records

  private func scores(_ resources: String...) throws -> [CREST.Score] {
    let entries = resources.map { "{\"resource\":\($0)}" }.joined(separator: ",")
    let json = #"{"resourceType":"Bundle","type":"collection","entry":[\#(entries)]}"#
    let (resource, _) = R4.Resource.reading(try Tree.json(json.bytes, names: .standard).tree)
    guard case .bundle(let bundle) = resource else { return [] }
    return CREST.Score.scores(of: bundle)
  }

  private func observation(
    _ system: String, _ code: String, _ value: String, patient: String = "p", _ more: String = ""
  ) -> String {
    #"{"resourceType":"Observation","status":"final","subject":{"reference":"Patient/\#(patient)"},"code":{"coding":[{"system":"\#(system)","code":"\#(code)"}]}\#(value.isEmpty ? "" : "," + value)\#(more)}"#
  }

  private func condition(_ code: String, _ more: String = "") -> String {
    #"{"resourceType":"Condition","subject":{"reference":"Patient/p"},"code":{"coding":[{"system":"http://snomed.info/sct","code":"\#(code)"}]}\#(more)}"#
  }

  private static let positive =
    #""valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"10828004"}]}"#
  private static let negative =
    #""valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"260385009"}]}"#
  private static let base = "https://crestkit.example/fhir/CodeSystem/"

  @Test("Each point is explained with the record that it came from")
  func evidence() throws {
    let found = try scores(
      condition("266261006"), condition("201051000"),
      observation("http://loinc.org", "16137-2", Self.positive),
      observation("http://loinc.org", "17570-3", Self.negative),
      condition("11399002", #","verificationStatus":{"coding":[{"code":"refuted"}]}"#),
      observation(
        Self.base + "crest-concept", "capillaroscopy",
        #""valueCodeableConcept":{"coding":[{"system":"\#(Self.base)capillaroscopy-pattern","code":"early"}]}"#
      ))
    let score = try #require(found.first)
    #expect(score.instrument == .acrEULAR2013)
    #expect(score.patient == "Patient/p")
    // Raynaud 3, sclerodactyly 4, an antibody 3, capillaries 2; scars, telangiectasia, lung are open.
    #expect(score.total == 12...19)
    #expect(score.classification == .yes)
    func item(_ name: Item) -> CREST.Score.Item? { score.items.first { $0.item == name.rawValue } }
    #expect(item(.raynaudPhenomenon)?.path == "Bundle.entry[0].resource")
    #expect(item(.raynaudPhenomenon)?.points == 3)
    #expect(item(.anticentromere)?.path == "Bundle.entry[2].resource")
    #expect(item(.antiTopoisomerase)?.value == "absent")
    #expect(item(.antiTopoisomerase)?.points == 0)
    #expect(item(.pulmonaryArterialHypertension)?.value == "absent")
    #expect(item(.puffyFingers)?.path == nil)
    #expect(found.map(\.instrument) == [.acrEULAR2013, .leRoyMedsger2001, .vedoss])
  }

  @Test("A number is no answer, and what counts for nothing counts for nothing")
  func noAnswer() throws {
    let wrong = #","verificationStatus":{"coding":[{"code":"entered-in-error"}]}"#
    #expect(try scores(condition("266261006", wrong)) == [])
    let titre = observation(
      "http://loinc.org", "16137-2", #""valueQuantity":{"value":4,"unit":"U/mL"}"#)
    #expect(try scores(titre) == [])
    let flagged = observation(
      "http://loinc.org", "16137-2", #""valueQuantity":{"value":4}"#, patient: "p",
      #","interpretation":[{"coding":[{"code":"POS"}]}]"#)
    #expect(try scores(flagged).first?.total == 3...19)
    // CREST as a diagnosis is no finding.
    #expect(try scores(condition("31848007")).first { $0.instrument == .acrEULAR2013 } == nil)
  }

  @Test("Raynaud's phenomenon that was seen is there, and one that is not there was not seen")
  func implied() throws {
    let system = Self.base + "classification-item"
    let seen = try scores(
      observation(system, "objective-raynaud", Self.positive),
      observation("http://loinc.org", "16137-2", Self.positive))
    #expect(seen.map(\.classification) == [.indeterminate, .yes, .indeterminate])
    #expect(seen.first?.total == 6...19)
    let absent = try scores(observation(system, "raynaud-phenomenon", "\"valueBoolean\":false"))
    #expect(absent.map(\.classification) == [.indeterminate, .no, .no])
  }

  @Test("A stored total that the items do not give is told, and so is one out of range")
  func stored() throws {
    func skin(_ total: Int, _ grades: [String: Int]) -> String {
      let parts = grades.sorted { $0.key < $1.key }.map {
        #"{"code":{"coding":[{"system":"\#(Self.base)score-site","code":"\#($0.key)"}]},"valueInteger":\#($0.value)}"#
      }
      return observation(
        Self.base + "score-instrument", "mrss", "\"valueInteger\":\(total)", patient: "p",
        ",\"component\":[\(parts.joined(separator: ","))]")
    }
    var grades = Dictionary(
      uniqueKeysWithValues: CREST.SkinScore.Site.allCases.map { ($0.rawValue, 1) })
    #expect(try scores(skin(17, grades)).first?.remarks == [])
    #expect(try scores(skin(18, grades)).first?.remarks.map(\.kind) == [.storedDiffers])
    #expect(
      try scores(skin(17, grades), condition("299276009")).last?.remarks.map(\.kind)
        == Array(repeating: .contradictsSubset, count: 6))
    grades["face"] = nil
    let partial = try #require(try scores(skin(18, grades)).first)
    #expect(partial.total == 16...19)
    #expect(partial.remarks.map(\.kind) == [.partial])
    grades["face"] = 7
    #expect(
      try scores(skin(52, grades)).first?.remarks.map(\.kind)
        == [.outOfRange, .partial, .outOfRange, .storedDiffers])
  }

  @Test("Patients are kept apart, and records of nobody belong to the only one")
  func patients() throws {
    let system = Self.base + "classification-item"
    let two = try scores(
      observation(system, "raynaud-phenomenon", "\"valueBoolean\":true", patient: "a"),
      observation(system, "telangiectasia", "\"valueBoolean\":true", patient: "b"))
    #expect(two.filter { $0.instrument == .acrEULAR2013 }.map(\.total) == [3...19, 2...19])
    #expect(
      two.map(\.patient) == [
        "Patient/a", "Patient/a", "Patient/a", "Patient/b", "Patient/b", "Patient/b",
      ])
    let nameless =
      #"{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"\#(system)","code":"sclerodactyly"}]},"valueBoolean":true}"#
    let one = try scores(
      observation(system, "raynaud-phenomenon", "\"valueBoolean\":true"), nameless)
    #expect(one.first?.total == 7...19)
    #expect(one.allSatisfy { $0.patient == "Patient/p" })
  }

  @Test("A visual analogue scale says where it ends")
  func scales() throws {
    func scale(_ value: Double, _ end: String) -> CREST.Score? {
      let part =
        #"{"code":{"coding":[{"system":"\#(Self.base)score-item","code":"shaq-pain"}]},"valueQuantity":{"value":\#(value)}\#(end)}"#
      return try? scores(
        observation(
          Self.base + "score-instrument", "shaq", "", patient: "p", ",\"component\":[\(part)]")
      ).first
    }
    let three = #","referenceRange":[{"high":{"value":3}}]"#
    #expect(scale(2.5, three)?.remarks == [])
    #expect(scale(25, three)?.remarks.map(\.kind) == [.outOfRange])
    #expect(scale(2.5, "")?.remarks.map(\.kind) == [.scaleNotStated])
  }

  @Test("The code systems of the profiles hold the codes that scores are read by")
  func codeSystems() throws {
    func codes(_ name: String) throws -> Set<String> {
      let file = Place.root.appending(path: "Profiles/package/CodeSystem-\(name).json")
      let tree = try Tree.json(Array(Data(contentsOf: file)), names: .standard).tree
      return Set(tree.root["concept"].compactMap { $0["code"].first?.value })
    }
    #expect(try codes("classification-item") == Set(Item.allCases.map(\.rawValue)))
    #expect(try codes("score-instrument") == Set(CREST.Instrument.allCases.map(\.rawValue)))
    #expect(try codes("score-site") == Set(CREST.SkinScore.Site.allCases.map(\.rawValue)))
    let parts =
      CREST.HAQCategory.allCases.map(\.rawValue) + CREST.GITScale.allCases.map(\.rawValue)
      + CREST.SHAQScale.allCases.map(\.rawValue) + ["raynaud-condition-day"]
    #expect(try codes("score-item") == Set(parts))
  }
}
