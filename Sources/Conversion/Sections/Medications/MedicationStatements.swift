import ClinicalTree
import Definitions

extension Skeleton {
  static func medication(_ mood: StaticString) -> Skeleton {
    Skeleton(
      .substanceAdministration, "22.4.16:2014-06-09", "SBADM", mood, status: nil,
      needs: [.id, .status, .time, .dose, .product])
  }
  static func plannedMedication(_ mood: StaticString) -> Skeleton {
    Skeleton(
      .substanceAdministration, "22.4.42:2014-06-09", "SBADM", mood, status: "active",
      needs: [.id, .time, .product])
  }
  static let medicationDispense = Skeleton(
    .supply, "22.4.18:2014-06-09", "SPLY", status: nil, needs: [.id, .status], relation: "REFR")
  static let dischargeMedication = Skeleton(
    .act, "22.4.35:2016-03-01", "ACT", code: .loinc("10183-2"), needs: [])
}

extension CDABuilder {
  /// A MedicationRequest, or a MedicationStatement, as a medication activity of the mood that its intent
  /// is.
  func medication(_ request: Cursor, in holder: Draft.Slot, _ context: WritingContext) {
    if keptElement(of: request).map({ $0 == "supply" }) ?? false {
      return supplyOrder(request, in: holder, context)
    }
    let isStatement = ResourceTable.type(of: request) == .MedicationStatement
    let intent = value(.intent, in: request)
    var mood: StaticString = isStatement ? "EVN" : "INT"
    if let text = intent?.leaf?.text {
      let written = kept(
        "@moodCode", beside: intent?.shadow, leadingTo: intent?.leaf, by: "cf-medication-mood")
      mood =
        self.mood(written?.text, of: ["EVN", "PRMS", "PRP", "RQO", "INT"])
        ?? (text == "plan" || text == "proposal" ? "EVN" : "INT")
    }
    let isPlan = context.section == "18776-5"
    let skeleton: Skeleton = isPlan ? .plannedMedication(mood) : .medication(mood)
    var inner = holder
    let isDischarge =
      hasCategory("discharge", request) && keptElement(of: request).map { $0 == "act" } ?? false
    var levels: [Name: Draft.Slot] = [:]
    if isDischarge || context.section == "10183-2" && !context.isNested {
      let act = open(.dischargeMedication, in: holder)
      levels[.act] = act
      let relationship = add(.entryRelationship, in: act)
      constant(.typeCode, "SUBJ", in: relationship)
      inner = relationship
    }
    let activity = open(skeleton, in: inner)
    write(request, as: activity, levels: levels, context) {
      for category in values(.category, in: request) {
        for coding in objects(.coding, in: category.object)
        where context.section == "10183-2" || isDischarge {
          guard leaf(.code, in: coding).map({ $0.text == "discharge" }) ?? false else { continue }
          note(coding, saidBy: activity)
        }
      }
      if let leaf = intent?.leaf, !isStatement {
        let target = maps.translate(Text(mood), by: maps.map("cf-medication-mood"))
        if target.map({ $0.code == leaf.text }) ?? false,
          let slot = attribute(.moodCode, of: activity)
        {
          note(.leaf(leaf), slot)
          note(.leaf(leaf), activity)
          if let written = kept("@moodCode", beside: intent?.shadow) { note(.leaf(written), slot) }
          markKept("@moodCode", beside: intent?.shadow)
        } else if target == nil, leaf.text == "proposal" {
          note(leaf, saidBy: activity)
        }
        intent.map { _ = done.insert($0.key) }
      }
      medicationStatus(request, in: activity)
      product(request, in: activity)
      let dosage = object(isStatement ? .dosage : .dosageInstruction, in: request)
      if let dosage { self.dosage(dosage, in: activity) }
      apply(MedicationTable.request, request, to: activity)
      if isStatement {
        if choice(.effective, in: request) != nil, child(.effectiveTime, of: activity) == nil {
          if let time = time(.effective, of: request, in: activity) { typeInterval(time) }
        }
        author(of: request, .informationSource, .dateAsserted, in: activity)
      } else {
        author(of: request, .requester, .authoredOn, in: activity)
      }
      for reference in objects(.reasonReference, in: request)
      where use[leaf(.reference, in: reference)?.index ?? 0] == .untouched {
        relation(to: reference, "RSON", from: activity, context)
      }
    }
  }

