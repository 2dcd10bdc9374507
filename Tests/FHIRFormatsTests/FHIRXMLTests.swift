import ClinicalTree
import Definitions
import FHIRFormats
import TestSupport
import Testing

@Suite("FHIR in XML")
struct FHIRXMLTests {
  private func xml(_ json: String) throws -> String {
    let (tree, _) = try Tree.json(json.bytes, names: .standard)
    return String(decoding: tree.fhirXML().data.dropFirst(39), as: UTF8.self)
  }

  private func json(_ xml: String) throws -> String {
    String(decoding: try Tree.fhirXML(xml.bytes).tree.json(), as: UTF8.self)
  }

  @Test(
    "JSON becomes XML in the order of the standard, and comes back",
    arguments: [
      (
        #"{"resourceType":"Patient","id":"p","active":true,"name":[{"family":"Ekholm","given":["A","B"]}],"birthDate":"1963-03-14"}"#,
        #"<Patient xmlns="http://hl7.org/fhir"><id value="p"/><active value="true"/><name><family value="Ekholm"/><given value="A"/><given value="B"/></name><birthDate value="1963-03-14"/></Patient>"#
      ),
      (
        #"{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.10}}"#,
        #"<Observation xmlns="http://hl7.org/fhir"><status value="final"/><code><text value="x"/></code><valueQuantity><value value="1.10"/></valueQuantity></Observation>"#
      ),
      (
        #"{"resourceType":"Patient","name":[{"given":["A",null],"_given":[null,{"extension":[{"url":"u","valueCode":"x"}]}]}]}"#,
        #"<Patient xmlns="http://hl7.org/fhir"><name><given value="A"/><given><extension url="u"><valueCode value="x"/></extension></given></name></Patient>"#
      ),
      (
        #"{"resourceType":"Patient","_birthDate":{"id":"b","extension":[{"url":"u","valueString":"a&b"}]}}"#,
        #"<Patient xmlns="http://hl7.org/fhir"><birthDate id="b"><extension url="u"><valueString value="a&amp;b"/></extension></birthDate></Patient>"#
      ),
      (
        #"{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o"}],"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">a<b>c</b></div>"}}"#,
        #"<Patient xmlns="http://hl7.org/fhir"><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">a<b>c</b></div></text><contained><Organization><id value="o"/></Organization></contained></Patient>"#
      ),
    ])
  func bothWays(json text: String, xml expected: String) throws {
    #expect(try xml(text) == expected + "\n")
    let back = try Tree.json(try json(expected).bytes, names: .standard).tree
    #expect(try xml(String(decoding: back.json(), as: UTF8.self)) == expected + "\n")
  }

  @Test("Lists are lists, numbers are numbers and booleans are booleans when XML is read")
  func types() throws {
    let text =
      #"<Patient xmlns="http://hl7.org/fhir"><active value="false"/><name><given value="A"/></name><multipleBirthInteger value="2"/></Patient>"#
    #expect(
      try json(text)
        == #"{"resourceType":"Patient","active":false,"name":[{"given":["A"]}],"multipleBirthInteger":2}"#
        + "\n")
  }

  @Test("What XML cannot hold is left out and reported")
  func controlCharacters() throws {
    let (tree, _) = try Tree.json(
      #"{"resourceType":"Patient","id":"a\u0001b"}"#.bytes, names: .standard)
    let (data, issues) = tree.fhirXML()
    #expect(!String(decoding: data, as: UTF8.self).contains("\u{1}"))
    #expect(issues.map(\.brief) == ["FHIR-0010@- Patient.id"])
  }

  @Test("A property whose name is no name of XML is left out and reported")
  func badNames() throws {
    let (tree, _) = try Tree.json(
      #"{"resourceType":"Patient","a[x]":true,"active":true}"#.bytes, names: .standard)
    let (data, issues) = tree.fhirXML()
    #expect(try Tree.fhirXML(data).tree.root["active"].first?.value == "true")
    #expect(issues.map(\.code.id) == ["FHIR-0013"])
  }

  @Test("A narrative that is not well-formed stays as text and is reported")
  func badNarrative() throws {
    let text = #"{"resourceType":"Patient","text":{"status":"generated","div":"<div>a<br></div>"}}"#
    let (tree, _) = try Tree.json(text.bytes, names: .standard)
    let (data, issues) = tree.fhirXML()
    #expect(String(decoding: data, as: UTF8.self).contains("&lt;br&gt;"))
    #expect(issues.map(\.code.id) == ["FHIR-0011"])
  }

  @Test("Lines of NDJSON have their numbers and places, blank ones aside")
  func ndjson() {
    let lines = NDJSON.lines(of: "{}\n\n  \r\n{\"a\":1}".bytes)
    #expect(lines.map(\.number) == [1, 4])
    #expect(lines.map(\.offset) == [0, 8])
  }
}
