import ClinicalTree
import Definitions

extension CDABuilder {
  /// Writes the body: the sections of a Composition, or those in which resources without one belong.
  func body(_ composition: Cursor?, _ template: DocumentTemplate?) -> Draft.Slot {
    let body = add(.structuredBody, in: add(.component, in: document))
    var codes: Set<Text> = []
    for (number, section) in objects(.section, in: composition).enumerated() {
      self.section(section, at: arena.copy("section[\(number)]"), in: body, &codes)
    }
    looseSections(in: body, &codes)
    // Members of what has not become a statement stand by themselves.
    members = []
    looseSections(in: body, &codes)
    factSection(in: body, &codes)
    for code in template?.missing(codes) ?? [] {
      guard let known = SectionTemplate.of(Text(code)) else { continue }
      emptySection(known, in: body)
    }
    if draft.isEmpty(body) {
      // The schema wants a section, whatever there is to say.
      emptySection(SectionTemplate.all[0], in: body)
    }
    return body
  }

  /// `path` is the place of the section in the Composition.
  private func section(
    _ section: Cursor, at path: Text, in holder: Draft.Slot, _ codes: inout Set<Text>
  ) {
    if hasCode(Conversion.contentCode, object(.code, in: section)) {
      // What it names goes along whole again.
      return markStructural(section)
    }
    let component = add(.component, in: holder)
    let element = add(.section, in: component)
    let code =
      objects(.coding, in: object(.code, in: section)).lazy
      .compactMap { self.leaf(.code, in: $0)?.text }.first ?? .empty
    codes.insert(code)
    if sections[code] == nil { sections[code] = element }
    let known = SectionTemplate.of(code)
    claimSection(known, on: element)
    if let concept = value(.code, in: section) { cd(concept, as: .code, in: element) }
    silent(.code, in: element)
    if let title = leaf(.title, in: section) {
      text(title.sourced, in: add(.title, in: element))
    }
    for author in objects(.author, in: section) {
      let slot = add(.author, in: element)
      if participation(author, into: slot) {
        silent(.time, in: slot)
      } else {
        draft.removeLast(slot)
      }
    }
    let narrative = object(.text, in: section)
    let words = add(.text, in: element)
    if let div = leaf(.div, in: narrative) { self.narrative(div, into: words) }
    if let narrative { markStructural(narrative.property(.status)) }
    let hasWords = leaf(.div, in: narrative) != nil
    let context = WritingContext(section: code)
    let entries = objects(.entry, in: section)
    let targets = entries.map(resolve)
    let isSocial = code == "29762-2"
    let rows = hasWords ? [:] : table(of: targets.compactMap { $0 }, hasFacts: isSocial, in: words)
    for (reference, target) in zip(entries, targets) {
      guard let target else {
        report(Conversion.danglingEntry, at: reference, "an entry that leads to no resource")
        continue
      }
      entry(target, reference, in: element, context)
    }
    if isSocial { patientFacts(in: element) }
    refer(to: rows)
    for (number, nested) in objects(.section, in: section).enumerated() {
      self.section(
        nested, at: arena.join(path, arena.copy(".section[\(number)]")), in: element, &codes)
    }
    emptyReason(section, element, hasEntries: !entries.isEmpty)
    if draft.isEmpty(words) { emptyWords(for: section, in: words) }
    let written = Set(draft.children(of: element))
    restore(section, [.section: [element]])
    for entry in draft.children(of: element)
    where draft.name(of: entry) == .entry && !written.contains(entry) && restoredSlots[entry] == nil
    {
      markSilence(of: entry, section)
    }
    leaveBehind(section, at: path)
    if child(.title, of: element) == nil { silent(.title, in: element) }
  }

  /// Claims a template of a section: the one that requires entries, unless it has been found wanting.
  ///
  /// `root` is the template that has been given up just now; only those behind it are left.
  func claimSection(
    _ known: SectionTemplate?, on element: Draft.Slot, behind root: String? = nil
  ) {
    var templates = (known?.templates ?? [])[...]
    if let root { templates = templates.drop { $0.root != root }.dropFirst() }
    for template in templates where claim(template, on: element) { return }
  }

  /// Writes what an entry of a section refers to.
  private func entry(
    _ target: Cursor, _ reference: Cursor, in section: Draft.Slot, _ context: WritingContext
  ) {
    if statements[target.index] != nil, context.section == "75310-3",
      ResourceTable.type(of: target) == .Condition
    {
      // A concern about a problem of another section refers to that.
      let entry = add(.entry, in: section)
      if concern(about: target, in: entry) {
        note(reference: reference, entry)
      } else {
        draft.removeLast(entry)
      }
    } else if let entry = entry(target, in: section, context) {
      note(reference: reference, entry)
    }
  }

