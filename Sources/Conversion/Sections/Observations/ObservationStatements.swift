import ClinicalTree
import Definitions

extension Skeleton {
  static let resultOrganizer = Skeleton(
    .organizer, "22.4.1:2015-08-01", "BATTERY", status: nil, needs: [.id, .code, .status])
  static let resultObservation = Skeleton(
    .observation, "22.4.2:2015-08-01", "OBS", status: nil,
    needs: [.id, .code, .status, .time, .value("CD")])
  static let vitalSigns = Skeleton(
    .organizer, "22.4.26:2015-08-01", "CLUSTER",
    code: .snomed("46680005", loinc: "74728-7"), status: nil, needs: [.id, .status, .time])
  static let vitalSign = Skeleton(
    .observation, "22.4.27:2014-06-09", "OBS", status: nil,
    needs: [.id, .code, .status, .time, .value("PQ")])
  static let smokingStatus = Skeleton(
    .observation, "22.4.78:2014-06-09", "OBS", status: nil,
    needs: [.id, .code, .status, .time, .value("CD")])
  static let tobaccoUse = Skeleton(
    .observation, "22.4.85:2014-06-09", "OBS", status: nil,
    needs: [.id, .code, .status, .low, .value("CD")])
  static let socialHistory = Skeleton(
    .observation, "22.4.38:2015-08-01", "OBS", status: nil,
    needs: [.id, .code, .loinc, .status, .time])
  static let pregnancy = Skeleton(
    .observation, "15.3.8", "OBS", status: nil, needs: [.id, .code, .status, .value("CD")])
  static let functionalStatus = Skeleton(
    .observation, "22.4.67:2014-06-09", "OBS", status: nil,
    needs: [.id, .code, .status, .time, .value("CD")])
  static let mentalStatus = Skeleton(
    .observation, "22.4.74:2015-08-01", "OBS", status: nil,
    needs: [.id, .code, .status, .time, .value("CD")])
  static let assessmentScale = Skeleton(
    .observation, "22.4.69", "OBS", status: nil,
    needs: [.id, .code, .status, .time, .value("CD")])
  static let advanceDirective = Skeleton(
    .observation, "22.4.48:2015-08-01", "OBS", status: nil,
    needs: [.id, .code, .status, .low, .value("CD")])
  static let procedureObservation = Skeleton(
    .observation, "22.4.13:2014-06-09", "OBS", status: nil,
    needs: [.id, .code, .status, .value("CD")])
  static let functionalOrganizer = Skeleton(
    .organizer, nil, "CLUSTER", status: nil, needs: [.id, .code, .status])
  static let mentalOrganizer = Skeleton(
    .organizer, "22.4.75:2015-08-01", "CLUSTER", status: nil, needs: [.id, .code, .status])
  static let directiveOrganizer = Skeleton(
    .organizer, "22.4.108:2015-08-01", "CLUSTER", status: nil, needs: [.id, .code, .status])
  static let organizer = Skeleton(
    .organizer, nil, "CLUSTER", status: nil, needs: [.id, .status])
  static let healthStatus = Skeleton(
    .observation, "22.4.5:2014-06-09", "OBS", status: nil, needs: [.code, .status])
  static let observation = Skeleton(.observation, nil, "OBS", status: nil, needs: [.code, .status])
}

extension CDABuilder {
  /// An Observation in the form that its section and its code ask for.
  func observation(_ observation: Cursor, in holder: Draft.Slot, _ context: WritingContext) {
    let members = objects(.hasMember, in: observation)
    let isVital = context.section == "8716-3"
    let isInside = draft.name(of: holder) == .component
    if !members.isEmpty, choice(.value, in: observation) == nil,
      keptElement(of: observation).map({ !($0 == "observation") }) ?? true
    {
      return panel(observation, members, in: holder, context)
    }
    // Results and vital signs stand in an organizer; one that is made for that says nothing of its own.
    if !isInside, !context.isNested, isVital || context.section == "30954-2" {
      let organizer = open(isVital ? .vitalSigns : .resultOrganizer, in: holder)
      constant(.code, "completed", .required, in: add(.statusCode, in: organizer))
      return single(observation, in: add(.component, in: organizer), context)
    }
    single(observation, in: holder, context)
  }

  private func single(_ observation: Cursor, in holder: Draft.Slot, _ context: WritingContext) {
    if context.section == "8716-3" || hasLOINC("85354-9", observation) || hasOxygen(observation),
      draft.name(of: holder) == .component, !objects(.component, in: observation).isEmpty
    {
      if splits(observation, in: holder, context) { return }
    }
    let skeleton = skeleton(for: observation, context)
    let statement = open(skeleton, in: holder)
    write(observation, as: statement, context) {
      rows(of: observation, in: statement, skeleton, context)
      for member in objects(.hasMember, in: observation) {
        relation(to: member, "COMP", from: statement, context)
      }
    }
  }

