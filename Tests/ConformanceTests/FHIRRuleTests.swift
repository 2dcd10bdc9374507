import ClinicalTree
import Conformance
import Definitions
import Foundation
import TestSupport
import Testing

private func findings(_ resource: String, from severity: ClinicalTree.Issue.Severity = .error)
  throws -> [String]
{
  let (tree, _) = try Tree.json(resource.bytes, names: .standard)
  return Validator().issues(inFHIR: tree).filter { $0.severity >= severity }
    .map { "\($0.code.id) \($0.path)" }
}

@Suite("Rules of FHIR beyond the structure")
struct FHIRRuleTests {
  @Test("Invariants of R4")
  func invariants() throws {
    let patient = #"{"resourceType":"Patient","contact":[{"gender":"male"}]}"#
    #expect(try findings(patient) == ["FHIR-0110 Patient.contact[0]"])
    let period = #"{"resourceType":"Patient","name":[{"period":{"start":"2020","end":"2019"}}]}"#
    #expect(try findings(period) == ["FHIR-0110 Patient.name[0].period"])
  }

  @Test("Codes and displays of R4's code systems")
  func codes() throws {
    let status =
      #"{"resourceType":"Condition","subject":{"display":"p"},"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"CODE"}]}}"#
    #expect(try findings(status.replacingOccurrences(of: "CODE", with: "active")) == [])
    #expect(
      try findings(status.replacingOccurrences(of: "CODE", with: "over"))
        == ["FHIR-0107 Condition.clinicalStatus"])
    // HL7's terminology grows apart from R4; the systems of FHIR itself do not.
    let basic = #"{"resourceType":"Basic","code":{"coding":[{"system":"SYSTEM","code":"over"}]}}"#
    let later = basic.replacingOccurrences(
      of: "SYSTEM", with: "http://terminology.hl7.org/CodeSystem/condition-clinical")
    #expect(try findings(later) == [])
    #expect(try findings(later, from: .warning) == ["FHIR-0116 Basic.code.coding[0].code"])
    let fixed = basic.replacingOccurrences(
      of: "SYSTEM", with: "http://hl7.org/fhir/administrative-gender")
    #expect(try findings(fixed) == ["FHIR-0116 Basic.code.coding[0].code"])
    let display =
      #"{"resourceType":"Basic","code":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active","display":"Over"}]}}"#
    #expect(try findings(display, from: .warning) == ["FHIR-0117 Basic.code.coding[0].display"])
  }

  @Test("Extensions are defined, and stand where they may")
  func extensions() throws {
    func patient(_ url: String, _ value: String) -> String {
      #"{"resourceType":"Patient","extension":[{"url":"\#(url)",\#(value)}]}"#
    }
    let base = "http://hl7.org/fhir/StructureDefinition/"
    #expect(
      try findings(patient(base + "patient-religion", #""valueCodeableConcept":{"text":"x"}"#))
        == [])
    #expect(
      try findings(patient(base + "patient-religion", #""valueString":"x""#))
        == ["PROF-0104 Patient.extension[0].valueString"])
    #expect(
      try findings(
        patient(base + "allergyintolerance-certainty", #""valueCodeableConcept":{"text":"x"}"#))
        == ["FHIR-0121 Patient.extension[0]"])
    #expect(
      try findings(patient("http://nowhere.test/x", #""valueString":"x""#))
        == ["FHIR-0120 Patient.extension[0]"])
    #expect(
      try findings(patient("relative", #""valueString":"x""#)) == [
        "FHIR-0115 Patient.extension[0].url"
      ])
  }

  @Test("References lead to what is allowed")
  func references() throws {
    #expect(
      try findings(
        #"{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Medication/1"}}"#
      )
        == ["FHIR-0111 Observation.subject.reference"])
    #expect(
      try findings(
        ##"{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"#a"}}"##
      )
        == ["FHIR-0111 Observation.subject.reference"])
  }

  @Test("A document's entries are reached from its Composition")
  func documents() throws {
    func bundle(_ subject: String) -> String {
      """
      {"resourceType":"Bundle","type":"document","identifier":{"system":"urn:i","value":"1"},
      "timestamp":"2026-01-01T00:00:00Z","entry":[{"fullUrl":"urn:uuid:a1b2c3d4-0000-4000-8000-000000000001",
      "resource":{"resourceType":"Composition","status":"final","type":{"text":"t"},"date":"2026",
      "author":[{"display":"a"}],"title":"T","subject":{"reference":"\(subject)"}}},
      {"fullUrl":"urn:uuid:a1b2c3d4-0000-4000-8000-000000000002","resource":{"resourceType":"Patient"}}]}
      """
    }
    #expect(try findings(bundle("urn:uuid:a1b2c3d4-0000-4000-8000-000000000002")) == [])
    #expect(
      try findings(bundle("urn:uuid:a1b2c3d4-0000-4000-8000-000000000009"))
        == ["FHIR-0112 Bundle.entry[0].resource.subject.reference", "FHIR-0112 Bundle.entry[1]"])
  }

  @Test(
    "Narrative",
    arguments: [
      ("<div xmlns='http://www.w3.org/1999/xhtml'><p>a &amp; b</p></div>", true),
      ("<div xmlns='http://www.w3.org/1999/xhtml'><img src='a.png'/></div>", true),
      ("<div xmlns='http://www.w3.org/1999/xhtml'> <p/> </div>", false),
      ("<div xmlns='http://www.w3.org/1999/xhtml'>x<script>y</script></div>", false),
      ("<div xmlns='http://www.w3.org/1999/xhtml'><p onclick='z'>x</p></div>", false),
      ("<div>x</div>", false), ("<div xmlns='http://www.w3.org/1999/xhtml'><p>x</div>", false),
      ("<div xmlns='http://www.w3.org/1999/xhtml'><a href='#nowhere'>x</a></div>", false),
      ("<div xmlns='http://www.w3.org/1999/xhtml'><p title='a' title='b'>x</p></div>", false),
    ])
  func narrative(div: String, isGood: Bool) throws {
    let text = #"{"resourceType":"Patient","text":{"status":"generated","div":"\#(div)"}}"#
    #expect(try findings(text).isEmpty == isGood)
  }

  @Test("Attachments and identifiers say what they are")
  func attachments() throws {
    let photo =
      #"{"resourceType":"Patient","photo":[{"contentType":"text/plain","data":"QUJD","size":9}]}"#
    #expect(try findings(photo) == ["FHIR-0114 Patient.photo[0]"])
    let identifier =
      #"{"resourceType":"Patient","identifier":[{"system":"urn:ietf:rfc:3986","value":"1.2"}]}"#
    #expect(try findings(identifier) == ["FHIR-0115 Patient.identifier[0]"])
  }

  @Test(
    "Answers of a response fit the questions of its contained questionnaire",
    arguments: [
      (#"{"linkId":"a","answer":[{"valueInteger":3}]}"#, [String]()),
      (#"{"linkId":"a","answer":[{"valueString":"3"}]}"#, ["QUEST-0102"]),
      (#"{"linkId":"z","answer":[{"valueInteger":3}]}"#, ["QUEST-0103", "QUEST-0101"]),
      (#"{"linkId":"a"}"#, ["QUEST-0103"]),
      (
        #"{"linkId":"a","answer":[{"valueInteger":3}]},{"linkId":"b","answer":[{"valueString":"x"}]}"#,
        ["QUEST-0104"]
      ),
      (
        #"{"linkId":"a","answer":[{"valueInteger":9}]},{"linkId":"b","answer":[{"valueString":"long text"}]}"#,
        ["QUEST-0102"]
      ),
    ])
  func questionnaires(items: String, expected: [String]) throws {
    let response = ##"""
      {"resourceType":"QuestionnaireResponse","status":"completed","questionnaire":"#q","contained":[
      {"resourceType":"Questionnaire","id":"q","status":"active","item":[
       {"linkId":"a","type":"integer","required":true},
       {"linkId":"b","type":"string","maxLength":4,"enableWhen":[{"question":"a","operator":">","answerInteger":5}]}]}],
      "item":[ITEMS]}
      """##.replacingOccurrences(of: "ITEMS", with: items)
    #expect(try findings(response).map { String($0.prefix { $0 != " " }) } == expected)
  }

  @Test("Other tasks and other orders find the same", .timeLimit(.minutes(1)))
  func concurrency() async throws {
    let validator = Validator()
    let text = #"{"resourceType":"Patient","gender":"x","contact":[{"gender":"male"}]}"#
    let tree = try Tree.json(text.bytes, names: .standard).tree
    let expected = validator.issues(inFHIR: tree)
    await withTaskGroup(of: [ClinicalTree.Issue].self) { group in
      for _ in 0..<64 { group.addTask { validator.issues(inFHIR: tree) } }
      for await issues in group { #expect(issues == expected) }
    }
  }

  @Test("Tasks that share the entries of a Bundle find the same in the same order")
  func parts() async throws {
    // Wrong codes and places before, in and behind the entries; more than are listed; a system that is not
    // at hand in each of them.
    let entries = (0..<6000).map { number in
      #"""
      {"fullUrl":"\#(number % 900 == 0 ? "x" : "urn:x:")\#(number)","resource":{
      "resourceType":"Observation","status":"\#(number % 5 == 0 ? "done" : "final")",
      "code":{"coding":[{"system":"http://loinc.org","code":"1"}]},
      "subject":{"reference":"urn:x:\#(number + 1)"}}}
      """#
    }
    let text = #"""
      {"resourceType":"Bundle","language":7,"type":"collection","entry":[\#(entries.joined(separator: ","))],
      "total":1}
      """#
    let tree = try Tree.json(text.bytes, names: .standard).tree
    var options = Validator.Options()
    options.profiles = ["http://hl7.org/fhir/StructureDefinition/Observation"]
    let validator = Validator(options: options)
    let expected = validator.issues(inFHIR: tree)
    #expect(expected.count > 1000)
    for tasks in [1, 2, 3, 7] {
      #expect(await validator.issues(inFHIR: tree, tasks: tasks) == expected)
    }
  }

  @Test("Notes without number hide no error")
  func cut() throws {
    let patients = (0..<1500).map { number in
      #"{"fullUrl":"urn:x:\#(number)","resource":{"resourceType":"Patient"}}"#
    }
    let last = #"{"fullUrl":"urn:x:z","resource":{"resourceType":"Patient","gender":"x"}}"#
    let bundle =
      #"{"resourceType":"Bundle","type":"collection","entry":[\#((patients + [last]).joined(separator: ","))]}"#
    #expect(try findings(bundle) == ["FHIR-0107 Bundle.entry[1500].resource.gender"])
    let notes = try findings(bundle, from: .information)
    #expect(notes.count == 1002)
    #expect(notes.last == "FHIR-0199 ")
  }
}
