import ClinicalTree

extension R4.Structure {
  /// Reads any keyed container.
  ///
  /// - Throws: `DecodingError` for a value that does not fit, and for a key that is no member: a value
  ///   that nobody reads would be lost.
  public init(from decoder: any Decoder) throws {
    self.init(empty: R4.Empty())
    let reader = CodableReader(try decoder.container(keyedBy: MemberKey.self), decoder.codingPath)
    if Self.self is any R4.ResourceType.Type { reader.take("resourceType") }
    try visit(reader)
    try reader.finish()
  }

  /// Writes a keyed container, members in the order of the standard.
  public func encode(to encoder: any Encoder) throws {
    let writer = CodableWriter(encoder.container(keyedBy: MemberKey.self))
    if let type = Self.self as? any R4.ResourceType.Type {
      try writer.encode(type.resourceType, "resourceType")
    }
    var copy = self
    try copy.visit(writer)
  }
}

/// The name of a member as a coding key.
struct MemberKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(_ name: String) { stringValue = name }
  init?(stringValue: String) { self.init(stringValue) }
  init?(intValue: Int) { nil }
}

private final class CodableReader: R4.Visitor {
  private let container: KeyedDecodingContainer<MemberKey>
  private let path: [any CodingKey]
  private var left: Set<String>

  init(_ container: KeyedDecodingContainer<MemberKey>, _ path: [any CodingKey]) {
    self.container = container
    self.path = path
    left = Set(container.allKeys.map(\.stringValue))
  }

  func take(_ name: String) { left.remove(name) }

  func finish() throws {
    guard let unknown = left.min() else { return }
    throw DecodingError.dataCorrupted(
      .init(codingPath: path + [MemberKey(unknown)], debugDescription: "no member of this type"))
  }

  private func decode<Value: Decodable>(_ name: String) throws -> Value? {
    guard left.remove(name) != nil else { return nil }
    return try container.decodeIfPresent(Value.self, forKey: MemberKey(name))
  }

  func text(_ name: StaticString, _ member: inout String?) throws { member = try decode("\(name)") }

  func primitive<Value>(_ name: StaticString, _ member: inout R4.Primitive<Value>?) throws {
    member = try primitive("\(name)")
  }

  fileprivate func primitive<Value>(_ name: String) throws -> R4.Primitive<Value>? {
    let value: Value? = try decode(name)
    let extras: PrimitiveExtras? = try decode("_" + name)
    if value == nil, extras == nil { return nil }
    return R4.Primitive(value, id: extras?.id, extension: extras?.`extension` ?? [])
  }

  func primitives<Value>(_ name: StaticString, _ member: inout [R4.Primitive<Value>]) throws {
    let values: [Value?] = try decode("\(name)") ?? []
    let extras: [PrimitiveExtras?] = try decode("_\(name)") ?? []
    for place in 0..<max(values.count, extras.count) {
      let value = place < values.count ? values[place] : nil
      let extra = place < extras.count ? extras[place] : nil
      member.append(R4.Primitive(value, id: extra?.id, extension: extra?.`extension` ?? []))
    }
  }

  func structure<Value: R4.Structure>(_ name: StaticString, _ member: inout Value?) throws {
    member = try decode("\(name)")
  }

  func boxed<Value: R4.Structure>(_ name: StaticString, _ member: inout R4.Box<Value>?) throws {
    let value: Value? = try decode("\(name)")
    member = value.map { R4.Box($0) }
  }

  func structures<Value: R4.Structure>(_ name: StaticString, _ member: inout [Value]) throws {
    member = try decode("\(name)") ?? []
  }

  func choice<Value: R4.Choice>(_ stem: StaticString, _ member: inout Value?) throws {
    let stem = "\(stem)"
    for name in left.sorted() {
      let plain = name.hasPrefix("_") ? String(name.dropFirst()) : name
      guard plain.hasPrefix(stem), plain.count > stem.count, left.contains(name) else { continue }
      let reader = CodableFormReader(self, plain)
      if let value = try Value(form: String(plain.dropFirst(stem.count)), from: reader) {
        member = value
      }
    }
  }

