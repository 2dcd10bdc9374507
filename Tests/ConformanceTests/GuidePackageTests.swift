import Archives
import ClinicalTree
import Conformance
import Definitions
import Foundation
import TestSupport
import Testing

@Suite("The guide as a package")
struct GuidePackageTests {
  @Test("It holds every file of Profiles as it is")
  func files() throws {
    let folder = Place.root.appending(path: "Profiles/package")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted()
    let guide = GuidePackage()
    #expect(guide.files.map(\.name) == names)
    for file in guide.files {
      let source = try Data(contentsOf: folder.appending(path: file.name))
      #expect(Data(file.json.utf8) == source, "\(file.name): run generate-definitions")
      if file.type.isEmpty { continue }
      // Tools find resources by these.
      #expect(file.name == "\(file.type)-\(file.id).json")
      if file.type == "NamingSystem" { continue }
      #expect(file.url == "\(guide.canonical)/\(file.type)/\(file.id)")
      #expect(!file.title.isEmpty || file.type == "SearchParameter")
    }
  }

  @Test("The ImplementationGuide names every other resource, once")
  func contents() throws {
    let guide = GuidePackage()
    let file = try #require(guide.resources.first { $0.type == "ImplementationGuide" })
    let root = try Tree.json(Array(file.json.utf8), names: .standard).tree.root
    let named = root["definition"].flatMap { $0["resource"] }.flatMap { $0["reference"] }
      .compactMap { $0["reference"].first?.value }
    let others = guide.resources.filter { $0.type != "ImplementationGuide" }
    #expect(named.sorted() == others.map { "\($0.type)/\($0.id)" }.sorted())
  }

  @Test(
    "No two maps of the disease say different things of the same pair of codes")
  func maps() throws {
    var said: [String: String] = [:]
    for file in GuidePackage().resources
    where file.type == "ConceptMap" {
      // The maps of conversion read and write the same codes in the light of different elements.
      if file.id.hasPrefix("cf-") || file.id.hasPrefix("fc-") { continue }
      let root = try Tree.json(Array(file.json.utf8), names: .standard).tree.root
      for group in root["group"] {
        func text(_ element: Element, _ name: String) -> String { element[name].first?.value ?? "" }
        for element in group["element"] {
          for target in element["target"] {
            let pair = [
              text(group, "source"), text(element, "code"), text(group, "target"),
              text(target, "code"),
            ].joined(separator: " ")
            let equivalence = text(target, "equivalence")
            #expect(said[pair, default: equivalence] == equivalence, "\(file.id): \(pair)")
            said[pair] = equivalence
          }
        }
      }
    }
    #expect(said.count > 15)
  }

  @Test("It is a tar in gzip, in order, with fixed times, and the same each time")
  func archive() throws {
    let bytes = GuidePackage().archive
    #expect(bytes == GuidePackage().archive)
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "guide.tgz")
      try Data(bytes).write(to: file)
      let listed = try run(
        URL(filePath: "/bin/tar"), ["-tvzf", file.path()], in: folder)
      #expect(listed.code == 0)
      let lines = listed.text.split(separator: "\n")
      #expect(lines.count == GuidePackage().files.count + 1)
      #expect(lines.allSatisfy { $0.contains("1970-01-01") && $0.contains("-rw-r--r-- 0/0") })
      let names = lines.compactMap { $0.split(separator: " ").last }
      #expect(names == names.sorted())
      #expect(names.first == "package/.index.json" && names.contains("package/package.json"))
      // Our own loader, and a value that only the package of the other base knows.
      let other = "https://example.org/fhir"
      try Data(GuidePackage(canonical: other).archive).write(to: file)
      let validator = try Validator(packages: [file.path()])
      let observation =
        #"{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"\#(other)/CodeSystem/score-instrument","code":"nonsense"}]}}"#
      let issues = validator.issues(inFHIR: try Tree.json(observation.bytes, names: .standard).tree)
      #expect(issues.contains { $0.path.contains("coding[0]") && $0.severity == .error })
    }
  }

  @Test("Packed profiles have snapshots, packed value sets expansions, and all of it is valid")
  func packed() throws {
    let validator = Validator()
    var snapshots = 0
    var expansions = 0
    for (name, bytes) in try TarGzip.files(in: GuidePackage().archive)
    where name.hasSuffix(".json") && !name.hasSuffix("package.json") && !name.contains(".index") {
      let tree = try Tree.json(Array(bytes), names: .standard).tree
      let errors = validator.issues(inFHIR: tree).filter { $0.severity >= .error }
      #expect(errors.map(\.brief) == [], "\(name)")
      let root = tree.root
      let type = root["resourceType"].first?.value
      if type == "StructureDefinition" {
        let elements = root["snapshot"].flatMap { $0["element"] }
        let ids = Set(elements.compactMap { $0["id"].first?.value })
        #expect(ids.count == elements.count, "\(name)")
        for element in root["differential"].flatMap({ $0["element"] }) {
          let id = element["id"].first?.value ?? ""
          #expect(ids.contains(id), "\(name): \(id)")
        }
        snapshots += 1
      }
      if type == "ValueSet" {
        let contains = root["expansion"].flatMap { $0["contains"] }
        #expect(!contains.isEmpty, "\(name)")
        #expect(contains.count == Int(root["expansion"].first?["total"].first?.value ?? ""))
        expansions += 1
      }
    }
    #expect(snapshots > 50 && expansions > 40)
  }
}
