public import ClinicalTree
import Definitions
public import XMLTree

extension Tree {
  /// Reads a FHIR R4 resource in XML into the tree that its JSON would give.
  ///
  /// The facts say what is a list, a number or a boolean. Places are those of the XML text. What the
  /// facts do not know stays in the tree by its name, for a validator to find. Comments and processing
  /// instructions are not kept. Cost is linear in the size of the text.
  public static func fhirXML(
    _ source: [UInt8], limits: XML.Limits = .standard
  ) throws(XML.ParsingError) -> (tree: Tree, issues: [Issue]) {
    let (xml, issues) = try Tree.xml(source, names: .standard, limits: limits)
    return (xml.fhirFromXML(), issues)
  }

  /// The tree of a FHIR resource from the tree of its XML.
  package func fhirFromXML() -> Tree {
    var reader = FHIRXMLReader(xml: self)
    withCursor { reader.resource($0, name: .none, flags: []) }
    return Tree(
      nodes: reader.nodes, source: source, decoded: reader.decoded, names: storage.names)
  }
}

private struct FHIRXMLReader {
  let xml: Tree
  let facts = FHIRFacts.r4
  var nodes: [Node] = []
  var decoded: [UInt8]

  init(xml: Tree) {
    self.xml = xml
    decoded = xml.storage.decoded
    nodes.reserveCapacity(xml.nodes.count)
  }

  // MARK: Nodes

  private mutating func open(_ kind: Node.Kind, _ name: Name, _ place: UInt32, _ flags: Node.Flags)
    -> Int
  {
    nodes.append(Node(kind, name: name, place: place, flags: flags))
    return nodes.count - 1
  }

  private mutating func close(_ index: Int) { nodes[index].end = UInt32(nodes.count) }

  private mutating func leaf(
    _ kind: Node.Kind, _ name: Name, _ place: UInt32, _ flags: Node.Flags, _ source: Node
  ) {
    var node = Node(
      kind, name: name, offset: source.offset, length: source.length, place: place,
      flags: flags.union(source.flags.intersection(.decoded)))
    node.end = UInt32(nodes.count + 1)
    nodes.append(node)
  }

  private mutating func leaf(
    _ kind: Node.Kind, _ name: Name, _ place: UInt32, _ flags: Node.Flags, _ text: Text
  ) {
    var node = Node(
      kind, name: name, offset: UInt32(decoded.count), length: UInt32(text.count), place: place,
      flags: flags.union(.decoded))
    node.end = UInt32(nodes.count + 1)
    decoded.append(contentsOf: text.bytes)
    nodes.append(node)
  }

  // MARK: Elements

  /// A resource: its element's name becomes `resourceType`.
  mutating func resource(_ element: Cursor, name: Name, flags: Node.Flags) {
    let own = open(.object, name, element.node.place, flags)
    leaf(.string, .resourceType, element.node.place, [], element.nameText)
    members(of: element, type: facts.type(named: element.name), in: own, hasValue: false)
    close(own)
  }

  private mutating func object(
    _ element: Cursor, name: Name, type: Int, flags: Node.Flags, hasValue: Bool
  ) {
    let own = open(.object, name, element.node.place, flags)
    members(of: element, type: type, in: own, hasValue: hasValue)
    close(own)
  }

  /// Attributes and elements as properties; elements of one name stand together. The `url` of an
  /// extension, though an attribute, comes after its own extensions, as R4 orders the two.
  private mutating func members(of element: Cursor, type: Int, in own: Int, hasValue: Bool) {
    var done: Set<Name> = []
    var url: Cursor?
    for child in element.children {
      switch child.kind {
      case .attribute:
        if child.node.flags.space != .none || hasValue && child.name == .value { continue }
        if child.name == .url {
          url = child
        } else {
          leaf(.string, child.name, child.node.place, [], child.node)
        }
      case .element where done.insert(child.name).inserted:
        if let held = url, child.name != .extension {
          leaf(.string, .url, held.node.place, [], held.node)
          url = nil
        }
        property(child, of: element, type: type, in: own)
      case .text where !child.text.isBlank:
        // FHIR has no text outside narrative; it is kept by a name that no type has.
        leaf(.string, .fhir_comments, child.node.place, [], child.node)
      default: continue
      }
    }
    if let url { leaf(.string, .url, url.node.place, [], url.node) }
  }

