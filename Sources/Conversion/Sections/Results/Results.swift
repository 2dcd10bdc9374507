import ClinicalTree
import Definitions

/// Result Organizer and Observation with DiagnosticReport, Observation and Specimen (conversion guide,
/// "results").
enum ResultTable {
  static let report = Mapping(
    "result-organizer", "organizer", templates: ["2.16.840.1.113883.10.20.22.4.1"],
    resource: .DiagnosticReport,
    [
      .row("identifier", "id", .identifier),
      .row("status", "statusCode", .mappedCode("cf-result-report-status")),
      .row("code", "code", .codeableConcept),
      .row("effective[x]", "effectiveTime", .time),
      .row("performer", "performer", .participation),
      .row("text", "text", .narrative),
    ])

  static let observation = Mapping(
    "result-observation", "observation", templates: ["2.16.840.1.113883.10.20.22.4.2"],
    resource: .Observation, ObservationRows.all)
}

/// The rows that every Observation has.
enum ObservationRows {
  static let all: [Row] = [
    .row("identifier", "id", .identifier),
    .row("status", "statusCode", .mappedCode("cf-result-status")),
    .row("code", "code", .codeableConcept, choice: .loinc),
    .row("effective[x]", "effectiveTime", .time),
    .row("value[x]", "value", .value),
    .function("dataAbsentReason", "value/@nullFlavor", "why there is no value") {
      $0.whyAbsent($1, in: $2)
    } toCDA: {
      $0.observed($1, in: $2)
    },
    .row("interpretation", "interpretationCode", .codeableConcept),
    .row("method", "methodCode", .codeableConcept),
    .row("bodySite", "targetSiteCode", .codeableConcept),
    .function("specimen", "specimen/specimenRole", "specimen") {
      $0.specimen($1, in: $2)
    } toCDA: {
      $0.specimen(of: $1, in: $2)
    },
    .function("referenceRange", "referenceRange/observationRange", "reference range") {
      $0.referenceRange($1, in: $2)
    } toCDA: {
      $0.referenceRanges(of: $1, in: $2)
    },
    .row("performer", "performer", .participation),
    .row("note", "entryRelationship/act[code=48767-8]", .annotation),
    .row("text", "text", .narrative),
  ]
}

extension FHIRBuilder {
  private static let valueForms: [Name] = [
    .valueQuantity, .valueCodeableConcept, .valueString, .valueBoolean, .valueInteger, .valueRange,
    .valueRatio, .valueDateTime, .valuePeriod,
  ]

  func hasValue(_ observation: Draft.Slot) -> Bool {
    Self.valueForms.contains { !isMissing($0, in: observation) }
  }

  /// Why an observation has no value; a null flavor of no information gives no reason.
  func whyAbsent(_ flavor: Cursor, in observation: Draft.Slot) {
    guard !hasValue(observation), draft.first(.dataAbsentReason, in: observation) == nil,
      !(flavor.text.trimmed == "NI")
    else { return }
    absentConcept(flavor, as: .dataAbsentReason, in: observation)
  }

  func referenceRange(_ range: Cursor, in observation: Draft.Slot) {
    guard saysSomething(range) else { return }
    let slot = draft.addObject(.referenceRange, in: observation)
    if let value = range.first(.value) {
      let low = value.first(.low), high = value.first(.high)
      if low != nil || high != nil {
        if let low { quantity(low, as: .low, in: slot) }
        if let high { quantity(high, as: .high, in: slot) }
      } else if let words = nonBlank(value.attribute(.displayName)) {
        put(words.sourced, as: .text, in: slot)
      } else if value.attribute(.value) == nil, value.attribute(.code) == nil {
        string(value, as: .text, in: slot)
      }
    }
    if let text = range.first(.text), draft.first(.text, in: slot) == nil {
      string(text, as: .text, in: slot)
    }
    if let code = range.first(.interpretationCode), saysSomething(code) {
      codeableConcept(code, as: .type, in: slot)
    }
    // R4 wants low, high or text.
    if [Name.low, .high, .text].allSatisfy({ isMissing($0, in: slot) }) { draft.removeLast(slot) }
  }