  /// The status in the statement, by its own code or by an observation that was kept.
  func medicationStatus(_ request: Cursor, in activity: Draft.Slot) {
    guard let status = value(.status, in: request), let leaf = status.leaf,
      !done.contains(status.key)
    else { return }
    // Its source had it in an observation, and the status of the act beside that.
    let hasObservation = keptPaths(of: request).contains {
      $0.firstPlace(of: "/observation[code=33999-4]/") != nil
    }
    if hasObservation { return }
    let maps = [
      "cf-medication-status", "cf-administration-status", "cf-dispense-status", "cf-request-status",
    ]
    let element = add(.statusCode, in: activity)
    if ["not-taken", "declined"].contains(where: { leaf.text.string == $0 }) {
      // It was not taken, or not handed out, for which a supply has no negation. The exact word is carried
      // beside it.
      let why = Reason("says that it did not happen")
      if draft.name(of: activity) == .supply {
        attribute(.code, Sourced(Text("aborted"), .partly(leaf, why)), in: element)
      } else {
        draft.remove(element)
        attribute(.negationInd, Sourced(Text("true"), .partly(leaf, why)), in: activity)
      }
      use[leaf.index] = .untouched
    } else if maps.contains(where: { mapped(status, $0, into: element) }) {
      note(.leaf(leaf), activity)
      done.insert(status.key)
    } else if leaf.text == "unknown" {
      attribute(.nullFlavor, Sourced(Text("UNK"), .leaf(leaf)), in: element)
      done.insert(status.key)
    } else {
      draft.remove(element)
    }
  }

  /// The product: a code, or what a Medication says of it.
  func product(_ resource: Cursor, in statement: Draft.Slot) {
    guard let (value, form) = choice(.medication, in: resource) else { return }
    let isSupply = draft.name(of: statement) == .supply
    func makeProduct() -> Draft.Slot {
      let product = add(
        .manufacturedProduct, in: add(isSupply ? .product : .consumable, in: statement))
      constant(.classCode, "MANU", in: product)
      claim(
        Skeleton.Template(root: "2.16.840.1.113883.10.20.22.4.23", version: "2014-06-09"),
        on: product)
      return product
    }
    if form == "CodeableConcept" {
      if absentReason(value) != nil { return markAbsent(value) }
      let product = makeProduct()
      let material = add(.manufacturedMaterial, in: product)
      materialCode(value, in: material)
      done.insert(value.key)
      return
    }
    guard let reference = value.object else { return }
    guard let medication = resolve(reference) else {
      // Of a medicine that is not at hand its name is known; the reference travels beside it.
      guard let display = leaf(.display, in: reference) else { return }
      done.insert(value.key)
      let code = add(.code, in: add(.manufacturedMaterial, in: makeProduct()))
      constant(.nullFlavor, "OTH", Reason("only a name is known"), in: code)
      text(Sourced(display.text, .rule(.words)), in: add(.originalText, in: code))
      return
    }
    let product = makeProduct()
    note(reference: reference, product)
    done.insert(value.key)
    let before = (owner, done)
    if !isContained(medication) { owner = medication }
    done = []
    markIdentity(of: medication, as: product)
    apply(MedicationTable.medication, medication, to: product)
    let material =
      element(.manufacturedMaterial, of: product)
    if let form = self.value(.form, in: medication), !isSupply,
      shapes.element(.administrationUnitCode, in: type(of: statement)) != nil
    {
      cd(form, as: .administrationUnitCode, in: statement)
    }
    for ingredient in objects(.ingredient, in: medication) where !isSupply {
      guard leaf(.isActive, in: ingredient).map({ $0.text == "false" }) ?? false,
        let item = self.value(.itemCodeableConcept, in: ingredient)
      else { continue }
      let participant = add(.participant, in: statement)
      constant(.typeCode, "CSM", in: participant)
      let role = add(.participantRole, in: participant)
      constant(.classCode, "MANU", in: role)
      claim(Skeleton.Template(root: "2.16.840.1.113883.10.20.22.4.24", version: ""), on: role)
      let entity = add(.playingEntity, in: role)
      constant(.classCode, "MMAT", in: entity)
      cd(item, as: .code, in: entity)
      note(leaf(.isActive, in: ingredient), saidBy: role)
    }
    restore(medication, [.manufacturedProduct: [product]])
    silent(.code, in: material)
    collect(medication, path: .empty, &medicationParts)
    (owner, done) = before
  }

