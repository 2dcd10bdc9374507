import Archives
import CRESTKit
import ClinicalTree
import Definitions
import FHIRFormats
import FHIRModels
import Foundation
import TestSupport
import Testing
import XMLTree

@Suite("R4 examples", .enabled(if: Place.corpora != nil, "CREST_CORPORA names no test material"))
struct R4Suites {
  static let examples =
    Place.corpus("fhir/r4-examples", ".json") + Place.corpus("fhir/us-core-examples", ".json")

  /// A text that is the same for the same JSON, whatever the order of its members.
  private func canonical(_ element: Element) -> String {
    // The same narrative may be written with other references and quotes.
    if element.name == "div", let text = element.value,
      let tree = try? Tree.xml(text.bytes, names: .standard).tree
    {
      return String(decoding: tree.xml(.canonical), as: UTF8.self)
    }
    switch element.node.kind {
    case .object:
      let members = element.children.map { child in
        (child.node.flags.contains(.shadow) ? "_" : "") + child.name + ":" + canonical(child)
      }
      return "{" + members.sorted().joined(separator: ",") + "}"
    case .array: return "[" + element.children.map(canonical).joined(separator: ",") + "]"
    case .string: return "\"" + (element.value ?? "") + "\""
    default: return element.value ?? "null"
    }
  }

  @Test("JSON to R4 and back is the same JSON", arguments: examples)
  func models(file: CorpusFile) throws {
    let source = try Tree.json(file.bytes, names: .standard).tree
    let (resource, issues) = R4.Resource.reading(source)
    #expect(issues.map(\.brief) == [])
    let again = try Tree.json(resource.json(), names: .standard).tree
    let isSame = canonical(again.root) == canonical(source.root)
    #expect(isSame)
    let isEqual = R4.Resource.reading(again).value == resource
    #expect(isEqual)
  }

  @Test("JSON to XML and back is the same JSON", arguments: examples)
  func xml(file: CorpusFile) throws {
    let source = try Tree.json(file.bytes, names: .standard).tree
    let (data, issues) = source.fhirXML()
    #expect(issues.isEmpty)
    let (again, more) = try Tree.fhirXML(data)
    #expect(more.isEmpty)
    let isSame = canonical(again.root) == canonical(source.root)
    #expect(isSame)
  }

  /// Published examples that break rules of R4.
  private static let faults = [
    // Narrative that says nothing.
    "ActivityDefinition-blood-tubes-supply.json": ["FHIR-0113"],
    "ActivityDefinition-heart-valve-replacement.json": ["FHIR-0113"],
    "EventDefinition-example.json": ["FHIR-0113"],
    "Questionnaire-zika-virus-exposure-assessment.json": ["FHIR-0113"],
    // References to types that the element does not allow.
    "DeviceUseStatement-example.json": ["FHIR-0111"],
    "MedicationRequest-medrx0301.json": ["FHIR-0111"],
    // An OID that is not written as a URI.
    "Organization-2.16.840.1.113883.19.5.json": ["FHIR-0115"],
  ]

  @Test(
    "The structure of published examples is valid",
    arguments: Place.corpus("fhir/r4-examples", ".json"))
  func valid(file: CorpusFile) throws {
    let document = try ClinicalDocument(parsing: file.bytes)
    // Its items lack the linkId that R4 requires.
    if file.name == "Questionnaire-qs1.json" { return }
    var options = Validator.Options()
    options.isBaseOnly = true
    let errors = Validator(options: options).issues(in: document).filter { $0.severity == .error }
    #expect(errors.map(\.code.id) == Self.faults[file.name] ?? [])
  }

  /// US Core, read once for all examples.
  private static let usCore: Validator? = Place.corpora.flatMap {
    try? Validator(packages: [$0.appending(path: "fhir/hl7.fhir.us.core-9.0.0.tgz").path()])
  }

  /// What is wrong with published examples, or cannot be known.
  private static let usCoreFaults = [
    // `text` without its `div`.
    "DiagnosticReport-cbc.json": ["FHIR-0102"],
    // An extension of another version of FHIR.
    "DocumentReference-living-will.json": ["FHIR-0120"],
  ]

  @Test(
    "Published examples follow their profiles",
    arguments: Place.corpus("fhir/us-core-examples", ".json"))
  func profiles(file: CorpusFile) throws {
    let validator = try #require(Self.usCore)
    let document = try ClinicalDocument(parsing: file.bytes)
    let errors = validator.issues(in: document).filter { $0.severity == .error }.map(\.code.id)
    #expect(errors == Self.usCoreFaults[file.name] ?? [])
  }

  @Test("R4's own definitions use extensions where they may")
  func definitions() throws {
    let archive = try #require(Place.corpora).appending(path: "fhir/hl7.fhir.r4.core-4.0.1.tgz")
    let files = try TarGzip.files(in: Array(Data(contentsOf: archive)))
    let validator = Validator()
    var count = 0
    for (name, bytes) in files
    where name.hasPrefix("package/StructureDefinition-") || name.hasPrefix("package/CodeSystem-") {
      let document = try ClinicalDocument(parsing: Array(bytes))
      let misplaced = validator.issues(in: document).filter {
        $0.code.id == "FHIR-0120" && $0.severity == .error || $0.code.id == "FHIR-0121"
      }
      #expect(misplaced.map { "\(name) \($0.path)" } == [])
      count += 1
    }
    #expect(count > 1000)
  }
}
