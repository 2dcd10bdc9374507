import ClinicalTree
import Conformance
import Definitions
import TestSupport
import Testing

@Suite("Structure of FHIR")
struct FHIRStructureTests {
  private func findings(_ json: String) throws -> [String] {
    let (tree, _) = try Tree.json(json.bytes, names: .standard)
    return Validator().issues(inFHIR: tree).filter { $0.severity == .error }.map {
      "\($0.code.id) \($0.path)"
    }
  }

  @Test("A good resource has no finding")
  func good() throws {
    #expect(
      try findings(
        #"{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.10,"unit":"mg"},"_status":{"extension":[{"url":"http://example.org/x","valueCode":"y"}]}}"#
      ) == [])
  }

  @Test(
    "Each fault has its code and place",
    arguments: [
      (#"{"resourceType":"Nothing"}"#, "FHIR-0100 Nothing.resourceType"),
      (#"{"resourceType":"Patient","naem":1}"#, "FHIR-0101 Patient.naem"),
      (#"{"resourceType":"Observation","code":{"text":"x"}}"#, "FHIR-0102 Observation"),
      (
        #"{"resourceType":"Patient","deceasedBoolean":true,"deceasedDateTime":"2020"}"#,
        "FHIR-0103 Patient.deceasedDateTime"
      ),
      (#"{"resourceType":"Patient","name":{"family":"x"}}"#, "FHIR-0104 Patient.name"),
      (#"{"resourceType":"Patient","gender":["male"]}"#, "FHIR-0104 Patient.gender"),
      (#"{"resourceType":"Patient","maritalStatus":"M"}"#, "FHIR-0104 Patient.maritalStatus"),
      (#"{"resourceType":"Patient","birthDate":{"x":1}}"#, "FHIR-0104 Patient.birthDate"),
      (#"{"resourceType":"Patient","name":[]}"#, "FHIR-0105 Patient.name"),
      (#"{"resourceType":"Patient","name":[{}]}"#, "FHIR-0105 Patient.name[0]"),
      (#"{"resourceType":"Patient","name":[{"family":""}]}"#, "FHIR-0105 Patient.name[0].family"),
      (#"{"resourceType":"Patient","birthDate":"2020-02-30"}"#, "FHIR-0106 Patient.birthDate"),
      (#"{"resourceType":"Patient","active":"true"}"#, "FHIR-0106 Patient.active"),
      (#"{"resourceType":"Patient","id":"a b"}"#, "FHIR-0106 Patient.id"),
      (
        #"{"resourceType":"Patient","multipleBirthInteger":1.5}"#,
        "FHIR-0106 Patient.multipleBirthInteger"
      ),
      (#"{"resourceType":"Patient","gender":"feminine"}"#, "FHIR-0107 Patient.gender"),
      (
        #"{"resourceType":"Patient","text":{"status":"generated","div":"<div>a<br></div>"}}"#,
        "FHIR-0109 Patient.text.div"
      ),
      (
        #"{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:a:b","resource":{"resourceType":"Patient"}},{"fullUrl":"urn:a:b","resource":{"resourceType":"Patient"}}]}"#,
        "FHIR-0108 Bundle.entry[1].fullUrl"
      ),
      (
        #"{"resourceType":"Patient","contained":[{"resourceType":"Patient","id":"a","x":1}],"link":[{"type":"seealso","other":{"reference":"\u0023a"}}]}"#,
        "FHIR-0101 Patient.contained[0].x"
      ),
    ])
  func faults(json: String, expected: String) throws {
    #expect(try findings(json) == [expected])
  }

  @Test(
    "Formats of primitives",
    arguments: [
      ("dateTime", "2020-01-01T00:00:00Z", true), ("dateTime", "2020-01-01T00:00", false),
      ("instant", "2020-01-01", false), ("instant", "2020-01-01T00:00:00.5+01:00", true),
      ("time", "23:59:59", true), ("time", "24:00:00", false), ("oid", "urn:oid:1.2.3", true),
      ("oid", "urn:oid:3.2", false),
      ("uuid", "urn:uuid:c757873d-ec9a-4326-a141-556f43239520", true),
      ("uuid", "urn:uuid:C757873D-EC9A-4326-A141-556F43239520", false),
      ("base64Binary", "QUJD", true),
      ("base64Binary", "QUJ", false), ("uri", "a b", false), ("code", "a  b", false),
      ("code", "a b", true),
    ])
  func formats(type: String, value: String, isValid: Bool) throws {
    let name = "value" + type.prefix(1).uppercased() + type.dropFirst()
    let json =
      #"{"resourceType":"Basic","code":{"text":"x"},"extension":[{"url":"http://example.org/x","\#(name)":"\#(value)"}]}"#
    #expect(try findings(json).isEmpty == isValid)
  }
}
