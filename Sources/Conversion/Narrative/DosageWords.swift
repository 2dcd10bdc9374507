import ClinicalTree
import Definitions

// How a medicine is to be taken, in words.

extension CDABuilder {
  /// The words of a dosage, unless they only name the medicine, and what its elements say.
  func dosage(_ dosage: Cursor, of medicine: Text) -> Text {
    var parts: [Text] = []
    if let words = leaf(.text, in: dosage), !(words.text == medicine) { parts.append(words.text) }
    for rate in objects(.doseAndRate, in: dosage) {
      for (name, label) in [(Name.dose, "Dose: "), (.rate, "Rate: ")] as [(Name, StaticString)] {
        if let (found, type) = choice(name, in: rate) {
          parts.append(labelled(label, words(of: found, type)))
        }
      }
    }
    // Doses of statements and administrations stand without a list.
    for (name, label) in [(Name.dose, "Dose: "), (.rateQuantity, "Rate: ")]
      as [(Name, StaticString)]
    {
      parts.append(labelled(label, values(name, in: dosage)))
    }
    parts.append(labelled("Route: ", values(.route, in: dosage)))
    parts.append(labelled("Site: ", values(.site, in: dosage)))
    parts.append(labelled("Method: ", values(.method, in: dosage)))
    if let timing = object(.timing, in: dosage) {
      parts.append(labelled("How often: ", timingWords(timing)))
      if let bounds = object(.repeat, in: timing).flatMap({ choice(.bounds, in: $0) }) {
        parts.append(words(of: bounds.value, bounds.type))
      }
    }
    if let (needed, _) = choice(.asNeeded, in: dosage) {
      if needed.object != nil {
        parts.append(labelled("As needed for: ", words(of: needed)))
      } else if needed.leaf?.kind == .true {
        parts.append(Text("As needed"))
      }
    }
    parts.append(labelled("At most: ", values(.maxDosePerPeriod, in: dosage)))
    parts.append(labelled("Instruction: ", values(.additionalInstruction, in: dosage)))
    parts.append(labelled("Instruction: ", values(.patientInstruction, in: dosage)))
    return joined(parts.filter { !$0.isBlank }, "; ")
  }

  /// How often, for how long and until when.
  func timingWords(_ timing: Cursor) -> Text {
    var parts = values(.event, in: timing).compactMap { $0.leaf?.text }
    parts.append(value(.code, in: timing).map(words(of:)) ?? .empty)
    if let rhythm = object(.repeat, in: timing) {
      parts.append(rhythmWords(rhythm))
      parts += values(.when, in: rhythm).compactMap { $0.leaf?.text }
      parts += values(.timeOfDay, in: rhythm).compactMap {
        $0.leaf.map { labelled("at ", $0.text) }
      }
      parts += values(.dayOfWeek, in: rhythm).compactMap {
        $0.leaf.map { labelled("on ", $0.text) }
      }
      if let count = leaf(.count, in: rhythm) {
        parts.append(arena.join(count.text, Text(" times in all")))
      }
    }
    return joined(parts.filter { !$0.isBlank }, ", ")
  }

  /// `2 times a day`, `every 4 to 6 hours`.
  private func rhythmWords(_ rhythm: Cursor) -> Text {
    func amount(_ name: Name, _ most: Name) -> Text? {
      guard let number = leaf(name, in: rhythm)?.text else { return nil }
      return leaf(most, in: rhythm).map { arena.join(number, Text(" to "), $0.text) } ?? number
    }
    let times = amount(.frequency, .frequencyMax)
    guard let period = amount(.period, .periodMax), let unit = leaf(.periodUnit, in: rhythm) else {
      return times.map { arena.join($0, Text(" times")) } ?? .empty
    }
    let known = Self.units.first { unit.text == $0.code }
    let one = known.map { Text($0.one) } ?? unit.text
    let many = known.map { Text($0.many) } ?? unit.text
    let isOnce = times.map { $0 == "1" } ?? true
    if period == "1" {
      let often = isOnce ? Text("once") : arena.join(times ?? .empty, Text(" times"))
      return arena.join(often, Text(" a "), one)
    }
    let every = arena.join(Text("every "), period, Text(" "), many)
    return isOnce ? every : arena.join(times ?? .empty, Text(" times "), every)
  }

  private static let units: [(code: StaticString, one: StaticString, many: StaticString)] = [
    ("s", "second", "seconds"), ("min", "minute", "minutes"), ("h", "hour", "hours"),
    ("d", "day", "days"), ("wk", "week", "weeks"), ("mo", "month", "months"),
    ("a", "year", "years"),
  ]

  /// What is to be handed out.
  func supplyWords(_ supply: Cursor) -> Text {
    let repeats = leaf(.numberOfRepeatsAllowed, in: supply)?.text
    let parts = [
      object(.quantity, in: supply).flatMap(quantity) ?? .empty,
      labelled("repeats: ", repeats ?? .empty),
      labelled("for ", object(.expectedSupplyDuration, in: supply).flatMap(quantity) ?? .empty),
      object(.validityPeriod, in: supply).flatMap(periodWords) ?? .empty,
    ]
    return labelled("To hand out: ", joined(parts.filter { !$0.isBlank }, ", "))
  }
}
