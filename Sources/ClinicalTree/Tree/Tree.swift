/// A document in memory: one flat array of small nodes over the bytes that were read.
///
/// Immutable, and shared when copied. FHIR JSON, FHIR XML and CDA XML are all trees; ``root`` gives a
/// convenient view, and code of this package that must be fast walks the nodes with a ``Cursor``.
public struct Tree: Sendable {
  @usableFromInline package let storage: Storage

  @usableFromInline
  package final class Storage: Sendable {
    package let nodes: [Node]
    package let source: [UInt8]
    package let decoded: [UInt8]
    package let names: LocalNames
    package let qualifiers: [Qualifier]

    package init(
      nodes: [Node], source: [UInt8], decoded: [UInt8], names: LocalNames, qualifiers: [Qualifier]
    ) {
      self.nodes = nodes
      self.source = source
      self.decoded = decoded
      self.names = names
      self.qualifiers = qualifiers
    }
  }

  /// Wraps the arrays that a reader has filled; the first node is the root.
  package init(
    nodes: [Node], source: [UInt8], decoded: [UInt8] = [], names: LocalNames,
    qualifiers: [Qualifier] = [Qualifier(prefix: "", uri: "")]
  ) {
    precondition(!nodes.isEmpty, "a tree has a root")
    storage = Storage(
      nodes: nodes, source: source, decoded: decoded, names: names, qualifiers: qualifiers)
  }

  /// The text that was read, as UTF-8; places of issues count its bytes.
  public var source: [UInt8] { storage.source }

  package var nodes: [Node] { storage.nodes }

  /// The root element, or the value of a JSON text.
  public var root: Element { Element(tree: self, index: 0) }

  /// The spelling of a name of this tree, without a prefix.
  public func string(_ name: Name) -> String { storage.names.string(name) }

  /// The number of a name in this tree, `nil` when it does not occur and no standard knows it.
  public func name(_ spelling: String) -> Name? { storage.names.find(spelling) }

  /// Gives the nodes to a body that must not let cursors or texts escape.
  @inlinable
  package func withCursor<Result, Failure: Error>(
    _ body: (Cursor) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // The arrays are held by `storage`, which this function keeps alive until the body has ended;
    // an array's buffer does not move while it is neither changed nor released.
    let pointers: Cursor.Buffers = buffers()
    defer { withExtendedLifetime(storage) {} }
    return try withUnsafePointer(to: pointers) { header throws(Failure) in
      try body(Cursor(header, 0))
    }
  }

  @usableFromInline
  package func buffers() -> Cursor.Buffers {
    func address<Value>(_ array: [Value]) -> UnsafePointer<Value> {
      array.withUnsafeBufferPointer {
        $0.baseAddress ?? UnsafePointer(bitPattern: 16).unsafelyUnwrapped
      }
    }
    return Cursor.Buffers(
      nodes: address(storage.nodes), count: storage.nodes.count, source: address(storage.source),
      decoded: address(storage.decoded), table: storage.names.table,
      localNames: address(storage.names.bytes), localOffsets: address(storage.names.offsets))
  }
}
