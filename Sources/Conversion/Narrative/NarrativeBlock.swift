import ClinicalTree
import Definitions
import FHIRFormats

// XHTML to CDA's narrative block: every word has a place; markup that the schema does not have becomes the
// nearest that it has.

extension CDABuilder {
  /// Writes the words of an XHTML `div` into the text of a section.
  func narrative(_ div: Cursor, into text: Draft.Slot) {
    guard let tree = Tree.xmlFragment(withoutEntities(div.text)) else {
      // Not well-formed: the words without the tags.
      self.text(Sourced(withoutTags(div.text), .leaf(div)), in: text)
      return
    }
    tree.withCursor { root in
      var writer = BlockWriter(builder: self)
      writer.content(of: root, into: text, cda.elementType(.text, in: cda.type(named: .Section)))
    }
    note(.leaf(div), text)
  }

  /// Entities of HTML that XML does not know, as characters.
  private func withoutEntities(_ text: Text) -> Text {
    guard text.firstPlace(of: "&nbsp;") != nil else { return text }
    return arena.copy(
      text.string.split(separator: "&nbsp;", omittingEmptySubsequences: false)
        .joined(separator: "\u{A0}"))
  }

  private func withoutTags(_ text: Text) -> Text {
    var buffer = ByteBuffer(capacity: text.count)
    var isTag = false
    for byte in text.bytes {
      if byte == UInt8(ascii: "<") {
        isTag = true
        buffer.append(UInt8(0x20))
      } else if byte == UInt8(ascii: ">") {
        isTag = false
      } else if !isTag {
        buffer.append(byte)
      }
    }
    return arena.copy(buffer.text.trimmed)
  }

  /// The words of an XHTML `div`.
  func words(ofDiv div: Text) -> Text {
    guard let tree = Tree.xmlFragment(withoutEntities(div)) else { return withoutTags(div) }
    return tree.withCursor { NarrativeIndex.words(of: $0, arena) }.trimmed
  }

  /// Whether there are words where the reference leads that stands for the narrative of a resource.
  func refersToWords(of resource: Cursor) -> Bool {
    guard let narrative = object(.text, in: resource), let div = leaf(.div, in: narrative),
      let id = firstID(in: div.text), let tree = Tree.xmlFragment(withoutEntities(div.text))
    else { return false }
    return tree.withCursor { root in
      (root.index..<root.end).contains { index in
        let node = root.at(index)
        return node.kind == .element && node.attribute(.id).map { $0.text == id } ?? false
          && !NarrativeIndex.words(of: node, arena).isBlank
      }
    }
  }

  /// An ID of the narrative that nothing else has.
  func newID(_ stem: StaticString) -> Text {
    while true {
      madeIDs += 1
      let id = arena.copy("\(stem)-\(madeIDs)")
      if narrativeIDs.insert(id).inserted { return id }
    }
  }

  /// Refers to the part of the section's narrative that a resource's narrative is, or writes its words.
  func narrativeReference(_ narrative: FHIRValue, as name: Name, in statement: Draft.Slot) -> Bool {
    guard let object = narrative.object, let div = leaf(.div, in: object) else { return false }
    if let id = firstID(in: div.text) {
      let reference = add(.reference, in: add(name, in: statement))
      attribute(
        .value, Sourced(arena.join(Text("#"), id), .leaf(div)), in: reference)
      return true
    }
    guard let tree = Tree.xmlFragment(withoutEntities(div.text)) else { return false }
    let words = tree.withCursor { root in
      NarrativeIndex.words(of: root, arena)
    }
    guard !words.isBlank else { return false }
    text(Sourced(words, .leaf(div)), in: add(name, in: statement))
    return true
  }

  /// The first id in XHTML that is an ID of the document's narrative.
  private func firstID(in text: Text) -> Text? {
    var rest = text
    while let place = rest.firstPlace(of: " id=\"") {
      rest = rest.slice(place + 5..<rest.count)
      guard let end = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
      let id = rest.slice(0..<end)
      if narrativeIDs.contains(id) { return id }
    }
    return nil
  }
}

