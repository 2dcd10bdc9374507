import Archives
import ClinicalTree
import Conformance
import Definitions
import Foundation
import TestSupport
import Testing

@Suite("Snapshots", .enabled(if: Place.corpora != nil, "CREST_CORPORA names no test material"))
struct SnapshotSuites {
  /// The structure definitions of R4's own package by their URLs.
  private static func definitions() throws -> [String: Element] {
    let archive = try #require(Place.corpora).appending(path: "fhir/hl7.fhir.r4.core-4.0.1.tgz")
    var found: [String: Element] = [:]
    for (name, bytes) in try TarGzip.files(in: Array(Data(contentsOf: archive)))
    where name.hasPrefix("package/StructureDefinition-") {
      let root = try Tree.json(Array(bytes), names: .standard).tree.root
      if let url = root["url"].first?.value { found[url] = root }
    }
    return found
  }

  /// Profiles that name slices without slicing, unfold the definitions of extensions, or rename what an
  /// element refers to; and types that have a binding themselves, which is not among the facts.
  private static let odd: Set = [
    "catalog", "familymemberhistory-genetic", "elementdefinition-de", "provenance-relevant-history",
    "ehrsrle-provenance", "Age", "Distance", "Duration", "Count",
  ]

  private static func text(_ element: Element, _ name: String) -> String {
    element[name].first?.value ?? ""
  }

  /// Whether a differential writes `valueQuantity` for `value[x]`; what that leaves of the other types
  /// was understood in two ways.
  private static func isShort(_ definition: Element) -> Bool {
    let forms = ["valueQuantity", "valueCodeableConcept", "effectiveDateTime", "moduleUri"]
    return definition["differential"].flatMap { $0["element"] }.contains { element in
      text(element, "path").split(separator: ".").contains { forms.contains(String($0)) }
    }
  }

  /// What tools ask a snapshot for: the elements in their order, how often, of which types, and what else
  /// changes what a validator says.
  private static func row(_ element: Element) -> String {
    let binding = element["binding"].first
    let strength = binding.map { text($0, "strength") } ?? ""
    let base = element["base"].first
    var words = [text(element, "id"), text(element, "min") + ".." + text(element, "max")]
    words += element["type"].map { type in
      let targets = type["targetProfile"].compactMap(\.value).filter { !$0.hasSuffix("/Resource") }
      return text(type, "code")
        + (targets.isEmpty ? "" : "(\(targets.sorted().joined(separator: " ")))")
    }
    words.append(base.map { "\(text($0, "path")) \(text($0, "min"))..\(text($0, "max"))" } ?? "")
    words.append(text(element, "contentReference"))
    words.append(text(element, "isModifier") == "true" ? "modifier" : "")
    words.append(text(element, "isSummary") == "true" ? "summary" : "")
    if strength == "required" || strength == "extensible" {
      let valueSet = binding.map { text($0, "valueSet") } ?? ""
      words.append("\(strength) \(valueSet.prefix { $0 != "|" })")
    }
    words.append(element["constraint"].map { text($0, "key") }.sorted().joined(separator: " "))
    return words.joined(separator: "; ")
  }

  @Test("The snapshots of R4's types and profiles are those that HL7 publishes")
  func published() throws {
    let definitions = try Self.definitions()
    var same = 0
    for definition in definitions.values {
      func text(_ name: String) -> String { Self.text(definition, name) }
      let elements = definition["snapshot"].flatMap { $0["element"] }
      guard ["resource", "complex-type"].contains(text("kind")), text("abstract") != "true",
        !elements.isEmpty, text("type") != "Extension", !Self.odd.contains(text("id")),
        !Self.isShort(definition)
      else { continue }
      let made =
        text("derivation") == "specialization"
        ? Snapshot(type: text("type"))
        : Snapshot(definition) { url in
          definitions[url].flatMap { Self.text($0, "derivation") == "constraint" ? $0 : nil }
        }
      let json = try #require(made).json
      let own = try Tree.json(json.bytes, names: .standard).tree.root["element"].map(Self.row)
      #expect(own == elements.map(Self.row), "\(text("id"))")
      if own == elements.map(Self.row) { same += 1 }
    }
    #expect(same > 200)
  }
}
