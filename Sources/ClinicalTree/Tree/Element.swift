/// A view of one node of a tree and what is below it: an element of XML or a value of JSON.
///
/// Convenient rather than fast: every text it returns is a new `String`.
public struct Element: Sendable {
  /// The tree that the element belongs to.
  public let tree: Tree
  package let index: Int

  package init(tree: Tree, index: Int) {
    self.tree = tree
    self.index = index
  }

  package var node: Node { tree.nodes[index] }

  /// The local name of an element or attribute, or the property that a JSON value stands in.
  public var name: String { tree.string(node.name) }

  /// The value of a JSON primitive, an attribute or a text; `nil` for what has parts.
  public var value: String? {
    switch node.kind {
    case .object, .array, .element, .null: nil
    case .true: "true"
    case .false: "false"
    default: tree.withCursor { $0.at(index).text.string }
    }
  }

  /// What stands right below: attributes, elements and texts, or the values of a JSON object in order.
  public var children: [Element] {
    var out: [Element] = []
    var child = index + 1
    while child < Int(node.end) {
      out.append(Element(tree: tree, index: child))
      child = Int(tree.nodes[child].end)
    }
    return out
  }

  /// The children with a name, arrays taken apart; in XML an attribute counts as well as an element.
  public subscript(name: String) -> [Element] {
    guard let number = tree.name(name) else { return [] }
    return children.filter { $0.node.name == number && !$0.node.flags.contains(.shadow) }
      .flatMap { $0.node.kind == .array ? $0.children : [$0] }
  }

  /// The texts below an element, one after the other, or the value of anything else.
  public var text: String {
    tree.withCursor { root in
      let start = root.at(index)
      if start.kind != .element { return value ?? "" }
      var out = ""
      for position in index..<start.end where root.at(position).kind == .text {
        out += root.at(position).text.string
      }
      return out
    }
  }

  /// Where the element starts in the source.
  public var position: SourcePosition {
    var lines = LineTable(tree.source)
    return lines.position(of: Int(node.place))
  }
}

extension Element {
  /// Whether the element was read from XML as XML, not as FHIR.
  package var isXML: Bool { node.kind == .element || node.kind == .attribute || node.kind == .text }

  /// The JSON of what stands here.
  package var jsonText: String {
    var bytes = tree.subtree(at: index).json(.compact)
    if bytes.last == 0x0A { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
