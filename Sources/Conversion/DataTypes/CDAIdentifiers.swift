import ClinicalTree
import Definitions

// Identifier to II (conversion guide, "identifiers").

extension CDABuilder {
  /// The root under which identifiers stand whose system is a URI without an OID.
  private static let uriRoot: StaticString = "2.16.840.1.113883.4.873"

  /// Writes an II for an Identifier; nothing for one that says nothing.
  @discardableResult
  func ii(_ identifier: FHIRValue, as name: Name = .id, in parent: Draft.Slot) -> Draft.Slot? {
    guard let object = identifier.object else { return nil }
    let element = add(name, in: parent)
    guard ii(object, into: element) || nullFlavor(identifier, in: element) else {
      draft.removeLast(element)
      return nil
    }
    if let assigner = leaf(.display, in: self.object(.assigner, in: object)) {
      attribute(.assigningAuthorityName, assigner.sourced, in: element)
    }
    return element
  }

  private func ii(_ identifier: Cursor, into element: Draft.Slot) -> Bool {
    let system = leaf(.system, in: identifier)
    let entry = value(.value, in: identifier)
    // A root that is neither an OID nor a UUID was kept: the schema may still take it.
    if let root = kept("@root", beside: identifier), root.text.isCDARoot, let value = entry?.leaf {
      attribute(.root, Sourced(root.text, .leaf(root)), in: element)
      attribute(.extension, value.sourced, in: element)
      markKept("@root", beside: identifier)
      return true
    }
    guard let value = entry?.leaf else {
      guard let system, let oid = oid(of: system.text) else { return false }
      attribute(.root, Sourced(oid, .leaf(system)), in: element)
      nullFlavor(entry, in: element)
      return true
    }
    guard let system else {
      if value.text.isCDARoot, value.text.isOID || value.text.isUUID {
        attribute(.root, value.sourced, in: element)
      } else {
        // Nobody knows whose number it is: it tells nothing apart.
        constant(.nullFlavor, "UNK", Reason("an identifier without a system"), in: element)
        attribute(.extension, value.sourced, in: element)
      }
      return true
    }
    if system.text == "urn:ietf:rfc:3986", let root = oid(of: value.text) {
      attribute(.root, Sourced(root, .leaves(value, system)), in: element)
      return true
    }
    if let root = oid(of: system.text) {
      attribute(.root, Sourced(root, .leaf(system)), in: element)
      attribute(.extension, value.sourced, in: element)
      return true
    }
    constant(
      .root, Self.uriRoot, Reason("the root of identifiers whose system is a URI"), in: element)
    let separator = system.text.hasPrefix("urn:") ? Text(":") : Text("/")
    attribute(
      .extension,
      Sourced(arena.join(system.text, separator, value.text), .leaves(value, system)), in: element)
    return true
  }

  /// Writes all identifiers of a resource.
  func identifiers(of resource: Cursor, in element: Draft.Slot) {
    for identifier in values(.identifier, in: resource) where !done.contains(identifier.key) {
      if ii(identifier, in: element) != nil { done.insert(identifier.key) }
    }
  }
}

extension Text {
  /// Whether CDA's schema takes the text as the root of an II: an OID, a UUID, or a name of letters,
  /// digits and hyphens.
  var isCDARoot: Bool {
    isOID || isUUID || CDAFormat.isRUID(self)
  }
}