  private func materialCode(_ concept: FHIRValue, in material: Draft.Slot) {
    // Medicines in general, denied, are no statement when they are the code itself.
    let isNone = hasCode("410942007", concept.object)
    cd(
      concept, as: .code, isNone ? CodeChoice(systems: [], isStrict: true) : .medicines,
      in: material)
    silent(.code, in: material)
  }

  /// A medicine that was handed out.
  func dispense(_ dispense: Cursor, in holder: Draft.Slot, _ context: WritingContext) {
    let supply = open(.medicationDispense, in: holder)
    write(dispense, as: supply, context) {
      medicationStatus(dispense, in: supply)
      product(dispense, in: supply)
      apply(SupplyTable.dispense, dispense, to: supply)
      if let prescription = object(.authorizingPrescription, in: dispense),
        let request = resolve(prescription), let around = statements[request.index]
      {
        note(reference: prescription, around)
      }
    }
  }

  /// An order for a supply of a medicine.
  private func supplyOrder(_ request: Cursor, in holder: Draft.Slot, _ context: WritingContext) {
    let supply = open(.supplyOrder, in: holder)
    write(request, as: supply, context) {
      medicationStatus(request, in: supply)
      if let intent = value(.intent, in: request) {
        _ = mapped(intent, "cf-medication-mood", into: supply, attribute: .moodCode)
        done.insert(intent.key)
      }
      product(request, in: supply)
      apply(SupplyTable.order, request, to: supply)
      if let dispense = object(.dispenseRequest, in: request) { supplied(dispense, in: supply) }
      author(of: request, .requester, .authoredOn, in: supply)
    }
  }

  /// What is to be handed out.
  func supplied(_ dispense: Cursor, in supply: Draft.Slot) {
    if let period = object(.validityPeriod, in: dispense) {
      let time = add(.effectiveTime, in: supply)
      constant(.type, "IVL_TS", in: time)
      if !ivlTS(period, into: time) { draft.removeLast(time) }
    }
    if let number = leaf(.numberOfRepeatsAllowed, in: dispense),
      let count = Int32(number.text.string)
    {
      // The first is no repeat.
      attribute(
        .value, Sourced(arena.copy(String(Int(count) + 1)), .leaf(number)),
        in: add(.repeatNumber, in: supply))
    }
    pq(value(.quantity, in: dispense), as: .quantity, in: supply)
  }

  /// A medicine that was given at a visit.
  func administration(_ administration: Cursor, in holder: Draft.Slot, _ context: WritingContext) {
    let activity = open(.medication("EVN"), in: holder)
    write(administration, as: activity, context) {
      if let status = value(.status, in: administration), let leaf = status.leaf,
        leaf.text == "not-done"
      {
        attribute(.negationInd, Sourced(Text("true"), .leaf(leaf)), in: activity)
        done.insert(status.key)
      }
      medicationStatus(administration, in: activity)
      product(administration, in: activity)
      apply(AdministrationTable.administration, administration, to: activity)
      if let time = child(.effectiveTime, of: activity) { typeInterval(time) }
      markAbsent(choice(.effective, in: administration)?.value)
    }
  }

  /// Where times of several types are allowed, an interval says that it is one.
  func typeInterval(_ time: Draft.Slot) {
    if child(.low, of: time) != nil || child(.high, of: time) != nil {
      constant(.type, "IVL_TS", in: time)
    }
  }

  // MARK: Dosage