private struct BlockWriter {
  let builder: CDABuilder
  private var draft: Draft { builder.draft }
  private var cda: CDAFacts { builder.cda }

  init(builder: CDABuilder) { self.builder = builder }

  private static let styles: [String: StaticString] = [
    "b": "Bold", "strong": "Bold", "i": "Italics", "em": "Italics", "u": "Underline",
  ]
  private static let blocks: Set<String> = [
    "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "address", "dt", "dd",
    "caption", "hr",
  ]
  private static let lists: Set<String> = ["ul", "ol", "dl"]
  private static let rowGroups: Set<String> = ["thead", "tbody", "tfoot"]

  private func allows(_ name: Name, _ type: Int) -> Bool {
    builder.shapes.element(name, in: type) != nil
  }

  private func tag(_ element: Cursor) -> String { element.nameText.string.lowercased() }

  private func hasBlock(_ element: Cursor) -> Bool {
    (element.index + 1..<element.end).contains { index in
      let node = element.at(index)
      guard node.kind == .element else { return false }
      let tag = tag(node)
      return Self.blocks.contains(tag) || Self.lists.contains(tag) || tag == "table"
    }
  }

  mutating func content(of element: Cursor, into parent: Draft.Slot, _ type: Int) {
    for child in element.children {
      if child.kind == .text {
        guard cda.isMixed(type) else { continue }
        _ = draft.add(.none, .text, builder.arena.copy(child.text), in: parent)
      } else if child.kind == .element {
        write(child, into: parent, type)
      }
    }
  }

  private mutating func write(_ element: Cursor, into parent: Draft.Slot, _ type: Int) {
    let tag = tag(element)
    switch tag {
    case "br", "hr": separate(parent, type, always: true)
    case "table": table(element, into: parent, type)
    case "ul", "ol", "dl": list(element, tag == "ol", into: parent, type)
    case "a" where element.attribute(.href) != nil && allows(.linkHtml, type) && !hasBlock(element):
      let link = draft.addObject(.linkHtml, in: parent)
      attributes(of: element, to: link, cda.elementType(.linkHtml, in: type))
      if let href = element.attribute(.href) {
        _ = builder.draft.add(.href, .string, builder.arena.copy(href.text), in: link)
      }
      content(of: element, into: link, cda.elementType(.linkHtml, in: type))
    case "sub", "sup":
      let name: Name = tag == "sub" ? .sub : .sup
      guard allows(name, type), !hasBlock(element) else {
        return content(of: element, into: parent, type)
      }
      content(
        of: element, into: draft.addObject(name, in: parent), cda.elementType(name, in: type))
    case "img":
      if let alternative = element.children.first(where: { $0.nameText == "alt" }) {
        _ = draft.add(.none, .text, builder.arena.copy(alternative.text), in: parent)
      }
    default:
      if Self.blocks.contains(tag) {
        block(element, into: parent, type)
      } else {
        inline(element, tag, into: parent, type)
      }
    }
  }

  private mutating func block(_ element: Cursor, into parent: Draft.Slot, _ type: Int) {
    if allows(.paragraph, type), !hasBlock(element) {
      let paragraph = draft.addObject(.paragraph, in: parent)
      let inner = cda.elementType(.paragraph, in: type)
      attributes(of: element, to: paragraph, inner)
      return content(of: element, into: paragraph, inner)
    }
    anchor(element, into: parent, type)
    separate(parent, type, always: false)
    content(of: element, into: parent, type)
    separate(parent, type, always: false)
  }

  private mutating func inline(
    _ element: Cursor, _ tag: String, into parent: Draft.Slot, _ type: Int
  ) {
    guard allows(.content, type), !hasBlock(element) else {
      anchor(element, into: parent, type)
      return content(of: element, into: parent, type)
    }
    let slot = draft.addObject(.content, in: parent)
    let inner = cda.elementType(.content, in: type)
    attributes(of: element, style: Self.styles[tag], to: slot, inner)
    content(of: element, into: slot, inner)
  }