  func specimen(_ role: Cursor, in observation: Draft.Slot) {
    guard draft.first(.specimen, in: observation) == nil, let specimen = specimenResource(role)
    else { return }
    refer(to: specimen, as: .specimen, in: observation)
  }

  /// The Specimen of a role; one that is met again is the same.
  func specimenResource(_ role: Cursor) -> ResourceHandle? {
    guard saysSomething(role) else { return nil }
    let digest = RoleIndex.digest(role)
    if let known = roles.entry(sameAs: role, digest), let handle = known.handles.location {
      pendingAliases[handle.slot, default: []].append((role, known.start))
      return handle
    }
    let resource = addResource(.Specimen, from: role)
    markElsewhere(role)
    if let patient { refer(to: patient, as: .subject, in: resource.slot) }
    apply(SpecimenTable.specimen, role, to: resource.slot)
    keepRemainder(of: role, in: resource.slot)
    var handles = RoleHandles()
    handles.location = resource
    roles.add(handles, role, digest, ids: [])
    return resource
  }

  /// A report without a time has that of its members: the one day, or from the first to the last.
  fileprivate func timeOfMembers(_ organizer: Cursor, in report: Draft.Slot) {
    guard isMissing(.effectiveDateTime, in: report), isMissing(.effectivePeriod, in: report) else {
      return
    }
    let times = organizer.all(.component).compactMap { component in
      nonBlank(component.first(.observation)?.first(.effectiveTime)?.attribute(.value))
    }.filter { PartialDateTime(hl7: $0.text.trimmed) != nil }
    func isEarlier(_ a: Cursor, _ b: Cursor) -> Bool {
      a.text.trimmed.bytes.lexicographicallyPrecedes(b.text.trimmed.bytes)
    }
    guard let first = times.min(by: isEarlier), let last = times.max(by: isEarlier) else { return }
    if first.text.trimmed == last.text.trimmed {
      dateTime(leaf: first, as: .effectiveDateTime, in: report)
    } else {
      let period = draft.addObject(.effectivePeriod, in: report)
      dateTime(leaf: first, as: .start, in: period)
      dateTime(leaf: last, as: .end, in: period)
    }
  }

  /// A statement that is denied: no member of an Observation says so, and nobody may overlook it.
  func negated(_ statement: Cursor, in resource: Draft.Slot) {
    guard let indicator = statement.attribute(.negationInd), indicator.text == "true" else {
      return
    }
    let added = draft.addObject(.modifierExtension, in: resource)
    put(
      rule: "https://crestkit.example/fhir/StructureDefinition/cda-negation", .mapped, as: .url,
      in: added)
    put(Sourced(Text("true"), .leaf(indicator)), .true, as: .valueBoolean, in: added)
  }

  /// What R4 requires of an Observation, and what the section says of it.
  func completeObservation(
    _ statement: Cursor, _ context: StatementContext, category: ObservationCategory?,
    in observation: Draft.Slot
  ) {
    if let category { concept(category.system, category.code, as: .category, in: observation) }
    completeStatus(of: "Observation", in: observation)
    if isMissing(.code, in: observation) { absentObject(.code, in: observation) }
    negated(statement, in: observation)
    if draft.first(.performer, in: observation) == nil {
      recorder(
        of: statement, in: context, as: .performer, date: nil, in: observation, type: .Observation)
    }
    implied(statement)
  }
}

extension FHIRBuilder {
  /// Whether an organizer says nothing of its own and only holds what its template wants in one.
  func isBare(_ organizer: Cursor) -> Bool {
    organizer.children.allSatisfy { child in
      guard child.kind == .element, child.name != .component, child.name != .templateId else {
        return true
      }
      if child.name == .statusCode {
        return child.attribute(.code).map { $0.text == "completed" } ?? true
      }
      if child.name == .code {
        let isFixed = child.attribute(.code).map { $0.text == "46680005" } ?? false
        return !saysSomething(child) || isFixed && child.attribute(.displayName) == nil
      }
      return !saysSomething(child)
    }
  }

