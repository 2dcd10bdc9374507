import CRESTRecords
import ClinicalTree
import Definitions
import FHIRModels
import Foundation
import RecordSamples
import TestSupport
import Testing

@Suite("The record of the disease")
struct RecordTests {
  private func record(_ resources: String...) throws -> CREST.Record {
    let entries = resources.map { "{\"resource\":\($0)}" }.joined(separator: ",")
    let json = #"{"resourceType":"Bundle","type":"collection","entry":[\#(entries)]}"#
    return CREST.Record(fhir: try Tree.json(json.bytes, names: .standard).tree)
  }

  private func condition(_ code: String, _ more: String = "") -> String {
    #"{"resourceType":"Condition","subject":{"display":"x"},"code":{"coding":[{"system":"http://snomed.info/sct","code":"\#(code)"}]}\#(more)}"#
  }

  @Test("A diagnosis of CREST alone makes no letter present")
  func diagnosisAlone() throws {
    let read = try record(condition("31848007"))
    #expect(read.diagnosis?.kind == .crest)
    #expect(read.manifestations == CREST.Manifestations())
    #expect(read.manifestations.count == 0)
  }

  @Test("Present, absent, not assessed and unknown are four things")
  func states() throws {
    #expect(try record(condition("266261006")).manifestations.raynaud.state == .present)
    let refuted = #","verificationStatus":{"coding":[{"code":"refuted"}]}"#
    #expect(try record(condition("266261006", refuted)).manifestations.raynaud.state == .absent)
    let wrong = #","verificationStatus":{"coding":[{"code":"entered-in-error"}]}"#
    #expect(try record(condition("266261006", wrong)).manifestations.raynaud.state == .unknown)
    func observation(_ answer: String) -> String {
      #"{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://snomed.info/sct","code":"266261006"}]},\#(answer)}"#
    }
    let cases: [(String, CREST.Presence)] = [
      (#""valueBoolean":true"#, .present), (#""valueBoolean":false"#, .absent),
      (
        #""valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"260385009"}]}"#,
        .absent
      ),
      (#""dataAbsentReason":{"coding":[{"code":"not-performed"}]}"#, .notAssessed),
      (#""dataAbsentReason":{"coding":[{"code":"unknown"}]}"#, .unknown),
    ]
    for (answer, state) in cases {
      #expect(try record(observation(answer)).manifestations.raynaud.state == state, "\(answer)")
    }
  }

  @Test("A finding outweighs its absence elsewhere")
  func precedence() throws {
    let refuted = #","verificationStatus":{"coding":[{"code":"refuted"}]}"#
    let both = [condition("266261006", refuted), condition("266261006")]
    #expect(try record(both[0], both[1]).manifestations.raynaud.state == .present)
    #expect(try record(both[1], both[0]).manifestations.raynaud.state == .present)
  }

  private var full: CREST.Record {
    var record = CREST.Record()
    record.patient.identifiers = [.init(system: "urn:oid:1.2.3.4", value: "7")]
    record.patient.given = ["Ada", "B."]
    record.patient.family = "Sample"
    record.patient.gender = .female
    record.patient.birthDate = "1970-01"
    record.diagnosis = .init(.crest, verification: .confirmed, raynaudOnset: "2009")
    record.manifestations.calcinosis = .present(onset: "2016-05", .init(sites: [.init(.finger)]))
    record.manifestations.raynaud = .absent
    record.manifestations.esophageal = .notAssessed
    record.calcinosis = .init(
      kind: .dystrophic, causes: [.init(.autoimmune)], severity: .moderate, status: .active,
      onset: "2016-05", sites: [.init(.hand)])
    var seen = CREST.Lesion.Description(date: "2026-03-01", diameter: 4, colour: .white)
    seen.tenderness = .present
    seen.ulceration = .absent
    record.lesions = [.init(id: "1", site: "Index finger", .right, [seen])]
    record.chemistry = [
      .init(.calcium, .init("2.30", .millimolesPerLitre), date: "2026-03-02")
    ]
    record.procedures = [
      .init(.curettage, date: "2026-03-10", lesion: "1", outcome: .partlyRemoved),
      .init(.laser, status: .notDone),
    ]
    return record
  }

  @Test("A record comes back from FHIR as it was, digits and precision included")
  func roundTrip() throws {
    let record = full
    #expect(CREST.Record(bundle: record.bundle) == record)
    let bytes = record.bundle.tree(names: .standard).json()
    #expect(CREST.Record(fhir: try Tree.json(bytes, names: .standard).tree) == record)
  }

  @Test("A record comes back through JSON, digits included; Foundation's coder keeps the numbers")
  func codable() throws {
    let record = full
    let ours = try JSON.Decoder().decode(CREST.Record.self, from: JSON.Encoder().encode(record))
    #expect(ours == record)
    let theirs = try JSONDecoder().decode(CREST.Record.self, from: JSONEncoder().encode(record))
    #expect(theirs.chemistry[0].value.value.double == 2.3)
    #expect(theirs.lesions == record.lesions)
    #expect(try CREST.Record(json: record.json()) == record)
    let text = String(decoding: record.json(), as: UTF8.self)
    #expect(text.hasPrefix(#"{"manifestations":{"calcinosis":{"state":"present""#))
    #expect(!text.contains("[]"))
  }

  @Test("Three thousand random records come back from JSON and from FHIR as they were")
  func random() throws {
    var random = RandomRecord(seed: 7)
    for number in 0..<3000 {
      let record = random.next()
      try #require(try CREST.Record(json: record.json()) == record, "\(number)")
      let bytes = record.bundle.tree(names: .standard).json()
      let back = CREST.Record(fhir: try Tree.json(bytes, names: .standard).tree)
      try #require(back == record, "\(number)")
    }
  }

  @Test("Nothing that tells who the patient is survives in a pseudonymous record")
  func pseudonymous() throws {
    var random = RandomRecord(seed: 23)
    var hadWords = 0
    for number in 0..<500 {
      var record = random.next()
      record.patient.identifiers.append(.init(system: "https://other.example", value: "PASSPORT"))
      record.patient.birthDate = "1961-04-09"
      record.patient.managingOrganization = "Site 7"
      let full = String(decoding: record.json(), as: UTF8.self)
      let system = "https://registry.example/pseudonym"
      let safe = record.pseudonymous(keeping: system)
      let text = String(decoding: safe.json(), as: UTF8.self)
      for words in [
        "Invented", "two words", "Saum", "quoted", "colour: pale", "pulp of the index", "sole",
        "PASSPORT", "1961-04", "Ada",
      ] {
        if full.contains(words) { hadWords += 1 }
        #expect(!text.contains(words), "\(number): \(words)")
      }
      #expect(text.contains(#""birthDate":"1961""#) && text.contains("Site 7"))
      #expect(safe.chemistry.map(\.value) == record.chemistry.map(\.value))
      #expect(safe.lesions.count == Set(safe.lesions.map(\.id)).count)
      #expect(text.matches(of: /\dT\d\d:/).isEmpty)
      #expect(safe.pseudonymous(keeping: system) == safe)
    }
    #expect(hadWords > 1000)
  }

  @Test("What makes no sense cannot be read")
  func nonsense() {
    let cases = [
      #"{"manifestations":{"raynaud":{"state":"absent","onset":"2009"}}}"#,
      #"{"manifestations":{"raynaud":{"state":"absent","details":{"triggers":["cold"]}}}}"#,
      #"{"manifestations":{"raynaud":{"state":"perhaps"}}}"#,
      #"{"patient":{"birthDate":"2001-02-30"}}"#,
      #"{"chemistry":[{"analyte":"calcium","value":{"value":2.3,"unit":"g"}}]}"#,
    ]
    for json in cases {
      #expect(throws: DecodingError.self, "\(json)") { try CREST.Record(json: json.bytes) }
    }
    #expect(CREST.Date(fhir: "2025-02-29") == nil)
    #expect(CREST.Date(fhir: "2024-02-29")?.components?.day == 29)
    #expect(CREST.Date(fhir: "2026-01-02T10:00:00Z")?.text == "2026-01-02T10:00:00Z")
    #expect(
      CREST.Date(fhir: "2026-01-02T10:00:00.50+05:30")?.text == "2026-01-02T10:00:00.50+05:30")
    #expect(CREST.Date(fhir: "2026-01-02T25:00:00Z") == nil)
  }

  @Test("A deposit keeps its id over its descriptions, and those who speak of it name it")
  func lesions() throws {
    var record = CREST.Record()
    record.lesions = [
      .init(id: "A", site: .init(.thumb), .left, [.init(date: "2024"), .init(date: "2025")]),
      .init(id: "B", recurrenceOf: "A"),
    ]
    record.complications = [.init(.infection, lesion: "A")]
    record.procedures = [.init(.excision, lesion: "gone")]
    let back = CREST.Record(bundle: record.bundle)
    #expect(back == record)
    #expect(back.lesions[0].descriptions.map(\.date) == ["2024", "2025"])
  }

  @Test("What other systems wrote is read: other codes, words alone, and no more than is said")
  func others() throws {
    let biopsy =
      #"{"resourceType":"DiagnosticReport","status":"final","code":{"coding":[{"system":"http://snomed.info/sct","code":"68660007"}]}}"#
    let calcium =
      #"{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"17861-6"}]},"valueQuantity":{"value":9.40,"unit":"mg/dL"}}"#
    let antibody =
      #"{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"16570-4"}]},"valueQuantity":{"value":9}}"#
    let medicine =
      #"{"resourceType":"MedicationRequest","status":"active","intent":"order","subject":{"display":"x"},"medicationCodeableConcept":{"text":"Sodium thiosulfate cream"}}"#
    let other =
      #"{"resourceType":"MedicationRequest","status":"active","intent":"order","subject":{"display":"x"},"medicationCodeableConcept":{"text":"Paracetamol"}}"#
    let read = try record(
      biopsy, calcium, antibody, medicine, other, condition("46742003"), condition("42399005"))
    #expect(read.biopsies == [.init(calcium: .unknown)])
    #expect(
      read.chemistry
        == [.init(.calcium, .init("9.40", .milligramsPerDecilitre))])
    #expect(read.autoantibodies == [.init(.centromere, .unknown)])
    #expect(read.medications == [.init("Sodium thiosulfate cream", status: .active)])
    // A skin ulcer and kidney failure are not said to come from, or to lead to, deposits.
    #expect(read.complications.isEmpty && read.calcinosis == nil)
  }
}

@Suite("Submissions")
struct SubmissionTests {
  private func outline(
    _ pseudonym: String, birth: String = "1961", raynaud: CREST.Date = "2009", thumb: Bool = true,
    visit: CREST.Date? = nil
  ) -> CREST.Submission.Outline {
    var record = CREST.Record()
    record.patient.identifiers = [.init(system: "https://registry.example", value: pseudonym)]
    record.patient.gender = .female
    record.patient.birthDate = CREST.Date(fhir: birth)
    record.diagnosis = .init(.crest, raynaudOnset: raynaud, date: "2014-02-11")
    record.manifestations.raynaud = .notAssessed
    record.lesions = [.init(id: "L1", site: thumb ? .init(.thumb) : .init(.elbow))]
    if let visit {
      record.chemistry = [.init(.calcium, .init("9.2", .milligramsPerDecilitre), date: visit)]
    }
    return CREST.Submission.Outline(record.bundle.tree(names: .standard))
  }