  /// The ID of an element that cannot stand, on an empty one that can.
  private mutating func anchor(_ element: Cursor, into parent: Draft.Slot, _ type: Int) {
    guard element.attribute(.id) != nil, allows(.content, type) else { return }
    let slot = draft.addObject(.content, in: parent)
    id(of: element, to: slot)
    if draft.isEmpty(slot) { draft.removeLast(slot) }
  }

  /// A new line, so that words do not run into each other.
  private func separate(_ parent: Draft.Slot, _ type: Int, always: Bool) {
    guard always || draft.children(of: parent).contains(where: { draft.kind(of: $0) != .string })
    else { return }
    if allows(.br, type) {
      _ = draft.addObject(.br, in: parent)
    } else if cda.isMixed(type) {
      _ = draft.add(.none, .text, Text(" "), in: parent)
    }
  }

  private mutating func list(
    _ element: Cursor, _ isOrdered: Bool, into parent: Draft.Slot, _ type: Int
  ) {
    let items = element.children.filter { $0.kind == .element }
    guard allows(.list, type), !items.isEmpty else {
      anchor(element, into: parent, type)
      for item in items {
        separate(parent, type, always: false)
        content(of: item, into: parent, type)
      }
      return
    }
    let list = draft.addObject(.list, in: parent)
    let inner = cda.elementType(.list, in: type)
    attributes(of: element, to: list, inner)
    if isOrdered { _ = builder.draft.add(.listType, .string, Text("ordered"), in: list) }
    for item in items {
      let slot = draft.addObject(.item, in: list)
      let itemType = cda.elementType(.item, in: inner)
      attributes(of: item, to: slot, itemType)
      content(of: item, into: slot, itemType)
    }
  }

  // MARK: Tables

  private mutating func table(_ element: Cursor, into parent: Draft.Slot, _ type: Int) {
    let rows = (element.index + 1..<element.end).map(element.at).filter {
      $0.kind == .element && tag($0) == "tr" && hasCells($0)
    }
    guard allows(.table, type), !rows.isEmpty else {
      anchor(element, into: parent, type)
      return flat(element, into: parent, type)
    }
    let table = draft.addObject(.table, in: parent)
    let inner = cda.elementType(.table, in: type)
    attributes(of: element, to: table, inner)
    let parts = element.children.filter { $0.kind == .element }
    for part in parts where tag(part) == "caption" {
      let slot = draft.addObject(.caption, in: table)
      attributes(of: part, to: slot, cda.elementType(.caption, in: inner))
      content(of: part, into: slot, cda.elementType(.caption, in: inner))
    }
    for name in ["col", "colgroup"]
    where !(name == "colgroup" && parts.contains { tag($0) == "col" }) {
      for part in parts where tag(part) == name {
        let target: Name = name == "col" ? .col : .colgroup
        let slot = draft.addObject(target, in: table)
        attributes(of: part, to: slot, cda.elementType(target, in: inner))
      }
    }
    for name in ["thead", "tfoot"] {
      for part in parts.filter({ tag($0) == name && hasRows($0) }).prefix(1) {
        group(part, name == "thead" ? .thead : .tfoot, in: table, inner)
      }
    }
    // Further heads are rows like others, and so are rows outside of any group.
    var loose: Draft.Slot?
    var seen: Set<String> = []
    for part in parts {
      switch tag(part) {
      case "tbody" where hasRows(part): group(part, .tbody, in: table, inner)
      case "thead", "tfoot":
        if !seen.insert(tag(part)).inserted, hasRows(part) { group(part, .tbody, in: table, inner) }
      case "tr" where hasCells(part):
        let body = loose ?? draft.addObject(.tbody, in: table)
        loose = body
        row(part, in: body, cda.elementType(.tbody, in: inner))
      default: continue
      }
    }
    if builder.child(.tbody, of: table) == nil {
      // A table of heads alone: the schema wants a body.
      for name in [Name.thead, .tfoot] {
        guard let group = builder.child(name, of: table) else { continue }
        let body = draft.addObject(.tbody, in: table)
        for row in draft.children(of: group) where draft.kind(of: row) == .object {
          draft.move(row, to: body)
        }
        draft.remove(group)
        break
      }
    }
  }

