import ClinicalTree
import Definitions

// TS, IVL_TS and date, dateTime, instant, Period.

extension FHIRBuilder {
  /// Writes a `dateTime` for a TS, or for the beginning of an IVL_TS.
  @discardableResult
  func dateTime(_ time: Cursor, as name: Name, in parent: Draft.Slot) -> Draft.Slot? {
    let element =
      time.attribute(.value) != nil ? time : time.first(.low) ?? time.first(.center) ?? time
    guard let leaf = nonBlank(time.kind == .attribute ? time : element.attribute(.value)) else {
      return nil
    }
    return dateTime(leaf: leaf, as: name, in: parent)
  }

  /// Writes a `dateTime` for the value of a TS, with the source form beside it where R4 cannot say the
  /// same.
  @discardableResult
  func dateTime(leaf: Cursor, as name: Name, in parent: Draft.Slot) -> Draft.Slot {
    guard let reading = read(leaf.text.trimmed) else {
      report(
        Conversion.badTime, at: leaf, "a time of \(leaf.text.count) characters that is no time")
      let slot = draft.add(name, .null, .empty, in: parent)
      keepSourceTime(leaf, .kept(leaf), in: slot)
      return slot
    }
    let slot = put(Sourced(arena.copy(reading.value.fhir), .leaf(leaf)), as: name, in: parent)
    if !reading.isWhole { keepSourceTime(leaf, in: slot) }
    return slot
  }

  private func keepSourceTime(_ leaf: Cursor, in slot: Draft.Slot) {
    keepSourceTime(leaf, .leaf(leaf), in: slot)
  }

  private func keepSourceTime(_ leaf: Cursor, _ origin: Origin, in slot: Draft.Slot) {
    put(
      Sourced(leaf.text, origin), as: .valueString,
      in: addExtension(Self.sourceTime, in: slot, Reason("keeps the source form of a time")))
  }

  /// What a time says in FHIR, and whether the source form can be made of it again.
  private func read(_ text: Text) -> (value: PartialDateTime, isWhole: Bool)? {
    guard var time = PartialDateTime(hl7: text) ?? lenient(text), time.year > 1 else { return nil }
    let isStrict = PartialDateTime(hl7: text) != nil
    guard time.hour != nil else { return (time, isStrict) }
    if time.minute == nil { return (time.date, false) }
    if time.offset == nil {
      guard let offset = assumedOffset else { return (time.date, false) }
      time.offset = offset
      return (time, false)
    }
    return (time, isStrict && time.second != nil)
  }

  /// Forms that CDA does not allow but that say clearly what is meant: ISO 8601, `Z`, offsets of hours.
  private func lenient(_ text: Text) -> PartialDateTime? {
    if text.count >= 10, text[4] == UInt8(ascii: "-") { return PartialDateTime(fhir: text.string) }
    if text.hasSuffix("Z") {
      return PartialDateTime(hl7: arena.join(text.slice(0..<text.count - 1), Text("+0000")))
    }
    if let sign = text.lastIndex(of: UInt8(ascii: "-")) ?? text.lastIndex(of: UInt8(ascii: "+")),
      text.count - sign == 3
    {
      return PartialDateTime(hl7: arena.join(text, Text("00")))
    }
    return nil
  }

  /// The offset that the options give a time without one.
  private var assumedOffset: Int? {
    switch options.timeZonePolicy {
    case .date: nil
    case .fixed(let offset): offset
    case .document: documentOffset
    }
  }

  /// Writes a `date`; a time of day is kept beside it.
  @discardableResult
  func date(_ time: Cursor, as name: Name, in parent: Draft.Slot) -> Draft.Slot? {
    guard let leaf = nonBlank(time.attribute(.value)) else { return nil }
    guard let value = PartialDateTime(hl7: leaf.text.trimmed) ?? lenient(leaf.text.trimmed) else {
      report(
        Conversion.badTime, at: leaf, "a date of \(leaf.text.count) characters that is no date")
      let slot = draft.add(name, .null, .empty, in: parent)
      keepSourceTime(leaf, .kept(leaf), in: slot)
      return slot
    }
    let slot = put(Sourced(arena.copy(value.date.fhir), .leaf(leaf)), as: name, in: parent)
    if value.hour != nil || PartialDateTime(hl7: leaf.text.trimmed) == nil {
      keepSourceTime(leaf, in: slot)
    }
    return slot
  }

  /// Writes an `instant` for a time that is one; `false` for any other.
  func instantIfWhole(_ leaf: Cursor, as name: Name, in parent: Draft.Slot) -> Bool {
    guard let time = PartialDateTime(hl7: leaf.text.trimmed), time.second != nil, time.offset != nil
    else { return false }
    return instant(leaf, as: name, in: parent)
  }

  /// Writes an `instant` for a TS: R4 demands a time with an offset, UTC where the source has none.
  func instant(_ leaf: Cursor, as name: Name, in parent: Draft.Slot) -> Bool {
    guard var time = PartialDateTime(hl7: leaf.text.trimmed) ?? lenient(leaf.text.trimmed) else {
      return false
    }
    let isWhole = time.offset != nil && time.second != nil
    time.month = time.month ?? 1
    time.day = time.day ?? 1
    time.hour = time.hour ?? 0
    time.minute = time.minute ?? 0
    time.offset = time.offset ?? assumedOffset ?? 0
    let origin: Origin =
      isWhole
      ? .leaf(leaf)
      : .rule(
        Reason(
          "R4 requires an instant: the document's time, completed, in UTC where it states no offset"
        ))
    put(Sourced(arena.copy(time.fhir), origin), as: name, in: parent)
    return true
  }

  /// Writes a `Period` for an IVL_TS; a single point is its start.
  @discardableResult
  func period(_ time: Cursor, as name: Name, in parent: Draft.Slot) -> Draft.Slot? {
    guard hasTime(time) else { return nil }
    let period = draft.addObject(name, in: parent)
    if let point = nonBlank(time.attribute(.value)) {
      dateTime(leaf: point, as: .start, in: period)
    }
    if let low = time.first(.low), let leaf = nonBlank(low.attribute(.value)),
      draft.first(.start, in: period) == nil
    {
      dateTime(leaf: leaf, as: .start, in: period)
    }
    if let high = time.first(.high), let leaf = nonBlank(high.attribute(.value)) {
      dateTime(leaf: leaf, as: .end, in: period)
    }
    return period
  }

  /// Whether a TS or IVL_TS names any point in time.
  func hasTime(_ time: Cursor) -> Bool {
    nonBlank(time.attribute(.value)) != nil
      || [Name.low, .high].contains { nonBlank(time.first($0)?.attribute(.value)) != nil }
  }

  /// Writes the dateTime form of a choice for a point, or an interval whose ends are the same, and the
  /// Period form for any other interval.
  func time(_ time: Cursor, _ path: FHIRPath, in parent: Draft.Slot) {
    if let point = nonBlank(time.attribute(.value))
      ?? nonBlank(time.first(.center)?.attribute(.value))
    {
      dateTime(leaf: point, as: path.form("DateTime"), in: parent)
      return
    }
    let low = nonBlank(time.first(.low)?.attribute(.value))
    let high = nonBlank(time.first(.high)?.attribute(.value))
    if let low, let high, low.text == high.text {
      let slot = dateTime(leaf: low, as: path.form("DateTime"), in: parent)
      note(.partly(high, Reason("the same as the beginning: one point in time")), slot)
      return
    }
    period(time, as: path.form("Period"), in: parent)
  }
}
