import ClinicalTree
import Definitions
import FHIRPath
import TestSupport
import Testing
import XMLTree

/// An invented patient.
private let patient = """
  {"resourceType":"Patient","id":"p","active":true,"gender":"female","birthDate":"1971-02-28",
   "_birthDate":{"extension":[{"url":"http://example.org/time","valueTime":"08:15:00"}]},
   "name":[{"use":"official","family":"Ekholm","given":["Maja","Lo"]},
           {"use":"usual","given":["Maj"],"_given":[{"extension":[{"url":"u","valueCode":"c"}]}]}],
   "contained":[{"resourceType":"Organization","id":"o","name":"Clinic"}],
   "managingOrganization":{"reference":"#o"},
   "multipleBirthInteger":2,
   "contact":[{"telecom":[{"value":"1"}]},{"gender":"male"}]}
  """

private func tree(_ text: String) throws -> Tree {
  try Tree.json(text.bytes, names: .standard).tree
}

/// The values of an expression, joined.
private func result(_ expression: String, on text: String? = patient) throws -> String {
  let values = try FHIRPathExpression(expression).evaluate(on: text.map(tree))
  return values.map { value in
    switch value.scalar {
    case .boolean(let value)?: "\(value)"
    case .number(let text)?, .text(let text)?: text
    case .quantity(let value, let unit)?: "\(value) '\(unit)'"
    case nil: value.type
    }
  }.joined(separator: " ; ")
}

@Suite("Evaluation")
struct EvaluationTests {
  @Test(
    "An expression gives its values",
    arguments: [
      // Paths
      ("name.given", "Maja ; Lo ; Maj"), ("Patient.name.family", "Ekholm"),
      ("name.where(use = 'usual').given", "Maj"), ("multipleBirth", "2"),
      ("multipleBirth is integer", "true"), ("multipleBirthInteger", "2"),
      ("managingOrganization.resolve().name", "Clinic"), ("contact.telecom.value", "1"),
      ("birthDate.extension('http://example.org/time').value", "08:15:00"),
      ("name[1].given.extension.value", "c"), ("name.given.extension.count()", "1"),
      ("`name`.`given`.first()", "Maja"), ("name.nothing", ""), ("Observation.name", ""),
      ("children().count()", "11"), ("descendants().where($this is HumanName).count()", "2"),
      // Logic over nothing
      ("{} and false", "false"), ("{} or true", "true"), ("({} implies false).empty()", "true"),
      // Numbers keep their digits
      ("1.10 + 1.1", "2.20"), ("7 / 2", "3.5"), ("7 div 2", "3"), ("7.5 mod 2", "1.5"),
      ("1 / 0", ""), ("2.power(10)", "1024"), ("(-1.5).round()", "-2"), ("0.1 + 0.2 = 0.3", "true"),
      // Texts
      ("'A' & {} & 'b'", "Ab"), ("'müßig'.length()", "5"), ("'a,b'.split(',')", "a ; b"),
      ("'abc'.substring(1, 1)", "b"), ("'ab'.indexOf('b')", "1"), ("'aXbX'.lastIndexOf('X')", "3"),
      // Dates
      ("birthDate + 1 year", "1972-02-28"), ("@2024-01-31 + 1 month", "2024-02-29"),
      ("@2024-03-01T00:30:00+01:00 - 1 hour", "2024-02-29T23:30:00+01:00"),
      ("@2015T = @2015-01T", ""), ("@T10:00 < @T10:00:01", ""),
      ("@2024-01-01 - 1 day", "2023-12-31"),
      ("birthDate < now()", "true"), ("@2020-02-29.yearOf()", "2020"),
      ("@2012-01-01T10:00:00 < @2012-01-03T10:00:00Z", "true"),
      // Quantities
      ("1 'g' = 1000 'mg'", "true"), ("37 'Cel' > 98 '[degF]'", "true"), ("1 'mmol' = 1 'mg'", ""),
      ("2 'm' * 3 'm' = 6 'm2'", "true"), ("1 year = 12 months", "true"),
      ("1 'kg' + 1 'g'", "1.001 'kg'"),
      ("5 'mg/dl' = 50 'mg/l'", "true"), ("1 'U' = 1 '[IU]'", ""),
      // Collections
      ("(1 | 2 | 1).count()", "2"), ("(1).combine(1).count()", "2"),
      ("(3|1|2).sort()", "1 ; 2 ; 3"),
      ("(1|2|3).aggregate($total + $this, 0)", "6"), ("(1|2|3).sum()", "6"), ("(4|2).min()", "2"),
      ("(1|2|3).where($index > 0)", "2 ; 3"), ("name.given.distinct().count()", "3"),
      ("(1|2).intersect(2|3)", "2"), ("(1|2).exclude(2)", "1"), ("{}.coalesce(3, 4)", "3"),
      ("defineVariable('n', name.first()).select(%n.family)", "Ekholm"),
      ("name.select(defineVariable('g', given).select(%g.first()))", "Maja ; Maj"),
      // Types
      ("gender.type().name", "code"), ("1.type().name", "Integer"), ("gender is string", "true"),
      ("gender.ofType(string)", ""), ("contact.first()", "FHIR.BackboneElement"),
      ("%sct", "http://snomed.info/sct"), ("%resource.id", "p"),
      ("getResourceKey()", "Patient/p"),
    ])
  func values(expression: String, expected: String) throws {
    #expect(try result(expression) == expected)
  }