  private func hasCells(_ row: Cursor) -> Bool {
    row.children.contains { $0.kind == .element && ["td", "th"].contains(tag($0)) }
  }

  private func hasRows(_ group: Cursor) -> Bool {
    group.children.contains { $0.kind == .element && tag($0) == "tr" && hasCells($0) }
  }

  private mutating func group(_ element: Cursor, _ name: Name, in table: Draft.Slot, _ type: Int) {
    let slot = draft.addObject(name, in: table)
    let inner = cda.elementType(name, in: type)
    attributes(of: element, to: slot, inner)
    for child in element.children
    where child.kind == .element && tag(child) == "tr" && hasCells(child) {
      row(child, in: slot, inner)
    }
  }

  private mutating func row(_ element: Cursor, in group: Draft.Slot, _ type: Int) {
    let slot = draft.addObject(.tr, in: group)
    let inner = cda.elementType(.tr, in: type)
    attributes(of: element, to: slot, inner)
    for cell in element.children where cell.kind == .element {
      let name: Name = tag(cell) == "th" ? .th : .td
      let made = draft.addObject(name, in: slot)
      attributes(of: cell, to: made, cda.elementType(name, in: inner))
      content(of: cell, into: made, cda.elementType(name, in: inner))
    }
  }

  /// The words of a table where none may stand: a line for each row.
  private mutating func flat(_ element: Cursor, into parent: Draft.Slot, _ type: Int) {
    for child in element.children where child.kind == .element {
      switch tag(child) {
      case "td", "th", "caption":
        content(of: child, into: parent, type)
        if cda.isMixed(type) { _ = draft.add(.none, .text, Text(" "), in: parent) }
      default:
        if tag(child) == "tr" { separate(parent, type, always: false) }
        flat(child, into: parent, type)
      }
    }
  }

  // MARK: Attributes

  private func attributes(
    of element: Cursor, style: StaticString? = nil, to slot: Draft.Slot, _ type: Int
  ) {
    id(of: element, to: slot)
    var codes: [String] = style.map { ["\($0)"] } ?? []
    for attribute in element.children where attribute.kind == .attribute {
      let name = attribute.nameText
      switch name.string {
      case "class":
        codes += attribute.text.string.split(separator: " ").map(String.init).filter {
          $0.utf8.allSatisfy { Bytes.isLetter($0) || Bytes.isDigit($0) || "._-:".utf8.contains($0) }
        }
      case "lang": copy(attribute, as: .language, to: slot, type)
      case "id", "href", "headers", "title", "style": continue
      default:
        if let known = NameTable.standard.lookUp(name.start, name.count) {
          copy(attribute, as: known, to: slot, type)
        }
      }
    }
    if !codes.isEmpty, cda.attribute(.styleCode, of: type) != nil {
      let text = codes.joined(separator: " ")
      _ = builder.draft.add(.styleCode, .string, builder.arena.copy(text), in: slot)
    }
  }

  private func copy(_ attribute: Cursor, as name: Name, to slot: Draft.Slot, _ type: Int) {
    guard let known = cda.attribute(name, of: type),
      CDAFormat.isValid(attribute.text, type: known.type, cda)
    else { return }
    _ = builder.draft.add(name, .string, builder.arena.copy(attribute.text), in: slot)
  }

  /// The ID, unless another element of the document has it.
  private func id(of element: Cursor, to slot: Draft.Slot) {
    guard let id = element.attribute(.id), CDAFormat.isNCName(id.text) else { return }
    let copy = builder.arena.copy(id.text)
    guard builder.narrativeIDs.insert(copy).inserted else { return }
    _ = builder.draft.add(.ID, .string, copy, in: slot)
  }
}
