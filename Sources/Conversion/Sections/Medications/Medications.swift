import ClinicalTree
import Definitions

/// Medication Activity and MedicationRequest (conversion guide, "medications").
enum MedicationTable {
  static let request = Mapping(
    "medication-activity", "substanceAdministration",
    templates: ["2.16.840.1.113883.10.20.22.4.16"],
    resource: .MedicationRequest,
    [
      .row("identifier", "id", .identifier),
      .row(
        "status", "entryRelationship/observation[code=33999-4]/value",
        .mappedCode("cf-medication-clinical-status")),
      .row("status", "statusCode", .mappedCode("cf-medication-status")),
      .row("intent", "@moodCode", .mappedCode("cf-medication-mood")),
      .function("doNotPerform", "@negationInd", "only where true") { builder, indicator, request in
        if indicator.text == "true" { builder.boolean(indicator, as: .doNotPerform, in: request) }
      } toCDA: { builder, request, activity in
        guard let leaf = builder.leaf(.doNotPerform, in: request) else { return }
        builder.attribute(.negationInd, leaf.sourced, in: activity)
      },
      .function("medication[x]", ".", "product, form and vehicle") { builder, activity, request in
        guard let product = activity.first(.consumable)?.first(.manufacturedProduct) else { return }
        builder.medication(product, of: activity, in: request)
      },
      .function("dosageInstruction.timing", "effectiveTime", "timing") { builder, time, request in
        builder.timing(time, in: builder.draft.object(.dosageInstruction, in: request))
      },
      .row("dosageInstruction.route", "routeCode", .codeableConcept),
      .row("dosageInstruction.site", "approachSiteCode", .codeableConcept),
      .function("dosageInstruction.doseAndRate", "doseQuantity", "dose") { builder, dose, request in
        builder.dose(dose, quantity: .doseQuantity, range: .doseRange, in: request)
      },
      .function("dosageInstruction.doseAndRate", "rateQuantity", "rate") { builder, rate, request in
        builder.dose(rate, quantity: .rateQuantity, range: .rateRange, in: request)
      },
      .function("dosageInstruction.maxDosePerPeriod", "maxDoseQuantity", "ratio") {
        builder, dose, request in
        guard builder.saysSomething(dose) else { return }
        let dosage = builder.draft.object(.dosageInstruction, in: request)
        if builder.draft.first(.maxDosePerPeriod, in: dosage) == nil {
          builder.ratio(dose, as: .maxDosePerPeriod, in: dosage)
        }
      },
      .row(
        "dosageInstruction.text",
        "entryRelationship/substanceAdministration[code=76662-6]/text", .string),
      .function("dosageInstruction.text", "text", "only its own words") { builder, text, request in
        let dosage = builder.draft.object(.dosageInstruction, in: request)
        if builder.draft.first(.text, in: dosage) == nil {
          builder.plainText(text, as: .text, in: dosage)
        }
      },
      .function("dosageInstruction.asNeeded[x]", "precondition", "as needed") {
        $0.asNeeded($1, in: $2)
      },
      .function(
        "dosageInstruction.patientInstruction", "entryRelationship[@inversionInd=true]/act",
        "instruction"
      ) { $0.instruction($1, in: $2) },
      .reason,
      .function("dispenseRequest", "entryRelationship/supply[@moodCode=INT]", "dispense request") {
        $0.dispenseRequest($1, in: $2)
      } toCDA: { builder, request, activity in
        guard let dispense = builder.object(.dispenseRequest, in: request) else { return }
        builder.supplied(dispense, in: builder.relate(.supplyOrder, to: activity))
      },
      .row("note", "entryRelationship/act[code=48767-8]", .annotation),
      .row(
        "note",
        "entryRelationship/supply/entryRelationship/act[templateId=2.16.840.1.113883.10.20.22.4.20]",
        .annotation),
      .row("performer", "performer", .participation),
      .row("text", "text", .narrative),
    ])

