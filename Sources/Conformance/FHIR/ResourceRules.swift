import ClinicalTree
import Definitions
import FHIRPath

/// Rules of whole resources and of data types that the facts do not hold.
extension FHIRValidation {
  func resourceRules(_ object: Cursor, _ type: Int, isContained: Bool) {
    if !isContained { contained(in: object) }
    duplicateIDs(in: object)
    let name = Name(UInt32(facts.typeName(of: type)))
    switch name {
    case .Bundle: bundle(object)
    case .QuestionnaireResponse: if !options.isBaseOnly { questionnaireResponse(object) }
    default: break
    }
    if !options.isBaseOnly { definitionRules(object, name) }
  }

  // MARK: Contained resources

  /// dom-2 to dom-5: contained resources contain none, are referred to, and have no versions or
  /// security labels of their own.
  private func contained(in object: Cursor) {
    guard object.property(.contained) != nil else { return }
    var references: Set<Text> = []
    var leadsBack: Set<Int> = []
    let resources = object.values(.contained).filter { $0.kind == .object }
    for position in object.index..<object.end {
      let node = root.at(position)
      guard node.kind == .string else { continue }
      if node.name == .div {
        references.formUnion(FHIRValidation.fragments(in: node.text))
      }
      guard node.text.hasPrefix("#") else { continue }
      references.insert(node.text.slice(1..<node.text.count))
      if node.text.count == 1 {
        for resource in resources where (resource.index..<resource.end).contains(position) {
          leadsBack.insert(resource.index)
        }
      }
    }
    for resource in resources {
      if resource.property(.contained) != nil {
        report(
          Conformance.brokenInvariant, at: resource.index,
          "dom-2: a contained resource contains others")
      }
      if let meta = resource.property(.meta), meta.kind == .object {
        if meta.property(.versionId) != nil || meta.property(.lastUpdated) != nil {
          report(
            Conformance.brokenInvariant, at: meta.index,
            "dom-4: a contained resource with a version")
        }
        if meta.property(.security) != nil {
          report(
            Conformance.brokenInvariant, at: meta.index,
            "dom-5: a contained resource with a security label")
        }
      }
      let isKnown = resource.property(.id).map { references.contains($0.text) } ?? false
      if !isKnown, !leadsBack.contains(resource.index) {
        report(
          Conformance.brokenInvariant, at: resource.index,
          "dom-3: nothing refers to this contained resource")
      }
    }
  }

  /// What links and images of a narrative name within the resource: `src="#image"`.
  private static func fragments(in text: Text) -> [Text] {
    var found: [Text] = []
    var position = 0
    while position + 2 < text.count {
      defer { position += 1 }
      let quote = text[position]
      guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"),
        text[position + 1] == UInt8(ascii: "#")
      else { continue }
      var end = position + 2
      while end < text.count, text[end] != quote { end += 1 }
      found.append(text.slice(position + 2..<end))
    }
    return found
  }

  /// The ids of elements are unique within a resource.
  private func duplicateIDs(in object: Cursor) {
    if options.isBaseOnly { return }
    var seen: Set<Text> = []
    var position = object.index + 1
    while position < object.end {
      let node = root.at(position)
      // Other resources have ids of their own.
      if node.kind == .object, node.property(.resourceType) != nil,
        node.name == .resource || node.name == .contained
      {
        position = node.end
        continue
      }
      // Those of definitions of elements are unique in their list, which an invariant checks.
      if node.name == .snapshot || node.name == .differential {
        position = node.end
        continue
      }
      if node.name == .id, node.kind == .string, !seen.insert(node.text).inserted {
        report(Conformance.duplicateID, at: position, "an id that stood before in this resource")
      }
      position += 1
    }
  }

  // MARK: Data types

  func complexRules(_ value: Cursor, _ member: Int, _ type: Int, of object: Cursor) {
    switch Name(UInt32(facts.typeName(of: type))) {
    case .Extension: if !options.isBaseOnly { extensionUse(value, member) }
    case .Reference: reference(value, member)
    case .Coding: coding(value, member)
    case .CodeableConcept: concept(value, member)
    case .Quantity: quantity(value, member)
    case .Attachment: attachment(value)
    case .Identifier: identifier(value)
    default: break
    }
  }

  /// The form of URIs that begin with `urn:uuid:` or `urn:oid:`.
  func uri(_ value: Cursor) {
    // Of a canonical URL its version, and of a URL its fragment, are taken off.
    let end = value.text.firstIndex(of: UInt8(ascii: "|")) ?? value.text.firstIndex(of: 0x23)
    let text = value.text.slice(0..<(end ?? value.text.count))
    if text.hasPrefix("urn:uuid:") {
      if !FHIRFormat.isUUID(text.slice(9..<text.count)) {
        report(
          Conformance.badIdentifier, at: value.index,
          "a UUID that is not 36 characters in lower case")
      }
    } else if text.hasPrefix("urn:oid:"), !FHIRFormat.isOID(text.slice(8..<text.count)) {
      report(Conformance.badIdentifier, at: value.index, "not an OID")
    }
  }

  private func identifier(_ value: Cursor) {
    guard let system = value.property(.system), system.text == "urn:ietf:rfc:3986",
      let own = value.property(.value), own.kind == .string
    else { return }
    if FHIRValidation.scheme(of: own.text.string) == nil {
      report(Conformance.badIdentifier, at: value.index, "the value of this system is a URI")
    }
  }

  private func attachment(_ value: Cursor) {
    guard let size = value.property(.size), size.kind == .number,
      let data = value.property(.data), data.kind == .string, let stated = Int(size.text.string)
    else { return }
    let letters = data.text.bytes.count { !Bytes.isSpace($0) && $0 != UInt8(ascii: "=") }
    if FHIRFormat.isBase64(data.text), letters * 3 / 4 != stated {
      report(
        Conformance.badAttachment, at: value.index,
        "the size is stated as \(stated) and is \(letters * 3 / 4)")
    }
  }
}
