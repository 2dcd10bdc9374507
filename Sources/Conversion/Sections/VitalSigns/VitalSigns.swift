import ClinicalTree
import Definitions

/// Vital Signs Organizer and Observation (conversion guide, "vital signs").
enum VitalSignTable {
  static let panel = Mapping(
    "vital-signs-organizer", "organizer", templates: ["2.16.840.1.113883.10.20.22.4.26"],
    resource: .Observation,
    [
      .row("identifier", "id", .identifier),
      .row("status", "statusCode", .mappedCode("cf-result-status")),
      .row("effective[x]", "effectiveTime", .time),
      .row("performer", "performer", .participation),
      .row("text", "text", .narrative),
    ])

  static let observation = Mapping(
    "vital-sign-observation", "observation", templates: ["2.16.840.1.113883.10.20.22.4.27"],
    resource: .Observation, ObservationRows.all)

  /// Systolic or diastolic pressure as a component of one observation.
  static let component = Mapping(
    "blood-pressure-component", "observation", resource: .Observation,
    of: "Observation.component",
    [
      .row("code", "code", .codeableConcept),
      .row("value[x]", "value", .value),
      .function("dataAbsentReason", "value/@nullFlavor", "why there is no value") {
        builder, flavor, component in
        builder.whyAbsent(flavor, in: component)
      } toCDA: {
        $0.observed($1, in: $2)
      },
      .row("interpretation", "interpretationCode", .codeableConcept),
      .function("referenceRange", "referenceRange/observationRange", "reference range") {
        $0.referenceRange($1, in: $2)
      } toCDA: {
        $0.referenceRanges(of: $1, in: $2)
      },
    ])
}

enum VitalSignKinds {
  static let all = [
    StatementKind(
      "vital-signs-organizer", .organizer,
      templates: [
        "2.16.840.1.113883.10.20.22.4.26", "2.16.840.1.113883.10.20.1.35",
        "1.3.6.1.4.1.19376.1.5.3.1.4.13.1",
      ], sections: ["8716-3"], tables: [VitalSignTable.panel, VitalSignTable.component],
      convert: organizer),
    StatementKind(
      "vital-sign-observation", .observation,
      templates: ["2.16.840.1.113883.10.20.22.4.27", "1.3.6.1.4.1.19376.1.5.3.1.4.13.2"],
      sections: ["8716-3"], tables: [VitalSignTable.observation]
    ) { [observation($0, $1, $2)] },
  ]

  private static func organizer(
    _ builder: FHIRBuilder, _ organizer: Cursor, _ context: StatementContext
  ) -> [ResourceHandle] {
    if builder.isBare(organizer) { return vitals(builder, organizer, context, of: nil) }
    let panel = builder.addResource(.Observation, from: organizer)
    builder.subject(of: panel)
    builder.apply(VitalSignTable.panel, organizer, to: panel.slot)
    builder.concept(
      "http://loinc.org", "85353-1", Reason("the code of the guide for a panel of vital signs"),
      as: .code,
      in: panel.slot)
    if let code = organizer.first(.code),
      code.attribute(.code).map({ $0.text == "46680005" || $0.text == "74728-7" }) ?? false
    {
      builder.markSelector(code)
      for translation in code.all(.translation)
      where translation.attribute(.code).map({ $0.text == "74728-7" || $0.text == "46680005" })
        ?? false
      {
        builder.markSelector(translation)
      }
    }
    _ = vitals(builder, organizer, context, of: panel)
    builder.completeObservation(organizer, context, category: .vitalSigns, in: panel.slot)
    builder.relateNested(organizer, of: panel, context)
    builder.keepRemainder(of: organizer, in: panel.slot)
    return [panel]
  }

  /// The vital signs in an organizer, as members of a panel where it is one.
  private static func vitals(
    _ builder: FHIRBuilder, _ organizer: Cursor, _ context: StatementContext,
    of panel: ResourceHandle?
  ) -> [ResourceHandle] {
    if panel == nil, let code = organizer.first(.code) {
      builder.markSelector(code)
      for translation in code.all(.translation) { builder.markSelector(translation) }
      organizer.first(.statusCode).map(builder.markSelector)
    }
    var all: [ResourceHandle] = []
    let inner = context.below(organizer)
    let members = organizer.all(.component).compactMap { $0.first(.observation) }
    var done: Set<Int> = []
    for member in members
    where !done.contains(member.index) && builder.use[member.index] != .elsewhere {
      // What oxygen was breathed belongs to the saturation of the same time.
      if isOxygen(member), saturation(for: member, among: members) != nil { continue }
      builder.markElsewhere(member)
      let partner = partner(of: member, among: members, done)
      let made: ResourceHandle
      if isSaturation(member) {
        let oxygen = members.filter {
          isOxygen($0) && saturation(for: $0, among: members)?.index == member.index
        }
        done.formUnion(oxygen.map(\.index))
        made = oximetry(builder, member, oxygen, inner)
      } else if let partner {
        builder.markElsewhere(partner)
        done.insert(partner.index)
        let isFirst = member.code().map { $0 == "8480-6" } ?? false
        made = bloodPressure(builder, isFirst ? member : partner, isFirst ? partner : member, inner)
      } else {
        made = observation(builder, member, inner)
      }
      done.insert(member.index)
      all.append(made)
      if let panel { builder.refer(to: made, as: .hasMember, in: panel.slot) }
    }
    return all
  }