  static let medication = Mapping(
    "manufactured-product", "manufacturedProduct", resource: .Medication,
    [
      .row("identifier", "id", .identifier),
      .row("code", "manufacturedMaterial/code", .codeableConcept, choice: .medicines),
      .function("code", "manufacturedMaterial/name", "name") { builder, name, medication in
        builder.nameAsText(name, in: medication, .code)
      },
      .function("code", "manufacturedLabeledDrug/name", "name") { builder, name, medication in
        builder.nameAsText(name, in: medication, .code)
      },
      .row("code", "manufacturedLabeledDrug/code", .codeableConcept),
      .row("batch.lotNumber", "manufacturedMaterial/lotNumberText", .string),
      .function("manufacturer", "manufacturerOrganization", "manufacturer") {
        builder, organization, medication in
        guard builder.saysSomething(organization) else { return }
        builder.refer(to: builder.organization(organization), as: .manufacturer, in: medication)
      } toCDA: {
        $0.manufacturer(of: $1, in: $2)
      },
    ])
}

extension FHIRBuilder {
  /// A product of which only the code is known is a concept; any other, and one whose form or vehicle
  /// the statement around it tells, is a Medication.
  func medication(_ product: Cursor, of activity: Cursor? = nil, in request: Draft.Slot) {
    guard draft.first(.medicationCodeableConcept, in: request) == nil,
      draft.first(.medicationReference, in: request) == nil, saysSomething(product)
    else { return }
    let form = activity?.first(.administrationUnitCode).flatMap { saysSomething($0) ? $0 : nil }
    let vehicles =
      activity?.all(.participant).compactMap { participant -> Cursor? in
        guard participant.attribute(.typeCode).map({ $0.text == "CSM" }) ?? false else {
          return nil
        }
        return participant.first(.participantRole)?.first(.playingEntity)
      } ?? []
    let material = product.first(.manufacturedMaterial) ?? product.first(.manufacturedLabeledDrug)
    let isPlain = product.children.allSatisfy { child in
      child.kind != .element || child.index == material?.index || child.name == .templateId
        || !saysSomething(child)
    }
    let isOnlyCode =
      material.map { material in
        material.children.allSatisfy { child in
          child.kind != .element || child.name == .code || child.name == .name
            || !saysSomething(child)
        }
      } ?? false
    if isPlain, isOnlyCode, form == nil, vehicles.isEmpty, let material,
      !(activity.map(carriesMedication) ?? false)
    {
      if let code = material.first(.code) {
        codeableConcept(code, as: .medicationCodeableConcept, in: request)
      }
      if let name = material.first(.name) {
        nameAsText(name, in: request, .medicationCodeableConcept)
      }
      return
    }
    let medication = addResource(.Medication, from: product)
    markElsewhere(product)
    apply(MedicationTable.medication, product, to: medication.slot)
    if let form { codeableConcept(form, as: .form, in: medication.slot) }
    for vehicle in vehicles { self.vehicle(vehicle, in: medication.slot) }
    keepRemainder(of: product, in: medication.slot)
    refer(to: medication, as: .medicationReference, in: request)
  }

  /// What a medicine is given in.
  private func vehicle(_ entity: Cursor, in medication: Draft.Slot) {
    guard saysSomething(entity) else { return }
    let ingredient = draft.addObject(.ingredient, in: medication)
    if let code = entity.first(.code) {
      codeableConcept(code, as: .itemCodeableConcept, in: ingredient)
    }
    if let name = entity.first(.name) { nameAsText(name, in: ingredient, .itemCodeableConcept) }
    put(
      rule: "false", Reason("a vehicle is no active ingredient"), .false, as: .isActive,
      in: ingredient)
  }

  func nameAsText(_ name: Cursor, in parent: Draft.Slot, _ member: Name) {
    let concept = draft.object(member, in: parent)
    if draft.first(.text, in: concept) == nil {
      plainText(name, as: .text, in: concept)
    } else if isSame(name, as: concept) {
      repeats(name, draft.first(.text, in: concept))
    }
  }

