/// A place in a tree, for code that must be fast: two words, copied freely, never retained.
///
/// A cursor is valid inside the closure of ``Tree/withCursor(_:)`` that gave it out, and so are the
/// texts that it returns.
@usableFromInline
package struct Cursor {
  /// Where the arrays of a tree stand in memory.
  @usableFromInline
  package struct Buffers {
    @usableFromInline let nodes: UnsafePointer<Node>
    @usableFromInline let count: Int
    @usableFromInline let source: UnsafePointer<UInt8>
    @usableFromInline let decoded: UnsafePointer<UInt8>
    @usableFromInline let table: NameTable
    @usableFromInline let localNames: UnsafePointer<UInt8>
    @usableFromInline let localOffsets: UnsafePointer<UInt32>

    @usableFromInline
    init(
      nodes: UnsafePointer<Node>, count: Int, source: UnsafePointer<UInt8>,
      decoded: UnsafePointer<UInt8>, table: NameTable, localNames: UnsafePointer<UInt8>,
      localOffsets: UnsafePointer<UInt32>
    ) {
      self.nodes = nodes
      self.count = count
      self.source = source
      self.decoded = decoded
      self.table = table
      self.localNames = localNames
      self.localOffsets = localOffsets
    }
  }

  @usableFromInline let buffers: UnsafePointer<Buffers>
  @usableFromInline package let index: Int

  @inlinable
  init(_ buffers: UnsafePointer<Buffers>, _ index: Int) {
    self.buffers = buffers
    self.index = index
  }

  @inlinable
  package var node: Node {
    // Every index comes from a tree, whose nodes only name indices below its count.
    @inline(__always) get { buffers.pointee.nodes[index] }
  }

  /// The cursor at another node of the same tree.
  @inlinable
  package func at(_ index: Int) -> Cursor {
    assert(index >= 0 && index < buffers.pointee.count)
    return Cursor(buffers, index)
  }

  /// Whether another cursor stands in the same tree.
  package func isSameTree(as other: Cursor) -> Bool { buffers == other.buffers }

  /// How many nodes the whole tree has.
  @inlinable
  package var treeCount: Int { buffers.pointee.count }

  @inlinable package var kind: Node.Kind { node.kind }
  @inlinable package var name: Name { node.name }
  /// The index of the first node that is not below this one.
  @inlinable package var end: Int { Int(node.end) }

  /// The spelling of the name.
  package var nameText: Text {
    let number = Int(name.rawValue)
    let tree = buffers.pointee
    if number < tree.table.count { return tree.table.text(of: name) }
    let offsets = tree.localOffsets + (number - tree.table.count)
    return Text(tree.localNames + Int(offsets[0]), Int(offsets[1] - offsets[0]))
  }

  /// The value of a primitive, an attribute or a text, decoded.
  @inlinable
  package var text: Text {
    let node = node
    let buffer = node.flags.contains(.decoded) ? buffers.pointee.decoded : buffers.pointee.source
    return Text(buffer + Int(node.offset), Int(node.length))
  }

  /// The nodes right below this one: attributes before elements and texts, array items in order.
  @inlinable
  package var children: Children { Children(buffers, index + 1, end) }

  @usableFromInline
  package struct Children: Sequence, IteratorProtocol {
    @usableFromInline let buffers: UnsafePointer<Buffers>
    @usableFromInline var position: Int
    @usableFromInline let end: Int

    @inlinable
    init(_ buffers: UnsafePointer<Buffers>, _ next: Int, _ end: Int) {
      self.buffers = buffers
      self.position = next
      self.end = end
    }

    @inlinable
    package mutating func next() -> Cursor? {
      guard position < end else { return nil }
      defer { position = Int(buffers.pointee.nodes[position].end) }
      return Cursor(buffers, position)
    }
  }
}

// MARK: - XML

extension Cursor {
  /// The first child element with this local name, in whatever namespace.
  @inlinable
  package func first(_ name: Name) -> Cursor? {
    var child = index + 1
    let end = end
    let nodes = buffers.pointee.nodes
    while child < end {
      if nodes[child].name == name, nodes[child].kind == .element {
        return Cursor(buffers, child)
      }
      child = Int(nodes[child].end)
    }
    return nil
  }

  /// The attribute with this local name.
  @inlinable
  package func attribute(_ name: Name) -> Cursor? {
    var child = index + 1
    let end = end
    let nodes = buffers.pointee.nodes
    while child < end, nodes[child].kind == .attribute || nodes[child].kind == .namespace {
      if nodes[child].name == name, nodes[child].kind == .attribute {
        return Cursor(buffers, child)
      }
      child += 1
    }
    return nil
  }

  /// The child elements with this local name.
  @inlinable
  package func all(_ name: Name) -> Named { Named(children, name) }

  @usableFromInline
  package struct Named: Sequence, IteratorProtocol {
    @usableFromInline var children: Children
    @usableFromInline let name: Name

    @inlinable
    init(_ children: Children, _ name: Name) {
      self.children = children
      self.name = name
    }

    @inlinable
    package mutating func next() -> Cursor? {
      while let child = children.next() {
        if child.name == name, child.kind == .element { return child }
      }
      return nil
    }
  }
}

// MARK: - JSON

extension Cursor {
  /// The values of a property of an object: one, the items of an array, or none.
  ///
  /// A property that begins with an underscore is told apart by `shadow`.
  @inlinable
  package func property(_ name: Name, shadow: Bool = false) -> Cursor? {
    for child in children
    where child.name == name && child.node.flags.contains(.shadow) == shadow {
      return child
    }
    return nil
  }

  /// The values of a property, an array taken apart.
  @inlinable
  package func values(_ name: Name) -> Children {
    guard let found = property(name) else { return Children(buffers, 0, 0) }
    return found.items
  }

  /// The items of an array, or the value itself.
  @inlinable
  package var items: Children {
    kind == .array ? children : Children(buffers, index, end)
  }
}
