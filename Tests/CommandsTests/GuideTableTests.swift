import Foundation
import TestSupport
import Testing

@Suite("The table of the guide")
struct GuideTableTests {
  @Test("It is the one that the examples give, and every statement has an example")
  func table() throws {
    let made = try run(
      Place.product("crest"),
      [
        "guide", "table", "Profiles/examples", "Profiles/failing/crest-med-1.json",
        "Examples/Patients/crest.fhir.json",
      ], in: Place.root)
    #expect(made.code == 0)
    let kept = try String(
      contentsOf: Place.root.appending(path: "Profiles/GUIDE.md"), encoding: .utf8)
    #expect(
      made.text == kept,
      "crest guide table Profiles/examples Profiles/failing/crest-med-1.json Examples/Patients/crest.fhir.json > Profiles/GUIDE.md"
    )
    let rows = kept.split(separator: "\n").filter { $0.hasPrefix("| `") }
    #expect(rows.count == 81)
    for row in rows {
      let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      #expect(cells.count == 5, "\(row)")
    }
    #expect(rows.filter { $0.contains("contestable") }.count == 9)
  }

  @Test("A statement that speaks of a route wants it, in FHIR and in the C-CDA made of it")
  func routes() throws {
    for (route, expected) in [
      ("26643006", ["oral"]), ("6064005", ["topical"]), ("", []), ("47625008", []),
    ] {
      let coding = route.isEmpty ? "{}" : #"{"system":"http://snomed.info/sct","code":"\#(route)"}"#
      let bundle = """
        {"resourceType":"Bundle","type":"collection","entry":[
        {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000001","resource":{"resourceType":"Patient","gender":"male"}},
        {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000002","resource":{"resourceType":"MedicationRequest",
        "status":"active","intent":"order","subject":{"reference":"urn:uuid:00000000-0000-4000-8000-000000000001"},
        "medicationCodeableConcept":{"coding":[{"system":"http://www.whocc.no/atc","code":"V03AB06"}]},
        "dosageInstruction":[{"route":{"coding":[\(coding)]}}]}}]}
        """
      let document = try run(Place.product("crest"), ["convert", "-"], input: bundle.bytes).output
      for input in [bundle.bytes, document] {
        let links = try run(
          Place.product("crest"), ["guide", "link", "--format", "json", "-"], input: input
        ).text
        #expect(links.contains("management.sodium-thiosulfate"))
        for way in ["oral", "topical"] {
          #expect(
            links.contains("management.\(way)-sodium-thiosulfate") == expected.contains(way),
            "\(route)")
        }
      }
    }
  }

  @Test("The roles of a care team and the goals of treatment are linked, in C-CDA as in FHIR")
  func team() throws {
    let team = try String(
      contentsOf: Place.root.appending(path: "Profiles/examples/crest-careteam-specialists.json"),
      encoding: .utf8)
    let goal = try String(
      contentsOf: Place.root.appending(path: "Profiles/examples/crest-goal-symptoms.json"),
      encoding: .utf8)
    let bundle = """
      {"resourceType":"Bundle","type":"collection","entry":[
      {"fullUrl":"https://crestkit.example/Patient/crest-example","resource":{"resourceType":"Patient","id":"crest-example","gender":"male"}},
      {"fullUrl":"https://crestkit.example/CareTeam/careteam-specialists","resource":\(team)},
      {"fullUrl":"https://crestkit.example/Goal/goal-symptoms","resource":\(goal)}]}
      """
    let document = try run(Place.product("crest"), ["convert", "-"], input: bundle.bytes).output
    func statements(_ input: [UInt8]) throws -> [String] {
      let done = try run(Place.product("crest"), ["guide", "link", "-"], input: input)
      return done.text.split(separator: "\n").compactMap { line in
        line.split(separator: ": ").last.map { String($0.prefix { $0 != " " }) }
      }.sorted()
    }
    let expected = [
      "causes-and-treatment.dermatologist", "causes-and-treatment.symptom-management",
      "crest-overview.specialists", "management.dermatologist",
      "surgical-options.dermatologic-surgeon", "understanding-crest.dermatologist",
      "understanding-crest.other-specialists", "understanding-crest.rheumatologist",
      "understanding-crest.symptom-relief",
    ]
    #expect(try statements(bundle.bytes) == expected)
    #expect(try statements(document) == expected)
  }
}