  func dose(_ dose: Cursor, quantity: Name, range: Name, in request: Draft.Slot) {
    guard saysSomething(dose) else { return }
    let rate = draft.object(.doseAndRate, in: draft.object(.dosageInstruction, in: request))
    guard draft.first(quantity, in: rate) == nil, draft.first(range, in: rate) == nil else {
      return
    }
    let low = dose.first(.low), high = dose.first(.high)
    if dose.attribute(.value) == nil, low != nil || high != nil {
      let slot = draft.addObject(range, in: rate)
      if let low { self.quantity(low, as: .low, in: slot) }
      if let high { self.quantity(high, as: .high, in: slot) }
    } else {
      self.quantity(dose, as: quantity, in: rate)
    }
  }

  /// A precondition says that the medicine is taken when needed, and for what where it is coded.
  func asNeeded(_ precondition: Cursor, in request: Draft.Slot) {
    let dosage = draft.object(.dosageInstruction, in: request)
    guard draft.first(.asNeededCodeableConcept, in: dosage) == nil,
      draft.first(.asNeededBoolean, in: dosage) == nil
    else { return }
    let criterion = precondition.first(.criterion)
    if let code = criterion?.first(.code),
      code.attribute(.code).map({ $0.text == "ASSERTION" }) ?? false
    {
      markSelector(code)
    }
    // A criterion of which nothing is known is none.
    if let value = criterion?.first(.value), value.attribute(.nullFlavor) != nil,
      !saysSomething(value), !(criterion?.first(.text).map(saysSomething) ?? false)
    {
      return
    }
    if let value = criterion?.first(.value), saysSomething(value), value.attribute(.code) != nil {
      codeableConcept(value, as: .asNeededCodeableConcept, in: dosage)
    } else if let text = criterion?.first(.text), saysSomething(text) {
      string(text, as: .text, in: draft.addObject(.asNeededCodeableConcept, in: dosage))
    } else {
      let reason = Reason("a precondition: the medicine is taken when needed")
      put(rule: "true", reason, .true, as: .asNeededBoolean, in: dosage)
    }
  }

  func instruction(_ act: Cursor, in request: Draft.Slot) {
    if act.code().map({ $0 == "48767-8" }) ?? false { return }
    let dosage = draft.object(.dosageInstruction, in: request)
    if let text = act.first(.text), draft.first(.patientInstruction, in: dosage) == nil {
      string(text, as: .patientInstruction, in: dosage)
    }
    if let code = act.first(.code), saysSomething(code) {
      codeableConcept(code, as: .additionalInstruction, in: dosage)
    }
  }

  func dispenseRequest(_ supply: Cursor, in request: Draft.Slot) {
    guard draft.first(.dispenseRequest, in: request) == nil, saysSomething(supply) else { return }
    let dispense = draft.addObject(.dispenseRequest, in: request)
    if let time = supply.first(.effectiveTime) {
      if time.attribute(.value) != nil, time.first(.high) == nil,
        let leaf = nonBlank(time.attribute(.value))
      {
        dateTime(leaf: leaf, as: .start, in: draft.addObject(.validityPeriod, in: dispense))
      } else {
        period(time, as: .validityPeriod, in: dispense)
      }
    }
    if let number = supply.first(.repeatNumber), let leaf = nonBlank(number.attribute(.value)),
      let count = Int32(leaf.text.trimmed.string), count > 0
    {
      // The first dispense is no repeat.
      put(
        Sourced(arena.copy(String(count - 1)), .leaf(leaf)), .number, as: .numberOfRepeatsAllowed,
        in: dispense)
    }
    if let quantity = supply.first(.quantity) {
      self.quantity(quantity, as: .quantity, in: dispense)
    }
  }

  // MARK: Timing

