import ClinicalTree
import Definitions
import FHIRFormats

// PQ, IVL_PQ, RTO, REAL, INT and Quantity, Range, Ratio, decimal, integer.

extension FHIRBuilder {
  /// Writes a `Quantity` for a PQ, REAL or INT, or for one bound of an IVL_PQ.
  @discardableResult
  func quantity(_ quantity: Cursor, as name: Name, in parent: Draft.Slot) -> Draft.Slot? {
    guard let value = nonBlank(quantity.attribute(.value)) else {
      return untranslated(quantity, as: name, in: parent)
    }
    let slot = draft.addObject(name, in: parent)
    decimal(value, as: .value, in: slot)
    unit(of: quantity, in: slot)
    return slot
  }

  /// A PQ without a value of its own takes that of its translation.
  private func untranslated(_ quantity: Cursor, as name: Name, in parent: Draft.Slot) -> Draft.Slot?
  {
    guard let translation = quantity.first(.translation),
      let value = nonBlank(translation.attribute(.value))
    else { return nil }
    let slot = draft.addObject(name, in: parent)
    for holder in [quantity, translation] {
      if let flavor = holder.attribute(.nullFlavor), flavor.text == "OTH" { markStructural(flavor) }
    }
    decimal(value, as: .value, in: slot)
    if let text = translation.first(.originalText) { string(text, as: .unit, in: slot) }
    if let code = nonBlank(translation.attribute(.code)) {
      if let system = nonBlank(translation.attribute(.codeSystem)),
        let uri = systemURI(system.text.trimmed)
      {
        put(Sourced(uri, .leaf(system)), as: .system, in: slot)
      } else if let name = nonBlank(translation.attribute(.codeSystemName)), name.text.isAbsoluteURI
      {
        put(name.sourced, as: .system, in: slot)
      }
      put(code.sourced, as: .code, in: slot)
    }
    return slot
  }

  private func unit(of quantity: Cursor, in slot: Draft.Slot) {
    guard let unit = nonBlank(quantity.attribute(.unit)) else { return }
    let text = unit.text.trimmed
    if !unitInWords(of: quantity, in: slot) { put(Sourced(text, .leaf(unit)), as: .unit, in: slot) }
    guard UCUMUnit.isUnit(text) else { return }
    put(rule: "http://unitsofmeasure.org", .mapped, as: .system, in: slot)
    put(Sourced(text, .leaf(unit)), as: .code, in: slot)
  }

  /// The unit as people read it, which a translation of the same value has.
  private func unitInWords(of quantity: Cursor, in slot: Draft.Slot) -> Bool {
    guard let translation = quantity.first(.translation),
      let flavor = translation.attribute(.nullFlavor), flavor.text == "OTH",
      let value = translation.attribute(.value), let own = quantity.attribute(.value),
      value.text == own.text, let words = translation.first(.originalText),
      isMissing(.unit, in: slot)
    else { return false }
    guard string(words, as: .unit, in: slot) != nil else { return false }
    note(.leaf(value), slot)
    markStructural(flavor)
    return true
  }

  /// Writes a `decimal` with the digits of the source.
  func decimal(_ leaf: Cursor, as name: Name, in parent: Draft.Slot) {
    guard let number = normalized(leaf.text.trimmed) else {
      report(
        Conversion.badNumber, at: leaf,
        "a number of \(leaf.text.count) characters that FHIR cannot hold")
      let slot = draft.add(name, .null, .empty, in: parent)
      return keep(leaf, in: slot)
    }
    put(Sourced(number, .leaf(leaf)), .number, as: name, in: parent)
  }

  /// A number as JSON writes it: no plus sign, a digit on either side of the point.
  private func normalized(_ text: Text) -> Text? {
    if text.isJSONNumber { return text }
    var digits = text
    var sign = Text.empty
    if text.hasPrefix("+") { digits = text.slice(1..<text.count) }
    if text.hasPrefix("-") {
      sign = Text("-")
      digits = text.slice(1..<text.count)
    }
    while digits.count > 1, digits[0] == UInt8(ascii: "0"), Bytes.isDigit(digits[1]) {
      digits = digits.slice(1..<digits.count)
    }
    if digits.hasPrefix(".") { digits = arena.join(Text("0"), digits) }
    if digits.hasSuffix(".") { digits = digits.slice(0..<digits.count - 1) }
    let number = arena.join(sign, digits)
    return number.isJSONNumber ? number : nil
  }

  /// Writes an `integer`; a number with a fraction, or one too large, is not one.
  func integer(_ leaf: Cursor, as name: Name, in parent: Draft.Slot) -> Bool {
    let text = leaf.text.trimmed
    guard let value = Int32(text.string) else { return false }
    put(Sourced(arena.copy(String(value)), .leaf(leaf)), .number, as: name, in: parent)
    return true
  }

  /// Writes the Range form of a choice for an interval with two bounds, and a Quantity with a comparator
  /// for one with a single bound.
  func interval(_ interval: Cursor, _ path: FHIRPath, in parent: Draft.Slot) {
    let low = interval.first(.low).flatMap { nonBlank($0.attribute(.value)) == nil ? nil : $0 }
    let high = interval.first(.high).flatMap { nonBlank($0.attribute(.value)) == nil ? nil : $0 }
    switch (low, high) {
    case (let low?, let high?):
      let range = draft.addObject(path.form("Range"), in: parent)
      quantity(low, as: .low, in: range)
      quantity(high, as: .high, in: range)
    case (let bound?, nil): comparison(bound, inclusive: ">=", exclusive: ">", path, in: parent)
    case (nil, let bound?): comparison(bound, inclusive: "<=", exclusive: "<", path, in: parent)
    case (nil, nil):
      if interval.attribute(.value) != nil {
        quantity(interval, as: path.form("Quantity"), in: parent)
      }
    }
  }

  private func comparison(
    _ bound: Cursor, inclusive: StaticString, exclusive: StaticString, _ path: FHIRPath,
    in parent: Draft.Slot
  ) {
    guard let slot = quantity(bound, as: path.form("Quantity"), in: parent) else { return }
    let leaf = bound.attribute(.inclusive)
    let isExclusive = leaf.map { $0.text == "false" } ?? false
    let reason = Reason("an interval with one bound")
    put(
      Sourced(Text(isExclusive ? exclusive : inclusive), leaf.map { .leaf($0) } ?? .rule(reason)),
      as: .comparator, in: slot)
  }

  /// Writes a `Ratio` for an RTO.
  func ratio(_ ratio: Cursor, as name: Name, in parent: Draft.Slot) {
    let slot = draft.addObject(name, in: parent)
    ratio.first(.numerator).map { _ = quantity($0, as: .numerator, in: slot) }
    ratio.first(.denominator).map { _ = quantity($0, as: .denominator, in: slot) }
  }
}
