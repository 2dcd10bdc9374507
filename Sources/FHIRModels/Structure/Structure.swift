extension R4 {
  /// A type with named members: a data type, a part of a resource, or a resource.
  public protocol Structure: Codable, Sendable, Hashable {
    /// A value without any member, for reading.
    init(empty: Empty)
    /// Hands every member to a visitor, in the order of the standard.
    mutating func visit(_ visitor: any Visitor) throws
  }

  /// A resource.
  public protocol ResourceType: Structure {
    /// The name of the type, such as `Patient`.
    static var resourceType: Swift.String { get }
    /// The logical id.
    var id: Primitive<Swift.String>? { get set }
    /// Metadata.
    var meta: Meta? { get set }
  }

  /// A choice element: one value of several types.
  public protocol Choice: Sendable, Hashable {
    /// Reads the form whose type the end of the member's name tells, `nil` for an unknown type.
    init?(form: Swift.String, from reader: any FormReader) throws
    /// Hands the value to a writer, with the end of the member's name.
    func write(to writer: any FormWriter) throws
  }

  /// Gets the members of a structure by name; may read and write them.
  public protocol Visitor: AnyObject {
    /// A string that is no element of its own: `id` of elements and `url` of extensions.
    func text(_ name: StaticString, _ member: inout Swift.String?) throws
    /// A primitive.
    func primitive<Value>(_ name: StaticString, _ member: inout Primitive<Value>?) throws
    /// A list of primitives.
    func primitives<Value>(_ name: StaticString, _ member: inout [Primitive<Value>]) throws
    /// A structure.
    func structure<Value: Structure>(_ name: StaticString, _ member: inout Value?) throws
    /// A structure behind a reference, where a type holds itself.
    func boxed<Value: Structure>(_ name: StaticString, _ member: inout Box<Value>?) throws
    /// A list of structures.
    func structures<Value: Structure>(_ name: StaticString, _ member: inout [Value]) throws
    /// A choice element, by the name without `[x]`.
    func choice<Value: Choice>(_ stem: StaticString, _ member: inout Value?) throws
    /// A resource inside of another one.
    func resource(_ name: StaticString, _ member: inout Resource?) throws
    /// Resources inside of another one.
    func resources(_ name: StaticString, _ member: inout [Resource]) throws
  }

  /// Reads the value of a choice element.
  public protocol FormReader: AnyObject {
    /// The value as a primitive.
    func primitive<Value>() throws -> Primitive<Value>
    /// The value as a structure.
    func structure<Value: Structure>() throws -> Value
  }

  /// Takes the value of a choice element.
  public protocol FormWriter: AnyObject {
    /// A primitive, with the end of the member's name.
    func primitive<Value>(_ form: StaticString, _ value: Primitive<Value>) throws
    /// A structure, with the end of the member's name.
    func structure<Value: Structure>(_ form: StaticString, _ value: Value) throws
  }

  /// A value behind a reference; changing it makes a new one.
  public struct Box<Value: Structure>: Sendable, Hashable {
    private final class Storage: Sendable {
      let value: Value
      init(_ value: Value) { self.value = value }
    }

    private let storage: Storage

    /// Puts a value into a box.
    public init(_ value: Value) { storage = Storage(value) }

    /// The value.
    public var value: Value { storage.value }

    /// Whether the values are equal.
    public static func == (a: Box, b: Box) -> Bool {
      a.storage === b.storage || a.value == b.value
    }

    /// Hashes the value.
    public func hash(into hasher: inout Hasher) { hasher.combine(value) }
  }
}
