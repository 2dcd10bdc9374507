import CRESTKit
import ClinicalTree
import FHIRPath
import Foundation
import TestSupport
import Testing
import XMLTree

/// The official FHIRPath suite for R4 (FHIR/fhir-test-cases, CC0).
@Suite("FHIRPath", .enabled(if: Place.corpora != nil, "CREST_CORPORA names no test material"))
struct FHIRPathSuites {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let input: String?
    let expression: String
    let invalid: String?
    let isPredicate: Bool
    let isOrdered: Bool
    let outputs: [String]
    var testDescription: String { name }
  }

  static let cases: [Case] = {
    guard let corpora = Place.corpora,
      let data = try? Data(contentsOf: corpora.appending(path: "fhirpath/tests-fhir-r4.xml")),
      let tree = try? Tree.xml(Array(data), names: .empty).tree
    else { return [] }
    return tree.root["group"].flatMap { group in
      group["test"].compactMap { test in
        guard let expression = test["expression"].first else { return nil }
        return Case(
          name: "\(group["name"].first?.value ?? "")/\(test["name"].first?.value ?? "")",
          input: test["inputfile"].first?.value,
          expression: expression.text.trimmingCharacters(in: .whitespacesAndNewlines),
          invalid: expression["invalid"].first?.value,
          isPredicate: test["predicate"].first?.value == "true",
          isOrdered: test["ordered"].first?.value != "false",
          outputs: test["output"].map(\.text))
      }
    }
  }()

  @Test("The official suite for R4", arguments: cases)
  func official(test: Case) throws {
    guard test.invalid == nil else { return invalid(test) }
    var values = try FHIRPathExpression(test.expression).evaluate(
      on: try input(test), .init(now: "2026-06-01T12:00:00.000Z")
    ).map(text)
    if test.isPredicate { values = [values.isEmpty ? "false" : "true"] }
    var expected = test.outputs.map(plain)
    if !test.isOrdered {
      values.sort()
      expected.sort()
    }
    try #require(values.count == expected.count)
    for (value, wanted) in zip(values, expected) {
      #expect(
        value == wanted || wanted.isEmpty || Double(value) != nil && Double(value) == Double(wanted)
      )
    }
  }

  private func input(_ test: Case) throws -> Tree? {
    guard let name = test.input, let corpora = Place.corpora else { return nil }
    let data = try Data(contentsOf: corpora.appending(path: "fhirpath/inputs/\(name)"))
    return try ClinicalDocument(parsing: Array(data)).tree
  }

  private func invalid(_ test: Case) {
    let fails = Result {
      let expression = try FHIRPathExpression(test.expression)
      let tree = try input(test)
      if test.invalid == "semantic" {
        let type = tree?.root["resourceType"].first?.value ?? ""
        if let fault = expression.faults(on: type).first { throw fault }
      }
      return try expression.evaluate(on: tree)
    }
    #expect(throws: FHIRPathError.self) { try fails.get() }
  }

  private func text(_ value: FHIRPathValue) -> String {
    switch value.scalar {
    case .boolean(let value)?: "\(value)"
    case .number(let text)?, .text(let text)?: text
    case .quantity(let value, let unit)?: "\(value) '\(unit)'"
    case nil: value.type
    }
  }

  /// A date or time without its `@` and `T`.
  private func plain(_ text: String) -> String {
    text.hasPrefix("@T")
      ? String(text.dropFirst(2)) : text.hasPrefix("@") ? String(text.dropFirst()) : text
  }
}
