import CRESTKit
import TestSupport
import Testing

@Suite("Documents and conversions through the front door")
struct DocumentTests {
  private let cda =
    #"<ClinicalDocument xmlns="urn:hl7-org:v3"><recordTarget><patientRole><id root="1.2.3.4" extension="p"/></patientRole></recordTarget></ClinicalDocument>"#
  private let patient = #"{"resourceType":"Patient","active":true}"#

  @Test("The kind is told by the content")
  func kinds() throws {
    func kind(_ text: String) throws -> ClinicalDocument.Kind {
      try ClinicalDocument(parsing: text.bytes).kind
    }
    #expect(try kind(cda) == .ccda)
    #expect(try kind(patient) == .fhir)
    #expect(try kind("\u{FEFF}" + patient) == .fhir)
    #expect(try kind(patient + "\n" + patient + "\n") == .ndjson)
    #expect(
      try kind(#"<Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>"#)
        == .fhirXML)
    #expect(try kind(#"{"manifestations":{"raynaud":{"state":"present"}}}"#) == .record)
  }

  @Test(
    "What is no record is refused with a code and a place",
    arguments: [
      ("", "FILE-0001"), ("hello", "FILE-0001"), ("{}", "FILE-0001"), ("[1]", "FILE-0001"),
      ("<html/>", "FILE-0001"), (#"{"resourceType":"Patient""#, "JSON-"), ("<a><b></a>", "XML-"),
      ("<!DOCTYPE a><a/>", "XML-"),
    ])
  func refused(text: String, code: String) {
    do {
      _ = try ClinicalDocument(parsing: text.bytes)
      Testing.Issue.record("was read")
    } catch {
      #expect(error.issues.first?.code.id.hasPrefix(code) == true)
    }
  }

  @Test("FHIR goes from JSON to XML to NDJSON and back unchanged")
  func formats() throws {
    let source =
      #"{"resourceType":"Observation","status":"final","code":{"text":"a < b"},"valueQuantity":{"value":1.10}}"#
    let xml = try Converter().convert(ClinicalDocument(parsing: source.bytes), to: .fhirXML).data
    let back = try Converter().convert(ClinicalDocument(parsing: xml), to: .fhir).data
    #expect(String(decoding: back, as: UTF8.self) == source + "\n")
    let lines = try Converter().convert(ClinicalDocument(parsing: source.bytes), to: .ndjson).data
    #expect(String(decoding: lines, as: UTF8.self) == source + "\n")
  }

  @Test("A direction that there is not says so")
  func unavailable() throws {
    let document = try ClinicalDocument(
      parsing: #"<ClinicalDocument xmlns="urn:hl7-org:v3"/>"#.bytes)
    #expect(throws: Converter.ConversionError.self) { try Converter().convert(document, to: .ccda) }
  }

  @Test("A record becomes linked FHIR, and comes back")
  func records() throws {
    let source = #"{"manifestations":{"raynaud":{"state":"present","onset":"2009"}}}"#
    let bundle = try Converter().convert(ClinicalDocument(parsing: source.bytes), to: .fhir)
    #expect(CREST.Guide.links(in: bundle.tree).map(\.statement).contains("crest-overview.raynaud"))
    let text = String(decoding: bundle.data, as: UTF8.self)
    #expect(text.contains(#""code":"crest-overview.raynaud""#))
    let record = try CREST.Record(ClinicalDocument(parsing: bundle.data))
    #expect(record.manifestations.raynaud.state == .present)
    #expect(record.manifestations.raynaud.onset == "2009")
    #expect(record.manifestations.calcinosis.state == .unknown)
    let issues = Validator().issues(in: try ClinicalDocument(parsing: bundle.data))
    #expect(issues.filter { $0.severity > .information }.map(\.brief) == [])
  }

  @Test("What a record cannot take of FHIR is told: dates that are none, diseases of other kinds")
  func untaken() throws {
    let source = """
      {"resourceType":"Bundle","type":"collection","entry":[
      {"resource":{"resourceType":"Condition","code":{"text":"Raynaud's phenomenon"},"onsetDateTime":"2009-02-30"}},
      {"resource":{"resourceType":"Condition","code":{"text":"Hypertension"},"onsetDateTime":"2009"}},
      {"resource":{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"17861-6"}]},
      "effectiveDateTime":"2026-01-02T10:00:00Z","valueQuantity":{"value":9.40,"system":"http://unitsofmeasure.org","code":"mg/dL"}}}]}
      """
    let output = try Converter().convert(ClinicalDocument(parsing: source.bytes), to: .record)
    #expect(
      output.issues.map { "\($0.code.id) \($0.path) \($0.message)" } == [
        "FHIR-0106 Bundle.entry[0].resource.onsetDateTime not a value of type dateTime",
        "CONV-0301  Condition: 1 without a place in the record",
        "CONV-0302  Condition: 1 without a code, read by the words",
      ])
    let text = String(decoding: output.data, as: UTF8.self)
    #expect(text.contains(#""value":9.40,"unit":"mg/dL"},"date":"2026-01-02T10:00:00Z""#))
    #expect(!text.contains("2009"))
  }

  @Test("A medicine that is referred to is read by its Medication")
  func referredMedicine() throws {
    let source = """
      {"resourceType":"Bundle","type":"collection","entry":[
      {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000001","resource":{"resourceType":"Medication","code":{"coding":[{"system":"http://www.whocc.no/atc","code":"V03AB06"}]}}},
      {"resource":{"resourceType":"MedicationRequest","status":"active","intent":"order",
      "medicationReference":{"reference":"urn:uuid:00000000-0000-4000-8000-000000000001"}}},
      {"resource":{"resourceType":"MedicationStatement","status":"active","medicationReference":{"reference":"#m"},
      "contained":[{"resourceType":"Medication","id":"m","code":{"coding":[{"system":"http://www.whocc.no/atc","code":"V03AB06"}]}}]}}]}
      """
    let record = try CREST.Record(ClinicalDocument(parsing: source.bytes))
    #expect(record.medications.map(\.name) == ["sodium-thiosulfate", "sodium-thiosulfate"])
  }

  @Test("Two resources about a letter complete each other; where they differ, one is left and told")
  func merged() throws {
    let code = #"{"coding":[{"system":"http://snomed.info/sct","code":"266261006"}]}"#
    func findings(_ second: String) throws -> (text: String, codes: [String]) {
      let source = """
        {"resourceType":"Bundle","type":"collection","entry":[
        {"resource":{"resourceType":"Condition","code":\(code)}},
        {"resource":{"resourceType":"Condition","code":\(code),"onsetDateTime":"2009"}},
        {"resource":{"resourceType":"Condition","code":\(code),"onsetDateTime":"\(second)"}}]}
        """
      let made = try Converter().convert(ClinicalDocument(parsing: source.bytes), to: .record)
      return (String(decoding: made.data, as: UTF8.self), made.issues.map(\.code.id))
    }
    let same = try findings("2009")
    #expect(same.text.contains(#""raynaud":{"state":"present","onset":"2009"}"#))
    #expect(same.codes == [])
    #expect(try findings("2010").codes == ["CONV-0301"])
  }

  @Test("A record is checked as what it becomes, and what is no record by its place")
  func recordFindings() throws {
    func findings(_ json: String) throws -> [String] {
      Validator().issues(in: try ClinicalDocument(parsing: json.bytes))
        .filter { $0.severity > .information }
        .map { ($0.constraint ?? $0.code.id) + " " + $0.path }
    }
    #expect(
      try findings(
        #"{"manifestations":{"calcinosis":{"state":"absent"}},"patient":{"birthDate":"1961"},"diagnosis":{"kind":"crest","onset":"1950"},"lesions":[{"id":"L1","descriptions":[{"date":"2020","diameter":4}]}],"chemistry":[{"analyte":"calcium","value":{"value":9.4,"unit":"mmol/L"}}]}"#
      ) == [
        "crest-rec-10 Bundle", "crest-rec-20 Bundle", "crest-cal-1 Bundle.entry[5].resource",
      ])
    #expect(
      try findings(
        #"{"manifestations":{},"lesions":[{"id":"L1"},{"id":"L2","descriptions":[{"date":"2020-02-30"}]}]}"#
      ) == ["FILE-0001 lesions[1].descriptions[0].date"])
  }

  @Test("A document converted through many tasks at once gives the same bytes")
  func concurrent() async throws {
    let document = try ClinicalDocument(parsing: cda.bytes)
    let converter = Converter()
    let expected = try converter.convert(document, to: .fhir).data
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<16 {
        group.addTask { (try? converter.convert(document, to: .fhir).data) == expected }
      }
      for await same in group { #expect(same) }
    }
  }
}
