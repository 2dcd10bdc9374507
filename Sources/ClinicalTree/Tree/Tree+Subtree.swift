extension Tree {
  /// The tree below a node of JSON, on its own; the texts are shared.
  package func subtree(at index: Int) -> Tree {
    let end = Int(nodes[index].end)
    var part = Array(nodes[index..<end])
    for position in part.indices { part[position].end -= UInt32(index) }
    part[0].name = .none
    return Tree(
      nodes: part, source: source, decoded: storage.decoded, names: storage.names,
      qualifiers: storage.qualifiers)
  }
}
