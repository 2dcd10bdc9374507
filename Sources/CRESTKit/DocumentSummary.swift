public import ClinicalTree
import Conversion
import Definitions

/// What is in a document, by names and counts; no values of patients.
public struct DocumentSummary: Sendable {
  /// How often something occurs.
  public struct Count: Sendable {
    /// What occurs.
    public let name: String
    /// How often.
    public let count: Int
  }

  /// A section of a CDA document.
  public struct Section: Sendable {
    /// Its LOINC code, empty where it has none.
    public let code: String
    /// How many entries it has.
    public let entries: Int
  }

  /// What the document is.
  public let kind: ClinicalDocument.Kind
  /// Its bytes as UTF-8.
  public let size: Int
  /// Nodes of its tree.
  public let nodes: Int
  /// What the readers found.
  public let issues: [Issue]
  /// The version of C-CDA that the header claims.
  public private(set) var version = ""
  /// The sections in their order.
  public private(set) var sections: [Section] = []
  /// Resources by type.
  public private(set) var resources: [Count] = []
  /// Clinical statements by element and first template.
  public private(set) var statements: [Count] = []
  /// Those of them that no mapping table knows.
  public private(set) var unmapped: [Count] = []
  /// Code systems as they are written.
  public private(set) var codeSystems: [Count] = []

  /// Summarises a document; one pass over it.
  public init(_ document: ClinicalDocument) {
    kind = document.kind
    size = document.tree.source.count
    nodes = document.tree.nodes.count
    issues = document.issues
    if document.kind == .ccda { summarize(cda: document.tree) } else { summarize(fhir: document) }
  }

  private static func sorted(_ counts: [String: Int]) -> [Count] {
    counts.map { Count(name: $0.key, count: $0.value) }
      .sorted { ($1.count, $0.name) < ($0.count, $1.name) }
  }

  private mutating func summarize(fhir document: ClinicalDocument) {
    var types: [String: Int] = [:]
    var systems: [String: Int] = [:]
    for tree in document.trees {
      tree.withCursor { root in
        for index in 0..<root.treeCount {
          let node = root.at(index)
          if node.name == .resourceType { types[node.text.string, default: 0] += 1 }
          if node.name == .system, node.kind == .string {
            systems[node.text.string, default: 0] += 1
          }
        }
      }
    }
    resources = Self.sorted(types)
    codeSystems = Self.sorted(systems)
  }

  private mutating func summarize(cda tree: Tree) {
    var found: [String: Int] = [:]
    var unknown: [String: Int] = [:]
    var systems: [String: Int] = [:]
    var sections: [Section] = []
    var version = ""
    tree.withCursor { root in
      for template in root.all(.templateId)
      where template.attribute(.root).map({ $0.text == "2.16.840.1.113883.10.20.22.1.1" }) ?? false
      {
        version = max(version, template.attribute(.`extension`)?.text.string ?? "R1.1")
      }
      for index in 0..<root.treeCount {
        let node = root.at(index)
        if node.kind == .attribute, node.name == .codeSystem {
          systems[node.text.string, default: 0] += 1
        }
        guard node.kind == .element else { continue }
        if node.name == .section {
          let code = node.first(.code)?.attribute(.code)?.text.string ?? ""
          sections.append(
            Section(code: code, entries: node.all(.entry).reduce(0) { count, _ in count + 1 }))
        }
        if let isKnown = CDAConverter.hasTable(node) {
          let template =
            node.first(.templateId)?.attribute(.root)?.text.string ?? "without template"
          let name = node.nameText.string + " " + template
          found[name, default: 0] += 1
          if !isKnown { unknown[name, default: 0] += 1 }
        }
      }
    }
    self.version = version
    self.sections = sections
    statements = Self.sorted(found)
    unmapped = Self.sorted(unknown)
    codeSystems = Self.sorted(systems)
  }
}
