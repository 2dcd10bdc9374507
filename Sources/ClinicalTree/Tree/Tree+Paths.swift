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

/// Writes the places of many nodes of one tree; what two places share is made once.
package struct PathWriter {
  private let tree: Tree
  private let parents: [Int32]
  private let arena = Arena()
  /// The paths of nodes with children, as far as they are known; a start of `nil` where not.
  private var known: [(start: UnsafePointer<UInt8>?, count: Int32)]
  /// The number of a node among its like siblings, from 1; negative when there is no other; 0 unknown.
  private var ordinals: [Int32]
  /// The names that have been met among the children of one node.
  private var met: [(name: Name, index: Int, number: Int32)] = []

  /// Whether a property that begins with an underscore is named with it.
  private let marksShadows: Bool

  /// Paths begin at the root of the tree, or at the nearest of the `roots` that were given.
  package init(_ tree: Tree, marksShadows: Bool = true, roots: [Int] = []) {
    self.tree = tree
    self.marksShadows = marksShadows
    var parents = tree.parents()
    for root in roots { parents[root] = -1 }
    self.parents = parents
    known = Array(repeating: (nil, 0), count: tree.nodes.count)
    ordinals = Array(repeating: 0, count: tree.nodes.count)
  }

  /// The place of a node.
  ///
  /// In XML the path is by local names, each with its number among siblings of that name where there
  /// are several: `/ClinicalDocument/component[2]/@typeCode`, `…/title/text()`. In JSON it is the
  /// property names with the index of an array's item, and the type of the resource at the root.
  package mutating func path(of index: Int) -> String {
    var buffer = ByteBuffer(capacity: 256)
    append(index, to: &buffer)
    return buffer.text.string
  }

  /// Appends the place of a node to a buffer.
  package mutating func append(_ index: Int, to out: inout ByteBuffer) {
    if let start = known[index].start {
      return out.append(Text(start, Int(known[index].count)))
    }
    let node = tree.nodes[index]
    let begin = out.count
    let parent = Int(parents[index])
    switch node.kind {
    case .element, .attribute, .text, .instruction, .namespace:
      if parent >= 0 { append(parent, to: &out) }
      appendXMLStep(node, index, parent, to: &out)
    default:
      if parent >= 0 { append(parent, to: &out) }
      appendJSONStep(node, index, parent, isFirst: out.count == begin, to: &out)
    }
    // Leaves are asked for once each; what has children is a part of their paths.
    if Int(node.end) > index + 1 {
      let text = arena.copy(out.text.slice(begin..<out.count))
      known[index] = (text.start, Int32(text.count))
    }
  }

  private mutating func appendXMLStep(
    _ node: Node, _ index: Int, _ parent: Int, to out: inout ByteBuffer
  ) {
    switch node.kind {
    case .attribute, .namespace:
      out.append("/@")
      appendName(node.name, to: &out)
      return
    case .instruction: return out.append("/processing-instruction()")
    case .text: out.append("/text()")
    default:
      out.append(UInt8(ascii: "/"))
      appendName(node.name, to: &out)
    }
    let number = parent < 0 ? -1 : ordinal(of: index, below: parent)
    guard number > 0 else { return }
    out.append(UInt8(ascii: "["))
    out.append(decimal: Int(number))
    out.append(UInt8(ascii: "]"))
  }

  private mutating func appendJSONStep(
    _ node: Node, _ index: Int, _ parent: Int, isFirst: Bool, to out: inout ByteBuffer
  ) {
    if parent < 0 {
      let type = Element(tree: tree, index: index)["resourceType"].first?.value ?? ""
      return out.append(type)
    }
    if tree.nodes[parent].kind == .array {
      out.append(UInt8(ascii: "["))
      out.append(decimal: Int(abs(ordinal(of: index, below: parent))) - 1)
      return out.append(UInt8(ascii: "]"))
    }
    if !isFirst { out.append(UInt8(ascii: ".")) }
    if marksShadows && node.flags.contains(.shadow) { out.append(UInt8(ascii: "_")) }
    appendName(node.name, to: &out)
  }

  private func appendName(_ name: Name, to out: inout ByteBuffer) {
    let table = tree.storage.names.table
    if Int(name.rawValue) < table.count {
      out.append(table.text(of: name))
    } else {
      out.append(tree.string(name))
    }
  }

  private mutating func ordinal(of index: Int, below parent: Int) -> Int32 {
    if ordinals[index] == 0 { numberChildren(of: parent) }
    return ordinals[index]
  }

  /// Numbers all children of a node, so that each costs the same however many there are.
  private mutating func numberChildren(of parent: Int) {
    met.removeAll(keepingCapacity: true)
    var child = parent + 1
    while child < Int(tree.nodes[parent].end) {
      let node = tree.nodes[child]
      defer { child = Int(node.end) }
      // All texts are alike, and have no name; what is no element, text or JSON value has no number.
      if node.kind == .text && node.isBlank(in: tree) { continue }
      if node.kind == .attribute || node.kind == .namespace || node.kind == .instruction {
        continue
      }
      guard let place = met.firstIndex(where: { $0.name == node.name }) else {
        ordinals[child] = -1
        met.append((node.name, child, 1))
        continue
      }
      let before = met[place]
      if before.number == 1 { ordinals[before.index] = 1 }
      ordinals[child] = before.number + 1
      met[place] = (node.name, child, before.number + 1)
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
