import ClinicalTree
import Definitions

/// Encounter Activity, the encompassing encounter of the header, and Encounter (conversion guide,
/// "encounters").
enum EncounterTable {
  static let activity = Mapping(
    "encounter-activity", "encounter",
    templates: ["2.16.840.1.113883.10.20.22.4.49", "2.16.840.1.113883.10.20.22.4.40"],
    resource: .Encounter,
    [
      .row("identifier", "id", .identifier),
      .function("status", "statusCode", "code by ConceptMap cf-encounter-status") {
        $0.encounterStatus($1, in: $2)
      },
      .function("class", "code", "class and type") { $0.encounterCode($1, in: $2) },
      .row("priority", "priorityCode", .codeableConcept),
      .row("period", "effectiveTime", .period),
      .function("period", "effectiveTime/center", "day of the plan") { builder, center, encounter in
        guard builder.isMissing(.period, in: encounter),
          let leaf = builder.nonBlank(center.attribute(.value))
        else { return }
        builder.dateTime(
          leaf: leaf, as: .start, in: builder.draft.object(.period, in: encounter))
      },
      .row("hospitalization.dischargeDisposition", "dischargeDispositionCode", .codeableConcept),
      .function("participant", "performer", "participant") {
        $0.encounterParticipant($1, in: $2)
      } toCDA: {
        $0.participants(of: $1, in: $2)
      },
      .function("location", "participant[@typeCode=LOC]", "location") {
        builder, participation, encounter in
        let location = builder.draft.addObject(.location, in: encounter)
        builder.participation(
          participation, as: .location, in: location,
          targets: [builder.facts.type(named: .Location)])
      } toCDA: {
        $0.locations(ofEncounter: $1, in: $2)
      },
      .reason,
      .row("text", "text", .narrative),
    ])

  static let encompassing = Mapping(
    "encompassing-encounter", "encompassingEncounter", resource: .Encounter,
    [
      .row("identifier", "id", .identifier),
      .function("class", "code", "class and type") { $0.encounterCode($1, in: $2) },
      .row("period", "effectiveTime", .period),
      .row("hospitalization.dischargeDisposition", "dischargeDispositionCode", .codeableConcept),
      .row("hospitalization.admitSource", "admissionReferralSourceCode", .codeableConcept),
      .function("participant", "responsibleParty", "participant") {
        $0.encounterParticipant($1, in: $2)
      },
      .function("participant", "encounterParticipant", "participant") {
        $0.encounterParticipant($1, in: $2)
      } toCDA: {
        $0.participants(of: $1, in: $2)
      },
      .function("location", "location/healthCareFacility", "location") {
        $0.facility($1, in: $2)
      } toCDA: {
        $0.locations(ofEncounter: $1, in: $2)
      },
    ])

  static let facility = Mapping(
    "facility", "healthCareFacility", resource: .Location,
    [
      .row("identifier", "id", .identifier),
      .row("type", "code", .codeableConcept),
      .row("name", "location/name", .organizationName),
      .row("address", "location/addr", .address),
    ])
}

enum EncounterKinds {
  static let all = [
    StatementKind(
      "encounter-activity", .encounter,
      templates: [
        "2.16.840.1.113883.10.20.22.4.49", "2.16.840.1.113883.10.20.22.4.40",
        "2.16.840.1.113883.10.20.1.21", "1.3.6.1.4.1.19376.1.5.3.1.4.14",
      ], sections: ["46240-8", "18776-5"], tables: [EncounterTable.activity], convert: convert)
  ]

  static func convert(
    _ builder: FHIRBuilder, _ activity: Cursor, _ context: StatementContext
  ) -> [ResourceHandle] {
    let encounter = builder.encounter(for: activity)
    if !builder.isEvent(activity), builder.draft.first(.status, in: encounter.slot) == nil,
      let mood = activity.attribute(.moodCode)
    {
      builder.put(Sourced(Text("planned"), .leaf(mood)), as: .status, in: encounter.slot)
    }
    builder.completeEncounter(activity, encounter)
    builder.diagnoses(of: activity, in: encounter, context)
    builder.negated(activity, in: encounter.slot)
    builder.implied(activity)
    builder.relateNested(activity, of: encounter, context)
    builder.keepRemainder(of: activity, in: encounter.slot)
    return [encounter]
  }
}

