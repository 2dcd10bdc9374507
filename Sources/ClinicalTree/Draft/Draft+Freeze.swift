/// What a standard says about the members of its types, as far as building a tree needs it.
package protocol ShapeSource {
  /// The number of a type; 0 stands for none that is known.
  func type(named name: Name) -> Int
  /// A member of a type: its place in the order, whether it is a list, the type of its values.
  func member(_ name: Name, of type: Int) -> (order: Int, isList: Bool, type: Int)?
}

extension Draft {
  /// The finished tree, and for each slot the node that it became (-1 for what was taken away).
  ///
  /// Members that the standard does not know come last, in the order in which they were added. Objects
  /// that came out empty are left out: FHIR has none.
  package func freeze(with shapes: some ShapeSource) -> (tree: Tree, nodes: [Int32]) {
    var freezer = Freezer(draft: self)
    _ = freezer.object(0, type: 0, name: .none, flags: [], shapes)
    if freezer.nodes.isEmpty { freezer.appendEmptyRoot() }
    let tree = Tree(
      nodes: freezer.nodes, source: [], decoded: freezer.bytes, names: LocalNames(table: names))
    return (tree, freezer.places)
  }
}

private struct Freezer {
  let draft: Draft
  var nodes: [Node] = []
  var bytes: [UInt8] = []
  var places: [Int32]
  /// Members that are being sorted, one stretch for each open object.
  var members: [(order: Int32, entry: Int32, isList: Bool, type: Int32)] = []

  init(draft: Draft) {
    self.draft = draft
    places = [Int32](repeating: -1, count: draft.entries.count)
    nodes.reserveCapacity(draft.entries.count * 5 / 4)
    bytes.reserveCapacity(draft.entries.count * 16)
  }

  private func open(
    _ kind: Node.Kind, _ name: Name, _ flags: Node.Flags, _ text: Text? = nil
  ) -> Node {
    Node(
      kind, name: name, offset: UInt32(truncatingIfNeeded: bytes.count),
      length: UInt32(truncatingIfNeeded: text?.count ?? 0), place: 0, flags: flags.union(.decoded))
  }

  mutating func appendEmptyRoot() {
    nodes.append(open(.object, .none, []))
    nodes[0].end = 1
  }

  /// Lays down an object; the result is whether it has anything in it.
  mutating func object(
    _ index: Int, type: Int, name: Name, flags: Node.Flags, _ shapes: some ShapeSource
  ) -> Bool {
    let own = nodes.count
    places[index] = Int32(own)
    nodes.append(open(.object, name, flags))
    let type = resourceType(of: index, shapes) ?? type
    let start = members.count
    collect(index, type, from: start, shapes)
    let end = members.count
    var position = start
    while position < end {
      // Members of one name stand together now.
      var last = position + 1
      let name = draft.entries[Int(members[position].entry)].name
      while last < end, draft.entries[Int(members[last].entry)].name == name { last += 1 }
      property(name, position..<last, of: own, shapes)
      position = last
    }
    members.removeLast(members.count - start)
    if nodes.count == own + 1 {
      nodes.removeLast()
      places[index] = -1
      return false
    }
    nodes[own].end = UInt32(nodes.count)
    return true
  }

  private func resourceType(of index: Int, _ shapes: some ShapeSource) -> Int? {
    let first = draft.entries[index].first
    guard first >= 0, draft.entries[Int(first)].name == draft.resourceTypeName else { return nil }
    let text = draft.entries[Int(first)].text
    return draft.names.lookUp(text.start, text.count).map(shapes.type(named:))
  }

  private mutating func collect(
    _ index: Int, _ type: Int, from start: Int, _ shapes: some ShapeSource
  ) {
    var child = draft.entries[index].first
    while child >= 0 {
      let name = draft.entries[Int(child)].name
      let known = name == draft.resourceTypeName ? (-1, false, 0) : shapes.member(name, of: type)
      let member = known ?? (order: Int(Int32.max), isList: false, type: 0)
      members.append((Int32(member.0), child, member.1, Int32(member.2)))
      // Insertion from behind: almost everything is added in order already.
      var position = members.count - 1
      while position > start, isBefore(position, position - 1) {
        members.swapAt(position, position - 1)
        position -= 1
      }
      child = draft.entries[Int(child)].next
    }
  }

  private func isBefore(_ a: Int, _ b: Int) -> Bool {
    if members[a].order != members[b].order { return members[a].order < members[b].order }
    // Choice elements share their order, and unknown ones their place: keep equal names together.
    let left = draft.entries[Int(members[a].entry)].name.rawValue
    return left < draft.entries[Int(members[b].entry)].name.rawValue
  }

  private mutating func property(
    _ name: Name, _ range: Range<Int>, of object: Int, _ shapes: some ShapeSource
  ) {
    let isList =
      members[range.lowerBound].isList
      || range.count > 1 && range.count(where: { !isEmpty(Int(members[$0].entry)) }) > 1
    var hasShadow = false
    var hasValue = false
    for position in range {
      let entry = draft.entries[Int(members[position].entry)]
      if entry.kind == .object {
        hasValue = true
      } else {
        hasShadow = hasShadow || entry.first >= 0
        hasValue = hasValue || entry.kind != .null
      }
    }
    if hasValue {
      let list = nodes.count
      if isList { nodes.append(open(.array, name, [])) }
      for position in range { value(members[position], name, shapes) }
      closeList(list, isList)
    }
    if hasShadow {
      nodes[object].flags.insert(.hasShadows)
      let list = nodes.count
      if isList { nodes.append(open(.array, name, .shadow)) }
      for position in range {
        let entry = Int(members[position].entry)
        if draft.entries[entry].first >= 0 {
          let node = places[entry]
          let type = Int(members[position].type)
          if !self.object(entry, type: type, name: name, flags: .shadow, shapes), isList {
            leaf(.null, Text("null"), name, .shadow)
          }
          if node >= 0 { places[entry] = node }
        } else {
          leaf(.null, Text("null"), name, .shadow)
        }
      }
      closeList(list, isList)
    }
  }

  /// Whether nothing of an entry gets into the tree.
  private func isEmpty(_ index: Int) -> Bool {
    guard draft.entries[index].kind == .object else { return false }
    var child = draft.entries[index].first
    while child >= 0 {
      if !isEmpty(Int(child)) { return false }
      child = draft.entries[Int(child)].next
    }
    return true
  }

  private mutating func closeList(_ list: Int, _ isList: Bool) {
    guard isList else { return }
    if nodes.count == list + 1 { nodes.removeLast() } else { nodes[list].end = UInt32(nodes.count) }
  }

  private mutating func value(
    _ member: (order: Int32, entry: Int32, isList: Bool, type: Int32), _ name: Name,
    _ shapes: some ShapeSource
  ) {
    let index = Int(member.entry)
    let entry = draft.entries[index]
    if entry.kind == .object {
      _ = object(index, type: Int(member.type), name: name, flags: [], shapes)
    } else {
      places[index] = Int32(nodes.count)
      leaf(entry.kind, entry.kind == .null ? Text("null") : entry.text, name, [])
    }
  }

  private mutating func leaf(_ kind: Node.Kind, _ text: Text, _ name: Name, _ flags: Node.Flags) {
    var node = open(kind, name, flags, text)
    node.end = UInt32(nodes.count + 1)
    nodes.append(node)
    bytes.append(contentsOf: text.bytes)
  }
}
