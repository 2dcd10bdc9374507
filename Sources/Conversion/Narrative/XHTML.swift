import ClinicalTree
import Definitions

/// CDA's narrative block as XHTML: every word and every attribute has a place there.
enum XHTML {
  /// Whether an element begins a line of its own, so that its words do not run into its neighbours'.
  static func isBlock(_ element: Cursor) -> Bool {
    switch element.name {
    case .paragraph, .item, .list, .table, .tr, .td, .th, .caption, .br, .thead, .tbody, .tfoot:
      true
    default: ["p", "div", "li", "ul", "ol"].contains { element.nameText == $0 }
    }
  }

  /// Whether XHTML of our own holds text that is not blank, or an image.
  static func saysSomething(_ text: Text) -> Bool {
    if text.firstPlace(of: "<img") != nil { return true }
    var isTag = false
    for byte in text.bytes {
      if byte == UInt8(ascii: "<") {
        isTag = true
      } else if byte == UInt8(ascii: ">") {
        isTag = false
      } else if !isTag, byte > 0x20 {
        return true
      }
    }
    return false
  }

  /// Writes an element of the narrative.
  static func write(_ element: Cursor, to out: inout ByteBuffer) {
    switch element.name {
    case .paragraph: write(element, "p", to: &out)
    case .content: write(element, "span", to: &out)
    case .list:
      let isOrdered = element.attribute(.listType).map { $0.text == "ordered" } ?? false
      writeList(element, isOrdered ? "ol" : "ul", to: &out)
    case .item: write(element, "li", to: &out)
    case .linkHtml: write(element, "a", to: &out)
    case .caption: write(element, "caption", to: &out)
    case .footnote: write(element, "span", mark: "footnote", to: &out)
    case .footnoteRef: writeReference(element, to: &out)
    case .renderMultiMedia: write(element, "span", mark: "renderMultiMedia", to: &out)
    case .table, .thead, .tbody, .tfoot, .tr, .td, .th, .colgroup, .sub, .sup:
      write(element, nil, to: &out)
    case .col, .br: writeEmpty(element, to: &out)
    default: writeOther(element, to: &out)
    }
  }

  /// Writes what stands inside an element.
  static func writeContent(of element: Cursor, to out: inout ByteBuffer) {
    for child in element.children {
      if child.kind == .text {
        escape(child.text, to: &out)
      } else if child.kind == .element {
        write(child, to: &out)
      }
    }
  }

  private static func write(
    _ element: Cursor, _ tag: StaticString?, mark: StaticString? = nil, to out: inout ByteBuffer
  ) {
    let name = tag.map { Text($0) } ?? element.nameText
    out.append(UInt8(ascii: "<"))
    out.append(name)
    attributes(of: element, mark: mark, to: &out)
    out.append(UInt8(ascii: ">"))
    writeContent(of: element, to: &out)
    out.append("</")
    out.append(name)
    out.append(UInt8(ascii: ">"))
  }

  private static func writeEmpty(_ element: Cursor, to out: inout ByteBuffer) {
    out.append(UInt8(ascii: "<"))
    out.append(element.nameText)
    attributes(of: element, mark: nil, to: &out)
    out.append("/>")
    // CDA allows nothing inside; what a sender put there is still shown.
    if element.children.contains(where: { $0.kind == .text || $0.kind == .element }) {
      writeContent(of: element, to: &out)
    }
  }

  /// A list whose caption comes before it, because XHTML's lists have none.
  private static func writeList(_ list: Cursor, _ tag: StaticString, to out: inout ByteBuffer) {
    let caption = list.first(.caption)
    if let caption {
      out.append("<div>")
      write(caption, "span", mark: "caption", to: &out)
    }
    out.append(UInt8(ascii: "<"))
    out.append(tag)
    attributes(of: list, mark: nil, to: &out)
    out.append(UInt8(ascii: ">"))
    for child in list.children where caption.map({ $0.index != child.index }) ?? true {
      if child.kind == .text {
        escape(child.text, to: &out)
      } else if child.kind == .element {
        write(child, to: &out)
      }
    }
    out.append("</")
    out.append(tag)
    out.append(UInt8(ascii: ">"))
    if caption != nil { out.append("</div>") }
  }

  private static func writeReference(_ element: Cursor, to out: inout ByteBuffer) {
    out.append("<a")
    attributes(of: element, mark: "footnoteRef", to: &out)
    out.append(UInt8(ascii: ">"))
    if let target = element.attribute(.IDREF) { escape(target.text, to: &out) }
    writeContent(of: element, to: &out)
    out.append("</a>")
  }

  /// Elements that CDA does not have: those of XHTML that FHIR allows stay, others become spans.
  private static func writeOther(_ element: Cursor, to out: inout ByteBuffer) {
    let name = element.nameText.string.lowercased()
    if let tag = allowed[name] {
      if name == "br" || name == "hr" {
        writeVoid(tag, to: &out)
      } else {
        write(element, tag, to: &out)
      }
    } else {
      write(element, "span", mark: nil, to: &out)
    }
  }

