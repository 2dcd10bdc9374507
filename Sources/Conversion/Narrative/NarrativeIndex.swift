import ClinicalTree
import Definitions

/// The narrative of a document: where each ID is, what stands there as plain text and as XHTML.
struct NarrativeIndex {
  private let nodes: [Text: Int]
  private let source: Cursor

  init(_ source: Cursor) {
    self.source = source
    var nodes: [Text: Int] = [:]
    var parent = 0
    for index in 0..<source.treeCount {
      let node = source.at(index)
      if node.kind == .element {
        parent = index
      } else if node.kind == .attribute, node.name == .ID {
        let id = node.text
        if nodes[id] == nil { nodes[id] = parent }
      }
    }
    self.nodes = nodes
  }

  /// The element with an ID.
  func node(withID id: Text) -> Int? { nodes[id] }

  /// An element, or for an empty anchor the cell, item, paragraph or row around it.
  func withWords(_ index: Int) -> Int {
    let element = source.at(index)
    let isEmpty = (element.index..<element.end).allSatisfy {
      source.at($0).kind != .text || source.at($0).text.isBlank
    }
    guard isEmpty else { return index }
    var around = index - 1
    while around >= 0 {
      let node = source.at(around)
      if node.kind == .element, node.end >= element.end,
        [.td, .th, .item, .paragraph, .tr].contains(node.name)
      {
        return around
      }
      if node.kind == .element, node.name == .text, node.end >= element.end { return index }
      around -= 1
    }
    return index
  }

  /// The text of a part of the narrative without its markup, white space made single.
  func plainText(of element: Cursor, _ arena: Arena) -> Text {
    let texts = element.children.filter { $0.kind == .text || $0.kind == .element }
    // By far the commonest case: one text, which needs no copy.
    if texts.count == 1, texts[0].kind == .text, !texts[0].text.bytes.contains(0x0A) {
      return texts[0].text.trimmed
    }
    return NarrativeIndex.words(of: element, arena)
  }

  /// The words below an element of any tree, white space made single.
  static func words(of element: Cursor, _ arena: Arena) -> Text {
    var buffer = ByteBuffer(capacity: 256)
    appendPlain(element, to: &buffer)
    return arena.copy(buffer.text.trimmed)
  }

  private static func appendPlain(_ element: Cursor, to out: inout ByteBuffer) {
    for child in element.children {
      if child.kind == .text {
        for byte in child.text.bytes {
          if !Bytes.isSpace(byte) {
            out.append(byte)
          } else if out.count > 0, out.text[out.count - 1] != 0x20 {
            out.append(UInt8(0x20))
          }
        }
      } else if child.kind == .element {
        let isBlock = XHTML.isBlock(child)
        if isBlock { appendSpace(to: &out) }
        appendPlain(child, to: &out)
        if isBlock { appendSpace(to: &out) }
      }
    }
  }

  private static func appendSpace(to out: inout ByteBuffer) {
    if out.count > 0, out.text[out.count - 1] != 0x20 { out.append(UInt8(0x20)) }
  }

  /// The XHTML of one part of the narrative; a row of a table comes with the table's head.
  func writeFragment(_ element: Cursor, to out: inout ByteBuffer) {
    switch element.name {
    case .tr:
      out.append("<table>")
      if let head = head(of: element) { XHTML.write(head, to: &out) }
      out.append("<tbody>")
      XHTML.write(element, to: &out)
      out.append("</tbody></table>")
    case .tbody, .thead, .tfoot:
      out.append("<table>")
      XHTML.write(element, to: &out)
      out.append("</table>")
    case .td, .th, .item, .text, .caption: XHTML.writeContent(of: element, to: &out)
    default: XHTML.write(element, to: &out)
    }
  }

  /// The head of the table that a row stands in.
  private func head(of row: Cursor) -> Cursor? {
    // The table is the last element before the row that goes on behind it and is one.
    var index = row.index - 1
    while index >= 0 {
      let node = source.at(index)
      if node.kind == .element, node.name == .table, node.end >= row.end {
        guard let head = node.first(.thead), head.end <= row.index else { return nil }
        return head
      }
      index -= 1
    }
    return nil
  }
}