extension FHIRBuilder {
  /// The Encounter of the header, of which the body may speak again.
  func encompassingEncounter(_ encounter: Cursor, in composition: Draft.Slot?) {
    guard saysSomething(encounter) else { return }
    let resource = addResource(.Encounter, from: encounter)
    markElsewhere(encounter)
    statements.add(encounter, resource, arena)
    encompassing = resource
    apply(EncounterTable.encompassing, encounter, to: resource.slot)
    completeEncounter(encounter, resource)
    keepRemainder(of: encounter, in: resource.slot)
    if let composition { refer(to: resource, as: .encounter, in: composition) }
  }

  /// The resource of an encounter: that of an earlier one, of the header or the body, of the same id and
  /// day.
  fileprivate func encounter(for activity: Cursor) -> ResourceHandle {
    let known = statements.entries(like: activity, arena).first { entry in
      guard entry.handle.type == .Encounter else { return false }
      let (day, other) = (day(of: activity), day(of: entry.statement))
      return day == nil || other == nil || day == other
    }
    let resource = known?.handle ?? addResource(.Encounter, from: activity)
    if let known { noteSameParts(of: activity, as: known.statement, in: resource) }
    apply(EncounterTable.activity, activity, to: resource.slot)
    return resource
  }

  /// The status that a visit states; one that is told twice has it once.
  fileprivate func encounterStatus(_ code: Cursor, in encounter: Draft.Slot) {
    guard let known = draft.first(.status, in: encounter) else {
      mappedCode(code, "cf-encounter-status", as: .status, in: encounter)
      return
    }
    if let leaf = codeLeaf(code),
      let target = maps.translate(leaf.text.trimmed, by: maps.map("cf-encounter-status")),
      target.code == draft.text(of: known)
    {
      note(.leaf(leaf), known)
      markMapped(code)
    }
  }

  /// The digits of the day on which a statement begins.
  private func day(of statement: Cursor) -> Text? {
    guard let time = statement.first(.effectiveTime),
      let leaf = nonBlank(time.attribute(.value) ?? time.first(.low)?.attribute(.value))
    else { return nil }
    return leaf.text.trimmed.slice(0..<min(8, leaf.text.trimmed.count))
  }

  /// What R4 requires of an Encounter.
  fileprivate func completeEncounter(_ encounter: Cursor, _ resource: ResourceHandle) {
    if draft.first(.status, in: resource.slot) == nil {
      let time = encounter.first(.effectiveTime)
      let isOver =
        time.map { $0.first(.high)?.attribute(.value) != nil || $0.attribute(.value) != nil }
        ?? false
      let reason = Reason(
        "R4 requires Encounter.status: finished when its time has an end, else unknown")
      put(rule: isOver ? "finished" : "unknown", reason, as: .status, in: resource.slot)
    }
    if isMissing(.`class`, in: resource.slot) { absentObject(.`class`, in: resource.slot) }
    if draft.first(.subject, in: resource.slot) == nil { subject(of: resource) }
  }

  /// Encounter Diagnosis acts: the conditions inside, which belong to this encounter.
  fileprivate func diagnoses(
    of activity: Cursor, in encounter: ResourceHandle, _ context: StatementContext
  ) {
    let inner = context.below(activity)
    for relationship in activity.all(.entryRelationship) {
      guard let act = relationship.first(.act), use[act.index] != .elsewhere,
        StatementKind.kind(of: act, in: StatementContext())?.name == "problem-concern"
      else { continue }
      for condition in convert(act, in: inner) where condition.type == .Condition {
        refer(
          to: condition, as: .condition, in: draft.addObject(.diagnosis, in: encounter.slot))
        if draft.first(.encounter, in: condition.slot) == nil {
          refer(to: encounter, as: .encounter, in: condition.slot)
        }
      }
    }
  }

