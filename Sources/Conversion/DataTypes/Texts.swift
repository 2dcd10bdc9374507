import ClinicalTree
import Definitions

// ST, ED, BL and string, boolean, narrative.

extension FHIRBuilder {
  /// Writes a `string` for an ST or ED, or for an attribute; a reference into the narrative is resolved
  /// to the text that stands there.
  @discardableResult
  func string(_ element: Cursor, as name: Name, in parent: Draft.Slot) -> Draft.Slot? {
    if element.kind != .element {
      guard let leaf = nonBlank(element) else { return nil }
      return put(leaf.sourced, as: name, in: parent)
    }
    if let slot = plainText(element, as: name, in: parent) { return slot }
    guard let reference = element.first(.reference),
      let leaf = nonBlank(reference.attribute(.value)),
      let target = resolve(leaf)
    else { return nil }
    let text = narrative.plainText(of: source.at(target), arena)
    guard !text.isBlank else { return nil }
    return put(Sourced(text, .leaf(leaf)), as: name, in: parent)
  }

  /// Writes the text of an element itself, `nil` when it has none.
  @discardableResult
  func plainText(_ element: Cursor, as name: Name, in parent: Draft.Slot) -> Draft.Slot? {
    var pieces: [Cursor] = []
    for child in element.children where child.kind == .text {
      if child.text.isBlank { markStructural(child) } else { pieces.append(child) }
    }
    guard let first = pieces.first else { return nil }
    let text =
      pieces.count == 1
      ? first.text.trimmed
      : pieces.dropFirst().reduce(first.text.trimmed) { arena.join($0, Text(" "), $1.text.trimmed) }
    let slot = put(Sourced(text, .leaf(first)), as: name, in: parent)
    for piece in pieces.dropFirst() { note(.leaf(piece), slot) }
    return slot
  }

  /// The node that a reference into the narrative means; reports one that leads nowhere, or lacks its #.
  func resolve(_ leaf: Cursor) -> Int? {
    let text = leaf.text.trimmed
    let hasHash = text.hasPrefix("#")
    let id = hasHash ? text.slice(1..<text.count) : text
    guard let target = narrative.node(withID: id) else {
      if hasHash { report(Conversion.danglingReference, at: leaf, "no element has this ID") }
      return nil
    }
    if !hasHash { report(Conversion.missingHash, at: leaf, "the # is missing") }
    return narrative.withWords(target)
  }

  /// Writes a `boolean` for a BL or an indicator attribute.
  func boolean(_ element: Cursor, as name: Name, in parent: Draft.Slot) {
    guard let leaf = nonBlank(element.kind == .attribute ? element : element.attribute(.value))
    else { return }
    let text = leaf.text.trimmed
    if text == "true" || text == "1" {
      put(Sourced(Text("true"), .leaf(leaf)), .true, as: name, in: parent)
    } else if text == "false" || text == "0" {
      put(Sourced(Text("false"), .leaf(leaf)), .false, as: name, in: parent)
    }
  }

  /// The words of a statement's text as the text of its concept, where it has none.
  func wordsOfText(_ statement: Cursor, as name: Name, in resource: Draft.Slot) {
    guard isMissing(name, in: resource), let text = statement.first(.text), saysSomething(text)
    else { return }
    string(text, as: .text, in: draft.object(name, in: resource))
  }

  /// Writes the narrative of a resource from the part of the section's narrative that its statement
  /// refers to.
  func resourceNarrative(_ text: Cursor, in resource: Draft.Slot) {
    guard draft.first(.text, in: resource) == nil else { return }
    var leaf: Cursor?
    var target: Cursor?
    if let reference = text.first(.reference), let found = nonBlank(reference.attribute(.value)) {
      leaf = found
      target = resolve(found).map { source.at($0) }
    }
    let own = text.children.contains { $0.kind == .text && !$0.text.isBlank }
    guard target != nil || own else { return }
    var buffer = ByteBuffer(capacity: 512)
    buffer.append("<div xmlns=\"http://www.w3.org/1999/xhtml\">")
    if let target { narrative.writeFragment(target, to: &buffer) }
    if own {
      for child in text.children where child.kind == .text {
        XHTML.escape(child.text, to: &buffer)
      }
    }
    buffer.append("</div>")
    // A place that is marked and empty says nothing (txt-2).
    guard XHTML.saysSomething(buffer.text) else { return }
    let narrative = draft.addObject(.text, in: resource)
    put(
      rule: own ? "additional" : "generated", Reason("the narrative is the source's own"),
      as: .status,
      in: narrative)
    let div = draft.add(.div, .string, arena.copy(buffer.text), in: narrative)
    if let leaf { note(.leaf(leaf), div) }
    if own {
      for child in text.children where child.kind == .text { note(.leaf(child), div) }
    }
  }

  /// Writes any value of an observation into the form of `value[x]` that fits its data type.
  func value(_ value: Cursor, _ path: FHIRPath, in parent: Draft.Slot) {
    let type = value.attribute(.type)?.text.trimmed ?? .empty
    let local =
      type.lastIndex(of: UInt8(ascii: ":")).map { type.slice($0 + 1..<type.count) } ?? type
    switch local.string {
    case "CD", "CE", "CV", "CO", "CS", "SC":
      codeableConcept(value, as: path.form("CodeableConcept"), in: parent)
    case "PQ", "REAL", "MO":
      quantity(value, as: path.form("Quantity"), in: parent)
    case "INT":
      guard let leaf = nonBlank(value.attribute(.value)) else { return }
      if !integer(leaf, as: path.form("Integer"), in: parent) {
        quantity(value, as: path.form("Quantity"), in: parent)
      }
    case "IVL_PQ", "IVL_REAL", "IVL_INT": interval(value, path, in: parent)
    case "RTO", "RTO_PQ_PQ", "RTO_QTY_QTY": ratio(value, as: path.form("Ratio"), in: parent)
    case "BL": boolean(value, as: path.form("Boolean"), in: parent)
    case "TS": dateTime(value, as: path.form("DateTime"), in: parent)
    case "IVL_TS": period(value, as: path.form("Period"), in: parent)
    case "II":
      break  // No form of value[x] is an Identifier: it is kept.
    default:
      // ST and ED, and values whose type is missing: by what they hold.
      if value.attribute(.code) != nil {
        codeableConcept(value, as: path.form("CodeableConcept"), in: parent)
      } else if value.attribute(.value) != nil, value.first(.reference) == nil {
        quantity(value, as: path.form("Quantity"), in: parent)
      } else {
        string(value, as: path.form("String"), in: parent)
      }
    }
  }

  /// Writes an `Annotation` for a Comment Activity.
  func annotation(_ comment: Cursor, as name: Name, in parent: Draft.Slot) {
    guard let text = comment.first(.text) else { return }
    let note = draft.addObject(name, in: parent)
    guard string(text, as: .text, in: note) != nil else { return }
    guard let author = comment.first(.author) else { return }
    if let time = author.first(.time) { dateTime(time, as: .time, in: note) }
    participation(
      author, as: .authorReference, in: note,
      targets: [.Practitioner, .Patient, .RelatedPerson, .Organization].map(facts.type(named:)))
  }
}