  /// Writes a resource as an entry of a section; `nil` for what is no statement.
  @discardableResult
  private func entry(
    _ resource: Cursor, in section: Draft.Slot, _ context: WritingContext
  ) -> Draft.Slot? {
    let entry = add(.entry, in: section)
    guard statement(resource, in: entry, context) else {
      draft.removeLast(entry)
      return nil
    }
    return entry
  }

  private func emptyReason(_ section: Cursor, _ element: Draft.Slot, hasEntries: Bool) {
    guard let coding = object(.coding, in: object(.emptyReason, in: section)),
      let code = leaf(.code, in: coding), !hasEntries
    else { return }
    // An entry that was kept in parts says itself that there is nothing.
    if keptPaths(of: section).contains(where: { $0.hasPrefix("section/entry/") }) { return }
    if code.text == "nilknown" { return noneKnown(code, coding, section, element) }
    guard code.text == "notasked" || code.text == "unavailable" else {
      // CDA does not tell the other reasons apart; the code is carried.
      return constant(.nullFlavor, "NI", Reason("the section is empty for a reason"), in: element)
    }
    attribute(
      .nullFlavor, Sourced(Text(code.text == "notasked" ? "NASK" : "NI"), .leaf(code)), in: element)
    markStructural(leaf(.system, in: coding))
  }

  /// That there are no medicines or no vaccinations is an entry that denies them; of other sections the
  /// words say it.
  private func noneKnown(
    _ code: Cursor, _ coding: Cursor, _ section: Cursor, _ element: Draft.Slot
  ) {
    let kind =
      objects(.coding, in: object(.code, in: section)).lazy
      .compactMap { self.leaf(.code, in: $0)?.text }.first ?? .empty
    let skeleton: Skeleton
    switch kind.string {
    case "10160-0": skeleton = .medication("EVN")
    case "11369-6": skeleton = .immunization
    default: return
    }
    let statement = open(skeleton, in: add(.entry, in: element))
    attribute(.negationInd, Sourced(Text("true"), .leaf(code)), in: statement)
    markStructural(leaf(.system, in: coding))
    constant(.code, "completed", in: add(.statusCode, in: statement))
    guard kind == "10160-0" else { return }
    let product = add(.manufacturedProduct, in: add(.consumable, in: statement))
    constant(.classCode, "MANU", in: product)
    let medicine = add(.code, in: add(.manufacturedMaterial, in: product))
    let reason = Reason("medicines in general, which are denied")
    constant(.nullFlavor, "OTH", reason, in: medicine)
    let translation = add(.translation, in: medicine)
    constant(.code, "410942007", reason, in: translation)
    constant(.codeSystem, "2.16.840.1.113883.6.96", reason, in: translation)
  }

  /// An entry that came back says that there is nothing to say, which is why it was no statement.
  private func markSilence(of entry: Draft.Slot, _ section: Cursor) {
    let reason = objects(.coding, in: object(.emptyReason, in: section)).lazy
      .compactMap { self.leaf(.code, in: $0) }.first
    for statement in draft.children(of: entry) where draft.kind(of: statement) == .object {
      let code = objects(.coding, in: object(.code, in: section)).lazy
        .compactMap { self.leaf(.code, in: $0)?.text }.first
      if let skeleton = Skeleton.entry(of: code ?? .empty, draft.name(of: statement)),
        child(.templateId, of: statement) == nil, let template = skeleton.template
      {
        claim(template, on: statement)
        for (name, code) in [(Name.classCode, skeleton.classCode), (.moodCode, skeleton.moodCode)]
        where attribute(name, of: statement) == nil { constant(name, code, in: statement) }
        unfinished.append((statement, skeleton))
      }
      guard attribute(.nullFlavor, of: statement) == nil,
        attribute(.negationInd, of: statement) == nil
      else { continue }
      if let reason {
        let isKnown = reason.text == "nilknown"
        attribute(
          isKnown ? .negationInd : .nullFlavor,
          Sourced(
            Text(isKnown ? "true" : reason.text == "notasked" ? "NASK" : "NI"), .leaf(reason)),
          in: statement)
        if let coding = object(.coding, in: object(.emptyReason, in: section)) {
          markStructural(leaf(.system, in: coding))
        }
      } else {
        constant(
          .nullFlavor, "NI", Reason("the entry says that there is nothing to say"), in: statement)
      }
    }
  }

  /// A social history for what is known of the patient, where there is no other.
  private func factSection(in body: Draft.Slot, _ codes: inout Set<Text>) {
    guard !hasPatientFacts, !codes.contains(Text("29762-2")), let patient else { return }
    let facts = factWords(of: patient)
    if facts.isEmpty { return }
    codes.insert(Text("29762-2"))
    let section = looseSection(Text("29762-2"), in: body)
    let rows = table(of: facts, in: add(.text, in: section))
    patientFacts(in: section)
    refer(to: rows)
  }