  /// Adds what one effectiveTime says to the timing of a dosage.
  func timing(_ time: Cursor, in dosage: Draft.Slot) {
    guard saysSomething(time) else { return }
    let type = time.attribute(.type)?.text.trimmed ?? .empty
    if type.hasSuffix("PIVL_TS") { return periodic(time, in: dosage) }
    if type.hasSuffix("EIVL_TS") { return eventBased(time, in: dosage) }
    guard !type.hasSuffix("SXPR_TS"), hasTime(time) else { return }
    let timing = draft.object(.timing, in: dosage)
    if let point = nonBlank(time.attribute(.value)) {
      dateTime(leaf: point, as: .event, in: timing)
      return
    }
    let rhythm = draft.object(.`repeat`, in: timing)
    if draft.first(.boundsPeriod, in: rhythm) == nil { period(time, as: .boundsPeriod, in: rhythm) }
  }

  private func periodic(_ time: Cursor, in dosage: Draft.Slot) {
    if let phase = time.first(.phase),
      let start = nonBlank(phase.attribute(.value) ?? phase.first(.low)?.attribute(.value))
    {
      dateTime(leaf: start, as: .event, in: draft.object(.timing, in: dosage))
    }
    guard let period = time.first(.period) else { return }
    let low = period.first(.low) ?? period
    guard let value = nonBlank(low.attribute(.value)), let unit = nonBlank(low.attribute(.unit))
    else { return }
    guard ["s", "min", "h", "d", "wk", "mo", "a"].contains(where: { unit.text.trimmed == $0 })
    else {
      // Senders write abbreviations such as BID where a unit of time belongs.
      let code = draft.object(.code, in: draft.object(.timing, in: dosage))
      if draft.first(.text, in: code) == nil { put(unit.sourced, as: .text, in: code) }
      return
    }
    let rhythm = draft.object(.`repeat`, in: draft.object(.timing, in: dosage))
    guard draft.first(.period, in: rhythm) == nil else { return }
    let institution = time.attribute(.institutionSpecified)
    if let institution, institution.text == "true",
      let rate = FHIRBuilder.perDay(value.text.trimmed.string, unit.text.trimmed.string)
    {
      put(
        Sourced(arena.copy(rate.frequency), .leaves(value, unit)), .number, as: .frequency,
        in: rhythm)
      put(Sourced(arena.copy(rate.period), .leaves(value, unit)), .number, as: .period, in: rhythm)
      put(Sourced(Text("d"), .leaf(institution)), as: .periodUnit, in: rhythm)
      for leaf in [value, unit, institution] { keep(leaf, in: rhythm) }
      return
    }
    put(rule: "1", Reason("once in each period"), .number, as: .frequency, in: rhythm)
    decimal(value, as: .period, in: rhythm)
    if let high = period.first(.high), let most = nonBlank(high.attribute(.value)) {
      decimal(most, as: .periodMax, in: rhythm)
      if let unit = high.attribute(.unit),
        unit.text.trimmed == low.attribute(.unit)?.text.trimmed ?? .empty
      {
        note(.partly(unit, Reason("the same unit as that of the lower bound")), rhythm)
      }
    }
    put(Sourced(unit.text.trimmed, .leaf(unit)), as: .periodUnit, in: rhythm)
    if let institution { keep(institution, in: rhythm) }
  }

  /// So many times a day, or once in so many days, for an interval that an institution fills in.
  static func perDay(_ value: String, _ unit: String) -> (frequency: String, period: String)? {
    guard let amount = Double(value), amount > 0, unit == "h" || unit == "d" else { return nil }
    let days = unit == "h" ? amount / 24 : amount
    let times = (1 / days).rounded()
    if days <= 1, abs(1 / days - times) < 0.02 { return (String(Int(times)), "1") }
    return days == days.rounded() ? ("1", String(Int(days))) : nil
  }

