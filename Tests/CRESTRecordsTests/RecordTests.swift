import CRESTRecords
import ClinicalTree
import Definitions
import FHIRModels
import Foundation
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
    record.patient.gender = "female"
    record.patient.birthDate = "1970-01"
    record.diagnosis = CREST.Diagnosis(.crest, status: "active", onset: "2014")
    record.manifestations.calcinosis = CREST.Manifestation(.present, onset: "2016-05")
    record.manifestations.raynaud = CREST.Manifestation(.absent)
    record.manifestations.esophageal = CREST.Manifestation(.notAssessed)
    record.manifestations.sclerodactyly = CREST.Manifestation(.unknown)
    record.calcinosis = CREST.Calcinosis(
      kind: .dystrophic, status: "active", onset: "2016-05", sites: ["hand"])
    var lesion = CREST.Lesion(id: "1")
    lesion.site = "Index finger"
    lesion.laterality = .right
    lesion.diameter = "4.50"
    lesion.date = "2026-03-01"
    lesion.tenderness = .present
    lesion.ulceration = .absent
    record.lesions = [lesion]
    record.procedures = [
      CREST.Procedure(.curettage, status: "completed", date: "2026-03-10", lesion: "1"),
      CREST.Procedure(.laser, status: "not-done"),
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

  @Test("A record is Codable through our coder and through Foundation's")
  func codable() throws {
    let record = full
    let ours = try JSON.Decoder().decode(CREST.Record.self, from: JSON.Encoder().encode(record))
    #expect(ours == record)
    let theirs = try JSONDecoder().decode(CREST.Record.self, from: JSONEncoder().encode(record))
    #expect(theirs == record)
    #expect(try CREST.Record(json: JSON.Encoder().encode(record)) == record)
    let text = String(decoding: try JSON.Encoder().encode(record), as: UTF8.self)
    #expect(text.hasPrefix(#"{"manifestations":{"calcinosis":{"state":"present""#))
  }
}