  fileprivate func required<Value: R4.Structure>(_ name: String) throws -> Value {
    guard let value: Value = try decode(name) else {
      throw DecodingError.keyNotFound(
        MemberKey(name), .init(codingPath: path, debugDescription: "no value for \(name)"))
    }
    return value
  }

  func resource(_ name: StaticString, _ member: inout R4.Resource?) throws {
    member = try decode("\(name)")
  }

  func resources(_ name: StaticString, _ member: inout [R4.Resource]) throws {
    member = try decode("\(name)") ?? []
  }
}

private final class CodableFormReader: R4.FormReader {
  private let reader: CodableReader
  private let name: String

  init(_ reader: CodableReader, _ name: String) {
    self.reader = reader
    self.name = name
  }

  func primitive<Value>() throws -> R4.Primitive<Value> {
    try reader.primitive(name) ?? R4.Primitive(nil)
  }

  func structure<Value: R4.Structure>() throws -> Value { try reader.required(name) }
}

private final class CodableWriter: R4.Visitor, R4.FormWriter {
  private var container: KeyedEncodingContainer<MemberKey>
  private var stem = ""

  init(_ container: KeyedEncodingContainer<MemberKey>) { self.container = container }

  func encode(_ value: some Encodable, _ name: String) throws {
    try container.encode(value, forKey: MemberKey(name))
  }

  func text(_ name: StaticString, _ member: inout String?) throws {
    if let member { try encode(member, "\(name)") }
  }

  func primitive<Value>(_ name: StaticString, _ member: inout R4.Primitive<Value>?) throws {
    if let member { try primitive("\(name)", member) }
  }

  private func primitive<Value>(_ name: String, _ primitive: R4.Primitive<Value>) throws {
    if let value = primitive.value { try encode(value, name) }
    if primitive.hasExtras {
      try encode(PrimitiveExtras(id: primitive.id, extension: primitive.`extension`), "_" + name)
    }
  }

  func primitives<Value>(_ name: StaticString, _ member: inout [R4.Primitive<Value>]) throws {
    if member.contains(where: { $0.value != nil }) { try encode(member.map(\.value), "\(name)") }
    if member.contains(where: \.hasExtras) {
      let extras = member.map { item in
        item.hasExtras ? PrimitiveExtras(id: item.id, extension: item.`extension`) : nil
      }
      try encode(extras, "_\(name)")
    }
  }

  func structure<Value: R4.Structure>(_ name: StaticString, _ member: inout Value?) throws {
    if let member { try encode(member, "\(name)") }
  }

  func boxed<Value: R4.Structure>(_ name: StaticString, _ member: inout R4.Box<Value>?) throws {
    if let member { try encode(member.value, "\(name)") }
  }

  func structures<Value: R4.Structure>(_ name: StaticString, _ member: inout [Value]) throws {
    if !member.isEmpty { try encode(member, "\(name)") }
  }

  func choice<Value: R4.Choice>(_ stem: StaticString, _ member: inout Value?) throws {
    self.stem = "\(stem)"
    try member?.write(to: self)
  }

  func primitive<Value>(_ form: StaticString, _ value: R4.Primitive<Value>) throws {
    try primitive(stem + "\(form)", value)
  }

  func structure<Value: R4.Structure>(_ form: StaticString, _ value: Value) throws {
    try encode(value, stem + "\(form)")
  }

  func resource(_ name: StaticString, _ member: inout R4.Resource?) throws {
    if let member { try encode(member, "\(name)") }
  }

  func resources(_ name: StaticString, _ member: inout [R4.Resource]) throws {
    if !member.isEmpty { try encode(member, "\(name)") }
  }
}

// MARK: - Resources of any type

