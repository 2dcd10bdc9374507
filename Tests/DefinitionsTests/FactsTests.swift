import ClinicalTree
import Definitions
import Foundation
import TestSupport
import Testing

@Suite("Facts")
struct FactsTests {
  private let fhir = FHIRFacts.r4

  @Test("Members of R4 have their order, cardinality, type and binding")
  func members() throws {
    let observation = fhir.type(named: "Observation")
    let status = try #require(fhir.member(.status, in: observation))
    #expect(fhir.min(of: status) == 1)
    #expect(fhir.max(of: status) == 1)
    #expect(fhir.title(of: fhir.type(of: status)).string == "code")
    let binding = try #require(fhir.binding(of: status))
    #expect(binding.isRequired)
    #expect(binding.valueSet.string == "http://hl7.org/fhir/ValueSet/observation-status")
    let set = try #require(binding.codeSet)
    #expect(fhir.codeSet(set, contains: Text("final")))
    #expect(!fhir.codeSet(set, contains: Text("finale")))
    let value = try #require(fhir.member(.valueQuantity, in: observation))
    #expect(fhir.choice(of: value) == .value)
    let component = try #require(fhir.member(.component, in: observation))
    #expect(fhir.isList(component))
    #expect(fhir.title(of: fhir.type(of: component)).string == "Observation.component")
    #expect(fhir.member(.family, in: observation) == nil)
  }

  @Test("Types know what they derive from")
  func derivation() {
    let age = fhir.type(named: "Age")
    #expect(fhir.type(age, is: fhir.type(named: "Quantity")))
    #expect(!fhir.type(age, is: fhir.type(named: "Reference")))
    #expect(fhir.kind(of: fhir.type(named: "Patient")) == .resource)
    #expect(fhir.kind(of: fhir.type(named: "date")) == .primitive)
    #expect(fhir.isAbstract(fhir.type(named: "DomainResource")))
  }

  @Test("References know their targets, and invariants are there")
  func targets() throws {
    let condition = fhir.type(named: "Condition")
    let subject = try #require(fhir.member(.subject, in: condition))
    #expect(fhir.targets(of: subject).map { fhir.title(of: $0).string } == ["Group", "Patient"])
    #expect(fhir.invariants(ofType: condition).contains { $0.key.string == "con-4" })
  }

  @Test("Every resource of R4 is there")
  func resources() {
    let resources = (1..<fhir.typeCount).filter { fhir.kind(of: $0) == .resource }
    #expect(resources.count == 148)
  }

  @Test("CDA has its order, choices, attributes and derivation")
  func cda() throws {
    let cda = CDAFacts.r2
    let observation = cda.type(named: Text("Observation"))
    let classCode = try #require(cda.attribute(.classCode, of: observation))
    #expect(classCode.isRequired)
    let content = try #require(cda.content(of: observation))
    let names = Array(cda.parts(of: content)).map {
      NameTable.standard.string(cda.particle($0).name)
    }
    #expect(names.prefix(6) == ["realmCode", "typeId", "templateId", "id", "category", "code"])
    #expect(cda.type(cda.type(named: Text("PIVL_TS")), is: cda.type(named: Text("ANY"))))
    #expect(!cda.type(cda.type(named: Text("PQ")), is: cda.type(named: Text("CD"))))
    #expect(cda.isAbstract(cda.type(named: Text("ANY"))))
    #expect(cda.title(of: cda.elementType(.value, in: observation)).string == "ANY")
  }

  @Test("Systems are found by OID and by URI")
  func systems() {
    let systems = CodeSystems.standard
    #expect(
      systems.system(oid: Text("2.16.840.1.113883.6.96"))?.uri.string == "http://snomed.info/sct")
    #expect(systems.system(oid: Text("2.16.840.1.113883.1.11.78"))?.kind == .valueSet)
    #expect(
      systems.oid(uri: Text("http://hl7.org/fhir/sid/icd-9-cm"))?.string
        == "2.16.840.1.113883.6.103")
    #expect(systems.system(oid: Text("1.2.3")) == nil)
  }

  @Test("Concept maps tell whether a target comes from one code alone")
  func maps() throws {
    let maps = ConceptMaps.standard
    let gender = try #require(maps.map(named: "cf-administrative-gender"))
    #expect(maps.translate(Text("F"), by: gender)?.code.string == "female")
    #expect(maps.translate(Text("F"), by: gender)?.isUnique == true)
    let use = try #require(maps.map(named: "cf-address-use"))
    #expect(maps.translate(Text("HP"), by: use)?.isUnique == false)
    #expect(maps.translate(Text("??"), by: use) == nil)
  }

  @Test("Names of the standards have constants that are theirs")
  func names() {
    #expect(NameTable.standard.lookUp("birthDate") == .birthDate)
    #expect(NameTable.standard.lookUp("extension") == .extension)
    #expect(NameTable.standard.string(.templateId) == "templateId")
    #expect(NameTable.standard.lookUp("no such name") == nil)
  }

  @Test("What is generated is what the generator makes", .enabled(if: Place.corpora != nil))
  func regenerated() throws {
    let corpora = try #require(Place.corpora)
    try withTemporaryFolder { folder in
      let made = try run(
        Place.product("generate-definitions"),
        [
          corpora.appending(path: "fhir/hl7.fhir.r4.core-4.0.1.tgz").path(),
          corpora.appending(path: "cda-schema").path(),
          corpora.appending(path: "fhir/hl7.fhir.us.core-9.0.0.tgz").path(),
          corpora.appending(path: "schematron/ccda-2.1.sch").path(), folder.path(),
        ], in: Place.root)
      try #require(made.code == 0, "\(made.messages)")
      let walk = FileManager.default.enumerator(atPath: folder.path())
      let files = (walk?.compactMap { $0 as? String } ?? []).filter {
        $0.hasSuffix(".swift") || $0.hasSuffix(".bin")
      }
      #expect(files.count > 50)
      for file in files {
        let new = try Data(contentsOf: folder.appending(path: file))
        let committed = try Data(contentsOf: Place.root.appending(path: file))
        #expect(new == committed, "\(file) is not what the generator makes; run it")
      }
    }
  }
}
