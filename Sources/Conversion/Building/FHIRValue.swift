import ClinicalTree
import Definitions

/// A value of a FHIR source: an object, or a primitive with the id and extensions beside it.
struct FHIRValue {
  /// The object or the primitive; `nil` where only extensions stand.
  let node: Cursor?
  /// The object with the id and the extensions of a primitive.
  let shadow: Cursor?

  /// The text of a primitive that says something.
  var leaf: Cursor? {
    guard let node, node.kind != .object, node.kind != .array, node.kind != .null,
      !node.text.isBlank
    else { return nil }
    return node
  }

  var object: Cursor? { node.flatMap { $0.kind == .object ? $0 : nil } }

  /// What holds the extensions of the value.
  var extended: Cursor? { object ?? shadow }

  /// A number for the value that no other value of the source has.
  var key: Int { node?.index ?? shadow?.index ?? -1 }
}

extension CDABuilder {
  /// The values of a property of an object, each with what stands beside it.
  func values(_ name: Name, in object: Cursor) -> [FHIRValue] {
    var plain: Cursor?
    var shadow: Cursor?
    for child in object.children where child.name == name {
      if child.node.flags.contains(.shadow) { shadow = child } else { plain = child }
    }
    guard plain != nil || shadow != nil else { return [] }
    if plain?.kind == .array || shadow?.kind == .array {
      let left = plain.map { Array($0.items) } ?? []
      let right = shadow.map { Array($0.items) } ?? []
      return (0..<max(left.count, right.count)).map { place in
        let beside = place < right.count && right[place].kind == .object ? right[place] : nil
        let node = place < left.count ? left[place] : nil
        return FHIRValue(node: node?.kind == .null ? nil : node, shadow: beside)
      }.filter { $0.node != nil || $0.shadow != nil }
    }
    return [
      FHIRValue(
        node: plain?.kind == .null ? nil : plain, shadow: shadow?.kind == .object ? shadow : nil)
    ].filter { $0.node != nil || $0.shadow != nil }
  }

  func value(_ name: Name, in object: Cursor) -> FHIRValue? {
    guard !object.node.flags.contains(.hasShadows) else { return values(name, in: object).first }
    guard let plain = object.property(name) else { return nil }
    let node = plain.kind == .array ? plain.children.first { $0.kind != .null } : plain
    guard let node, node.kind != .null else { return nil }
    return FHIRValue(node: node, shadow: nil)
  }

  /// The primitive of a property that says something.
  func leaf(_ name: Name, in object: Cursor?) -> Cursor? {
    object.flatMap { value(name, in: $0)?.leaf }
  }

  /// The first object of a property.
  func object(_ name: Name, in object: Cursor?) -> Cursor? {
    object?.property(name)?.items.first { $0.kind == .object }
  }

  func objects(_ name: Name, in object: Cursor?) -> [Cursor] {
    object?.property(name)?.items.filter { $0.kind == .object } ?? []
  }

  /// The value of a choice element, in whatever form it stands, with the type of the form.
  func choice(_ stem: Name, in object: Cursor) -> (value: FHIRValue, type: Text)? {
    let stemText = NameTable.standard.text(of: stem)
    for child in object.children {
      let name = child.nameText
      guard name.count > stemText.count, name.slice(0..<stemText.count) == stemText,
        name[stemText.count] &- 0x41 < 26
      else { continue }
      let type = name.slice(stemText.count..<name.count)
      guard let value = value(child.name, in: object) else { continue }
      return (value, type)
    }
    return nil
  }

  // MARK: Extensions

  /// The first extension with a URL.
  func extended(_ url: StaticString, in object: Cursor?) -> Cursor? {
    object?.property(.extension)?.items.first { isExtension($0, url) }
  }

  func allExtended(_ url: StaticString, in object: Cursor?) -> [Cursor] {
    object?.property(.extension)?.items.filter { isExtension($0, url) } ?? []
  }

  private func isExtension(_ extended: Cursor, _ url: StaticString) -> Bool {
    extended.kind == .object && leaf(.url, in: extended).map { $0.text == url } ?? false
  }

  /// What the source of a FHIR document had at a place beside a value: the leaf with the content. It is
  /// taken when it is written.
  func kept(_ path: StaticString, beside object: Cursor?) -> Cursor? {
    keptContent(path, beside: object)?.content
  }