  private static func observation(
    _ builder: FHIRBuilder, _ observation: Cursor, _ context: StatementContext
  ) -> ResourceHandle {
    builder.resource(VitalSignTable.observation, observation, context) {
      builder.completeObservation(observation, context, category: .vitalSigns, in: $0)
    }
  }

  // MARK: Oximetry

  private static let saturationCodes: [StaticString] = ["59408-5", "2708-6"]

  private static func isSaturation(_ member: Cursor) -> Bool {
    member.code().map { code in saturationCodes.contains { code == $0 } } ?? false
  }

  /// Inhaled oxygen concentration and flow rate.
  private static func isOxygen(_ member: Cursor) -> Bool {
    member.code().map { $0 == "3150-0" || $0 == "3151-8" } ?? false
  }

  private static func saturation(for oxygen: Cursor, among members: [Cursor]) -> Cursor? {
    members.first { isSaturation($0) && isSameTime($0, oxygen) }
  }

  /// Oxygen saturation has the codes of both ways to measure it, and the oxygen breathed as components.
  private static func oximetry(
    _ builder: FHIRBuilder, _ saturation: Cursor, _ oxygen: [Cursor], _ context: StatementContext
  ) -> ResourceHandle {
    let made = observation(builder, saturation, context)
    let known = saturation.all(.code).flatMap { [$0] + $0.all(.translation) }
    if let concept = builder.draft.first(.code, in: made.slot) {
      let reason = Reason("the guide gives oxygen saturation both codes")
      for code in saturationCodes
      where !known.contains(where: { $0.attribute(.code).map { $0.text == code } ?? false }) {
        let coding = builder.draft.addObject(.coding, in: concept)
        builder.put(rule: "http://loinc.org", reason, as: .system, in: coding)
        builder.put(rule: code, reason, as: .code, in: coding)
      }
    }
    for part in oxygen {
      builder.markElsewhere(part)
      if let row = ObservationRows.all.first {
        builder.apply(row, part, to: made.slot, builder.facts.type(named: .Observation))
      }
      component(builder, part, of: made, context)
    }
    return made
  }

  /// A member as a component of an observation; the rest of it is kept there.
  private static func component(
    _ builder: FHIRBuilder, _ part: Cursor, of whole: ResourceHandle, _ context: StatementContext
  ) {
    builder.statements.add(part, whole, builder.arena)
    let component = builder.draft.addObject(.component, in: whole.slot)
    builder.apply(VitalSignTable.component, part, to: component)
    if builder.isMissing(.code, in: component) { builder.absentObject(.code, in: component) }
    // That all parts have one time is why they are one observation.
    if let time = part.first(.effectiveTime), let code = builder.draft.first(.code, in: component) {
      for index in time.index..<time.end {
        let leaf = time.at(index)
        if leaf.kind == .attribute, leaf.name == .value { builder.note(.leaf(leaf), code) }
      }
    }
    builder.implied(part)
    builder.uncarry(part, to: whole.slot)
    builder.relateNested(part, of: whole, context)
    builder.keepRemainder(of: part, in: component)
  }

  // MARK: Blood pressure

  /// The diastolic pressure for a systolic one of the same time, and the other way round.
  private static func partner(of member: Cursor, among members: [Cursor], _ done: Set<Int>)
    -> Cursor?
  {
    let wanted: StaticString
    switch member.code().map({ $0.string }) {
    case "8480-6": wanted = "8462-4"
    case "8462-4": wanted = "8480-6"
    default: return nil
    }
    return members.first { other in
      other.index > member.index && !done.contains(other.index)
        && other.code().map { $0 == wanted } ?? false && isSameTime(member, other)
        && other.attribute(.negationInd) == nil && member.attribute(.negationInd) == nil
    }
  }

  private static func isSameTime(_ a: Cursor, _ b: Cursor) -> Bool {
    switch (a.first(.effectiveTime), b.first(.effectiveTime)) {
    case (nil, nil): true
    case (let left?, let right?): RoleIndex.digest(left) == RoleIndex.digest(right)
    default: false
    }
  }

  /// Systolic and diastolic pressure are one Observation with two components.
  private static func bloodPressure(
    _ builder: FHIRBuilder, _ systolic: Cursor, _ diastolic: Cursor, _ context: StatementContext
  ) -> ResourceHandle {
    let pressure = builder.addResource(.Observation, from: systolic, salt: "blood pressure")
    builder.subject(of: pressure)
    let type = builder.facts.type(named: .Observation)
    let shared: Set<String> = [
      "identifier", "status", "effective[x]", "performer", "text", "method", "bodySite", "note",
    ]
    let rows = ObservationRows.all.filter { shared.contains($0.target.text) }
    for row in rows { builder.apply(row, systolic, to: pressure.slot, type) }
    builder.concept(
      "http://loinc.org", "85354-9",
      Reason("the code of the guide for systolic and diastolic pressure together"),
      as: .code, in: pressure.slot)
    for row in rows where ["identifier", "note"].contains(row.target.text) {
      builder.apply(row, diastolic, to: pressure.slot, type)
    }
    builder.completeObservation(systolic, context, category: .vitalSigns, in: pressure.slot)
    for part in [systolic, diastolic] { component(builder, part, of: pressure, context) }
    return pressure
  }
}