  /// What every observation has.
  private func rows(
    of observation: Cursor, in statement: Draft.Slot, _ skeleton: Skeleton,
    _ context: WritingContext
  ) {
    markCategory(of: observation, in: statement, skeleton, context)
    negation(of: observation, in: statement)
    if performerIsAuthor(observation) {
      author(of: observation, .performer, nil, in: statement)
      values(.performer, in: observation).first.map { _ = done.insert($0.key) }
    }
    for row in ObservationRows.all { apply(row, observation, to: statement) }
    status(of: observation, in: statement)
    markAbsent(value(.code, in: observation))
  }

  /// A status that CDA has no code for; what nobody knows stays unknown.
  private func status(of resource: Cursor, in statement: Draft.Slot) {
    guard let status = value(.status, in: resource), !done.contains(status.key),
      let leaf = status.leaf
    else { return }
    let element = element(.statusCode, of: statement)
    if let found = maps.translate(leaf.text, by: maps.map("fc-observation-status")) {
      attribute(
        .code,
        Sourced(
          found.code, .partly(leaf, Reason("CDA's status does not tell \(leaf.text.string) apart"))),
        in: element)
      // The exact word is carried beside it.
      use[leaf.index] = .untouched
    } else {
      let isUnknown = leaf.text == "unknown"
      attribute(.nullFlavor, Sourced(Text(isUnknown ? "UNK" : "OTH"), .leaf(leaf)), in: element)
      if !isUnknown { use[leaf.index] = .untouched }
    }
    done.insert(status.key)
  }

  private func skeleton(for observation: Cursor, _ context: WritingContext) -> Skeleton {
    let isPlain = objects(.category, in: observation).isEmpty
    switch context.section.string {
    case "47420-5" where isPlain, "10190-7" where isPlain, "29762-2" where isPlain:
      return .healthStatus
    case "30954-2": return .resultObservation
    case "8716-3": return .vitalSign
    case "29762-2":
      if hasLOINC("72166-2", observation) { return .smokingStatus }
      if hasLOINC("11367-0", observation) { return .tobaccoUse }
      if hasLOINC("82810-3", observation) { return .pregnancy }
      return .socialHistory
    case "47420-5":
      if hasCategory("survey", observation) { return .assessmentScale }
      return .functionalStatus
    case "10190-7":
      if hasCategory("survey", observation) { return .assessmentScale }
      return .mentalStatus
    case "42348-3": return .advanceDirective
    case "47519-4":
      return hasCategory("procedure", observation) ? .procedureObservation : .observation
    default:
      if hasCategory("survey", observation) { return .assessmentScale }
      if hasCategory("laboratory", observation) { return .resultObservation }
      if hasCategory("vital-signs", observation) { return .vitalSign }
      if hasLOINC("72166-2", observation) { return .smokingStatus }
      if hasLOINC("11367-0", observation) { return .tobaccoUse }
      if hasCategory("social-history", observation) { return .socialHistory }
      if hasCategory("functional-status", observation) { return .functionalStatus }
      if hasCategory("cognitive-status", observation) { return .mentalStatus }
      return context.isNested ? .healthStatus : .observation
    }
  }

  func hasLOINC(_ code: StaticString, _ resource: Cursor) -> Bool {
    hasCode(code, object(.code, in: resource), of: "http://loinc.org")
  }

  /// The categories that templates and sections stand for.
  private static let categories: [String: StaticString] = [
    "22.4.2": "laboratory", "22.4.27": "vital-signs", "22.4.26": "vital-signs",
    "22.4.78": "social-history", "22.4.85": "social-history", "22.4.38": "social-history",
    "15.3.8": "social-history", "22.4.67": "functional-status", "22.4.66": "functional-status",
    "22.4.74": "cognitive-status", "22.4.75": "cognitive-status", "22.4.69": "survey",
    "22.4.48": "observation-adi-documentation", "22.4.108": "observation-adi-documentation",
    "22.4.13": "procedure", "47420-5": "functional-status", "10190-7": "cognitive-status",
  ]

