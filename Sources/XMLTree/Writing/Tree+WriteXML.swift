public import ClinicalTree

extension XML {
  /// How a document is written.
  public enum Form: Sendable {
    /// With an XML declaration, attributes in their order, empty elements as `<a/>`.
    case document
    /// As a document, each element on a line of its own; what holds text, and the narrative of CDA, stays
    /// as it is.
    case indented
    /// James Clark's canonical form: no declaration, attributes sorted, tab, line feed and carriage
    /// return as references, empty elements as `<a></a>`.
    case canonical
  }
}

extension Tree {
  /// The tree as XML in UTF-8.
  ///
  /// - Precondition: the tree was read from XML or made for it.
  public func xml(_ form: XML.Form = .document) -> [UInt8] {
    var buffer = ByteBuffer(capacity: source.count + 64)
    if form != .canonical { buffer.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") }
    withCursor { XMLWriter(tree: self, form: form).writeDocument($0, to: &buffer) }
    if form != .canonical { buffer.append(0x0A) }
    return buffer.bytes
  }
}

/// Writes nodes that were read from XML.
package struct XMLWriter {
  private let tree: Tree
  private let form: XML.Form
  /// Whether white space between elements and declarations of prefixes are written.
  private let keepsLayout: Bool

  package init(tree: Tree, form: XML.Form = .document, keepsLayout: Bool = true) {
    self.tree = tree
    self.form = form
    self.keepsLayout = keepsLayout
  }

  /// Writes the root element and the instructions around it, which the reader laid down behind it.
  func writeDocument(_ root: Cursor, to out: inout ByteBuffer) {
    let outside = (root.end..<root.treeCount).map(root.at)
    for node in outside where node.node.place <= root.node.place {
      // The document form has a declaration of its own.
      if form == .canonical || !(node.nameText == "xml") { write(node, to: &out) }
    }
    write(root, depth: form == .indented ? 0 : nil, to: &out)
    for node in outside where node.node.place > root.node.place { write(node, to: &out) }
  }

  /// Writes a node; `depth` is how deep it stands, `nil` where lines are not broken.
  package func write(_ cursor: Cursor, depth: Int? = nil, to out: inout ByteBuffer) {
    switch cursor.kind {
    case .element: element(cursor, depth, to: &out)
    case .text: XMLWriter.escape(cursor.text, isCanonical: form == .canonical, to: &out)
    case .instruction:
      out.append("<?")
      out.append(cursor.nameText)
      if form == .canonical || !cursor.text.isEmpty { out.append(UInt8(ascii: " ")) }
      out.append(cursor.text)
      out.append("?>")
    default: break
    }
  }

  private func element(_ cursor: Cursor, _ depth: Int?, to out: inout ByteBuffer) {
    out.append(UInt8(ascii: "<"))
    name(cursor, to: &out)
    attributes(cursor, to: &out)
    let content = cursor.children.drop { $0.kind == .attribute || $0.kind == .namespace }
    var isEmpty = true
    let isMixed = content.contains { $0.kind == .text && !$0.text.isBlank }
    let inner = isMixed || cursor.nameText == "text" ? nil : depth.map { $0 + 1 }
    for child in content {
      if child.kind == .text, !isMixed, inner != nil || !keepsLayout { continue }
      if isEmpty { out.append(UInt8(ascii: ">")) }
      isEmpty = false
      if let inner { breakLine(inner, to: &out) }
      write(child, depth: inner, to: &out)
    }
    if isEmpty && form != .canonical { return out.append("/>") }
    if isEmpty { out.append(UInt8(ascii: ">")) }
    if let depth, inner != nil { breakLine(depth, to: &out) }
    out.append("</")
    name(cursor, to: &out)
    out.append(UInt8(ascii: ">"))
  }

  private func breakLine(_ depth: Int, to out: inout ByteBuffer) {
    out.append(0x0A)
    for _ in 0..<depth { out.append("  ") }
  }

  private func attributes(_ cursor: Cursor, to out: inout ByteBuffer) {
    var found: [(name: String, value: Text)] = []
    for child in cursor.children {
      guard child.kind == .attribute || child.kind == .namespace else { break }
      if child.kind == .namespace, !keepsLayout { continue }
      let local = child.nameText.string
      let name =
        child.kind == .namespace
        ? (local.isEmpty ? "xmlns" : "xmlns:" + local) : qualified(local, child)
      found.append((name, child.text))
    }
    if form == .canonical { found.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) } }
    for attribute in found {
      out.append(UInt8(ascii: " "))
      out.append(attribute.name)
      out.append("=\"")
      XMLWriter.escape(attribute.value, isCanonical: true, to: &out)
      out.append(UInt8(ascii: "\""))
    }
  }

  private func qualified(_ local: String, _ cursor: Cursor) -> String {
    let prefix = tree.storage.qualifiers[Int(cursor.node.qualifier)].prefix
    return prefix.isEmpty ? local : prefix + ":" + local
  }

  private func name(_ cursor: Cursor, to out: inout ByteBuffer) {
    let prefix = tree.storage.qualifiers[Int(cursor.node.qualifier)].prefix
    if !prefix.isEmpty {
      out.append(prefix)
      out.append(UInt8(ascii: ":"))
    }
    out.append(cursor.nameText)
  }

  /// Writes a text so that a reader gets the same characters back.
  ///
  /// In attributes, and in the canonical form, tabs and line ends are references too.
  package static func escape(_ text: Text, isCanonical: Bool, to out: inout ByteBuffer) {
    var from = 0
    for index in 0..<text.count {
      let byte = text[index]
      guard byte < 0x40 else { continue }
      let reference: StaticString
      switch byte {
      case UInt8(ascii: "&"): reference = "&amp;"
      case UInt8(ascii: "<"): reference = "&lt;"
      case UInt8(ascii: ">"): reference = "&gt;"
      case UInt8(ascii: "\"") where isCanonical: reference = "&quot;"
      case 0x09 where isCanonical: reference = "&#9;"
      case 0x0A where isCanonical: reference = "&#10;"
      case 0x0D: reference = "&#13;"
      default: continue
      }
      out.append(text.slice(from..<index))
      out.append(reference)
      from = index + 1
    }
    out.append(text.slice(from..<text.count))
  }
}

extension Element {
  /// The XML of what stands here, an attribute being its value.
  package var xmlText: String {
    if node.kind == .attribute { return value ?? "" }
    var buffer = ByteBuffer(capacity: 256)
    tree.withCursor { XMLWriter(tree: tree).write($0.at(index), to: &buffer) }
    return buffer.text.string
  }
}
