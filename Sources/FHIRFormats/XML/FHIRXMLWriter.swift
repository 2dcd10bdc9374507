public import ClinicalTree
import Definitions
import XMLTree

extension Tree {
  /// A FHIR resource as XML: elements in the order of the standard, narrative as XHTML.
  ///
  /// - Returns: The text, and an issue for each value that XML cannot hold (control characters, names
  ///   that are none, narrative that is not well-formed): it is left out or written as plain text.
  /// - Precondition: the tree is that of a FHIR resource.
  public func fhirXML(_ layout: JSON.Layout = .compact) -> (data: [UInt8], issues: [Issue]) {
    var buffer = ByteBuffer(capacity: nodes.count * 32)
    buffer.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
    var writer = FHIRXMLWriter(tree: self, isIndented: layout == .indented)
    withCursor { writer.resource($0, depth: 0, to: &buffer) }
    buffer.append(0x0A)
    return (buffer.bytes, writer.issues())
  }
}

private struct FHIRXMLWriter {
  let tree: Tree
  let isIndented: Bool
  let facts = FHIRFacts.r4
  var doubts: [(code: Issue.Code, node: Int, message: String)] = []

  init(tree: Tree, isIndented: Bool) {
    self.tree = tree
    self.isIndented = isIndented
  }

  func issues() -> [Issue] {
    if doubts.isEmpty { return [] }
    var paths = PathWriter(tree)
    return doubts.map { Issue($0.code, $0.message, path: paths.path(of: $0.node)) }
  }

  private func newLine(_ depth: Int, _ out: inout ByteBuffer) {
    guard isIndented else { return }
    out.append(0x0A)
    for _ in 0..<depth { out.append("  ") }
  }

  mutating func resource(_ object: Cursor, depth: Int, to out: inout ByteBuffer) {
    var name = object.property(.resourceType)?.text ?? Text("Resource")
    if !name.isXMLName {
      doubts.append((FHIRFormats.badName, object.index, "a resourceType that is no name"))
      name = Text("Resource")
    }
    out.append("<")
    out.append(name)
    if depth == 0 { out.append(" xmlns=\"http://hl7.org/fhir\"") }
    let type = NameTable.standard.lookUp(name.start, name.count).map(facts.type(named:)) ?? 0
    content(object, name, type, depth: depth, isResource: true, to: &out)
  }

  /// The properties of an object in the order of the standard.
  private func ordered(_ object: Cursor, _ type: Int) -> [(property: Cursor, member: Int?)] {
    var found: [(property: Cursor, member: Int?, order: Int)] = []
    let isResource = facts.holdsResource(type) || type == 0
    for child in object.children where !isResource || child.name != .resourceType {
      let member = facts.member(child.name, in: type)
      found.append((child, member, member.map(facts.order(of:)) ?? .max))
    }
    // A stable sort: equal places keep their order.
    let sorted = found.enumerated().sorted {
      ($0.element.order, $0.offset) < ($1.element.order, $1.offset)
    }
    return sorted.map { ($0.element.property, $0.element.member) }
  }

  private mutating func content(
    _ object: Cursor?, _ name: Text, _ type: Int, depth: Int, isResource: Bool,
    value: Cursor? = nil,
    to out: inout ByteBuffer
  ) {
    let properties = object.map { ordered($0, type) } ?? []
    var rest: [(property: Cursor, member: Int?)] = []
    for (property, member) in properties {
      if let member, facts.flags(of: member).contains(.attribute), !isResource,
        property.kind == .string
      {
        attribute(property.nameText, property, to: &out)
      } else {
        rest.append((property, member))
      }
    }
    if let value { attribute(Text("value"), value, to: &out) }
    if rest.isEmpty { return out.append("/>") }
    out.append(">")
    var done: Set<Name> = []
    for (property, member) in rest where done.insert(property.name).inserted {
      guard property.nameText.isXMLName else {
        doubts.append((FHIRFormats.badName, property.index, "a property that is no name"))
        continue
      }
      let both = rest.filter { $0.property.name == property.name }
      let plain = both.first { !$0.property.node.flags.contains(.shadow) }?.property
      let shadow = both.first { $0.property.node.flags.contains(.shadow) }?.property
      self.property(property.nameText, plain, shadow, member, depth: depth + 1, to: &out)
    }
    newLine(depth, &out)
    out.append("</")
    out.append(name)
    out.append(">")
  }

