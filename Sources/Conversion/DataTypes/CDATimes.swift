import ClinicalTree
import Definitions

// date, dateTime, instant, Period to TS, IVL_TS.

extension CDABuilder {
  /// Writes the value of a TS: the form that the source of the FHIR had, if that is kept beside the
  /// value, else the same moment in the same precision.
  @discardableResult
  func ts(_ time: FHIRValue, into element: Draft.Slot) -> Bool {
    let written = leaf(.valueString, in: extended(FHIRBuilder.sourceTime, in: time.extended))
    if let written, CDAFormat.isTimestamp(written.text),
      time.leaf.map({ PartialDateTime.isSource(written.text, of: $0.text) }) ?? true
    {
      let slot = attribute(.value, Sourced(written.text, .leaf(written)), in: element)
      if let leaf = time.leaf { note(.leaf(leaf), slot) }
      markStructural(extended(FHIRBuilder.sourceTime, in: time.extended))
      return true
    }
    guard let leaf = time.leaf else { return nullFlavor(time, in: element) }
    guard let value = PartialDateTime(fhir: leaf.text.string) else {
      report(
        Conversion.badTime, at: leaf, "a time of \(leaf.text.count) characters that is no time")
      return false
    }
    attribute(.value, Sourced(arena.copy(value.hl7), .leaf(leaf)), in: element)
    return true
  }

  /// Adds a TS.
  @discardableResult
  func ts(_ time: FHIRValue?, as name: Name, in parent: Draft.Slot) -> Draft.Slot? {
    guard let time else { return nil }
    let element = add(name, in: parent)
    if ts(time, into: element) { return element }
    draft.removeLast(element)
    return nil
  }

  /// Writes low and high for a Period.
  @discardableResult
  func ivlTS(_ period: Cursor, into element: Draft.Slot) -> Bool {
    let low = ts(value(.start, in: period), as: .low, in: element)
    let high = ts(value(.end, in: period), as: .high, in: element)
    return low != nil || high != nil
  }

  /// Writes a time of a choice element, in whatever form it stands: a point as the value, a Period as
  /// low and high.
  @discardableResult
  func time(
    _ stem: Name, of resource: Cursor, as name: Name = .effectiveTime, in parent: Draft.Slot
  )
    -> Draft.Slot?
  {
    guard let (value, type) = choice(stem, in: resource) else { return nil }
    let element = add(name, in: parent)
    let isWritten: Bool
    switch type.string {
    case "DateTime", "Date", "Instant": isWritten = ts(value, into: element)
    case "Period": isWritten = value.object.map { ivlTS($0, into: element) } ?? false
    default: isWritten = false
    }
    if isWritten { return element }
    draft.removeLast(element)
    return nil
  }
}

extension PartialDateTime {
  /// Whether a time of version 3 of HL7 can be what a time of FHIR was made of: who has changed that since
  /// means the new one.
  fileprivate static func isSource(_ written: Text, of value: Text) -> Bool {
    guard let time = PartialDateTime(fhir: value.string) else { return true }
    func parts(_ text: String) -> (digits: Substring, offset: Substring) {
      let digits = text.prefix { $0.isASCII && $0.isNumber }
      return (digits, text.dropFirst(digits.count).drop { $0 != "+" && $0 != "-" })
    }
    let (source, target) = (parts(written.string), parts(time.hl7))
    guard source.digits.hasPrefix(target.digits) || target.digits.hasPrefix(source.digits) else {
      return false
    }
    return source.offset.isEmpty || target.offset.isEmpty
      || target.offset.dropFirst().hasPrefix(source.offset.dropFirst())
        && (source.offset.first == target.offset.first || target.offset.dropFirst() == "0000")
  }

  /// The moment as version 3 of HL7 writes it: digits without signs between them.
  var hl7: String {
    var text = ""
    var hasDate = true
    for character in fhir {
      if character == "T" {
        hasDate = false
        continue
      }
      if character == "Z" {
        text += "+0000"
      } else if character == ":" || hasDate && character == "-" {
        continue
      } else {
        text.append(character)
      }
    }
    return text
  }
}
