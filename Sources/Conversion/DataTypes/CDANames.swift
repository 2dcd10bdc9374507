import ClinicalTree
import Definitions

// HumanName, Address, ContactPoint to PN, AD, TEL.

extension CDABuilder {
  /// Writes a PN for a HumanName: its parts in order, or its text where it has none.
  @discardableResult
  func pn(_ name: FHIRValue, as target: Name = .name, in parent: Draft.Slot) -> Draft.Slot? {
    guard let object = name.object else { return nil }
    let element = add(target, in: parent)
    use(of: object, by: "cf-name-use", into: element)
    let isNickname = leaf(.use, in: object).map { $0.text == "nickname" } ?? false
    var hasParts = false
    for part in [Name.prefix, .given, .family, .suffix] {
      for value in values(part, in: object) {
        guard let leaf = value.leaf else { continue }
        hasParts = true
        let slot = add(part, in: element)
        qualifier(value, isNickname, into: slot)
        text(leaf.sourced, in: slot)
      }
    }
    if hasParts {
      // The profile of names wants both.
      silent(.given, in: element)
      silent(.family, in: element)
    } else if let text = leaf(.text, in: object) {
      self.text(text.sourced, in: element)
    }
    period(of: object, as: .validTime, in: element)
    return element
  }

  private func qualifier(_ part: FHIRValue, _ isNickname: Bool, into element: Draft.Slot) {
    if let code = extended(
      "http://hl7.org/fhir/StructureDefinition/iso21090-EN-qualifier", in: part.shadow),
      let leaf = leaf(.valueCode, in: code)
    {
      attribute(.qualifier, leaf.sourced, in: element)
      markStructural(code)
    } else if let written = kept("@qualifier", beside: part.shadow) {
      attribute(.qualifier, Sourced(written.text, .leaf(written)), in: element)
      markKept("@qualifier", beside: part.shadow)
    }
  }

  /// Writes an AD for an Address.
  @discardableResult
  func ad(_ address: FHIRValue, as target: Name = .addr, in parent: Draft.Slot) -> Draft.Slot? {
    guard let object = address.object else { return nil }
    let element = add(target, in: parent)
    use(of: object, by: "cf-address-use", into: element)
    if attribute(.use, of: element) == nil, let type = leaf(.type, in: object) {
      let code: StaticString? =
        type.text == "postal" ? "PST" : type.text == "physical" ? "PHYS" : nil
      if let code { attribute(.use, Sourced(Text(code), .leaf(type)), in: element) }
    }
    var lines = 0
    for (part, name) in [
      (Name.line, Name.streetAddressLine), (.city, .city), (.district, .county), (.state, .state),
      (.postalCode, .postalCode), (.country, .country),
    ] {
      for value in values(part, in: object) {
        guard let leaf = value.leaf else { continue }
        if part == .line { lines += 1 }
        // The profile of addresses allows four lines.
        let slot = add(part == .line && lines > 4 ? .additionalLocator : name, in: element)
        text(leaf.sourced, in: slot)
      }
    }
    if let text = leaf(.text, in: object),
      !draft.children(of: element).contains(where: { draft.kind(of: $0) == .object })
    {
      self.text(text.sourced, in: element)
    }
    period(of: object, as: .useablePeriod, in: element)
    return element
  }

  /// Writes a TEL for a ContactPoint: the system is the scheme of its URL.
  @discardableResult
  func tel(_ contact: FHIRValue, as target: Name = .telecom, in parent: Draft.Slot) -> Draft.Slot? {
    guard let object = contact.object, let value = value(.value, in: object), let leaf = value.leaf
    else { return nil }
    let element = add(target, in: parent)
    let system = self.leaf(.system, in: object)
    let scheme: StaticString
    switch system?.text.string {
    case "phone", "pager": scheme = "tel:"
    case "fax": scheme = "fax:"
    case "email": scheme = "mailto:"
    case "sms": scheme = "sms:"
    default: scheme = ""
    }
    if let written = kept("@value", beside: value.shadow),
      isURL(written.text, of: leaf.text, system)
    {
      attribute(.value, Sourced(written.text, .leaf(written)), in: element)
      markKept("@value", beside: value.shadow)
      note(.leaf(leaf), element)
    } else {
      attribute(
        .value, Sourced(arena.join(Text(scheme), leaf.text.trimmed), .leaves(leaf, system)),
        in: element)
    }
    if let system, comesBack(system.text, for: leaf.text) { note(.leaf(system), element) }
    if system.map({ $0.text == "pager" }) ?? false {
      constant(.use, "PG", Reason("a pager"), in: element)
    } else {
      use(of: object, by: "cf-telecom-use", into: element)
    }
    period(of: object, as: .useablePeriod, in: element)
    return element
  }

  /// Whether a URL is what a contact was made of that has no scheme of its own.
  private func isURL(_ url: Text, of value: Text, _ system: Cursor?) -> Bool {
    let url = url.trimmed
    guard let colon = url.firstIndex(of: UInt8(ascii: ":")),
      url.slice(colon + 1..<url.count).trimmed == value
    else { return url == value }
    switch url.slice(0..<colon).string.lowercased() {
    case "callto": return system.map { $0.text == "phone" || $0.text == "pager" } ?? true
    case "x-text-fax": return system.map { $0.text == "fax" } ?? true
    default: return true
    }
  }

  /// Whether the kind of a contact follows from its scheme or, without one, from its looks.
  private func comesBack(_ system: Text, for value: Text) -> Bool {
    let isURL = value.hasPrefix("http:") || value.hasPrefix("https:") || value.hasPrefix("ftp:")
    switch system.string {
    case "phone", "pager", "fax", "email", "sms": return true
    case "url": return isURL
    default: return !isURL && value.firstIndex(of: UInt8(ascii: "@")) == nil && !value.isPhoneNumber
    }
  }

  /// Writes the use of a name, an address or a contact: the codes that the source of the FHIR had, if
  /// they are kept, else the first that means the same.
  private func use(of object: Cursor, by map: String, into element: Draft.Slot) {
    let use = value(.use, in: object)
    let holder = kept("@use", beside: use?.shadow) != nil ? use?.shadow : object
    if let written = kept("@use", beside: holder, leadingTo: use?.leaf, by: map),
      written.text.isCodeList
    {
      let slot = attribute(.use, Sourced(written.text, .leaf(written)), in: element)
      if let leaf = use?.leaf { note(.leaf(leaf), slot) }
      markKept("@use", beside: holder)
      return
    }
    guard let leaf = use?.leaf else { return }
    if let found = maps.sources(of: leaf.text, by: maps.map(map)).first {
      // A home is the principal one where several codes say home.
      let code = map == "cf-telecom-use" && leaf.text == "home" ? Text("HP") : found.code
      attribute(.use, Sourced(code, .leaf(leaf)), in: element)
    }
  }

  private func period(of object: Cursor, as name: Name, in element: Draft.Slot) {
    guard let period = self.object(.period, in: object) else { return }
    let slot = add(name, in: element)
    if name == .useablePeriod { constant(.type, "IVL_TS", in: slot) }
    if !ivlTS(period, into: slot) { draft.removeLast(slot) }
  }
}

extension Text {
  /// Whether the text is a list of codes of capital letters, as CDA's schema wants for uses.
  fileprivate var isCodeList: Bool {
    !isBlank && bytes.allSatisfy { $0 &- 0x41 < 26 || Bytes.isSpace($0) }
  }
}
