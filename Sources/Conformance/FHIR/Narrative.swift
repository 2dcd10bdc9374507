import ClinicalTree
import Definitions
import FHIRPath
import XMLTree

/// What R4 allows in `text.div` (narrative.html, txt-1 and txt-2).
enum Narrative {
  /// A fault of a narrative.
  struct Fault {
    let isWellFormed: Bool
    let message: String
  }

  private static let elements = [
    "div", "p", "br", "b", "i", "u", "em", "strong", "span", "a", "img", "ul", "ol", "li", "dl",
    "dt", "dd", "table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "td", "th",
    "h1", "h2", "h3", "h4", "h5", "h6", "pre", "code", "q", "var", "samp", "kbd", "cite", "abbr",
    "acronym", "dfn", "sub", "sup", "big", "small", "tt", "hr", "blockquote", "address", "bdo",
    "center", "font", "s", "strike", "map", "area", "ins", "del",
  ]

  private static let attributes = [
    "id", "class", "style", "title", "lang", "dir", "xml:lang", "accesskey", "tabindex", "href",
    "src", "alt", "name", "rel", "rev", "type", "charset", "hreflang", "shape", "coords", "width",
    "height", "border", "align", "valign", "span", "char", "charoff", "cellspacing", "cellpadding",
    "frame", "rules", "summary", "abbr", "axis", "headers", "scope", "rowspan", "colspan", "cite",
    "longdesc", "usemap", "ismap", "space", "nowrap", "bgcolor", "color", "face", "size", "start",
    "value", "clear", "noshade", "compact", "target", "ref",
  ]

  /// The names of XHTML with numbers of their own: the elements first, then the attributes.
  private static let names: NameTable = {
    let only = attributes.filter { !elements.contains($0) }
    let bytes = NameTable.encode([""] + elements + only)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes.count, alignment: 8)
    memory.copyMemory(from: bytes, byteCount: bytes.count)
    return NameTable(base: memory)
  }()

  /// What a name may stand for, by its number.
  private static let roles: [(isElement: Bool, isAttribute: Bool)] =
    (0..<names.count).map { number in
      let name = names.string(Name(UInt32(number)))
      return (elements.contains(name), attributes.contains(name))
    }

  private static func role(_ name: Name) -> (isElement: Bool, isAttribute: Bool) {
    Int(name.rawValue) < roles.count ? roles[Int(name.rawValue)] : (false, false)
  }

  /// Whether a narrative is plainly as it should be; see ``NarrativeScanner``.
  static func isPlain(_ text: Text) -> Bool {
    var scanner = NarrativeScanner(text) { name in
      names.lookUp(name.start, name.count).map(role) ?? (false, false)
    }
    return scanner.isPlain()
  }

  /// Reads a narrative; its names are numbered by this type's own table.
  static func tree(_ text: Text) throws(XML.ParsingError) -> Tree {
    try Tree.xml(Array(text.bytes), names: names).tree
  }

  /// What is wrong with the text of a narrative; empty when nothing is.
  static func faults(in text: Text) -> [Fault] {
    let tree: Tree
    do {
      tree = try self.tree(text)
    } catch {
      let message = error.issues.last?.message ?? "narrative that is not well-formed"
      return [Fault(isWellFormed: false, message: message)]
    }
    return faults(in: tree)
  }

  static func faults(in tree: Tree) -> [Fault] {
    var faults: [Fault] = []
    func add(_ message: String) { faults.append(Fault(isWellFormed: true, message: message)) }
    tree.withCursor { root in
      if !(root.nameText == "div") { add("the narrative is no div") }
      if root.node.flags.space != .xhtml { add("the div is not in the namespace of XHTML") }
      var hasContent = false
      for position in 0..<root.end {
        let node = root.at(position)
        switch node.kind {
        case .element:
          if !role(node.name).isElement {
            add("\(node.nameText.string) is not allowed in narrative")
          }
          if node.nameText == "img" { hasContent = true }
        case .attribute:
          if !role(node.name).isAttribute, !node.nameText.hasPrefix("data-") {
            add("the attribute \(node.nameText.string) is not allowed in narrative")
          }
        case .text: if !node.text.isBlank { hasContent = true }
        default: break
        }
      }
      if !hasContent { add("txt-2: the narrative says nothing") }
    }
    return faults
  }

  /// Where the links of a narrative lead, and the ids and anchors that it has.
  static func links(in tree: Tree) -> (targets: [String], ids: [String]) {
    var targets: [String] = []
    var ids: [String] = []
    tree.withCursor { root in
      for position in 0..<root.end {
        let node = root.at(position)
        guard node.kind == .attribute else { continue }
        switch node.nameText.string {
        case "href": targets.append(node.text.string)
        case "id": ids.append(node.text.string)
        case "name": ids.append(node.text.string)
        default: break
        }
      }
    }
    return (targets, ids)
  }
}

