import ClinicalTree
import Conformance
import Definitions
import Foundation
import TestSupport
import Testing

@Suite("The profiles of the guide")
struct GuideProfileTests {
  private static let profiles = Place.root.appending(path: "Profiles")

  private static func files(_ folder: String) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(
      at: profiles.appending(path: folder), includingPropertiesForKeys: nil
    ).filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }
  }

  private static func tree(_ file: URL) throws -> Tree {
    try Tree.json([UInt8](Data(contentsOf: file)), names: .standard).tree
  }

  /// The findings that a curator would act on.
  private static func findings(_ file: URL) throws -> [ClinicalTree.Issue] {
    Validator().issues(inFHIR: try tree(file)).filter { $0.severity > .information }
  }

  @Test("Every resource of the guide is valid")
  func resources() throws {
    for file in try Self.files("package") where file.lastPathComponent != "package.json" {
      #expect(try Self.findings(file).map(\.brief) == [], "\(file.lastPathComponent)")
    }
  }

  @Test("Every profile has an example that follows it")
  func examples() throws {
    var claimed: Set<String> = []
    for file in try Self.files("examples") {
      #expect(try Self.findings(file).map(\.brief) == [], "\(file.lastPathComponent)")
      let profiles = try Self.tree(file).root["meta"].flatMap { $0["profile"] }
      claimed.formUnion(profiles.compactMap(\.value))
    }
    for file in try Self.files("package") {
      let definition = try Self.tree(file).root
      guard definition["derivation"].first?.value == "constraint",
        definition["type"].first?.value != "Extension",
        definition["abstract"].first?.value == "false"
      else { continue }
      #expect(claimed.contains(definition["url"].first?.value ?? ""), "\(file.lastPathComponent)")
    }
  }

  private struct Expected {
    let file: String
    let severity: String
    let code: String
    let path: String
    let rule: String
  }

  private static func expected() throws -> [Expected] {
    let table = profiles.appending(path: "failing/expected.csv")
    let text = String(decoding: try Data(contentsOf: table), as: UTF8.self)
    return text.split(separator: "\n").dropFirst().map { line in
      let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      return Expected(
        file: cells[0], severity: cells[1], code: cells[2], path: cells[3], rule: cells[4])
    }
  }

  @Test("Each failing example fails with exactly the finding that is expected")
  func failing() throws {
    let expected = try Self.expected()
    #expect(
      try Self.files("failing").map(\.lastPathComponent) == expected.map(\.file).sorted())
    for row in expected {
      let found = try Self.findings(Self.profiles.appending(path: "failing/" + row.file))
      #expect(found.count == 1, "\(row.file)")
      guard let issue = found.first else { continue }
      #expect(issue.code.id == row.code, "\(row.file)")
      #expect(issue.severity.rawValue == row.severity, "\(row.file)")
      #expect(issue.path == row.path, "\(row.file)")
      #expect(row.rule.isEmpty || issue.message.hasPrefix(row.rule + ": "), "\(row.file)")
    }
  }

  @Test("Every rule has an example that breaks it")
  func rules() throws {
    let broken = Set(try Self.expected().map(\.rule))
    for file in try Self.files("package") {
      let elements = try Self.tree(file).root["differential"].flatMap { $0["element"] }
      for constraint in elements.flatMap({ $0["constraint"] }) {
        let key = constraint["key"].first?.value ?? ""
        #expect(broken.contains(key), "\(key)")
      }
    }
  }
}
