public import ClinicalTree

extension R4.Structure {
  /// The value as JSON, members in the order of the standard, without white space.
  public func json() -> [UInt8] {
    let writer = JSONTextWriter()
    writer.object(self)
    return writer.bytes
  }

  /// The value as a tree.
  public func tree(names: NameTable) -> Tree {
    // What this module writes is JSON.
    guard let (tree, _) = try? Tree.json(json(), names: names) else {
      preconditionFailure("a written resource is JSON")
    }
    return tree
  }
}

/// Writes structures as JSON text.
final class JSONTextWriter: R4.Visitor, R4.FormWriter {
  private var buffer = ByteBuffer()
  private var isFirst = true
  private var stem: StaticString = ""

  var bytes: [UInt8] { buffer.bytes }

  func object<Value: R4.Structure>(_ value: Value) {
    let outer = isFirst
    buffer.append(UInt8(ascii: "{"))
    isFirst = true
    if let type = Value.self as? any R4.ResourceType.Type {
      key("resourceType")
      string(type.resourceType)
    }
    var copy = value
    // The writer itself never throws.
    try? copy.visit(self)
    buffer.append(UInt8(ascii: "}"))
    isFirst = outer
  }

  private func key(_ name: StaticString, form: StaticString = "", isShadow: Bool = false) {
    if !isFirst { buffer.append(UInt8(ascii: ",")) }
    isFirst = false
    buffer.append(UInt8(ascii: "\""))
    if isShadow { buffer.append(UInt8(ascii: "_")) }
    buffer.append(name)
    buffer.append(form)
    buffer.append("\":")
  }

  private func string(_ text: String) {
    buffer.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { bytes in
      if let start = bytes.baseAddress { JSONWriter.escape(Text(start, bytes.count), to: &buffer) }
    }
    buffer.append(UInt8(ascii: "\""))
  }

  private func value<Value: R4.PrimitiveValue>(_ value: Value) {
    if Value.isQuoted { string(value.fhir) } else { buffer.append(value.fhir) }
  }

  private func extras<Value>(_ primitive: R4.Primitive<Value>) {
    object(PrimitiveExtras(id: primitive.id, extension: primitive.`extension`))
  }

  private func list<Item>(_ items: [Item], _ write: (Item) -> Void) {
    buffer.append(UInt8(ascii: "["))
    for (index, item) in items.enumerated() {
      if index > 0 { buffer.append(UInt8(ascii: ",")) }
      write(item)
    }
    buffer.append(UInt8(ascii: "]"))
  }

  func text(_ name: StaticString, _ member: inout String?) {
    guard let member else { return }
    key(name)
    string(member)
  }

  func primitive<Value>(_ name: StaticString, _ member: inout R4.Primitive<Value>?) {
    if let member { primitive(name, "", member) }
  }

  private func primitive<Value>(
    _ name: StaticString, _ form: StaticString, _ member: R4.Primitive<Value>
  ) {
    if let found = member.value {
      key(name, form: form)
      value(found)
    }
    if member.hasExtras {
      key(name, form: form, isShadow: true)
      extras(member)
    }
  }

  func primitives<Value>(_ name: StaticString, _ member: inout [R4.Primitive<Value>]) {
    if member.contains(where: { $0.value != nil }) {
      key(name)
      list(member) { item in
        if let found = item.value { value(found) } else { buffer.append("null") }
      }
    }
    if member.contains(where: \.hasExtras) {
      key(name, isShadow: true)
      list(member) { item in
        if item.hasExtras { extras(item) } else { buffer.append("null") }
      }
    }
  }

  func structure<Value: R4.Structure>(_ name: StaticString, _ member: inout Value?) {
    guard let member else { return }
    key(name)
    object(member)
  }

  func boxed<Value: R4.Structure>(_ name: StaticString, _ member: inout R4.Box<Value>?) {
    guard let member else { return }
    key(name)
    object(member.value)
  }

  func structures<Value: R4.Structure>(_ name: StaticString, _ member: inout [Value]) {
    if member.isEmpty { return }
    key(name)
    list(member) { object($0) }
  }

  func choice<Value: R4.Choice>(_ stem: StaticString, _ member: inout Value?) {
    self.stem = stem
    try? member?.write(to: self)
  }

  func primitive<Value>(_ form: StaticString, _ value: R4.Primitive<Value>) {
    primitive(stem, form, value)
  }

  func structure<Value: R4.Structure>(_ form: StaticString, _ value: Value) {
    key(stem, form: form)
    object(value)
  }

  func resource(_ name: StaticString, _ member: inout R4.Resource?) {
    guard let member else { return }
    key(name)
    resource(member)
  }

  func resources(_ name: StaticString, _ member: inout [R4.Resource]) {
    if member.isEmpty { return }
    key(name)
    list(member) { resource($0) }
  }

  func resource(_ resource: R4.Resource) {
    if case .other(let other) = resource {
      other.tree.withCursor { JSONWriter.write($0, .compact, to: &buffer) }
    } else if let typed = resource.typed {
      object(typed)
    }
  }
}