  @Test("A patient twice, a pseudonym of two people, a deposit that moves, two pseudonyms of one")
  func beside() {
    var submission = CREST.Submission()
    func codes(_ outline: CREST.Submission.Outline, _ line: Int) -> [String] {
      submission.add(outline, line: line).issues.map(\.code.id)
    }
    #expect(codes(outline("a"), 1) == [])
    #expect(codes(outline("b", raynaud: "2010"), 2) == [])
    #expect(codes(outline("a"), 3) == ["SUBM-0101"])
    #expect(codes(outline("a", birth: "1962"), 4) == ["SUBM-0102"])
    #expect(codes(outline("b", raynaud: "2010", thumb: false), 5) == ["SUBM-0101", "SUBM-0103"])
    #expect(codes(outline("c"), 6) == ["SUBM-0104"])
    #expect(submission.patients == 3)
  }

  @Test("Further visits are welcome in their order, and each once")
  func visits() {
    var submission = CREST.Submission()
    func codes(_ visit: CREST.Date?, _ line: Int) -> [String] {
      submission.add(outline("a", visit: visit), line: line).issues.map(\.code.id)
    }
    #expect(codes("2024-03-01", 1) == [])
    #expect(codes("2025-03-01", 2) == [])
    #expect(codes("2025-03-01T10:00:00Z", 3) == ["SUBM-0106"])
    #expect(codes("2024-09-01", 4) == ["SUBM-0105"])
    #expect(codes("2024-03-01", 9) == ["SUBM-0106"])
    #expect(codes("2025-03", 5) == ["SUBM-0101"])
    #expect(codes("2025-04", 6) == [])
    #expect(codes(nil, 7) == ["SUBM-0101"])
    #expect(codes("2026-01-02", 8) == [])
  }

  @Test("Not assessed is not missing")
  func completeness() {
    var submission = CREST.Submission()
    _ = submission.add(outline("a"), line: 1)
    func count(_ element: CREST.Submission.Element, _ state: CREST.Submission.Completeness) -> Int {
      submission.completeness.reduce(0) {
        $0 + ($1.key.element == element && $1.key.state == state ? $1.value : 0)
      }
    }
    #expect(count(.raynaud, .notAssessed) == 1)
    #expect(count(.calcinosis, .missing) == 1)
    #expect(count(.diagnosis, .filled) == 1 && count(.raynaudOnset, .filled) == 1)
    #expect(count(.skinScore, .missing) == 1)
  }
}
