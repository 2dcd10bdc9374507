extension CodingUserInfoKey {
  /// The ``Element`` that a decoder of ``JSON/Decoder`` stands at, for values that keep it whole.
  package static let jsonElement = CodingUserInfoKey(rawValue: "crest.json.element")
}

extension JSON {
  /// Decodes values from JSON; numbers that keep their digits get them as they were written.
  public struct Decoder: Sendable {
    /// Makes a decoder.
    public init() {}

    /// Decodes a text.
    ///
    /// - Throws: ``ParsingError`` when the text is not JSON, `DecodingError` when a value does not fit.
    public func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
      let (tree, _) = try Tree.json(bytes, names: .empty)
      return try decode(type, from: tree)
    }

    /// Decodes the value at the root of a tree that was read from JSON.
    public func decode<Value: Decodable>(_ type: Value.Type, from tree: Tree) throws -> Value {
      try ElementDecoder(element: tree.root, codingPath: []).decode(type)
    }
  }
}

private struct ElementDecoder: Swift.Decoder {
  let element: Element
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] {
    CodingUserInfoKey.jsonElement.map { [$0: element] } ?? [:]
  }

  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    if let type = type as? any JSON.NumberText.Type, element.node.kind == .number,
      let text = element.value, let value = type.init(jsonNumber: text) as? Value
    {
      return value
    }
    return try Value(from: self)
  }

  func mismatch(_ type: Any.Type) -> DecodingError {
    .typeMismatch(type, .init(codingPath: codingPath, debugDescription: "another kind of value"))
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard element.node.kind == .object else { throw mismatch([String: Any].self) }
    return KeyedDecodingContainer(KeyedElement<Key>(decoder: self))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard element.node.kind == .array else { throw mismatch([Any].self) }
    return UnkeyedElement(decoder: self, items: element.children)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { SingleElement(decoder: self) }
}

private struct KeyedElement<Key: CodingKey>: KeyedDecodingContainerProtocol {
  private let decoder: ElementDecoder
  private let members: [String: Element]
  let allKeys: [Key]
  var codingPath: [any CodingKey] { decoder.codingPath }

  init(decoder: ElementDecoder) {
    self.decoder = decoder
    var members: [String: Element] = [:]
    var keys: [Key] = []
    for child in decoder.element.children {
      let name = (child.node.flags.contains(.shadow) ? "_" : "") + child.name
      if members.updateValue(child, forKey: name) == nil, let key = Key(stringValue: name) {
        keys.append(key)
      }
    }
    self.members = members
    allKeys = keys
  }

  private func member(_ key: Key) throws -> ElementDecoder {
    guard let element = members[key.stringValue] else {
      throw DecodingError.keyNotFound(
        key, .init(codingPath: codingPath, debugDescription: "no such member"))
    }
    return ElementDecoder(element: element, codingPath: codingPath + [key])
  }

  func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }
  func decodeNil(forKey key: Key) throws -> Bool { try member(key).element.node.kind == .null }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    try member(key).decode(type)
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    try member(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try member(key).unkeyedContainer()
  }

  func superDecoder() -> any Swift.Decoder { decoder }
  func superDecoder(forKey key: Key) throws -> any Swift.Decoder { try member(key) }
}

/// The place of an item in an array.
private struct ItemKey: CodingKey {
  let number: Int

  init(_ number: Int) { self.number = number }
  init?(intValue: Int) { number = intValue }
  init?(stringValue: String) { return nil }

  var intValue: Int? { number }
  var stringValue: String { String(number) }
}

private struct UnkeyedElement: UnkeyedDecodingContainer {
  private let decoder: ElementDecoder
  private let items: [Element]
  private(set) var currentIndex = 0
  var codingPath: [any CodingKey] { decoder.codingPath }
  var count: Int? { items.count }
  var isAtEnd: Bool { currentIndex >= items.count }

  init(decoder: ElementDecoder, items: [Element]) {
    self.decoder = decoder
    self.items = items
  }

  private mutating func next() throws -> ElementDecoder {
    guard !isAtEnd else {
      throw DecodingError.valueNotFound(
        Any.self, .init(codingPath: codingPath, debugDescription: "no more items"))
    }
    defer { currentIndex += 1 }
    return ElementDecoder(
      element: items[currentIndex], codingPath: codingPath + [ItemKey(currentIndex)])
  }

  mutating func decodeNil() throws -> Bool {
    guard !isAtEnd, items[currentIndex].node.kind == .null else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try next().decode(type)
  }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> {
    try next().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try next().unkeyedContainer()
  }
  mutating func superDecoder() throws -> any Swift.Decoder { try next() }
}

private struct SingleElement: SingleValueDecodingContainer {
  let decoder: ElementDecoder
  var codingPath: [any CodingKey] { decoder.codingPath }

  func decodeNil() -> Bool { decoder.element.node.kind == .null }

  func decode(_ type: Bool.Type) throws -> Bool {
    switch decoder.element.node.kind {
    case .true: true
    case .false: false
    default: throw decoder.mismatch(type)
    }
  }

  func decode(_ type: String.Type) throws -> String {
    guard decoder.element.node.kind == .string, let text = decoder.element.value else {
      throw decoder.mismatch(type)
    }
    return text
  }

  private func number<Value: LosslessStringConvertible>(_ type: Value.Type) throws -> Value {
    guard decoder.element.node.kind == .number,
      let value = decoder.element.value.flatMap(Value.init)
    else {
      throw decoder.mismatch(type)
    }
    return value
  }

  func decode(_ type: Double.Type) throws -> Double { try number(type) }
  func decode(_ type: Float.Type) throws -> Float { try number(type) }
  func decode(_ type: Int.Type) throws -> Int { try number(type) }
  func decode(_ type: Int8.Type) throws -> Int8 { try number(type) }
  func decode(_ type: Int16.Type) throws -> Int16 { try number(type) }
  func decode(_ type: Int32.Type) throws -> Int32 { try number(type) }
  func decode(_ type: Int64.Type) throws -> Int64 { try number(type) }
  func decode(_ type: UInt.Type) throws -> UInt { try number(type) }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try number(type) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try number(type) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try number(type) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try number(type) }
  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try decoder.decode(type) }
}
