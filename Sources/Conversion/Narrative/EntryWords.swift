import ClinicalTree
import Definitions

/// What a row of the narrative says of an entry.
struct EntryWords {
  var what: Text
  var when: Text
  var details: Text
}

extension CDABuilder {
  /// What an entry is about, when it was, and what else a reader must know, from the resource alone.
  func entryWords(of resource: Cursor) -> EntryWords {
    let before = owner
    if !isContained(resource) { owner = resource }
    defer { owner = before }
    return EntryWords(what: what(resource), when: when(resource), details: details(resource))
  }

  private func what(_ resource: Cursor) -> Text {
    let concepts: [Name] = [
      .code, .vaccineCode, .medicationCodeableConcept, .codeCodeableConcept, .title, .description,
      .type, .relationship, .class, .name,
    ]
    for name in concepts {
      if let words = value(name, in: resource).map(words(of:)), !words.isEmpty { return words }
    }
    for name in [Name.medicationReference, .device, .codeReference] {
      guard let reference = object(name, in: resource) else { continue }
      if let target = resolve(reference) {
        for name in [Name.code, .type, .deviceName] {
          if let words = value(name, in: target).map(words(of:)), !words.isEmpty { return words }
        }
        let parts = objects(.ingredient, in: target).compactMap {
          value(.itemCodeableConcept, in: $0).map(words(of:))
        }
        if !parts.isEmpty { return joined(parts, ", ") }
      }
      if let display = leaf(.display, in: reference) { return display.text }
    }
    return values(.category, in: resource).lazy.map(words(of:)).first { !$0.isEmpty } ?? .empty
  }

  private func when(_ resource: Cursor) -> Text {
    for name in [
      Name.effective, .onset, .occurrence, .performed, .timing, .started, .date, .authoredOn,
      .period, .startDate, .recordedDate, .whenHandedOver,
    ] {
      guard let found = choice(name, in: resource)?.value ?? value(name, in: resource) else {
        continue
      }
      if let leaf = found.leaf { return leaf.text }
      guard let object = found.object else { continue }
      if let number = quantity(object) { return number }
      let (start, end) = (leaf(.start, in: object)?.text, leaf(.end, in: object)?.text)
      switch (start, end) {
      case (let start?, let end?): return arena.join(start, Text(" to "), end)
      case (let start?, nil): return arena.join(Text("from "), start)
      case (nil, let end?): return arena.join(Text("until "), end)
      default: continue
      }
    }
    return .empty
  }

  private func details(_ resource: Cursor) -> Text {
    var said: [Text] = []
    if leaf(.doNotPerform, in: resource).map({ $0.text == "true" }) ?? false {
      said.append(Text("NOT to be done"))
    }
    if let (found, type) = choice(.value, in: resource) { said.append(words(of: found, type)) }
    for component in objects(.component, in: resource) {
      guard let (found, type) = choice(.value, in: component) else { continue }
      let name = value(.code, in: component).map(words(of:)) ?? .empty
      said.append(arena.join(name, Text(" "), words(of: found, type)))
    }
    for name in [
      Name.dataAbsentReason, .interpretation, .status, .lifecycleStatus, .clinicalStatus,
      .verificationStatus, .statusReason, .criticality, .severity, .bodySite, .conclusion,
      .lotNumber, .reasonCode,
    ] {
      said += values(name, in: resource).map(words(of:))
    }
    for reaction in objects(.reaction, in: resource) {
      let words = values(.manifestation, in: reaction).map(words(of:))
      if !words.isEmpty { said.append(arena.join(Text("Reaction: "), joined(words, ", "))) }
    }
    said += objects(.condition, in: resource).compactMap { value(.code, in: $0).map(words(of:)) }
    for name in [Name.dosageInstruction, .dosage] {
      said += objects(name, in: resource).map(dosage)
    }
    said += objects(.note, in: resource).compactMap { leaf(.text, in: $0)?.text }
    return joined(said.filter { !$0.isEmpty }, "; ")
  }

  /// The words of a dosage or, without any, its dose and route.
  private func dosage(_ dosage: Cursor) -> Text {
    if let words = leaf(.text, in: dosage) { return words.text }
    var parts: [Text] = []
    for rate in objects(.doseAndRate, in: dosage) {
      if let dose = object(.doseQuantity, in: rate).flatMap(quantity) { parts.append(dose) }
    }
    if let dose = object(.dose, in: dosage).flatMap(quantity) { parts.append(dose) }
    if let route = value(.route, in: dosage) { parts.append(words(of: route)) }
    return joined(parts, " ")
  }

  /// Texts with a sign between them.
  func joined(_ words: [Text], _ sign: StaticString) -> Text {
    words.dropFirst().reduce(words.first ?? .empty) { arena.join($0, Text(sign), $1) }
  }

  private func words(of value: FHIRValue) -> Text { words(of: value, Text("CodeableConcept")) }

  /// A value in words.
  private func words(of value: FHIRValue, _ type: Text) -> Text {
    if let leaf = value.leaf { return leaf.text }
    guard let object = value.object else { return .empty }
    if let text = leaf(.text, in: object) { return text.text }
    for coding in objects(.coding, in: object) {
      if let display = leaf(.display, in: coding) ?? leaf(.code, in: coding) { return display.text }
    }
    if let number = quantity(object) { return number }
    if let low = object.property(.low).flatMap(quantity) {
      return object.property(.high).flatMap(quantity).map { arena.join(low, Text(" to "), $0) }
        ?? arena.join(Text("from "), low)
    }
    if let high = object.property(.high).flatMap(quantity) { return arena.join(Text("to "), high) }
    return (leaf(.display, in: object) ?? leaf(.name, in: object) ?? leaf(.code, in: object))?.text
      ?? .empty
  }

  private func quantity(_ object: Cursor) -> Text? {
    guard let number = leaf(.value, in: object) else { return nil }
    let sign = leaf(.comparator, in: object)?.text ?? .empty
    let unit = (leaf(.unit, in: object) ?? leaf(.code, in: object))?.text ?? .empty
    return arena.join(sign, number.text, unit.isEmpty ? .empty : Text(" "), unit)
  }
}
