import ClinicalTree

/// Recognises narrative that is plainly as it should be, in one pass without a tree: `true` means that
/// ``Narrative`` would find nothing, `false` that a real parser has to look.
struct NarrativeScanner {
  private let text: Text
  private let names: (Text) -> (isElement: Bool, isAttribute: Bool)
  private var position = 0
  /// Where the names of the elements that are open lie.
  private var open: [(start: Int, count: Int)] = []
  private var hasContent = false

  init(_ text: Text, names: @escaping (Text) -> (isElement: Bool, isAttribute: Bool)) {
    self.text = text
    self.names = names
  }

  private var next: UInt8 { position < text.count ? text[position] : 0 }

  mutating func isPlain() -> Bool {
    guard text.hasPrefix("<div"), element(isRoot: true) else { return false }
    while !open.isEmpty {
      if !content() { return false }
    }
    return hasContent && text.slice(position..<text.count).isBlank
  }

  /// Text up to the next tag, and the tag.
  private mutating func content() -> Bool {
    while position < text.count {
      let byte = text[position]
      if byte == UInt8(ascii: "<") {
        position += 1
        if next == UInt8(ascii: "/") { return end() }
        position -= 1
        return element(isRoot: false)
      }
      if byte == UInt8(ascii: "&") {
        guard entity() else { return false }
        hasContent = true
        continue
      }
      // A control character, or what ends a CDATA section.
      if byte < 0x20 ? !Bytes.isSpace(byte) : byte == UInt8(ascii: ">") { return false }
      if byte > 0x20 { hasContent = true }
      position += 1
    }
    return false
  }

  private mutating func end() -> Bool {
    position += 1
    guard let last = open.popLast(), position + last.count < text.count,
      Bytes.areEqual(text.start + position, text.start + last.start, last.count),
      text[position + last.count] == UInt8(ascii: ">")
    else { return false }
    position += last.count + 1
    return true
  }

  private mutating func element(isRoot: Bool) -> Bool {
    position += 1
    let start = position
    guard let name = name(), names(name).isElement else { return false }
    if name == "img" { hasContent = true }
    var hasNamespace = !isRoot
    var seen: [Text] = []
    while true {
      let hadSpace = Bytes.isSpace(next)
      while Bytes.isSpace(next) { position += 1 }
      switch next {
      case UInt8(ascii: ">"):
        position += 1
        open.append((start, name.count))
        return hasNamespace && open.count < 200
      case UInt8(ascii: "/"):
        guard position + 1 < text.count, text[position + 1] == UInt8(ascii: ">"), !isRoot else {
          return false
        }
        position += 2
        return true
      default:
        guard hadSpace, let attribute = attribute(), !seen.contains(attribute.name) else {
          return false
        }
        seen.append(attribute.name)
        if attribute.name == "xmlns" {
          guard isRoot, attribute.value == "http://www.w3.org/1999/xhtml" else { return false }
          hasNamespace = true
        } else if !names(attribute.name).isAttribute {
          return false
        }
      }
    }
  }

  private mutating func name() -> Text? {
    let start = position
    guard Bytes.isLetter(next) else { return nil }
    while Bytes.isLetter(next) || Bytes.isDigit(next) || next == UInt8(ascii: "-") { position += 1 }
    return text.slice(start..<position)
  }

  private mutating func attribute() -> (name: Text, value: Text)? {
    guard let name = name(), next == UInt8(ascii: "=") else { return nil }
    position += 1
    let quote = next
    guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
    position += 1
    let start = position
    while next != quote {
      if next == UInt8(ascii: "&") {
        guard entity() else { return nil }
        continue
      }
      guard position < text.count, next >= 0x20 || Bytes.isSpace(next), next != UInt8(ascii: "<")
      else { return nil }
      position += 1
    }
    position += 1
    return (name, text.slice(start..<position - 1))
  }

  /// One of XML's own entities; references to characters are left to a parser.
  private mutating func entity() -> Bool {
    let rest = text.slice(position..<text.count)
    for known in ["&amp;", "&lt;", "&gt;", "&quot;", "&apos;"] as [StaticString]
    where rest.hasPrefix(known) {
      position += known.utf8CodeUnitCount
      return true
    }
    return false
  }
}
