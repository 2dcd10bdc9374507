import ClinicalTree
import Definitions

// PN, AD, TEL and HumanName, Address, ContactPoint.

extension FHIRBuilder {
  private static let qualifier: StaticString =
    "http://hl7.org/fhir/StructureDefinition/iso21090-EN-qualifier"

  /// The codes of HL7's code system EntityNamePartQualifier that FHIR has too.
  private static let qualifiers = [
    "LS", "AC", "NB", "PR", "HON", "BR", "AD", "SP", "MID", "CL", "IN", "VV",
  ]

  /// Writes a `HumanName` for a PN: its parts in order, or its text where it has none.
  func humanName(_ name: Cursor, as target: Name, in parent: Draft.Slot) {
    let slot = draft.addObject(target, in: parent)
    if let use = name.attribute(.use) { self.use(use, "cf-name-use", in: slot) }
    var hasParts = false
    for part in name.children where part.kind == .element {
      switch part.name {
      case .prefix, .given, .suffix: hasParts = namePart(part, as: part.name, in: slot) || hasParts
      case .family:
        // FHIR has one family name; a second one is joined to the first.
        if let first = draft.first(.family, in: slot) {
          join(part, to: first)
        } else {
          hasParts = namePart(part, as: .family, in: slot) || hasParts
        }
      case .validTime: period(part, as: .period, in: slot)
      default: break
      }
    }
    if hasParts { markBlankTexts(of: name) } else { plainText(name, as: .text, in: slot) }
    dropRepeated(slot, name, in: parent)
  }

  /// Names, addresses and contacts are sets: one that is told again is where it was told first.
  private func dropRepeated(_ slot: Draft.Slot, _ element: Cursor, in parent: Draft.Slot) {
    guard !draft.isEmpty(slot),
      let same = draft.children(of: parent).first(where: { other in
        other != slot && draft.name(of: other) == draft.name(of: slot) && draft.areSame(other, slot)
      })
    else { return }
    draft.removeLast(slot)
    for index in element.index..<element.end where use[index] == .taken {
      let leaf = source.at(index)
      guard leaf.kind == .text || leaf.kind == .attribute else { continue }
      note(.leaf(leaf), same)
      note(.leaf(leaf), parent)
    }
  }

  private func namePart(_ part: Cursor, as name: Name, in parent: Draft.Slot) -> Bool {
    guard let slot = plainText(part, as: name, in: parent) else { return false }
    if let qualifier = nonBlank(part.attribute(.qualifier)) {
      // Codes alone are allowed; words of the sender's own are kept as they are.
      if Self.qualifiers.contains(where: { qualifier.text.trimmed == $0 }) {
        put(
          Sourced(qualifier.text.trimmed, .leaf(qualifier)), as: .valueCode,
          in: addExtension(Self.qualifier, in: slot))
      } else {
        keep(qualifier, in: slot)
      }
    }
    return true
  }

  private func join(_ part: Cursor, to slot: Draft.Slot) {
    guard let piece = part.children.first(where: { $0.kind == .text && !$0.text.isBlank }) else {
      return
    }
    draft.replace(slot, .string, arena.join(draft.text(of: slot), Text(" "), piece.text.trimmed))
    note(.leaf(piece), slot)
  }

  private func markBlankTexts(of element: Cursor) {
    for child in element.children where child.kind == .text && child.text.isBlank {
      markStructural(child)
    }
  }

  /// Writes `use` for the codes of a use attribute: the first that FHIR has. What FHIR's word does not
  /// say is kept beside it.
  private func use(_ leaf: Cursor, _ map: String, in slot: Draft.Slot) {
    let words = leaf.text.words
    let targets = words.map { maps.translate($0, by: maps.map(map)) }
    guard let target = targets.compactMap({ $0 }).first else {
      return words.isEmpty ? () : keep(leaf, in: slot)
    }
    // An organization is at home nowhere (org-2, org-3).
    if target.code == "home", isOrganization(slot) { return keep(leaf, in: slot) }
    let written = put(Sourced(target.code, .leaf(leaf)), as: .use, in: slot)
    if words.count > 1 || !target.isUnique { keep(leaf, in: written) }
  }

