import ClinicalTree
import Definitions
import XMLTree

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

// generate-definitions PACKAGE.tgz SCHEMA-FOLDER US-CORE.tgz CCDA.sch [OUTPUT]
//
// Reads the R4 core package, the CDA schema, the extensions of US Core (which the converter writes),
// the conditions of C-CDA's templates, `Profiles/package` and `Inputs/` of this target, and writes the facts, the name constants and the R4 models below OUTPUT (the package's root, where it
// must be run from).

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count >= 4, let archivePath = arguments.first,
  let schemaFolder = arguments.dropFirst().first, let usCorePath = arguments.dropFirst(2).first,
  let templatesPath = arguments.dropFirst(3).first
else {
  fatalError("usage: generate-definitions PACKAGE.tgz SCHEMA-FOLDER US-CORE.tgz CCDA.sch [OUTPUT]")
}
let output = arguments.dropFirst(4).first ?? "."

func read(_ path: String) throws -> [UInt8] {
  guard let data = FileManager.default.contents(atPath: path) else {
    throw CocoaError(.fileReadNoSuchFile)
  }
  return Array(data)
}

func write(_ bytes: [UInt8], _ path: String) throws {
  let path = output + "/" + path
  if let slash = path.lastIndex(of: "/") {
    try FileManager.default.createDirectory(
      atPath: String(path[..<slash]), withIntermediateDirectories: true)
  }
  try Data(bytes).write(to: URL(filePath: path))
}

func profile(_ name: String) throws -> Element {
  try Tree.json(read("Profiles/package/" + name), names: .empty).tree.root
}

let package = try FHIRPackage(archive: read(archivePath))
let fhir = FHIRModel(package)
let schemaFiles = [
  "infrastructure/cda/POCD_MT000040_SDTC.xsd", "infrastructure/cda/SDTC.xsd",
  "processable/coreschemas/datatypes-base_SDTC.xsd", "processable/coreschemas/datatypes.xsd",
  "processable/coreschemas/voc.xsd", "processable/coreschemas/NarrativeBlock.xsd",
]
let cda = try CDAModel(
  files: schemaFiles.map { ($0, try read(schemaFolder + "/" + $0)) })

let names = NameList.names(fhir, cda)
var expander = ValueSetExpander(package)
var facts = FactsWriter(names: names)
facts.add(fhir, &expander)
facts.add(cda)
let table = String(
  decoding: try read("Sources/generate-definitions/Inputs/code-systems.csv"), as: UTF8.self)
facts.add(CodeSystemTable.rows(table))
let mapFiles = try FileManager.default.contentsOfDirectory(atPath: "Profiles/package").sorted()
facts.add(
  try mapFiles.filter { $0.hasPrefix("ConceptMap-") }.map { ConceptMapTable(try profile($0)) })
facts.add(ucum: try read("Sources/generate-definitions/Inputs/ucum-units.csv"))
let templates = TemplateRules(try Tree.xml(read(templatesPath), names: .empty).tree.root)
print(
  "\(templates.counts.translated) of \(templates.counts.all) conditions of templates translated")
facts.add(templates: Array(templates.lines.joined(separator: "\n").utf8))
facts.add(guide: try profile("CodeSystem-crest-guide.json").tree.json(.compact))
try write(facts.finished(), "Sources/CDefinitions/facts.bin")

let ownFiles = mapFiles.filter { name in
  ["StructureDefinition-", "ValueSet-", "CodeSystem-"].contains { name.hasPrefix($0) }
}
let usCore = try FHIRPackage(archive: read(usCorePath))
let usExtensions = usCore.structures.filter { $0.string("type") == "Extension" }
let resources =
  package.structures + package.valueSets.values + package.codeSystems.values
  + package.searchParameters.values
  + usExtensions + (try ownFiles.map { try profile($0) })
let pack = resources.compactMap { resource in
  DefinitionsPack.stripped(resource).map { (resource.string("url"), $0) }
}
try write(EmbeddedDefinitions.encode(pack), "Sources/CDefinitions/definitions.bin")
let guideFiles = try mapFiles.map { name in
  (url: name, json: String(decoding: try read("Profiles/package/" + name), as: UTF8.self))
}
try write(EmbeddedDefinitions.encode(guideFiles), "Sources/CDefinitions/profiles.bin")
try write(Array(NamesFile.text(names).utf8), "Sources/Definitions/Generated/Names.swift")
for file in ModelsWriter(fhir).files() {
  try write(Array(file.text.utf8), "Sources/FHIRModels/Generated/\(file.name).swift")
}