  func dosage(_ dosage: Cursor, in activity: Draft.Slot) {
    if let timing = object(.timing, in: dosage) { self.timing(timing, in: activity) }
    if let rate = object(.doseAndRate, in: dosage) {
      dose(rate, .dose, as: .doseQuantity, in: activity)
      dose(rate, .rate, as: .rateQuantity, in: activity)
    }
    if let route = value(.route, in: dosage), !done.contains(route.key) {
      if cd(route, as: .routeCode, in: activity) != nil { done.insert(route.key) }
    }
    if let site = value(.site, in: dosage), !done.contains(site.key) {
      if cd(site, as: .approachSiteCode, in: activity) != nil { done.insert(site.key) }
    }
    if let most = object(.maxDosePerPeriod, in: dosage) {
      rto(most, as: .maxDoseQuantity, in: activity)
    }
    if let (needed, type) = choice(.asNeeded, in: dosage) { asNeeded(needed, type, in: activity) }
    if let words = value(.patientInstruction, in: dosage), let leaf = words.leaf {
      let act = relate(.instruction, to: activity)
      text(leaf.sourced, in: add(.text, in: act))
      if let code = value(.additionalInstruction, in: dosage) { cd(code, as: .code, in: act) }
    } else if let code = value(.additionalInstruction, in: dosage), code.object != nil {
      cd(code, as: .code, in: relate(.instruction, to: activity))
    }
  }

  private func asNeeded(_ needed: FHIRValue, _ type: Text, in activity: Draft.Slot) {
    guard !(type == "Boolean") || needed.leaf.map({ $0.text == "true" }) ?? false else { return }
    let precondition = add(.precondition, in: activity)
    constant(.typeCode, "PRCN", in: precondition)
    let criterion = add(.criterion, in: precondition)
    claim(
      Skeleton.Template(root: "2.16.840.1.113883.10.20.22.4.25", version: "2014-06-09"),
      on: criterion)
    let code = add(.code, in: criterion)
    constant(.code, "ASSERTION", in: code)
    constant(.codeSystem, "2.16.840.1.113883.5.4", in: code)
    if let object = needed.object {
      if objects(.coding, in: object).isEmpty, let words = leaf(.text, in: object) {
        text(words.sourced, in: add(.text, in: criterion))
      } else {
        cd(needed, as: .value, type: "CD", in: criterion)
      }
    } else if let leaf = needed.leaf {
      note(.leaf(leaf), precondition)
    }
  }

  private func dose(_ rate: Cursor, _ stem: Name, as name: Name, in activity: Draft.Slot) {
    guard let (value, type) = choice(stem, in: rate), child(name, of: activity) == nil else {
      return
    }
    switch type.string {
    case "Quantity": pq(value, as: name, in: activity)
    case "Range":
      if let range = value.object { ivlPQ(range, as: name, in: activity) }
    default: break
    }
  }

  /// Bounds as an interval, frequency as a period that the first one is joined with.
  private func timing(_ timing: Cursor, in activity: Draft.Slot) {
    let rhythm = object(.repeat, in: timing)
    if let bounds = object(.boundsPeriod, in: rhythm) {
      let time = add(.effectiveTime, in: activity)
      constant(.type, "IVL_TS", in: time)
      if !ivlTS(bounds, into: time) { draft.removeLast(time) }
    }
    for event in values(.event, in: timing).prefix(1)
    where child(.effectiveTime, of: activity) == nil {
      ts(event, as: .effectiveTime, in: activity)
    }
    guard let rhythm else { return }
    if let period = value(.period, in: rhythm), let leaf = period.leaf {
      periodic(rhythm, leaf, in: activity)
    }
    if let when = leaf(.when, in: rhythm), CDAFormat.isValid(when.text, type: timingEvent, cda) {
      let time = secondTime("EIVL_TS", in: activity)
      attribute(.code, when.sourced, in: add(.event, in: time))
      if let offset = leaf(.offset, in: rhythm) {
        let slot = add(.offset, in: time)
        let low = add(.low, in: slot)
        attribute(.value, offset.sourced, in: low)
        constant(.unit, "min", in: low)
      }
    }
  }

  /// The type of the codes of CDA's timing events.
  private var timingEvent: Int {
    let type = shapes.element(.event, in: cda.type(named: .EIVL_TS))?.type ?? 0
    return cda.attribute(.code, of: type)?.type ?? 0
  }

  private func secondTime(_ type: StaticString, in activity: Draft.Slot) -> Draft.Slot {
    silent(.effectiveTime, in: activity)
    let time = add(.effectiveTime, in: activity)
    constant(.type, type, in: time)
    constant(.operator, "A", in: time)
    return time
  }