  /// A section that is there because the document's template wants it. Its mark says so, and it is not
  /// read back.
  private func emptySection(_ known: SectionTemplate, in body: Draft.Slot) {
    let section = add(.section, in: add(.component, in: body))
    constant(.nullFlavor, "NI", .required, in: section)
    claimSection(known, on: section)
    let mark = add(.templateId, in: section)
    constant(.root, Conversion.contentOID, .required, in: mark)
    constant(.extension, "no-information", .required, in: mark)
    let code = add(.code, in: section)
    constant(.code, known.code, .required, in: code)
    constant(.codeSystem, "2.16.840.1.113883.6.1", .required, in: code)
    text(Sourced(Text(known.title), .rule(.required)), in: add(.title, in: section))
    text(Sourced(Text("No information"), .rule(.required)), in: add(.text, in: section))
  }

  // MARK: Resources that no section names

  /// Sections for the statements of a Bundle that stand nowhere yet.
  private func looseSections(in body: Draft.Slot, _ codes: inout Set<Text>) {
    var bySection: [(code: Text, resources: [Cursor])] = []
    for entry in resources.entries
    where statements[entry.resource.index] == nil && !passedOver.contains(entry.resource.index) {
      guard let code = section(for: entry.resource, entry.type),
        !members.contains(entry.resource.index)
      else { continue }
      if let place = bySection.firstIndex(where: { $0.code == code }) {
        bySection[place].resources.append(entry.resource)
      } else {
        bySection.append((code, [entry.resource]))
      }
    }
    for (code, resources) in bySection {
      codes.insert(code)
      let section = sections[code] ?? looseSection(code, in: body)
      if let flavor = attribute(.nullFlavor, of: section) { draft.remove(flavor) }
      let words = self.element(.text, of: section)
      if let content = child(.content, of: words),
        attribute(.styleCode, of: content).map({ draft.text(of: $0) == EmptyWords.style }) ?? false
      {
        draft.remove(content)
      }
      let isSocial = code == "29762-2"
      let rows = table(of: resources, hasFacts: isSocial, in: words)
      if isSocial { patientFacts(in: section) }
      for resource in resources where statements[resource.index] == nil {
        entry(resource, in: section, WritingContext(section: code))
      }
      refer(to: rows)
    }
  }

  /// A section that no Composition has.
  private func looseSection(_ code: Text, in body: Draft.Slot) -> Draft.Slot {
    let section = add(.section, in: add(.component, in: body))
    let known = SectionTemplate.of(code)
    claimSection(known, on: section)
    let element = add(.code, in: section)
    attribute(
      .code, Sourced(code, .rule(Reason("the section for resources of this kind"))), in: element)
    constant(.codeSystem, "2.16.840.1.113883.6.1", in: element)
    text(Sourced(Text(known?.title ?? "Notes"), .rule(.required)), in: add(.title, in: section))
    return section
  }

  /// The section in which a resource belongs by its type and category; `nil` for what is no statement.
  private func section(for resource: Cursor, _ type: Name) -> Text? {
    switch type {
    case .Condition:
      return hasCategory("health-concern", resource) ? Text("75310-3") : Text("11450-4")
    case .AllergyIntolerance: return Text("48765-2")
    case .MedicationRequest, .MedicationStatement, .MedicationDispense: return Text("10160-0")
    case .MedicationAdministration: return Text("29549-3")
    case .Immunization: return Text("11369-6")
    case .DiagnosticReport: return Text("30954-2")
    case .Observation:
      if hasCategory("vital-signs", resource) { return Text("8716-3") }
      for category in ["social-history", "sdoh", "survey"] as [StaticString]
      where hasCategory(category, resource) { return Text("29762-2") }
      if hasCategory("exam", resource) { return Text("29545-1") }
      if hasCategory("functional-status", resource) { return Text("47420-5") }
      if hasCategory("cognitive-status", resource) { return Text("10190-7") }
      if hasCategory("observation-adi-documentation", resource) { return Text("42348-3") }
      return Text("30954-2")
    case .Procedure: return Text("47519-4")
    case .Encounter: return resource.index == encompassing?.index ? nil : Text("46240-8")
    case .FamilyMemberHistory: return Text("10157-6")
    case .Goal: return Text("61146-7")
    case .CareTeam: return Text("85847-2")
    case .Coverage: return Text("48768-6")
    case .DeviceUseStatement: return Text("46264-8")
    case .ServiceRequest, .DeviceRequest, .CarePlan: return Text("18776-5")
    case .DocumentReference: return Text("34109-9")
    default: return nil
    }
  }

  func hasCategory(_ code: StaticString, _ resource: Cursor) -> Bool {
    objects(.category, in: resource).contains { hasCode(code, $0) }
  }

  /// Whether a concept has a coding with a code, in a system or in any.
  func hasCode(
    _ code: StaticString, _ concept: Cursor?, of system: StaticString? = nil
  ) -> Bool {
    objects(.coding, in: concept).contains { coding in
      leaf(.code, in: coding).map { $0.text == code } ?? false
        && (system.map { isOf($0, coding) } ?? true)
    }
  }
}