  private mutating func property(_ first: Cursor, of element: Cursor, type: Int, in own: Int) {
    let member = facts.member(first.name, in: type)
    let memberType = member.map { facts.type(of: $0) } ?? 0
    let all = Array(element.all(first.name))
    let isList = member.map { facts.isList($0) } ?? (all.count > 1) || all.count > 1
    let isPrimitive =
      memberType != 0
      ? facts.kind(of: memberType) == .primitive : first.attribute(.value) != nil
    if memberType == facts.xhtml, memberType != 0 {
      for element in all { narrative(element) }
      return
    }
    if !isPrimitive {
      let list = isList ? open(.array, first.name, first.node.place, []) : -1
      for element in all {
        if facts.holdsResource(memberType),
          let inner = element.children.first(where: { $0.kind == .element })
        {
          resource(inner, name: first.name, flags: [])
        } else {
          object(element, name: first.name, type: memberType, flags: [], hasValue: false)
        }
      }
      if isList { close(list) }
      return
    }
    let hasValue = all.contains { $0.attribute(.value) != nil }
    let hasExtras = all.contains { element in
      element.children.contains {
        $0.kind == .element
          || $0.kind == .attribute && $0.name != .value && $0.node.flags.space == .none
      }
    }
    if hasValue || !hasExtras {
      let list = isList ? open(.array, first.name, first.node.place, []) : -1
      for element in all { primitive(element, memberType) }
      if isList { close(list) }
    }
    if hasExtras {
      nodes[own].flags.insert(.hasShadows)
      let list = isList ? open(.array, first.name, first.node.place, .shadow) : -1
      for element in all {
        object(element, name: first.name, type: memberType, flags: .shadow, hasValue: true)
        // A place without id and extensions is a null.
        if Int(nodes[nodes.count - 1].end) == nodes.count, nodes[nodes.count - 1].kind == .object {
          nodes.removeLast()
          leaf(.null, first.name, element.node.place, .shadow, Text("null"))
        }
      }
      if isList { close(list) }
    }
  }

  private mutating func primitive(_ element: Cursor, _ type: Int) {
    guard let value = element.attribute(.value) else {
      return leaf(.null, element.name, element.node.place, [], Text("null"))
    }
    leaf(facts.jsonKind(of: type, value.text), element.name, value.node.place, [], value.node)
  }

  /// A narrative is one string, with its namespace declared on the outermost element.
  private mutating func narrative(_ element: Cursor) {
    var buffer = ByteBuffer()
    XMLWriter(tree: xml).write(element, to: &buffer)
    let text = buffer.text
    let isDeclared = element.children.contains { $0.kind == .namespace }
    if isDeclared || element.node.flags.space != .xhtml {
      return leaf(.string, element.name, element.node.place, [], text)
    }
    var declared = ByteBuffer(capacity: text.count + 64)
    declared.append(text.slice(0..<4))
    declared.append(" xmlns=\"http://www.w3.org/1999/xhtml\"")
    declared.append(text.slice(4..<text.count))
    leaf(.string, element.name, element.node.place, [], declared.text)
  }
}

extension FHIRFacts {
  /// How the value of a primitive type is written in JSON.
  package func jsonKind(of type: Int, _ text: Text) -> Node.Kind {
    switch Name(UInt32(typeName(of: type))) {
    case .boolean: text == "true" ? .true : text == "false" ? .false : .string
    case .decimal, .integer, .positiveInt, .unsignedInt: text.isJSONNumber ? .number : .string
    default: .string
    }
  }
}

extension Text {
  /// Whether the text is a number as JSON writes it.
  package var isJSONNumber: Bool {
    var at = 0
    func digits() -> Bool {
      let start = at
      while at < count, Bytes.isDigit(self[at]) { at += 1 }
      return at > start
    }
    if at < count, self[at] == UInt8(ascii: "-") { at += 1 }
    if at < count, self[at] == UInt8(ascii: "0") { at += 1 } else if !digits() { return false }
    if at < count, self[at] == UInt8(ascii: ".") {
      at += 1
      if !digits() { return false }
    }
    if at < count, self[at] | 0x20 == UInt8(ascii: "e") {
      at += 1
      if at < count, self[at] == UInt8(ascii: "+") || self[at] == UInt8(ascii: "-") { at += 1 }
      if !digits() { return false }
    }
    return at == count && count > 0
  }
}