  /// Whether a value is one of an Organization.
  private func isOrganization(_ slot: Draft.Slot) -> Bool {
    draft.parent(of: slot).flatMap { draft.first(.resourceType, in: $0) }
      .map { draft.text(of: $0) == "Organization" } ?? false
  }

  /// Writes an `Address` for an AD.
  func address(_ address: Cursor, as target: Name, in parent: Draft.Slot) {
    let slot = draft.addObject(target, in: parent)
    var hasParts = false
    for part in address.children where part.kind == .element {
      let name: Name
      switch part.name {
      case .streetAddressLine, .additionalLocator, .deliveryAddressLine: name = .line
      case .county: name = .district
      case .city, .state, .postalCode, .country: name = part.name
      case .useablePeriod:
        period(part, as: .period, in: slot)
        continue
      default: continue
      }
      if name != .line, let first = draft.first(name, in: slot) {
        join(part, to: first)
      } else {
        hasParts = plainText(part, as: name, in: slot) != nil || hasParts
      }
    }
    if hasParts {
      markBlankTexts(of: address)
    } else {
      hasParts = plainText(address, as: .text, in: slot) != nil
    }
    if hasParts, let use = address.attribute(.use) { self.use(use, "cf-address-use", in: slot) }
    dropRepeated(slot, address, in: parent)
  }

  /// Writes a `ContactPoint` for a TEL: the scheme of its URL becomes the system.
  func contactPoint(_ telecom: Cursor, as target: Name, in parent: Draft.Slot) {
    guard let leaf = nonBlank(telecom.attribute(.value)) else { return }
    let slot = draft.addObject(target, in: parent)
    let text = leaf.text.trimmed
    let use = telecom.attribute(.use)
    let colon = text.firstIndex(of: UInt8(ascii: ":"))
    let scheme = colon.map { lowercased(text.slice(0..<$0)).string } ?? ""
    let system: StaticString
    var value = text
    switch scheme {
    case "tel", "callto":
      system = use.map { $0.text == "PG" } ?? false ? "pager" : "phone"
      value = text.slice((colon ?? -1) + 1..<text.count)
    case "mailto":
      system = "email"
      value = text.slice((colon ?? -1) + 1..<text.count)
    case "fax", "x-text-fax":
      system = "fax"
      value = text.slice((colon ?? -1) + 1..<text.count)
    case "sms":
      system = "sms"
      value = text.slice((colon ?? -1) + 1..<text.count)
    case "http", "https", "ftp": system = "url"
    default:
      system =
        text.firstIndex(of: UInt8(ascii: "@")) != nil
        ? "email" : text.isPhoneNumber ? "phone" : "other"
    }
    if value.isBlank { return markStructural(leaf) }
    put(Sourced(Text(system), .leaf(leaf)), as: .system, in: slot)
    let written = put(Sourced(value.trimmed, .leaf(leaf)), as: .value, in: slot)
    // A scheme that FHIR's system does not bring back stays readable.
    if !scheme.isEmpty, !["tel", "mailto", "fax", "http", "https", "sms"].contains(scheme) {
      keep(leaf, in: written)
    }
    if let use { self.use(use, "cf-telecom-use", in: slot) }
    if let period = telecom.first(.useablePeriod) { self.period(period, as: .period, in: slot) }
    dropRepeated(slot, telecom, in: parent)
  }
}

extension Text {
  /// Whether the text looks like a telephone number: digits and the signs between them.
  var isPhoneNumber: Bool {
    bytes.contains(where: Bytes.isDigit)
      && bytes.allSatisfy { Bytes.isDigit($0) || " +-().x/".utf8.contains($0) }
  }
}
