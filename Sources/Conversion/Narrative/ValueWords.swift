import ClinicalTree
import Definitions

// Values of FHIR in words, for people who read the narrative.

extension CDABuilder {
  /// Texts with a sign between them.
  func joined(_ words: [Text], _ sign: StaticString) -> Text {
    words.dropFirst().reduce(words.first ?? .empty) { arena.join($0, Text(sign), $1) }
  }

  /// Words with what they are about before them; nothing without words.
  func labelled(_ label: StaticString, _ words: Text) -> Text {
    words.isBlank ? .empty : arena.join(Text(label), words)
  }

  func labelled(_ label: StaticString, _ values: [FHIRValue]) -> Text {
    labelled(label, joined(values.map(words(of:)).filter { !$0.isEmpty }, ", "))
  }

  func words(of value: FHIRValue) -> Text { words(of: value, .empty) }

  /// A value in words; `type` is the end of the name of a choice element.
  func words(of value: FHIRValue, _ type: Text) -> Text {
    if let leaf = value.leaf {
      switch leaf.kind {
      case .true: return Text("yes")
      case .false: return Text("no")
      default: return leaf.text
      }
    }
    guard let object = value.object else { return .empty }
    if let text = leaf(.text, in: object) { return text.text }
    let codings = objects(.coding, in: object)
    if !codings.isEmpty { return words(ofCodings: codings) }
    if let number = quantity(object) ?? rangeWords(object) ?? periodWords(object) { return number }
    if let over = self.object(.numerator, in: object).flatMap(quantity) {
      let under = self.object(.denominator, in: object).flatMap(quantity)
      return under.map { arena.join(over, Text(" / "), $0) } ?? over
    }
    if leaf(.code, in: object) != nil { return words(ofCodings: [object]) }
    return (leaf(.display, in: object) ?? leaf(.name, in: object))?.text ?? .empty
  }

  /// The first display of several codings or, without any, the first code with the name of its system.
  private func words(ofCodings codings: [Cursor]) -> Text {
    if let display = codings.lazy.compactMap({ self.leaf(.display, in: $0) }).first {
      return display.text
    }
    let meant = codings.first { leaf(.code, in: $0).map { !($0.text == "ASSERTION") } ?? false }
    guard let coding = meant, let code = leaf(.code, in: coding) else { return .empty }
    if let name = fixedName(of: code.text) { return name }
    let system = leaf(.system, in: coding).flatMap { uri in
      Self.systemNames.first { uri.text == $0.uri }
    }
    return system.map { arena.join(Text($0.name), Text(" "), code.text) } ?? code.text
  }

  func fixedName(of code: Text) -> Text? {
    Self.fixedNames.first { code == $0.code }.map { Text($0.name) }
  }

  /// Codes that C-CDA's templates fix and that systems therefore send without words.
  private static let fixedNames: [(code: StaticString, name: StaticString)] = [
    ("85353-1", "Vital signs"), ("72166-2", "Tobacco smoking status"), ("55607006", "Problem"),
    ("76689-9", "Sex assigned at birth"), ("46098-0", "Sex"), ("85354-9", "Blood pressure"),
    ("76691-5", "Gender identity"), ("95370-3", "Tribal affiliation"),
  ]

  private static let systemNames: [(uri: StaticString, name: StaticString)] = [
    ("http://loinc.org", "LOINC"), ("http://snomed.info/sct", "SNOMED CT"),
    ("http://www.nlm.nih.gov/research/umls/rxnorm", "RxNorm"),
    ("http://www.ama-assn.org/go/cpt", "CPT"), ("http://hl7.org/fhir/sid/cvx", "CVX"),
    ("http://hl7.org/fhir/sid/icd-10-cm", "ICD-10-CM"), ("http://hl7.org/fhir/sid/ndc", "NDC"),
    ("http://hl7.org/fhir/sid/icd-9-cm", "ICD-9-CM"),
  ]

  func quantity(_ object: Cursor) -> Text? {
    guard let number = leaf(.value, in: object) else { return nil }
    let sign = leaf(.comparator, in: object)?.text ?? .empty
    let unit = (leaf(.unit, in: object) ?? leaf(.code, in: object))?.text ?? .empty
    return arena.join(sign, number.text, unit.isEmpty ? .empty : Text(" "), unit)
  }

  /// The bounds of a range, which are quantities.
  func rangeWords(_ object: Cursor) -> Text? {
    let low = self.object(.low, in: object).flatMap(quantity)
    let high = self.object(.high, in: object).flatMap(quantity)
    switch (low, high) {
    case (let low?, let high?): return arena.join(low, Text(" to "), high)
    case (let low?, nil): return arena.join(Text("from "), low)
    case (nil, let high?): return arena.join(Text("up to "), high)
    default: return nil
    }
  }

  func periodWords(_ period: Cursor) -> Text? {
    periodWords(leaf(.start, in: period)?.text, leaf(.end, in: period)?.text)
  }

