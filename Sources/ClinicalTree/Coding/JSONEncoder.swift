extension JSON {
  /// Encodes values as JSON, members in the order in which they are encoded.
  public struct Encoder: Sendable {
    private let layout: Layout

    /// Makes an encoder.
    public init(layout: Layout = .compact) { self.layout = layout }

    /// The value as JSON, ended by a line feed.
    ///
    /// - Throws: What the value throws, and `EncodingError` for a number that JSON does not have.
    public func encode(_ value: some Encodable) throws -> [UInt8] {
      let node = EncodedNode()
      try node.encode(value, [])
      var buffer = ByteBuffer()
      node.write(layout, 0, to: &buffer)
      buffer.append(0x0A)
      return buffer.bytes
    }
  }
}

/// A value that is being encoded; a class because containers are filled after they were handed out.
private final class EncodedNode {
  enum Content {
    case scalar(String)
    case object([(key: String, node: EncodedNode)])
    case array([EncodedNode])
  }

  var content = Content.scalar("null")

  func encode(_ value: some Encodable, _ path: [any CodingKey]) throws {
    if let number = value as? any JSON.NumberText {
      content = .scalar(number.jsonNumber)
    } else {
      try value.encode(to: NodeEncoder(node: self, codingPath: path))
    }
  }

  func string(_ text: String) {
    var buffer = ByteBuffer(capacity: text.utf8.count + 8)
    EncodedNode.quote(text, to: &buffer)
    content = .scalar(buffer.text.string)
  }

  private static func quote(_ text: String, to out: inout ByteBuffer) {
    var text = text
    out.append(UInt8(ascii: "\""))
    text.withUTF8 { bytes in
      if let start = bytes.baseAddress { JSONWriter.escape(Text(start, bytes.count), to: &out) }
    }
    out.append(UInt8(ascii: "\""))
  }

  func write(_ layout: JSON.Layout, _ depth: Int, to out: inout ByteBuffer) {
    func newLine(_ depth: Int) {
      guard layout == .indented else { return }
      out.append(0x0A)
      for _ in 0..<depth { out.append("  ") }
    }
    switch content {
    case .scalar(let text): out.append(text)
    case .object(let members):
      out.append(UInt8(ascii: "{"))
      for (place, member) in members.enumerated() {
        if place > 0 { out.append(UInt8(ascii: ",")) }
        newLine(depth + 1)
        EncodedNode.quote(member.key, to: &out)
        out.append(layout == .indented ? ": " : ":")
        member.node.write(layout, depth + 1, to: &out)
      }
      if !members.isEmpty { newLine(depth) }
      out.append(UInt8(ascii: "}"))
    case .array(let items):
      out.append(UInt8(ascii: "["))
      for (place, item) in items.enumerated() {
        if place > 0 { out.append(UInt8(ascii: ",")) }
        newLine(depth + 1)
        item.write(layout, depth + 1, to: &out)
      }
      if !items.isEmpty { newLine(depth) }
      out.append(UInt8(ascii: "]"))
    }
  }

  func member(_ key: String) -> EncodedNode {
    var members: [(key: String, node: EncodedNode)] = []
    if case .object(let known) = content { members = known }
    if let known = members.first(where: { $0.key == key }) { return known.node }
    let node = EncodedNode()
    content = .object(members + [(key, node)])
    return node
  }

  func item() -> EncodedNode {
    let node = EncodedNode()
    var items: [EncodedNode] = []
    if case .array(let known) = content { items = known }
    // Let go of first, so that adding does not copy.
    content = .array([])
    items.append(node)
    content = .array(items)
    return node
  }
}

private struct NodeEncoder: Swift.Encoder {
  let node: EncodedNode
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    if case .object = node.content {} else { node.content = .object([]) }
    return KeyedEncodingContainer(KeyedNode<Key>(node: node, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    if case .array = node.content {} else { node.content = .array([]) }
    return UnkeyedNode(node: node, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    SingleNode(node: node, codingPath: codingPath)
  }
}

private struct KeyedNode<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let node: EncodedNode
  let codingPath: [any CodingKey]

  func encodeNil(forKey key: Key) { _ = node.member(key.stringValue) }

  func encode(_ value: some Encodable, forKey key: Key) throws {
    try node.member(key.stringValue).encode(value, codingPath + [key])
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy keyType: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> {
    encoder(key).container(keyedBy: keyType)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    encoder(key).unkeyedContainer()
  }

  func superEncoder() -> any Swift.Encoder {
    NodeEncoder(node: node.member("super"), codingPath: codingPath)
  }

  func superEncoder(forKey key: Key) -> any Swift.Encoder { encoder(key) }

  private func encoder(_ key: Key) -> NodeEncoder {
    NodeEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key])
  }
}

private struct UnkeyedNode: UnkeyedEncodingContainer {
  let node: EncodedNode
  let codingPath: [any CodingKey]
  var count: Int {
    if case .array(let items) = node.content { items.count } else { 0 }
  }

  func encodeNil() { _ = node.item() }
  func encode(_ value: some Encodable) throws { try node.item().encode(value, codingPath) }

  func nestedContainer<Nested: CodingKey>(keyedBy keyType: Nested.Type) -> KeyedEncodingContainer<
    Nested
  > {
    superEncoder().container(keyedBy: keyType)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    superEncoder().unkeyedContainer()
  }

  func superEncoder() -> any Swift.Encoder {
    NodeEncoder(node: node.item(), codingPath: codingPath)
  }
}

private struct SingleNode: SingleValueEncodingContainer {
  let node: EncodedNode
  let codingPath: [any CodingKey]

  func encodeNil() { node.content = .scalar("null") }
  func encode(_ value: Bool) { node.content = .scalar(value ? "true" : "false") }
  func encode(_ value: String) { node.string(value) }
  func encode(_ value: Double) throws { try number(value) }
  func encode(_ value: Float) throws { try number(Double(value)) }
  func encode(_ value: Int) { node.content = .scalar(String(value)) }
  func encode(_ value: Int8) { node.content = .scalar(String(value)) }
  func encode(_ value: Int16) { node.content = .scalar(String(value)) }
  func encode(_ value: Int32) { node.content = .scalar(String(value)) }
  func encode(_ value: Int64) { node.content = .scalar(String(value)) }
  func encode(_ value: UInt) { node.content = .scalar(String(value)) }
  func encode(_ value: UInt8) { node.content = .scalar(String(value)) }
  func encode(_ value: UInt16) { node.content = .scalar(String(value)) }
  func encode(_ value: UInt32) { node.content = .scalar(String(value)) }
  func encode(_ value: UInt64) { node.content = .scalar(String(value)) }
  func encode(_ value: some Encodable) throws { try node.encode(value, codingPath) }

  private func number(_ value: Double) throws {
    guard value.isFinite else {
      throw EncodingError.invalidValue(
        value, .init(codingPath: codingPath, debugDescription: "JSON has no such number"))
    }
    node.content = .scalar("\(value)")
  }
}