  /// The category that the template of a statement, or else its section, says again when it is read.
  private func markCategory(
    of observation: Cursor, in statement: Draft.Slot, _ skeleton: Skeleton,
    _ context: WritingContext
  ) {
    let root = skeleton.template.map { String($0.root.dropFirst(24)) }
    guard
      let implied = root.flatMap({ Self.categories[$0] })
        ?? Self.categories[context.section.string]
    else { return }
    for category in values(.category, in: observation) {
      for coding in objects(.coding, in: category.object) {
        guard leaf(.code, in: coding).map({ $0.text == implied }) ?? false,
          isOf("http://terminology.hl7.org/CodeSystem/observation-category", coding)
            || isOf("http://hl7.org/fhir/us/core/CodeSystem/us-core-category", coding)
        else { continue }
        note(leaf(.code, in: coding), saidBy: statement)
        note(leaf(.system, in: coding), saidBy: statement)
        return
      }
    }
  }

  // MARK: Organizers

  private func panel(
    _ panel: Cursor, _ members: [Cursor], in holder: Draft.Slot, _ context: WritingContext
  ) {
    let skeleton: Skeleton
    switch context.section.string {
    case "8716-3": skeleton = .vitalSigns
    case "30954-2": skeleton = .resultOrganizer
    case "47420-5": skeleton = .functionalOrganizer
    case "10190-7": skeleton = .mentalOrganizer
    case "42348-3": skeleton = .directiveOrganizer
    default: skeleton = hasCategory("vital-signs", panel) ? .vitalSigns : .organizer
    }
    let organizer = open(skeleton, in: holder)
    write(panel, as: organizer, context) {
      markCategory(of: panel, in: organizer, skeleton, context)
      if skeleton.code != nil, hasLOINC("85353-1", panel) {
        for coding in objects(.coding, in: object(.code, in: panel)) {
          note(leaf(.system, in: coding), saidBy: organizer)
          note(leaf(.code, in: coding), saidBy: organizer)
        }
        value(.code, in: panel).map { _ = done.insert($0.key) }
      } else if skeleton.code != nil {
        value(.code, in: panel).map { _ = done.insert($0.key) }
      }
      if performerIsAuthor(panel) {
        author(of: panel, .performer, nil, in: organizer)
        values(.performer, in: panel).first.map { _ = done.insert($0.key) }
      }
      apply(ObservationKinds.panel, panel, to: organizer)
      status(of: panel, in: organizer)
      markAbsent(value(.code, in: panel))
      let isVital = skeleton.code != nil
      let inner =
        isVital ? WritingContext(section: Text("8716-3"), isNested: context.isNested) : context
      for member in members { component(member, in: organizer, inner) }
    }
  }

  /// A member of an organizer.
  func component(_ reference: Cursor, in organizer: Draft.Slot, _ context: WritingContext) {
    guard let target = resolve(reference), statements[target.index] == nil else { return }
    guard ResourceTable.type(of: target) == .Observation else { return }
    let holder = add(.component, in: organizer)
    depth += 1
    defer { depth -= 1 }
    guard depth < 60 else { return draft.removeLast(holder) }
    single(target, in: holder, context)
    note(reference: reference, holder)
    if draft.isEmpty(holder) { draft.removeLast(holder) }
  }

  // MARK: Observations of several parts

  private func hasOxygen(_ observation: Cursor) -> Bool {
    objects(.component, in: observation).contains {
      hasLOINC("3150-0", $0) || hasLOINC("3151-8", $0)
    }
  }

  /// Blood pressure and oximetry are several observations in C-CDA: each component is one of its own.
  /// `false` where a component is of no such kind.
  private func splits(
    _ observation: Cursor, in holder: Draft.Slot, _ context: WritingContext
  ) -> Bool {
    let components = objects(.component, in: observation)
    let isPressure = hasLOINC("85354-9", observation)
    let known: [StaticString] = isPressure ? ["8480-6", "8462-4"] : ["3150-0", "3151-8"]
    guard components.allSatisfy({ component in known.contains { hasLOINC($0, component) } }),
      isPressure || hasOxygen(observation), !isPressure || components.count == 2
    else { return false }
    guard let organizer = draft.parent(of: holder) else { return false }
    let first = open(.vitalSign, in: holder)
    // The identifiers of a pressure are one for each part.
    let identifiers = values(.identifier, in: observation)
    let share = max(1, identifiers.count / 2)
    write(observation, as: first, context) {
      if isPressure {
        for coding in objects(.coding, in: object(.code, in: observation)) {
          note(leaf(.code, in: coding), saidBy: first)
          note(leaf(.system, in: coding), saidBy: first)
        }
        value(.code, in: observation).map { _ = done.insert($0.key) }
        for identifier in identifiers.dropFirst(share) { done.insert(identifier.key) }
      } else {
        for identifier in identifiers.dropFirst(max(1, identifiers.count - components.count)) {
          done.insert(identifier.key)
        }
      }
      rows(of: observation, in: first, .vitalSign, context)
      for (number, component) in components.enumerated() {
        let part: Draft.Slot
        if isPressure, number == 0 {
          part = first
        } else {
          part = open(.vitalSign, in: add(.component, in: organizer))
          let place = isPressure ? share : identifiers.count - components.count + number
          let end = isPressure ? identifiers.count : min(place + 1, identifiers.count)
          if place > 0, place < end {
            for identifier in identifiers[place..<end] { ii(identifier, in: part) }
          }
          repeatTime(of: observation, in: part)
        }
        if part != first,
          keptPaths(of: component).contains(where: { $0.firstPlace(of: "/author/") != nil })
        {
          author(of: observation, .performer, nil, in: part)
        }
        statements[component.index] = part
        self.part(component, in: part)
      }
    }
    return true
  }

