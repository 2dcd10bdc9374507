import ClinicalTree

/// What a conversion finds on its way, about nodes of its source.
struct Findings {
  private var all: [(code: Issue.Code, node: Int, message: String)] = []

  mutating func add(_ code: Issue.Code, at node: Cursor, _ message: String) {
    all.append((code, node.index, message))
  }

  /// The issues with their paths and places. The same fault at the same place is told once.
  func issues(in tree: Tree) -> [Issue] {
    if all.isEmpty { return [] }
    var lines = LineTable(tree.source)
    var paths = PathWriter(tree)
    var seen: Set<String> = []
    return all.sorted { ($0.node, $0.code.id) < ($1.node, $1.code.id) }.compactMap { finding in
      let path = paths.path(of: finding.node)
      guard seen.insert(finding.code.id + path).inserted else { return nil }
      return Issue(
        finding.code, finding.message, path: path,
        position: lines.position(of: Int(tree.nodes[finding.node].place)))
    }
  }
}