  @Test(
    "A wrong use is an error of its kind",
    arguments: [
      ("name.single()", FHIRPathError.Code.notSingle), ("1 < 'a'", .wrongType),
      ("gender.as(strin)", .unknown), ("nope()", .unknown), ("%nope", .unknown),
      ("1 + true", .wrongType), ("conformsTo('http://example.org/x')", .unavailable),
      ("'a'.matches('(?=b)')", .unknown), ("defineVariable('context')", .unknown),
    ])
  func errors(expression: String, code: FHIRPathError.Code) throws {
    let error = #expect(throws: FHIRPathError.self) { try result(expression) }
    #expect(error?.code == code)
  }

  @Test(
    "What is no expression has the place of its fault",
    arguments: [
      ("1 +", 3), ("name.where(", 11), ("'open", 0), ("@2024-13-01", 0), ("a b", 2), ("1 # 2", 2),
    ])
  func syntax(expression: String, offset: Int) {
    let error = #expect(throws: FHIRPathError.self) { try FHIRPathExpression(expression) }
    #expect(error?.code == .syntax)
    #expect(error?.offset == offset)
  }

  @Test(
    "An expression that would not end is cut",
    .timeLimit(.minutes(1)),
    arguments: [
      "(1|2|3|4|5|6|7|8|9|10).repeatAll($this | ($this + 1))",
      "repeatAll($this | $this)",
      String(repeating: "(", count: 5000) + "1" + String(repeating: ")", count: 5000),
      "1" + String(repeating: " + 1", count: 100_000),
      String(repeating: "-", count: 10_000) + "1",
      "name" + String(repeating: ".select($this.combine($this))", count: 60),
    ])
  func limits(expression: String) throws {
    var environment = FHIRPathExpression.Environment()
    environment.steps = 100_000
    let error = #expect(throws: FHIRPathError.self) {
      try FHIRPathExpression(expression).evaluate(on: tree(patient), environment)
    }
    #expect(error?.code == .limit)
  }

  @Test("CDA has attributes and elements as members")
  func cda() throws {
    let text = """
      <ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc"
        xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><templateId root="1.2.3" extension="x"/>
      <title>Note</title><recordTarget><patientRole><patient>
      <name><given>Maja</given><family>Ekholm</family></name>
      <sdtc:raceCode code="2106-3"/></patient></patientRole></recordTarget></ClinicalDocument>
      """
    let tree = try Tree.xml(text.bytes, names: .standard).tree
    func result(_ expression: String) throws -> [FHIRPathValue.Scalar?] {
      try FHIRPathExpression(expression).evaluate(on: tree).map(\.scalar)
    }
    #expect(try result("templateId.where(root = '1.2.3').extension") == [.text("x")])
    #expect(try result("ClinicalDocument.title.xmlText") == [.text("Note")])
    #expect(try result("recordTarget.patientRole.patient.sdtcRaceCode.code") == [.text("2106-3")])
    #expect(try result("recordTarget.patientRole.patient is Patient") == [.boolean(true)])
    #expect(
      try result("hasTemplateIdOf('http://example.org/StructureDefinition/1.2.3')")
        == [.boolean(true)])
  }

  @Test(
    "What cannot fit the types of R4 is found without a document",
    arguments: [
      ("Patient.name.given1", 1), ("Observation.code", 1), ("Patient.name.given", 0),
      ("name.given.startsWith('a')", 0), ("identifier.startsWith('a')", 1), ("birthDate + 7", 1),
      ("children().skip(1)", 1), ("iif('a', 1, 2)", 1), ("contact.where(relationship.exists())", 0),
      ("deceased is boolean and deceased", 0), ("deceasedBoolean", 1), ("name.is(Nam)", 1),
      ("contained.anything", 0), ("extension('u').value.ofType(Quantity).unit", 0),
    ])
  func check(expression: String, count: Int) throws {
    #expect(try FHIRPathExpression(expression).faults(on: "Patient").count == count)
  }
}