extension R4.Resource: Codable {
  /// Reads the resource that `resourceType` names; one of a type without a model is kept as it is.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: MemberKey.self)
    let type = try container.decode(String.self, forKey: MemberKey("resourceType"))
    if let typed = try R4.Resource(type: type, from: decoder) {
      self = typed
    } else if let key = CodingUserInfoKey.jsonElement,
      let element = decoder.userInfo[key] as? Element
    {
      self = .other(Other(element.tree.subtree(at: element.index)))
    } else {
      let value = try JSONValue(from: decoder)
      let (tree, _) = try Tree.json(Array(value.text.utf8), names: .empty)
      self = .other(Other(tree))
    }
  }

  /// Writes the resource.
  public func encode(to encoder: any Encoder) throws {
    if case .other(let other) = self {
      try JSONValue(other.tree.root).encode(to: encoder)
    } else {
      try typed?.encode(to: encoder)
    }
  }
}

/// Any JSON, for resources without a model that travel through another coder than ours.
private indirect enum JSONValue: Codable {
  case object([(String, JSONValue)])
  case array([JSONValue])
  case string(String)
  case number(R4.Decimal)
  case boolean(Bool)
  case null

  init(_ element: Element) {
    switch element.node.kind {
    case .object:
      self = .object(
        element.children.map {
          (($0.node.flags.contains(.shadow) ? "_" : "") + $0.name, JSONValue($0))
        })
    case .array: self = .array(element.children.map(JSONValue.init))
    case .number: self = R4.Decimal(fhir: element.value ?? "0").map(JSONValue.number) ?? .null
    case .true: self = .boolean(true)
    case .false: self = .boolean(false)
    case .null: self = .null
    default: self = .string(element.value ?? "")
    }
  }

  init(from decoder: any Decoder) throws {
    if let container = try? decoder.container(keyedBy: MemberKey.self) {
      self = .object(
        try container.allKeys.sorted { $0.stringValue < $1.stringValue }
          .map { ($0.stringValue, try container.decode(JSONValue.self, forKey: $0)) })
    } else if var container = try? decoder.unkeyedContainer() {
      var items: [JSONValue] = []
      while !container.isAtEnd { items.append(try container.decode(JSONValue.self)) }
      self = .array(items)
    } else {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        self = .null
      } else if let boolean = try? container.decode(Bool.self) {
        self = .boolean(boolean)
      } else if let number = try? container.decode(R4.Decimal.self) {
        self = .number(number)
      } else {
        self = .string(try container.decode(String.self))
      }
    }
  }

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .object(let members):
      var container = encoder.container(keyedBy: MemberKey.self)
      for (name, value) in members { try container.encode(value, forKey: MemberKey(name)) }
    case .array(let items):
      var container = encoder.unkeyedContainer()
      for item in items { try container.encode(item) }
    case .string(let text):
      var container = encoder.singleValueContainer()
      try container.encode(text)
    case .number(let number): try number.encode(to: encoder)
    case .boolean(let value):
      var container = encoder.singleValueContainer()
      try container.encode(value)
    case .null:
      var container = encoder.singleValueContainer()
      try container.encodeNil()
    }
  }

  /// The value as JSON text.
  var text: String {
    switch self {
    case .object(let members):
      "{" + members.map { JSONValue.quoted($0.0) + ":" + $0.1.text }.joined(separator: ",") + "}"
    case .array(let items): "[" + items.map(\.text).joined(separator: ",") + "]"
    case .string(let text): JSONValue.quoted(text)
    case .number(let number): number.fhir
    case .boolean(let value): value ? "true" : "false"
    case .null: "null"
    }
  }

  private static func quoted(_ text: String) -> String {
    var buffer = ByteBuffer(capacity: text.utf8.count + 16)
    var copy = text
    copy.withUTF8 { bytes in
      if let start = bytes.baseAddress { JSONWriter.escape(Text(start, bytes.count), to: &buffer) }
    }
    return "\"" + buffer.text.string + "\""
  }
}
