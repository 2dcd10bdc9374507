public import ClinicalTree

extension R4.Resource {
  /// A resource of a type that has no model here; it travels as it was read.
  public struct Other: Sendable, Hashable {
    /// The resource.
    public let tree: Tree

    /// Wraps the tree of a resource.
    public init(_ tree: Tree) { self.tree = tree }

    /// The type of the resource.
    public var resourceType: String { tree.root["resourceType"].first?.value ?? "" }

    /// Whether the JSON is the same.
    public static func == (a: Other, b: Other) -> Bool { a.tree.json() == b.tree.json() }

    /// Hashes the JSON.
    public func hash(into hasher: inout Hasher) { hasher.combine(tree.json()) }
  }

  init(_ tree: Tree, _ object: Cursor, _ findings: ReadingFindings) {
    let type = tree.name("resourceType").flatMap { object.property($0) }?.text.string ?? ""
    let read = ResourceReader(tree, object, findings)
    self = R4.Resource(type: type, from: read) ?? .other(Other(tree.subtree(at: object.index)))
  }

  /// Reads a resource of any type; what does not fit is reported beside it.
  public static func reading(_ tree: Tree) -> (value: R4.Resource, issues: [Issue]) {
    let findings = ReadingFindings()
    let value = tree.withCursor { R4.Resource(tree, $0, findings) }
    return (value, findings.issues(in: tree))
  }

  /// Reads a resource of any type from JSON; what does not fit is reported beside it.
  ///
  /// - Throws: `JSON.ParsingError` when the text is not JSON.
  public static func reading(
    json bytes: [UInt8]
  ) throws(JSON.ParsingError) -> (value: R4.Resource, issues: [Issue]) {
    let (tree, issues) = try Tree.json(bytes, names: .empty)
    let (value, more) = reading(tree)
    return (value, issues + more)
  }

  /// The resource as JSON.
  public func json() -> [UInt8] {
    let writer = JSONTextWriter()
    writer.resource(self)
    return writer.bytes
  }
}

/// Reads one of the typed resources.
struct ResourceReader {
  private let tree: Tree
  private let object: Cursor
  private let findings: ReadingFindings

  init(_ tree: Tree, _ object: Cursor, _ findings: ReadingFindings) {
    self.tree = tree
    self.object = object
    self.findings = findings
  }

  func read<Value: R4.Structure>() -> Value {
    var value = Value(empty: R4.Empty())
    TreeReader(tree, object, findings).read(&value)
    return value
  }
}
