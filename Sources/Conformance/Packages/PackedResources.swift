import ClinicalTree
import Definitions

/// The resources of the guide as other tools want them: profiles with their snapshots, value sets with
/// their expansions. The sources say neither twice.
struct PackedResources {
  private let roots: [String: Element]

  init(_ files: [GuidePackage.File]) {
    let trees = files.filter { !$0.type.isEmpty }.compactMap { file in
      (try? Tree.json(Array(file.json.utf8), names: .standard)).map { (file.url, $0.tree.root) }
    }
    roots = Dictionary(trees) { first, _ in first }
  }

  /// The JSON of a file.
  func json(of file: GuidePackage.File) -> String {
    guard let root = roots[file.url] else { return file.json }
    switch file.type {
    case "StructureDefinition":
      guard let snapshot = Snapshot(root, resolve: { roots[$0] }) else { return file.json }
      return Self.json(root, adding: "snapshot", snapshot.json, before: "differential")
    case "ValueSet":
      guard let expansion = expansion(of: root) else { return file.json }
      return Self.json(root, adding: "expansion", expansion, before: nil)
    default: return file.json
    }
  }

  private static func json(
    _ root: Element, adding name: String, _ value: String, before next: String?
  ) -> String {
    var members: [(name: String, value: String?)] = []
    for child in root.children {
      if child.name == next { members.append((name, value)) }
      members.append((child.name, child.jsonText))
    }
    if next == nil { members.append((name, value)) }
    return JSONText.object(members) + "\n"
  }

  // MARK: Expansions

  /// The codes of a value set, where all that it includes is listed in it or in our own code systems.
  private func expansion(of valueSet: Element) -> String? {
    var contains: [String] = []
    for include in valueSet.first("compose")?["include"] ?? [] {
      guard include["filter"].isEmpty, include["valueSet"].isEmpty else { return nil }
      let system = include.text("system")
      var concepts = include["concept"]
      if concepts.isEmpty {
        guard let own = roots[system], own.text("content") == "complete" else { return nil }
        concepts = Self.all(own["concept"])
      }
      contains += concepts.map { concept in
        let display =
          concept.first("display")?.value ?? display(of: concept.text("code"), system: system)
        return JSONText.object([
          ("system", JSONText.string(system)), ("code", JSONText.string(concept.text("code"))),
          ("display", display.map(JSONText.string)),
        ])
      }
    }
    guard valueSet.first("compose")?["exclude"].isEmpty ?? false, !contains.isEmpty else {
      return nil
    }
    return JSONText.object([
      ("identifier", JSONText.string(valueSet.text("url") + "/expansion")),
      ("timestamp", JSONText.string(valueSet.text("date"))),
      ("total", String(contains.count)), ("contains", JSONText.array(contains)),
    ])
  }

  private static func all(_ concepts: [Element]) -> [Element] {
    concepts.flatMap { [$0] + all($0["concept"]) }
  }

  private func display(of code: String, system: String) -> String? {
    guard let own = roots[system] else { return nil }
    return Self.all(own["concept"]).first { $0.text("code") == code }?.first("display")?.value
  }
}