  func periodWords(_ start: Text?, _ end: Text?) -> Text? {
    switch (start, end) {
    case (let start?, let end?): arena.join(start, Text(" to "), end)
    case (let start?, nil): arena.join(Text("from "), start)
    case (nil, let end?): arena.join(Text("until "), end)
    default: nil
    }
  }

  // MARK: Who and what

  /// The names of what references lead to, each once.
  func names(of references: [Cursor]) -> Text {
    var names: [Text] = []
    for name in references.map(name(of:)) where !name.isEmpty && !names.contains(name) {
      names.append(name)
    }
    return joined(names, ", ")
  }

  /// Whom or what a reference leads to, by name.
  func name(of reference: Cursor) -> Text {
    guard let target = resolve(reference) else {
      return leaf(.display, in: reference)?.text ?? .empty
    }
    switch ResourceTable.type(of: target) {
    case .PractitionerRole: return roleWords(target)
    case .Practitioner, .Patient, .RelatedPerson:
      return objects(.name, in: target).first.map(personWords) ?? .empty
    case .BodyStructure: return bodyWords(target)
    default:
      let names: [Name] = [.name, .code, .vaccineCode, .type, .deviceName, .description]
      for name in names {
        if let words = value(name, in: target).map(words(of:)), !words.isEmpty { return words }
      }
      return leaf(.display, in: reference)?.text ?? .empty
    }
  }

  /// Which part of the body: its identifier, the place and the side.
  private func bodyWords(_ structure: Cursor) -> Text {
    let identifiers = objects(.identifier, in: structure).compactMap { leaf(.value, in: $0)?.text }
    let places =
      values(.morphology, in: structure) + values(.location, in: structure)
      + values(.locationQualifier, in: structure)
    return joined((identifiers + places.map(words(of:))).filter { !$0.isEmpty }, ", ")
  }

  /// Who has a role, what it is, and for whom.
  func roleWords(_ role: Cursor) -> Text {
    let parts = [Name.practitioner, .organization].map { names(of: objects($0, in: role)) }
    let codes = (values(.code, in: role) + values(.specialty, in: role)).map(words(of:))
    return joined((parts + codes).filter { !$0.isEmpty }, ", ")
  }

  /// A name of a person as people write it.
  func personWords(_ name: Cursor) -> Text {
    if let text = leaf(.text, in: name) { return text.text }
    let parts = [Name.prefix, .given, .family, .suffix].flatMap { part in
      values(part, in: name).compactMap { $0.leaf?.text }
    }
    return joined(parts, " ")
  }

  // MARK: When

  /// When something was. A time at which it was only written down or ordered says so.
  func when(_ resource: Cursor) -> Text {
    // What was handed out was so then, whenever it is to be taken.
    for name in [Name.whenHandedOver, .whenPrepared] {
      if let time = leaf(name, in: resource) { return time.text }
    }
    if let onset = choice(.onset, in: resource) {
      let end = choice(.abatement, in: resource).map { words(of: $0.value, $0.type) }
      let start = words(of: onset.value, onset.type)
      return end.map { arena.join(start, Text(" to "), $0) } ?? start
    }
    if let end = choice(.abatement, in: resource) {
      return labelled("until ", words(of: end.value, end.type))
    }
    for name in [Name.effective, .occurrence, .performed, .timing, .due] {
      guard let (found, type) = choice(name, in: resource) else { continue }
      let words = words(of: found, type)
      if !words.isEmpty { return words }
      if let timing = found.object { return timingWords(timing) }
    }
    for name in [Name.dosageInstruction, .dosage] {
      for dosage in objects(name, in: resource) {
        let timing = object(.timing, in: dosage)
        if let bounds = object(.boundsPeriod, in: object(.repeat, in: timing)),
          let words = periodWords(bounds)
        {
          return words
        }
        if let event = leaf(.event, in: timing) { return event.text }
      }
    }
    if let period = object(.period, in: object(.context, in: resource)).flatMap(periodWords) {
      return period
    }
    let isHistory = ResourceTable.type(of: resource) == .FamilyMemberHistory
    let names: [(Name, StaticString)] = [
      (.started, ""), (.period, ""), (.startDate, ""), (.start, ""),
      (.date, isHistory ? "recorded " : ""), (.authoredOn, "ordered "),
      (.recordedDate, "recorded "), (.recorded, "recorded "), (.created, "written "),
      (.issued, "reported "),
    ]
    for (name, label) in names {
      guard let found = value(name, in: resource) else { continue }
      // Of a visit that is over one time may be all that is known.
      let isOver =
        name == .period && leaf(.status, in: resource).map { $0.text == "finished" } ?? false
      let start = leaf(.start, in: found.object)
      if isOver, let start, leaf(.end, in: found.object) == nil { return start.text }
      let words = words(of: found)
      if !words.isEmpty { return labelled(label, words) }
    }
    return .empty
  }
}