  private mutating func property(
    _ name: Text, _ plain: Cursor?, _ shadow: Cursor?, _ member: Int?, depth: Int,
    to out: inout ByteBuffer
  ) {
    let values = plain.map { Array($0.items) } ?? []
    let extras = shadow.map { Array($0.items) } ?? []
    let type = member.map(facts.type(of:)) ?? 0
    for place in 0..<max(values.count, extras.count) {
      let value = place < values.count ? values[place] : nil
      let extra = place < extras.count && extras[place].kind == .object ? extras[place] : nil
      if value == nil && extra == nil { continue }
      newLine(depth, &out)
      if let value, value.kind == .object {
        out.append("<")
        out.append(name)
        if facts.holdsResource(type) || type == 0 && value.property(.resourceType) != nil {
          out.append(">")
          newLine(depth + 1, &out)
          resource(value, depth: depth + 1, to: &out)
          newLine(depth, &out)
          out.append("</")
          out.append(name)
          out.append(">")
        } else {
          content(value, name, type, depth: depth, isResource: false, to: &out)
        }
      } else if let value, type == facts.xhtml, type != 0 {
        narrative(value, to: &out)
      } else {
        out.append("<")
        out.append(name)
        let isNull = value?.kind == .null
        content(
          extra, name, type, depth: depth, isResource: false, value: isNull ? nil : value, to: &out)
      }
    }
  }

  private mutating func attribute(_ name: Text, _ value: Cursor, to out: inout ByteBuffer) {
    let text = value.text
    if text.hasForbiddenCharacter {
      doubts.append(
        (FHIRFormats.forbiddenCharacter, value.index, "a character that XML cannot hold"))
      return
    }
    out.append(" ")
    out.append(name)
    out.append("=\"")
    XMLWriter.escape(text, isCanonical: true, to: &out)
    out.append("\"")
  }

  private mutating func narrative(_ value: Cursor, to out: inout ByteBuffer) {
    let text = value.text
    if (try? Tree.xml(Array(text.bytes), names: .standard)) != nil {
      // A declaration of XML may only stand at the very beginning of a document.
      let start = text.hasPrefix("<?xml") ? (text.firstIndex(of: UInt8(ascii: ">")) ?? -1) + 1 : 0
      return out.append(text.slice(start..<text.count))
    }
    doubts.append(
      (FHIRFormats.badNarrative, value.index, "narrative that is not well-formed XHTML"))
    out.append("<div xmlns=\"http://www.w3.org/1999/xhtml\">")
    XMLWriter.escape(text, isCanonical: true, to: &out)
    out.append("</div>")
  }
}

extension Text {
  /// Whether the text can be the name of an element.
  fileprivate var isXMLName: Bool {
    guard let first = bytes.first, Bytes.isLetter(first) || first == UInt8(ascii: "_") else {
      return false
    }
    return bytes.allSatisfy { byte in
      Bytes.isLetter(byte) || Bytes.isDigit(byte) || byte == UInt8(ascii: "_")
        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }
  }

  /// Whether a character is in the text that XML 1.0 has no way to write.
  fileprivate var hasForbiddenCharacter: Bool {
    for index in 0..<count {
      let byte = self[index]
      if byte < 0x20, byte != 0x09, byte != 0x0A, byte != 0x0D { return true }
      if byte == 0xEF, index + 2 < count, self[index + 1] == 0xBF, self[index + 2] >= 0xBE {
        return true
      }
    }
    return false
  }
}
