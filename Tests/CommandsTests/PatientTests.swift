import ClinicalTree
import Foundation
import TestSupport
import Testing

/// The invented patients of Examples/Patients, in every format, and the programs beside them.
@Suite("Example patients")
struct PatientTests {
  private static let folder = Place.root.appending(path: "Examples/Patients")
  private static let names = ["crest", "early-disease", "renal-failure"]

  @Test("Every format is what the command makes of the records")
  func formats() throws {
    try withTemporaryFolder { folder in
      let done = try run(
        Self.folder.appending(path: "make"), [Place.product("crest").path(), folder.path()])
      #expect(done.code == 0)
      let made = try FileManager.default.contentsOfDirectory(atPath: folder.path())
      #expect(made.count == 13)
      for name in made {
        let isSame = FileManager.default.contentsEqual(
          atPath: folder.appending(path: name).path(),
          andPath: Self.folder.appending(path: name).path())
        #expect(isSame, "\(name): run Examples/Patients/make, and read the difference")
      }
    }
  }

  @Test("Every format comes back as the same record", arguments: names)
  func ways(name: String) throws {
    let record = try Data(contentsOf: Self.folder.appending(path: "\(name).record.json"))
    for kind in ["record.json", "fhir.json", "fhir.xml", "ccda.xml"] {
      let file = Self.folder.appending(path: "\(name).\(kind)").path()
      let done = try run(Place.product("crest"), ["convert", "--to", "record", "--pretty", file])
      #expect(Data(done.output) == record, "\(kind)")
    }
  }

  @Test("No format has errors, and the submission follows the registry's profile")
  func valid() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path()).sorted()
      .filter { $0.hasSuffix(".fhir.json") || $0.hasSuffix(".xml") }
    let done = try run(
      Place.product("crest"),
      ["validate"] + files.map { Self.folder.appending(path: $0).path() })
    #expect(done.code == 0)
    #expect(done.text.contains("9 checked: 0 errors"))
    let submission = try run(
      Place.product("crest"),
      [
        "validate", "--profile", "crest-bundle-submission",
        Self.folder.appending(path: "submission.ndjson").path(),
      ])
    #expect(submission.code == 0)
    #expect(submission.text.contains("crest-sub-35: The skin score is missing"))
  }

  @Test("C-CDA is linked to the guide as the FHIR is, but for specimens", arguments: names)
  func links(name: String) throws {
    func statements(_ kind: String) throws -> [String] {
      let file = Self.folder.appending(path: "\(name).\(kind)").path()
      let done = try run(Place.product("crest"), ["guide", "link", "--format", "json", file])
      return done.text.matches(of: /"statement":"([^"]+)"/).map { String($0.1) }
        .filter { $0 != "diagnosis.biopsy" }.sorted()
    }
    let expected = try statements("fhir.json")
    #expect(!expected.isEmpty)
    #expect(try statements("fhir.xml") == expected)
    #expect(try statements("ccda.xml") == expected)
    #expect(try statements("record.json") == expected)
  }

  @Test("Pseudonymous records carry no names and no free text")
  func pseudonymous() throws {
    let text = try String(
      contentsOf: Self.folder.appending(path: "submission.ndjson"), encoding: .utf8)
    for word in ["Invented", "Lindqvist", "Primary closure", "30 mg once", "1961-08", "surgeon"] {
      #expect(!text.contains(word), "\(word)")
    }
    #expect(text.contains("INVENTED-0001"))
  }

  @Test("Deposits are the same over the visits of a patient, and a record needs one pseudonym")
  func visits() throws {
    func record(_ lesions: String) -> [UInt8] {
      #"{"manifestations":{},"patient":{"identifiers":[{"system":"urn:x","value":"P-1"}]},"lesions":[\#(lesions)]}"#
        .bytes
    }
    func made(_ lesions: String, system: String = "urn:x") throws -> Finished {
      try run(
        Place.product("crest"), ["convert", "--pseudonymous", system, "--to", "record", "-"],
        input: record(lesions))
    }
    let first = try made(#"{"id":"L1"},{"id":"of Jane Doe"}"#).text
    let second = try made(#"{"id":"of Jane Doe","recurrenceOf":"L1"}"#).text
    #expect(first.contains(#"{"id":"L1"}"#) && !first.contains("Jane"))
    let id = try #require(first.firstMatch(of: /"(D-[0-9a-f]+)"/)).1
    #expect(second.contains(#"{"id":"\#(id)","recurrenceOf":"L1"}"#))
    #expect(try made("", system: "urn:other").code == 65)
  }

  @Test("Two patients are not made into one record, unless they are taken apart")
  func twoPatients() throws {
    let two = """
      {"resourceType":"Bundle","type":"collection","entry":[
      {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000001","resource":{"resourceType":"Patient","gender":"male"}},
      {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000002","resource":{"resourceType":"Patient","gender":"female"}}]}
      """
    #expect(
      try run(Place.product("crest"), ["convert", "--to", "record", "-"], input: two.bytes).code
        == 65)
    #expect(try run(Place.product("crest"), ["report", "-"], input: two.bytes).code == 65)
    #expect(
      try run(
        Place.product("crest"), ["convert", "--pseudonymous", "urn:x", "--to", "record", "-"],
        input: two.bytes
      ).code == 65)
    try withTemporaryFolder { folder in
      let done = try run(
        Place.product("crest"),
        ["convert", "--to", "record", "--split-patients", "-o", folder.path(), "-"],
        input: two.bytes)
      #expect(done.code == 0)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path()).count == 2)
    }
  }

  @Test("The programs for those who convert, check and embed run on the examples")
  func programs() throws {
    let patient = Self.folder.appending(path: "crest.fhir.json").path()
    let converted = try run(Place.product("convert-document"), [patient])
    #expect(converted.code == 0)
    #expect(converted.text.contains("<ClinicalDocument"))
    let checked = try run(
      Place.product("check-submission"),
      [Self.folder.appending(path: "submission.ndjson").path()])
    #expect(checked.text.contains("line 2, patient 2: warning"))
    #expect(checked.text.hasSuffix("3 patients\n"))
  }
}
