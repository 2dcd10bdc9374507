extension Tree {
  /// The parent of every node, -1 for the root; one pass over the tree.
  package func parents() -> [Int32] {
    var parents = [Int32](repeating: -1, count: nodes.count)
    var open: [Int] = []
    for index in nodes.indices {
      while let last = open.last, Int(nodes[last].end) <= index { open.removeLast() }
      parents[index] = open.last.map(Int32.init) ?? -1
      if Int(nodes[index].end) > index + 1 { open.append(index) }
    }
    return parents
  }

  /// The place of a node: a JSON place such as `Bundle.entry[3].resource.id`, or an XML path.
  package func path(of index: Int) -> String {
    var writer = PathWriter(self)
    return writer.path(of: index)
  }
}

/// Writes the places of many nodes of one tree; what two places share is computed once.
package struct PathWriter {
  private let tree: Tree
  private let parents: [Int32]
  private var known: [Int: String] = [:]
  /// The number of a node among its like siblings, from 1; negative when there is no other; 0 unknown.
  private var ordinals: [Int32]

  /// Whether a property that begins with an underscore is named with it.
  private let marksShadows: Bool

  package init(_ tree: Tree, marksShadows: Bool = true) {
    self.tree = tree
    self.marksShadows = marksShadows
    parents = tree.parents()
    ordinals = [Int32](repeating: 0, count: tree.nodes.count)
  }

  /// The place of a node.
  ///
  /// In XML the path is by local names, each with its number among siblings of that name where there
  /// are several: `/ClinicalDocument/component[2]/@typeCode`, `…/title/text()`. In JSON it is the
  /// property names with the index of an array's item, and the type of the resource at the root.
  package mutating func path(of index: Int) -> String {
    if let path = known[index] { return path }
    let nodes = tree.nodes
    let node = nodes[index]
    let parent = Int(parents[index])
    let path: String
    switch node.kind {
    case .element, .attribute, .text, .instruction, .namespace:
      path = xmlPath(node, index, parent)
    default:
      path = jsonPath(node, index, parent)
    }
    // Leaves are asked for once each; what has children is a part of their paths.
    if Int(node.end) > index + 1 { known[index] = path }
    return path
  }

  private mutating func xmlPath(_ node: Node, _ index: Int, _ parent: Int) -> String {
    let above = parent < 0 ? "" : path(of: parent)
    switch node.kind {
    case .attribute, .namespace: return above + "/@" + tree.string(node.name)
    case .instruction: return above + "/processing-instruction()"
    default: break
    }
    let step = node.kind == .text ? "text()" : tree.string(node.name)
    let number = parent < 0 ? -1 : ordinal(of: index, below: parent)
    return above + "/" + step + (number > 0 ? "[\(number)]" : "")
  }

  private mutating func jsonPath(_ node: Node, _ index: Int, _ parent: Int) -> String {
    if parent < 0 { return Element(tree: tree, index: index)["resourceType"].first?.value ?? "" }
    let above = path(of: parent)
    if tree.nodes[parent].kind == .array {
      return above + "[\(abs(ordinal(of: index, below: parent)) - 1)]"
    }
    let isMarked = marksShadows && node.flags.contains(.shadow)
    let name = (isMarked ? "_" : "") + tree.string(node.name)
    return above.isEmpty ? name : above + "." + name
  }

  private mutating func ordinal(of index: Int, below parent: Int) -> Int32 {
    if ordinals[index] == 0 { numberChildren(of: parent) }
    return ordinals[index]
  }

  /// Numbers all children of a node, so that each costs the same however many there are.
  private mutating func numberChildren(of parent: Int) {
    var last: [Name: (index: Int, number: Int32)] = [:]
    var child = parent + 1
    while child < Int(tree.nodes[parent].end) {
      let node = tree.nodes[child]
      defer { child = Int(node.end) }
      // All texts are alike, and have no name; what is no element, text or JSON value has no number.
      if node.kind == .text && node.isBlank(in: tree) { continue }
      if node.kind == .attribute || node.kind == .namespace || node.kind == .instruction {
        continue
      }
      guard let before = last[node.name] else {
        ordinals[child] = -1
        last[node.name] = (child, 1)
        continue
      }
      if before.number == 1 { ordinals[before.index] = 1 }
      ordinals[child] = before.number + 1
      last[node.name] = (child, before.number + 1)
    }
  }
}

extension Node {
  /// Whether a text holds white space only.
  package func isBlank(in tree: Tree) -> Bool {
    let buffer = flags.contains(.decoded) ? tree.storage.decoded : tree.storage.source
    return buffer[Int(offset)..<Int(offset + length)].allSatisfy(Bytes.isSpace)
  }
}