  private func repeatTime(of observation: Cursor, in part: Draft.Slot) {
    time(.effective, of: observation, in: part)
    let status = add(.statusCode, in: part)
    if let value = value(.status, in: observation), let leaf = value.leaf,
      let code = maps.sources(of: leaf.text, by: maps.map("cf-result-status")).first
    {
      attribute(.code, Sourced(code.code, .leaf(leaf)), in: status)
    } else {
      constant(.nullFlavor, "UNK", .required, in: status)
    }
  }

  /// One component as an observation of its own.
  private func part(_ component: Cursor, in statement: Draft.Slot) {
    let before = done
    done = []
    let mapping = VitalSignTable.component
    if let known = child(.code, of: statement), mapping.rows.first?.target.text == "code" {
      draft.remove(known)
    }
    apply(mapping, component, to: statement)
    restore(component, [.observation: [statement]])
    done = before
  }

  // MARK: Rows

  /// The value in the type that fits, or why there is none.
  func observed(_ observation: Cursor, in statement: Draft.Slot) {
    guard child(.value, of: statement) == nil else { return }
    any(.value, of: observation, in: statement)
    let absent = value(.dataAbsentReason, in: observation)
    guard let absent, let object = absent.object, child(.value, of: statement) == nil else {
      return
    }
    for coding in objects(.coding, in: object) {
      guard let code = leaf(.code, in: coding),
        isOf("http://terminology.hl7.org/CodeSystem/data-absent-reason", coding),
        maps.translate(code.text, by: maps.map("fc-data-absent-reason")) != nil
      else { continue }
      let element = add(.value, in: statement)
      constant(.type, claims("22.4.27", statement) ? "PQ" : "CD", in: element)
      _ = nullFlavor(code, in: element)
      if use[code.index] == .taken { markStructural(leaf(.system, in: coding)) }
      return
    }
  }

  func specimen(of observation: Cursor, in statement: Draft.Slot) {
    for reference in objects(.specimen, in: observation) {
      guard let specimen = resolve(reference), ResourceTable.type(of: specimen) == .Specimen else {
        continue
      }
      let role = add(.specimenRole, in: add(.specimen, in: statement))
      note(reference: reference, role)
      let before = (owner, done)
      if !isContained(specimen) { owner = specimen }
      done = []
      markIdentity(of: specimen, as: role)
      markSubject(of: specimen, in: role)
      apply(SpecimenTable.specimen, specimen, to: role)
      restore(specimen, [.specimenRole: [role]])
      if let entity = child(.specimenPlayingEntity, of: role) { silent(.code, in: entity) }
      leaveBehind(specimen)
      (owner, done) = before
    }
  }

  func referenceRanges(of observation: Cursor, in statement: Draft.Slot) {
    let isCoded = keptPaths(of: observation).contains {
      $0.hasSuffix("/observationRange/value/@code")
    }
    for range in objects(.referenceRange, in: observation) {
      let element = add(.observationRange, in: add(.referenceRange, in: statement))
      let hasBounds = object(.low, in: range) != nil || object(.high, in: range) != nil
      if hasBounds {
        let bounds = add(.value, in: element)
        constant(.type, "IVL_PQ", in: bounds)
        self.bounds(of: range, into: bounds)
        st(value(.text, in: range), as: .text, in: element)
      } else if isCoded, let words = leaf(.text, in: range) {
        let value = add(.value, in: element)
        constant(.type, "CD", in: value)
        attribute(.displayName, words.sourced, in: value)
      } else {
        st(value(.text, in: range), as: .value, type: "ST", in: element)
      }
      if let type = value(.type, in: range) { cd(type, as: .interpretationCode, in: element) }
    }
  }
}