  private func eventBased(_ time: Cursor, in dosage: Draft.Slot) {
    guard let event = time.first(.event), let code = codeLeaf(event),
      let member = facts.member(.when, in: facts.type(named: "Timing.repeat")),
      let set = facts.binding(of: member)?.codeSet, facts.codeSet(set, contains: code.text.trimmed)
    else { return }
    let rhythm = draft.object(.`repeat`, in: draft.object(.timing, in: dosage))
    put(Sourced(code.text.trimmed, .leaf(code)), as: .when, in: rhythm)
    markMapped(event)
    guard let offset = time.first(.offset),
      let leaf = nonBlank((offset.first(.low) ?? offset).attribute(.value)),
      let minutes = minutes(
        leaf.text.trimmed.string, (offset.first(.low) ?? offset).attribute(.unit)?.text.string)
    else { return }
    put(Sourced(arena.copy(String(minutes)), .leaf(leaf)), .number, as: .offset, in: rhythm)
  }

  private func minutes(_ value: String, _ unit: String?) -> Int? {
    guard let amount = Double(value), amount >= 0 else { return nil }
    switch unit {
    case "min": return Int(amount)
    case "h": return Int(amount * 60)
    case "s": return Int(amount / 60)
    default: return nil
    }
  }
}

/// Medication Activity of what was given, and MedicationAdministration.
enum AdministrationTable {
  static let administration = Mapping(
    "medication-administered", "substanceAdministration", resource: .MedicationAdministration,
    [
      .row("identifier", "id", .identifier),
      .function("status", "@negationInd", "not done") { builder, indicator, administration in
        guard indicator.text == "true" else { return }
        builder.put(Sourced(Text("not-done"), .leaf(indicator)), as: .status, in: administration)
      },
      .row("status", "statusCode", .mappedCode("cf-administration-status")),
      .function("medication[x]", "consumable/manufacturedProduct", "medication") {
        $0.medication($1, in: $2)
      },
      .row("effective[x]", "effectiveTime", .time),
      .function("performer", "performer", "performer") {
        builder, participation, administration in
        guard builder.saysSomething(participation) else { return }
        let slot = builder.draft.addObject(.performer, in: administration)
        if let function = participation.first(.functionCode), builder.saysSomething(function) {
          builder.codeableConcept(function, as: .function, in: slot)
        }
        let member = builder.facts.member(
          .actor, in: builder.facts.type(named: "MedicationAdministration.performer"))
        builder.participation(
          participation, as: .actor, in: slot,
          targets: member.map(builder.facts.targets(of:)) ?? [])
      } toCDA: {
        $0.performers(of: $1, in: $2)
      },
      .reason,
      .row("dosage.site", "approachSiteCode", .codeableConcept),
      .row("dosage.route", "routeCode", .codeableConcept),
      .row("dosage.dose", "doseQuantity", .quantity),
      .row("dosage.rate[x]", "rateQuantity", .quantity),
      .row("note", "entryRelationship/act[code=48767-8]", .annotation),
      .row("text", "text", .narrative),
    ])
}

enum MedicationKinds {
  static let all = [
    StatementKind(
      "medication-activity", .substanceAdministration,
      templates: [
        "2.16.840.1.113883.10.20.22.4.16", "2.16.840.1.113883.10.20.22.4.42",
        "2.16.840.1.113883.10.20.22.4.120", "2.16.840.1.113883.10.20.1.24",
        "1.3.6.1.4.1.19376.1.5.3.1.4.7",
      ], sections: ["10160-0", "10183-2", "42346-7", "29549-3"],
      tables: [
        MedicationTable.request, MedicationTable.medication, AdministrationTable.administration,
      ]
    ) { builder, activity, context in
      // Before R1.1 vaccines had the template of medicines.
      if context.sectionCode == "11369-6" {
        return ImmunizationKinds.convert(builder, activity, context)
      }
      return [convert(builder, activity, context)]
    },
    // Acts that only say when a medicine was taken: the medicine is what counts.
    StatementKind(
      "admission-or-discharge-medication", .act,
      templates: ["2.16.840.1.113883.10.20.22.4.35", "2.16.840.1.113883.10.20.22.4.36"],
      tables: [], convert: wrapper),
  ]

