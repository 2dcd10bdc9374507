extension Tree {
  /// A resource where it stands in a tree, with the URL by which references name it.
  package struct Part {
    package let url: String?
    package let tree: Tree
    package let node: Int

    package init(url: String?, tree: Tree, node: Int) {
      self.url = url
      self.tree = tree
      self.node = node
    }
  }

  /// A FHIR Bundle of type collection around parts of trees of JSON, and where their roots are in it.
  ///
  /// Nodes keep their places in the text of their own tree as long as it is the first; the texts of the
  /// others follow it. Linear in the size of the parts and of the texts.
  package static func collection(
    of parts: [Part], names: NameTable
  ) -> (tree: Tree, roots: [Int]) {
    var joiner = Joiner(names: LocalNames(table: names))
    let bundle = joiner.open(.object, "")
    joiner.leaf("resourceType", "Bundle")
    joiner.leaf("type", "collection")
    let list = joiner.open(.array, "entry")
    let roots = parts.map { joiner.entry($0) }
    joiner.close(list)
    joiner.close(bundle)
    return (joiner.tree, roots)
  }

  /// A FHIR Bundle with a further entry after its last, and where the nodes of that are; `nil` for a tree
  /// that is no Bundle with entries. Linear in the size of both.
  package func adding(entry added: Part, names: NameTable) -> (tree: Tree, added: Range<Int>)? {
    guard let name = name("entry"),
      let list = withCursor({ root in root.property(name)?.index }), nodes[list].kind == .array
    else { return nil }
    let place = Int(nodes[list].end)
    var joiner = Joiner(names: LocalNames(table: names))
    joiner.append(self, 0..<place)
    _ = joiner.entry(added)
    let new = place..<joiner.nodes.count
    joiner.append(self, place..<nodes.count, shift: new.count)
    joiner.nodes[list].end += UInt32(new.count)
    joiner.nodes[0].end += UInt32(new.count)
    return (joiner.tree, new)
  }
}

private struct Joiner {
  private var names: LocalNames
  var nodes: [Node] = []
  private var source: [UInt8] = []
  private var decoded: [UInt8] = []
  /// Where the texts of a tree begin.
  private var shifts: [ObjectIdentifier: (source: UInt32, decoded: UInt32)] = [:]
  private var renamed: [ObjectIdentifier: [UInt32: Name]] = [:]

  init(names: LocalNames) { self.names = names }

  var tree: Tree { Tree(nodes: nodes, source: source, decoded: decoded, names: names) }

  private mutating func name(_ spelling: String) -> Name {
    var spelling = spelling
    return spelling.withUTF8 { bytes in
      bytes.baseAddress.map { names.name($0, bytes.count) } ?? .none
    }
  }

  mutating func open(_ kind: Node.Kind, _ spelling: String) -> Int {
    nodes.append(Node(kind, name: name(spelling), place: 0))
    return nodes.count - 1
  }

  mutating func close(_ index: Int) { nodes[index].end = UInt32(nodes.count) }

  mutating func leaf(_ spelling: String, _ value: String) {
    let node = open(.string, spelling)
    nodes[node].offset = UInt32(decoded.count)
    nodes[node].length = UInt32(value.utf8.count)
    nodes[node].flags = .decoded
    decoded += Array(value.utf8)
    close(node)
  }

  /// Adds an entry of a Bundle; where its resource is.
  mutating func entry(_ part: Tree.Part) -> Int {
    let item = open(.object, "entry")
    if let url = part.url { leaf("fullUrl", url) }
    let root = nodes.count
    append(part.tree, part.node..<Int(part.tree.nodes[part.node].end))
    nodes[root].name = name("resource")
    close(item)
    return root
  }

  /// Adds nodes of a tree, which end as far behind their places as before, or by a shift further.
  mutating func append(_ tree: Tree, _ range: Range<Int>, shift: Int? = nil) {
    let key = ObjectIdentifier(tree.storage)
    if shifts[key] == nil {
      shifts[key] = (UInt32(source.count), UInt32(decoded.count))
      source += tree.source
      decoded += tree.storage.decoded
    }
    let texts = shifts[key] ?? (0, 0)
    let shift = shift ?? nodes.count - range.lowerBound
    let known = tree.storage.names.table.count
    nodes.reserveCapacity(nodes.count + range.count)
    for original in tree.nodes[range] {
      var node = original
      node.end = UInt32(Int(node.end) + shift)
      node.place += texts.source
      node.offset += node.flags.contains(.decoded) ? texts.decoded : texts.source
      if Int(node.name.rawValue) >= known {
        let raw = node.name.rawValue
        if renamed[key]?[raw] == nil {
          renamed[key, default: [:]][raw] = name(tree.string(original.name))
        }
        node.name = renamed[key]?[raw] ?? .none
      }
      nodes.append(node)
    }
  }
}