  private static func writeVoid(_ tag: StaticString, to out: inout ByteBuffer) {
    out.append(UInt8(ascii: "<"))
    out.append(tag)
    out.append("/>")
  }

  private static let allowed: [String: StaticString] = [
    "b": "b", "i": "i", "em": "em", "strong": "strong", "small": "small", "big": "big", "tt": "tt",
    "p": "p", "div": "div", "span": "span", "pre": "pre", "ul": "ul", "ol": "ol", "li": "li",
    "dl": "dl", "dt": "dt", "dd": "dd", "h1": "h1", "h2": "h2", "h3": "h3", "h4": "h4", "h5": "h5",
    "h6": "h6", "blockquote": "blockquote", "code": "code", "br": "br", "hr": "hr", "u": "u",
  ]

  // MARK: Attributes

  /// Attributes of CDA by the names that XHTML has for them. `mark` is a class of our own that says
  /// what the element was.
  private static func attributes(of element: Cursor, mark: StaticString?, to out: inout ByteBuffer)
  {
    var classes = ByteBuffer(capacity: 64)
    if let mark { classes.append(mark) }
    for attribute in element.children {
      guard attribute.kind == .attribute || attribute.kind == .namespace else { break }
      if attribute.kind == .namespace { continue }
      switch attribute.name {
      case .ID: append("id", attribute.text, to: &out)
      case .language: append("lang", attribute.text, to: &out)
      case .IDREF: append("href", attribute.text, prefix: "#", to: &out)
      case .styleCode: addClass(attribute.text, prefix: nil, to: &classes)
      case .referencedObject: addClass(attribute.text, prefix: "referencedObject-", to: &classes)
      case .revised: addClass(attribute.text, prefix: "revised-", to: &classes)
      case .listType: break
      case .mediaType: break
      case .href where !isSafe(attribute.text): break
      case .summary, .width, .border, .frame, .rules, .cellspacing, .cellpadding, .align, .char,
        .charoff, .valign, .abbr, .axis, .headers, .scope, .rowspan, .colspan, .span, .name, .href,
        .rel, .rev, .title:
        append(attribute.nameText, attribute.text, to: &out)
      default: break
      }
    }
    if classes.count > 0 { append("class", classes.text, to: &out) }
  }

  /// Whether the value of an attribute shows in what ``write(_:to:)`` makes.
  static func shows(_ attribute: Cursor) -> Bool {
    switch attribute.name {
    case .href: isSafe(attribute.text)
    case .ID, .language, .IDREF, .styleCode, .referencedObject, .revised, .listType, .summary,
      .width,
      .border, .frame, .rules, .cellspacing, .cellpadding, .align, .char, .charoff, .valign, .abbr,
      .axis, .headers, .scope, .rowspan, .colspan, .span, .name, .rel, .rev, .title:
      true
    default: false
    }
  }

  /// Whether a link leads somewhere and does not run something.
  private static func isSafe(_ link: Text) -> Bool {
    let scheme = link.trimmed.bytes.prefix { $0 != UInt8(ascii: ":") }.filter { $0 > 0x20 }
    let name = String(decoding: scheme, as: UTF8.self).lowercased()
    return !["javascript", "vbscript", "data"].contains(name)
  }

  private static func addClass(_ text: Text, prefix: StaticString?, to classes: inout ByteBuffer) {
    if classes.count > 0 { classes.append(UInt8(ascii: " ")) }
    if let prefix { classes.append(prefix) }
    classes.append(text)
  }

  private static func append(
    _ name: StaticString, _ value: Text, prefix: StaticString = "", to out: inout ByteBuffer
  ) {
    append(Text(name), value, prefix: prefix, to: &out)
  }

  private static func append(
    _ name: Text, _ value: Text, prefix: StaticString = "", to out: inout ByteBuffer
  ) {
    out.append(UInt8(ascii: " "))
    out.append(name)
    out.append("=\"")
    out.append(prefix)
    escape(value, to: &out)
    out.append(UInt8(ascii: "\""))
  }

  /// Writes text so that it is text in XHTML too.
  static func escape(_ text: Text, to out: inout ByteBuffer) {
    var from = 0
    for index in 0..<text.count {
      let byte = text[index]
      guard byte < 0x40 else { continue }
      let reference: StaticString
      switch byte {
      case UInt8(ascii: "&"): reference = "&amp;"
      case UInt8(ascii: "<"): reference = "&lt;"
      case UInt8(ascii: ">"): reference = "&gt;"
      case UInt8(ascii: "\""): reference = "&quot;"
      default: continue
      }
      out.append(text.slice(from..<index))
      out.append(reference)
      from = index + 1
    }
    out.append(text.slice(from..<text.count))
  }
}
