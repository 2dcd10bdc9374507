import ClinicalTree
import FHIRModels
import Foundation
import TestSupport
import Testing

@Suite("R4 models")
struct ModelTests {
  private let patient =
    #"{"resourceType":"Patient","id":"p","active":true,"name":[{"use":"usual","family":"Ekholm","given":["A",null],"_given":[null,{"id":"g"}]}],"_birthDate":{"extension":[{"url":"u","valueDecimal":1.10}]},"deceasedDateTime":"2026-11"}"#

  @Test("What is read is written the same, digits among it")
  func comesBack() throws {
    let value = try R4.Patient(json: patient.bytes)
    #expect(String(decoding: value.json(), as: UTF8.self) == patient)
    #expect(value.name[0].family?.value == "Ekholm")
    #expect(value.birthDate?.value == nil)
    if case .dateTime(let date) = value.deceased {
      #expect(date.value?.components == PartialDateTime(year: 2026, month: 11))
    } else {
      Issue.record("deceased is a dateTime")
    }
  }

  @Test("Our coders keep everything, Foundation's what Foundation can")
  func coders() throws {
    let value = try JSON.Decoder().decode(R4.Patient.self, from: patient.bytes)
    #expect(String(decoding: try JSON.Encoder().encode(value), as: UTF8.self) == patient + "\n")
    let through = try JSONDecoder().decode(R4.Patient.self, from: JSONEncoder().encode(value))
    #expect(through.name == value.name)
    #expect(
      through.birthDate?.extension.first?.value == .decimal(R4.Primitive(R4.Decimal(fhir: "1.1"))))
  }

  @Test("A resource of a type without a model travels as it is, through any coder")
  func other() throws {
    let text = #"{"resourceType":"Slot","id":"s","start":"2026-01-01T00:00:00Z"}"#
    let (resource, issues) = try R4.Resource.reading(json: text.bytes)
    #expect(issues.isEmpty)
    guard case .other(let other) = resource else {
      Issue.record("a Slot has no model")
      return
    }
    #expect(other.resourceType == "Slot")
    #expect(String(decoding: resource.json(), as: UTF8.self) == text)
    let through = try JSONDecoder().decode(R4.Resource.self, from: JSONEncoder().encode(resource))
    let again = try JSON.Decoder().decode(R4.Resource.self, from: JSON.Encoder().encode(resource))
    #expect(again == resource)
    #expect(
      through
        == (try R4.Resource.reading(
          json: #"{"id":"s","resourceType":"Slot","start":"2026-01-01T00:00:00Z"}"#.bytes
        ).value))
  }

  @Test("Literals are primitives, and initialisers ask for what R4 requires")
  func literals() {
    var name = R4.HumanName()
    name.family = "Ekholm"
    name.given = ["Astrid", "Maria"]
    var observation = R4.Observation(status: "final", code: R4.CodeableConcept())
    observation.value = .integer(3)
    observation.code?.text = "count"
    #expect(
      String(decoding: observation.json(), as: UTF8.self)
        == #"{"resourceType":"Observation","status":"final","code":{"text":"count"},"valueInteger":3}"#
    )
    #expect(
      String(decoding: name.json(), as: UTF8.self)
        == #"{"family":"Ekholm","given":["Astrid","Maria"]}"#)
  }

  @Test("What does not fit is reported with its place, and not lost silently")
  func issues() throws {
    let text = #"{"resourceType":"Patient","active":"yes","naem":[],"name":{"family":"x"}}"#
    let (value, issues) = try R4.Patient.reading(json: text.bytes)
    #expect(issues.map(\.path) == ["Patient.active", "Patient.naem", "Patient.name"])
    #expect(value.name[0].family?.value == "x")
    #expect(throws: JSON.ParsingError.self) { _ = try R4.Patient(json: text.bytes) }
    #expect(throws: DecodingError.self) {
      _ = try JSONDecoder().decode(R4.Patient.self, from: Data(text.utf8))
    }
  }

  @Test("Values are equal when all members are")
  func equality() throws {
    let one = try R4.Patient(json: patient.bytes)
    var two = one
    #expect(one == two)
    #expect(one.hashValue == two.hashValue)
    two.name[0].given[0] = "B"
    #expect(one != two)
    #expect(Set([one, two, one]).count == 2)
  }

  @Test("Types that hold themselves can be nested")
  func recursion() throws {
    var reference = R4.Reference()
    var identifier = R4.Identifier()
    identifier.assigner = R4.Reference()
    identifier.assigner?.display = "x"
    reference.identifier = identifier
    #expect(
      String(decoding: reference.json(), as: UTF8.self)
        == #"{"identifier":{"assigner":{"display":"x"}}}"#)
    #expect(try R4.Reference(json: reference.json()) == reference)
  }
}