extension FHIRValidation {
  /// Checks a narrative: its form, what it holds, and its links.
  func narrative(_ value: Cursor) {
    if options.isBaseOnly, Narrative.isPlain(value.text) { return }
    let tree: Tree
    do {
      tree = try Narrative.tree(value.text)
    } catch {
      return report(
        Conformance.badNarrative, at: value.index,
        error.issues.last?.message ?? "narrative that is not well-formed")
    }
    for fault in Narrative.faults(in: tree) {
      report(Conformance.badNarrativeContent, at: value.index, fault.message)
    }
    if options.isBaseOnly { return }
    let (targets, ids) = Narrative.links(in: tree)
    for target in targets {
      if target.hasPrefix("#") {
        let id = String(target.dropFirst())
        if !id.isEmpty, !ids.contains(id), !hasElement(withId: id) {
          report(
            Conformance.badNarrativeContent, at: value.index,
            "a link within the narrative that leads nowhere")
        }
      } else if let scheme = FHIRValidation.scheme(of: target),
        !["http", "https", "tel", "mailto", "data", "cid", "ftp", "file"].contains(scheme)
      {
        report(
          Conformance.badNarrativeContent, at: value.index,
          "a link of the scheme \(scheme), which no browser follows")
      }
    }
  }

  /// Checks narrative by what a profile asks of it.
  func check(_ control: Rule.NarrativeControl, on node: FHIRNode, _ profile: Profile) {
    guard node.cursor.kind == .object, let div = node.cursor.property(.div), div.kind == .string,
      let tree = try? Narrative.tree(div.text)
    else { return }
    func fault(_ message: String) {
      report(
        Conformance.badNarrativeContent, at: node.cursor.index, message, profile: profile.url)
    }
    switch control {
    case .source:
      for part in tree.root.children where part.node.kind == .element || part.node.kind == .text {
        let classes = part["class"].first?.value?.split(separator: " ") ?? []
        let isBlank = part.node.kind == .text && part.text.allSatisfy(\.isWhitespace)
        if !isBlank,
          !classes.contains(where: { ["boilerplate", "generated", "original"].contains($0) })
        {
          fault("a part of the narrative does not say where it is from")
        }
      }
    case .language(let wanted):
      let languages = tree.root.children.filter { $0.node.kind == .element && $0.name == "div" }
        .compactMap { $0["lang"].first?.value }
      switch wanted {
      case "_no": if !languages.isEmpty { fault("the narrative has parts in languages") }
      case "_yes": if languages.isEmpty { fault("the narrative has no parts in languages") }
      default:
        let own =
          wanted == "_resource"
          ? root.at(resource.own).property(.language)?.text.string ?? "" : wanted
        if !languages.contains(own) { fault("the narrative has no part in \(own)") }
      }
    }
  }

  static func scheme(of link: String) -> String? {
    guard let colon = link.firstIndex(of: ":") else { return nil }
    let scheme = link[..<colon]
    return scheme.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
      ? scheme.lowercased() : nil
  }

  /// Whether something in the resource has an id.
  private func hasElement(withId id: String) -> Bool {
    let holder = root.at(resource.holder)
    for position in holder.index..<holder.end {
      let node = root.at(position)
      if node.name == .id, node.kind == .string, node.text == id { return true }
    }
    return false
  }
}