  private func periodic(_ rhythm: Cursor, _ period: Cursor, in activity: Draft.Slot) {
    let unit = leaf(.periodUnit, in: rhythm)
    let frequency = leaf(.frequency, in: rhythm)
    let times = frequency.flatMap { Double($0.text.string) } ?? 1
    guard let unit, let amount = Double(period.text.string), times > 0 else { return }
    // What the source of the FHIR had.
    if let value = kept("@value", beside: rhythm), let written = kept("@unit", beside: rhythm),
      let rate = FHIRBuilder.perDay(value.text.trimmed.string, written.text.trimmed.string),
      frequency.map({ $0.text.string == rate.frequency }) ?? false,
      period.text.string == rate.period, unit.text == "d"
    {
      let time = secondTime("PIVL_TS", in: activity)
      if let institution = kept("@institutionSpecified", beside: rhythm) {
        attribute(
          .institutionSpecified, Sourced(institution.text, .leaves(institution, unit)), in: time)
        markKept("@institutionSpecified", beside: rhythm)
      }
      let slot = add(.period, in: time)
      attribute(.value, Sourced(value.text, .leaves(value, period)), in: slot)
      attribute(.unit, Sourced(written.text, .leaf(written)), in: slot)
      if let frequency { note(.leaf(frequency), slot) }
      note(.leaf(unit), slot)
      markKept("@value", beside: rhythm)
      markKept("@unit", beside: rhythm)
      return
    }
    let isOften = times > 1 || leaf(.frequencyMax, in: rhythm) != nil
    let time = secondTime("PIVL_TS", in: activity)
    if let institution = kept("@institutionSpecified", beside: rhythm) {
      attribute(.institutionSpecified, Sourced(institution.text, .leaf(institution)), in: time)
      markKept("@institutionSpecified", beside: rhythm)
    } else if isOften {
      constant(.institutionSpecified, "true", Reason("so many times in each period"), in: time)
    }
    let slot = add(.period, in: time)
    if let most = leaf(.periodMax, in: rhythm), !isOften {
      constant(.type, "IVL_PQ", in: slot)
      for (name, leaf) in [(Name.low, period), (.high, most)] {
        let bound = add(name, in: slot)
        attribute(.value, leaf.sourced, in: bound)
        attribute(.unit, unit.sourced, in: bound)
      }
      if let frequency { note(.leaf(frequency), slot) }
      return
    }
    guard isOften else {
      attribute(.value, Sourced(period.text, .leaves(period, frequency)), in: slot)
      attribute(.unit, unit.sourced, in: slot)
      return
    }
    let interval = TimingInterval(amount / times, unit.text.string)
    attribute(.value, Sourced(arena.copy(interval.value), .leaves(period, frequency)), in: slot)
    attribute(.unit, Sourced(arena.copy(interval.unit), .leaf(unit)), in: slot)
    // What the interval does not bring back is carried as well.
    let rate = FHIRBuilder.perDay(interval.value, interval.unit)
    let comesBack =
      rate?.frequency == frequency?.text.string && rate?.period == period.text.string
      && unit.text == "d"
    if !comesBack {
      for leaf in [period, unit, frequency] { if let leaf { use[leaf.index] = .both } }
    }
  }
}

/// The time between two of several times in a period, in the largest unit in which it is a short decimal.
private struct TimingInterval {
  let value: String
  let unit: String

  /// The units that are multiples of the next.
  private static let units = [("wk", 7.0), ("d", 24), ("h", 60), ("min", 60), ("s", 1)]

  init(_ amount: Double, _ unit: String) {
    var (amount, place) = (amount, Self.units.firstIndex { $0.0 == unit })
    while let here = place, here + 1 < Self.units.count, !Self.isShort(amount) {
      amount *= Self.units[here].1
      place = here + 1
    }
    value = Self.digits(amount)
    self.unit = place.map { Self.units[$0].0 } ?? unit
  }

  private static func isShort(_ number: Double) -> Bool {
    let scaled = number * 100
    return abs(scaled - scaled.rounded()) < 1e-9 && scaled >= 1
  }

  /// A number with at most four places, without zeros at its end.
  private static func digits(_ number: Double) -> String {
    let scaled = Int((number * 10_000).rounded())
    var fraction = String(scaled % 10_000)
    while fraction.count < 4 { fraction = "0" + fraction }
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return fraction.isEmpty ? String(scaled / 10_000) : "\(scaled / 10_000).\(fraction)"
  }
}
