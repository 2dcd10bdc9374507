import ClinicalTree
import Definitions

// II and Identifier (conversion guide, "identifiers").

extension FHIRBuilder {
  /// Writes an `Identifier` for an II.
  ///
  /// The root becomes the system: a registered URI, or `urn:oid:` or `urn:uuid:` with the root. A root
  /// alone is the identifier itself, unless it is a known system of identifiers whose value is missing.
  func identifier(_ id: Cursor, as name: Name, in parent: Draft.Slot) {
    guard let slot = makeIdentifier(id, as: name, in: parent) else { return }
    func text(_ slot: Draft.Slot, _ part: Name) -> Text {
      draft.first(part, in: slot).map(draft.text(of:)) ?? .empty
    }
    func assigner(_ slot: Draft.Slot) -> Text {
      draft.first(.assigner, in: slot).map { text($0, .display) } ?? .empty
    }
    let same = draft.children(of: parent).first { other in
      other != slot && draft.name(of: other) == name && !text(slot, .value).isEmpty
        && text(other, .value) == text(slot, .value) && text(other, .system) == text(slot, .system)
        && assigner(other) == assigner(slot)
    }
    guard let same else { return }
    // Identifiers are a set: one that is told again is where it was told first.
    draft.removeLast(slot)
    for leaf in id.children where leaf.kind == .attribute {
      note(.leaf(leaf), same)
      note(.leaf(leaf), parent)
    }
  }

  private func makeIdentifier(_ id: Cursor, as name: Name, in parent: Draft.Slot) -> Draft.Slot? {
    let root = nonBlank(id.attribute(.root))
    let value = nonBlank(id.attribute(.`extension`))
    guard root != nil || value != nil else { return nil }
    if let root, root.text.trimmed == Conversion.resourceOID {
      // It names the resource for those that refer to it, and is no identifier.
      for leaf in id.children where leaf.kind == .attribute { markStructural(leaf) }
      return nil
    }
    let identifier = draft.addObject(name, in: parent)
    if let assigner = nonBlank(id.attribute(.assigningAuthorityName)) {
      put(assigner.sourced, as: .display, in: draft.addObject(.assigner, in: identifier))
    }
    guard let root else {
      if let value { put(value.sourced, as: .value, in: identifier) }
      return identifier
    }
    let text = root.text.trimmed
    if let value, text == "2.16.840.1.113883.4.873", let split = splitURI(value.text) {
      put(Sourced(split.system, .leaves(value, root)), as: .system, in: identifier)
      put(Sourced(split.value, .leaf(value)), as: .value, in: identifier)
      return identifier
    }
    guard let uri = systemURI(text) else {
      // Neither an OID nor a UUID: the root is no system that FHIR could name.
      if let value {
        put(value.sourced, as: .value, in: identifier)
        keep(root, in: identifier)
      } else {
        put(root.sourced, as: .value, in: identifier)
      }
      return identifier
    }
    if let value {
      put(Sourced(uri, .leaf(root)), as: .system, in: identifier)
      put(value.sourced, as: .value, in: identifier)
    } else if uri.hasPrefix("urn:oid:") || uri.hasPrefix("urn:uuid:") {
      if let flavor = id.attribute(.nullFlavor) {
        put(Sourced(uri, .leaf(root)), as: .system, in: identifier)
        absent(flavor, as: .value, in: identifier)
      } else {
        put(
          rule: "urn:ietf:rfc:3986", Reason("the system of identifiers that are URIs"), as: .system,
          in: identifier)
        put(Sourced(uri, .leaf(root)), as: .value, in: identifier)
      }
    } else {
      // The OID of a known system, such as that of social security numbers, is nobody's number.
      put(Sourced(uri, .leaf(root)), as: .system, in: identifier)
      let flavor = id.attribute(.nullFlavor)
      if let flavor {
        absent(flavor, as: .value, in: identifier)
      } else {
        absent(as: .value, in: identifier)
      }
    }
    return identifier
  }

  /// The URI for a root: registered, or made of an OID or UUID; `nil` for anything else.
  func systemURI(_ root: Text) -> Text? {
    if let known = codeSystems.system(oid: root), !known.uri.isEmpty { return known.uri }
    if root.isOID { return arena.join(Text("urn:oid:"), root) }
    if root.isUUID {
      return arena.join(Text("urn:uuid:"), lowercased(root))
    }
    return nil
  }

  private func splitURI(_ text: Text) -> (system: Text, value: Text)? {
    let separator: UInt8 = text.hasPrefix("urn:") ? UInt8(ascii: ":") : UInt8(ascii: "/")
    guard text.firstIndex(of: UInt8(ascii: ":")) != nil, let last = text.lastIndex(of: separator),
      last > 0, last + 1 < text.count
    else { return nil }
    return (text.slice(0..<last), text.slice(last + 1..<text.count))
  }

  func lowercased(_ text: Text) -> Text {
    if !text.bytes.contains(where: { $0 &- 0x41 < 26 }) { return text }
    return arena.copy(
      String(decoding: text.bytes.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }, as: UTF8.self))
  }

  /// A leaf that says something; one that is empty or blank has no more to do.
  func nonBlank(_ leaf: Cursor?) -> Cursor? {
    guard let leaf else { return nil }
    if leaf.text.isBlank {
      markStructural(leaf)
      return nil
    }
    return leaf
  }
}

extension Text {
  /// Whether the text is a URI with a scheme that systems have.
  var isAbsoluteURI: Bool { hasPrefix("http://") || hasPrefix("https://") || hasPrefix("urn:") }

  /// Whether the text is an object identifier: numbers joined by dots, the first below 3.
  var isOID: Bool {
    guard count >= 3, self[0] &- 0x30 < 3, self[1] == UInt8(ascii: ".") else { return false }
    var previous: UInt8 = 0
    for byte in bytes {
      if byte == UInt8(ascii: ".") {
        if previous == UInt8(ascii: ".") { return false }
      } else if !Bytes.isDigit(byte) {
        return false
      }
      previous = byte
    }
    return previous != UInt8(ascii: ".")
  }

  /// Whether the text is a UUID in hexadecimal digits of either case.
  var isUUID: Bool {
    guard count == 36 else { return false }
    for (place, byte) in bytes.enumerated() {
      let isHyphen = place == 8 || place == 13 || place == 18 || place == 23
      if isHyphen != (byte == UInt8(ascii: "-")) { return false }
      if !isHyphen, !Bytes.isDigit(byte), (byte | 0x20) &- 0x61 >= 6 { return false }
    }
    return true
  }
}