  /// The resources of the members of an organizer that is none itself.
  func membersAlone(of organizer: Cursor, _ context: StatementContext) -> [ResourceHandle] {
    for name in [Name.code, .statusCode] { organizer.first(name).map(markSelector) }
    if let code = organizer.first(.code) {
      for translation in code.all(.translation) { markSelector(translation) }
    }
    let inner = context.below(organizer)
    return organizer.all(.component).compactMap { statement(in: $0) }
      .filter { use[$0.index] != .elsewhere }
      .flatMap { convert($0, in: inner) }
  }
}

/// specimenRole and Specimen.
enum SpecimenTable {
  static let specimen = Mapping(
    "specimen", "specimenRole", resource: .Specimen,
    [
      .row("identifier", "id", .identifier),
      .row("type", "specimenPlayingEntity/code", .codeableConcept),
      .function("type", "specimenPlayingEntity/name", "name") { $0.nameAsText($1, in: $2, .type) },
      .row("collection.quantity", "specimenPlayingEntity/quantity", .quantity),
      .function("note", "specimenPlayingEntity/desc", "description") { builder, text, specimen in
        builder.string(text, as: .text, in: builder.draft.addObject(.note, in: specimen))
      } toCDA: { builder, specimen, role in
        guard let note = builder.object(.note, in: specimen),
          let words = builder.value(.text, in: note)
        else { return }
        let entity =
          builder.element(.specimenPlayingEntity, of: role)
        builder.st(words, as: .desc, in: entity)
      },
    ])
}

enum ResultKinds {
  static let all = [
    StatementKind(
      "result-organizer", .organizer,
      templates: ["2.16.840.1.113883.10.20.22.4.1", "2.16.840.1.113883.10.20.1.32"],
      sections: ["30954-2"], tables: [ResultTable.report, SpecimenTable.specimen],
      convert: organizer),
    StatementKind(
      "result-observation", .observation,
      templates: ["2.16.840.1.113883.10.20.22.4.2", "2.16.840.1.113883.10.20.1.31"],
      sections: ["30954-2"], tables: [ResultTable.observation]
    ) { [observation($0, $1, $2)] },
  ]

  private static func organizer(
    _ builder: FHIRBuilder, _ organizer: Cursor, _ context: StatementContext
  ) -> [ResourceHandle] {
    if builder.isBare(organizer) { return builder.membersAlone(of: organizer, context) }
    let report = builder.addResource(.DiagnosticReport, from: organizer)
    builder.subject(of: report)
    builder.apply(ResultTable.report, organizer, to: report.slot)
    builder.concept(
      "http://terminology.hl7.org/CodeSystem/v2-0074", "LAB",
      Reason("a report of the results section"),
      as: .category, in: report.slot)
    builder.completeStatus(of: "DiagnosticReport", in: report.slot)
    if builder.isMissing(.code, in: report.slot) { builder.absentObject(.code, in: report.slot) }
    if builder.draft.first(.performer, in: report.slot) == nil {
      builder.recorder(
        of: organizer, in: context, as: .performer, date: nil, in: report.slot,
        type: .DiagnosticReport)
    }
    let specimens = organizer.all(.specimen).compactMap { $0.first(.specimenRole) }
      .compactMap(builder.specimenResource)
    for specimen in specimens { builder.refer(to: specimen, as: .specimen, in: report.slot) }
    let inner = context.below(organizer)
    for component in organizer.all(.component) {
      guard let nested = component.first(.observation), builder.use[nested.index] != .elsewhere
      else { continue }
      builder.markElsewhere(nested)
      let result = observation(builder, nested, inner)
      builder.refer(to: result, as: .result, in: report.slot)
      if builder.draft.first(.specimen, in: result.slot) == nil, let first = specimens.first {
        builder.refer(to: first, as: .specimen, in: result.slot)
      }
    }
    builder.timeOfMembers(organizer, in: report.slot)
    builder.relateNested(organizer, of: report, context)
    builder.keepRemainder(of: organizer, in: report.slot)
    return [report]
  }

  private static func observation(
    _ builder: FHIRBuilder, _ observation: Cursor, _ context: StatementContext
  ) -> ResourceHandle {
    builder.resource(ResultTable.observation, observation, context) {
      builder.completeObservation(observation, context, category: .laboratory, in: $0)
    }
  }
}