  private static let actCode: StaticString = "2.16.840.1.113883.5.4"

  /// Codes of ActCode are the class of an encounter, all others its type.
  func encounterCode(_ code: Cursor, in encounter: Draft.Slot) {
    guard saysSomething(code) else { return }
    let all = [code] + code.all(.translation)
    let isClass: (Cursor) -> Bool = { candidate in
      candidate.attribute(.codeSystem).map { $0.text == Self.actCode } ?? false
        && candidate.attribute(.code) != nil
    }
    guard isMissing(.`class`, in: encounter), let actClass = all.first(where: isClass) else {
      codeableConcept(code, as: .type, in: encounter)
      classify(code, in: encounter)
      return
    }
    if let flavor = code.attribute(.nullFlavor), flavor.text == "OTH" { markStructural(flavor) }
    coding(actClass, as: .`class`, in: encounter)
    if let slot = draft.first(.`class`, in: encounter), let system = actClass.attribute(.codeSystem)
    {
      note(.leaf(system), slot)
    }
    let type = draft.addObject(.type, in: encounter)
    for other in all where other.index != actClass.index { coding(other, as: .coding, in: type) }
    if let original = code.first(.originalText) { string(original, as: .text, in: type) }
  }

  /// The class that the guide gives to codes of CPT.
  private func classify(_ code: Cursor, in encounter: Draft.Slot) {
    let cpt = ([code] + code.all(.translation)).first {
      $0.attribute(.codeSystem).map { $0.text == "2.16.840.1.113883.6.12" } ?? false
    }
    guard isMissing(.`class`, in: encounter), let number = cpt?.attribute(.code)?.text.trimmed,
      let value = Int(number.string)
    else { return }
    let actClass: StaticString
    switch value {
    case 99211...99215: actClass = "AMB"
    case 99221...99223: actClass = "IMP"
    case 99281...99285: actClass = "EMER"
    default: return
    }
    let reason = Reason("the class that the guide gives to this code of CPT")
    let slot = draft.addObject(.`class`, in: encounter)
    put(rule: "http://terminology.hl7.org/CodeSystem/v3-ActCode", reason, as: .system, in: slot)
    put(rule: actClass, reason, as: .code, in: slot)
  }

  func encounterParticipant(_ participation: Cursor, in encounter: Draft.Slot) {
    guard saysSomething(participation) else { return }
    let slot = draft.addObject(.participant, in: encounter)
    if let type = participation.attribute(.typeCode) {
      let coding = draft.addObject(.coding, in: draft.addObject(.type, in: slot))
      put(
        rule: "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", .mapped, as: .system,
        in: coding)
      put(type.sourced, as: .code, in: coding)
    }
    if participation.name == .responsibleParty, participation.attribute(.typeCode) == nil {
      concept(
        "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "RESP",
        Reason("the model's own type of a responsible party"), as: .type, in: slot)
    }
    if let function = participation.first(.functionCode), saysSomething(function) {
      codeableConcept(function, as: .type, in: slot)
    }
    if let time = participation.first(.time) { period(time, as: .period, in: slot) }
    let targets = [Name.Practitioner, .PractitionerRole, .RelatedPerson].map(facts.type(named:))
    self.participation(participation, as: .individual, in: slot, targets: targets)
  }

  fileprivate func facility(_ facility: Cursor, in encounter: Draft.Slot) {
    guard saysSomething(facility) else { return }
    let place = addResource(.Location, from: facility)
    markElsewhere(facility)
    apply(EncounterTable.facility, facility, to: place.slot)
    if let organization = facility.first(.serviceProviderOrganization), saysSomething(organization)
    {
      refer(to: self.organization(organization), as: .managingOrganization, in: place.slot)
    }
    keepRemainder(of: facility, in: place.slot)
    refer(to: place, as: .location, in: draft.addObject(.location, in: encounter))
  }
}