  private func keptContent(
    _ path: StaticString, beside object: Cursor?
  ) -> (extended: Cursor, content: Cursor)? {
    for kept in allExtended(FHIRBuilder.cdaContent, in: object) where !done.contains(kept.index) {
      guard let place = leaf(.valueString, in: extended("path", in: kept)), place.text == path,
        let content = leaf(.valueString, in: extended("content", in: kept))
      else { continue }
      return (kept, content)
    }
    return nil
  }

  /// What the source of a FHIR document had for a code of FHIR, if a map leads from it to that code: who
  /// has changed the code since means the new one.
  func kept(
    _ path: StaticString, beside object: Cursor?, leadingTo code: Cursor?, by map: String
  ) -> Cursor? {
    guard let content = kept(path, beside: object) else { return nil }
    guard let code else { return content }
    return leads(content.text, to: code.text, by: map) ? content : nil
  }

  /// Whether a code, or one of several with blanks between them, is what a map leads to a code from.
  func leads(_ written: Text, to code: Text, by map: String) -> Bool {
    written.words.contains { word in
      maps.translate(word, by: maps.map(map)).map { $0.code == code } ?? false
    }
  }

  /// Whether a coding names no system or the one given.
  func isOf(_ system: StaticString, _ coding: Cursor) -> Bool {
    leaf(.system, in: coding).map { $0.text == system } ?? true
  }

  /// Marks an extension that kept something, of which the content has been written.
  func markKept(_ path: StaticString, beside object: Cursor?) {
    guard let kept = keptContent(path, beside: object)?.extended else { return }
    done.insert(kept.index)
    markStructural(kept)
  }

  /// Why a value is missing.
  func absentReason(_ value: FHIRValue?) -> Cursor? {
    leaf(.valueCode, in: extended(FHIRBuilder.dataAbsentReason, in: value?.extended))
  }

  /// Writes the null flavor for a value that is missing with a reason; `false` when it has none.
  @discardableResult
  func nullFlavor(_ value: FHIRValue?, in element: Draft.Slot) -> Bool {
    guard let value, let reason = absentReason(value) else { return false }
    guard nullFlavor(reason, in: element) else { return false }
    if use[reason.index] == .taken {
      markStructural(extended(FHIRBuilder.dataAbsentReason, in: value.extended))
    }
    return true
  }

  /// Writes the null flavor for the code of a reason; one that it does not bring back is carried as well.
  func nullFlavor(_ reason: Cursor, in element: Draft.Slot) -> Bool {
    let flavor = maps.translate(reason.text, by: maps.map("fc-data-absent-reason"))
    guard let flavor else { return false }
    let back = maps.translate(flavor.code, by: maps.map("cf-null-flavor"))
    if back.map({ $0.code == reason.text }) ?? false {
      attribute(.nullFlavor, Sourced(flavor.code, .leaf(reason)), in: element)
    } else {
      let why = Reason("several reasons are one null flavor")
      attribute(.nullFlavor, Sourced(flavor.code, .partly(reason, why)), in: element)
      use[reason.index] = .untouched
    }
    return true
  }

  /// Marks an absent reason that says no more than that there is no value.
  func markAbsent(_ value: FHIRValue?) {
    guard let value, let reason = absentReason(value), reason.text == "unknown" else { return }
    markStructural(extended(FHIRBuilder.dataAbsentReason, in: value.extended))
  }

  // MARK: References

  /// The resource that a reference leads to.
  func resolve(_ reference: Cursor?) -> Cursor? {
    guard let reference else { return nil }
    if let leaf = leaf(.reference, in: reference) {
      if leaf.text.hasPrefix("#") {
        let id = leaf.text.slice(1..<leaf.text.count)
        return objects(.contained, in: owner).first {
          self.leaf(.id, in: $0).map { $0.text == id } ?? false
        }
      }
      return resources.resource(at: leaf.text)
    }
    return nil
  }

  /// Notes that a reference leads where the slot stands.
  func note(reference: Cursor, _ slot: Draft.Slot) {
    if let leaf = leaf(.reference, in: reference) { note(.leaf(leaf), slot) }
    markStructural(value(.type, in: reference)?.node)
  }
}