  private static func wrapper(
    _ builder: FHIRBuilder, _ act: Cursor, _ context: StatementContext
  ) -> [ResourceHandle] {
    let inner = context.below(act)
    let made = act.all(.entryRelationship).compactMap { $0.first(.substanceAdministration) }
      .filter { builder.use[$0.index] != .elsewhere }
      .flatMap { builder.convert($0, in: inner) }
    guard let first = made.first else { return GeneralStatement.byClass(builder, act, context) }
    if act.code().map({ $0 == "10183-2" || $0 == "42346-7" }) ?? false {
      act.first(.code).map(builder.markSelector)
    }
    builder.relateNested(act, of: first, context)
    builder.keepRemainder(of: act, in: first.slot)
    return made
  }

  static func convert(
    _ builder: FHIRBuilder, _ activity: Cursor, _ context: StatementContext
  ) -> ResourceHandle {
    // The section of medications administered says what was given at a visit.
    if context.sectionCode == "29549-3", builder.isEvent(activity) {
      return builder.resource(AdministrationTable.administration, activity, context) {
        builder.completeStatus(of: "MedicationAdministration", in: $0)
        builder.completeMedication(in: $0)
        if builder.isMissing(.effectiveDateTime, in: $0),
          builder.isMissing(.effectivePeriod, in: $0)
        {
          builder.absent(as: .effectiveDateTime, in: $0)
        }
        builder.implied(activity)
      }
    }
    return request(builder, activity, context)
  }

  static func request(
    _ builder: FHIRBuilder, _ activity: Cursor, _ context: StatementContext
  ) -> ResourceHandle {
    builder.resource(MedicationTable.request, activity, context) { request in
      let isDischarge =
        context.parents.last?.hasTemplate(["2.16.840.1.113883.10.20.22.4.35"]) ?? false
      if context.sectionCode == "10183-2" || isDischarge {
        builder.concept(
          "http://terminology.hl7.org/CodeSystem/medicationrequest-category", "discharge",
          Reason("the category that the section stands for"), as: .category, in: request)
      }
      builder.completeRequest(activity, context, in: request)
      builder.implied(activity)
    }
  }
}

extension FHIRBuilder {
  /// The medication that R4 requires; that of the statement around it where it names none itself.
  func completeMedication(_ context: StatementContext? = nil, in resource: Draft.Slot) {
    if isMissing(.medicationCodeableConcept, in: resource),
      isMissing(.medicationReference, in: resource), let around = context?.parents.last,
      let parent = statements.handle(of: around)
    {
      let reason = Reason("the medicine of the statement around it")
      if let concept = draft.first(.medicationCodeableConcept, in: parent.slot) {
        repeatConcept(concept, as: .medicationCodeableConcept, reason, in: resource)
      } else if let reference = draft.first(.medicationReference, in: parent.slot),
        let url = draft.first(.reference, in: reference)
      {
        let copy = draft.addObject(.medicationReference, in: resource)
        put(Sourced(draft.text(of: url), .rule(reason)), as: .reference, in: copy)
      }
    }
    if isMissing(.medicationCodeableConcept, in: resource),
      isMissing(.medicationReference, in: resource)
    {
      absentObject(.medicationCodeableConcept, in: resource)
    }
  }

  /// What R4 requires of a MedicationRequest, and who asked for it.
  func completeRequest(_ statement: Cursor, _ context: StatementContext, in request: Draft.Slot) {
    completeStatus(of: "MedicationRequest", in: request)
    if draft.first(.intent, in: request) == nil {
      let reason = Reason(
        "R4 requires MedicationRequest.intent; the mood has no counterpart: proposal")
      put(rule: "proposal", reason, as: .intent, in: request)
    }
    completeMedication(context, in: request)
    recorder(
      of: statement, in: context, as: .requester, date: .authoredOn, in: request,
      type: .MedicationRequest)
    // Who ordered the supply asked for the medicine.
    for supply in statement.all(.entryRelationship).compactMap({ $0.first(.supply) })
    where !isEvent(supply) {
      recorder(
        of: supply, in: StatementContext(), as: .requester, date: .authoredOn, in: request,
        type: .MedicationRequest)
    }
  }
}
