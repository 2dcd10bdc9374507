import ClinicalTree
import Definitions

extension Skeleton {
  static let encounter = Skeleton(
    .encounter, "22.4.49:2015-08-01", "ENC", status: nil, needs: [.id, .code, .time])
  static let plannedEncounter = Skeleton(
    .encounter, "22.4.40:2014-06-09", "ENC", "INT", status: nil, needs: [.id, .code, .status])
}

extension CDABuilder {
  /// An Encounter as an encounter activity.
  func encounter(_ encounter: Cursor, in holder: Draft.Slot, _ context: WritingContext) {
    let isPlanned = leaf(.status, in: encounter).map { $0.text == "planned" } ?? false
    let activity = open(isPlanned ? .plannedEncounter : .encounter, in: holder)
    write(encounter, as: activity, context) {
      if encounter.index == encompassing?.index { done.formUnion(headerDone) }
      encounterCode(encounter, in: activity)
      apply(EncounterTable.activity, encounter, to: activity)
      encounterStatus(encounter, activity)
      diagnoses(of: encounter, in: activity, context)
      markAbsent(value(.class, in: encounter))
    }
  }

  /// The visit of the header.
  func encompassing(_ encounter: Cursor, into element: Draft.Slot) {
    let before = (owner, done)
    if !isContained(encounter) { owner = encounter }
    done = []
    markIdentity(of: encounter, as: element)
    markSubject(of: encounter, in: element)
    encounterCode(encounter, in: element)
    apply(EncounterTable.encompassing, encounter, to: element)
    encounterStatus(encounter, element)
    markAbsent(value(.class, in: encounter))
    restore(encounter, [.encompassingEncounter: [element]])
    // An entry for the visit says everything again, but for those who stand in the header.
    headerDone = done.intersection(objects(.participant, in: encounter).map(\.index))
    if sectionEntries.contains(encounter.index), child(.id, of: element) == nil {
      // Its entry has the same id, so that the two are read as one.
      refer(to: encounter, in: element)
    }
    silent(.id, in: element)
    silent(.effectiveTime, in: element)
    if !sectionEntries.contains(encounter.index) {
      // Diagnoses of the header stand in their own sections.
      for diagnosis in objects(.diagnosis, in: encounter) {
        guard let reference = object(.condition, in: diagnosis), resolve(reference) != nil else {
          continue
        }
        markStructural(diagnosis)
      }
      leaveBehind(encounter)
    }
    (owner, done) = before
  }

  /// The status follows from the time: finished with an end, else not known.
  private func encounterStatus(_ encounter: Cursor, _ element: Draft.Slot) {
    guard let status = value(.status, in: encounter), let leaf = status.leaf else { return }
    let time = child(.effectiveTime, of: element)
    if leaf.text == "finished", let time, child(.high, of: time) == nil,
      let low = child(.low, of: time),
      let start = attribute(.value, of: low)
    {
      // A visit that is over and has one time was then.
      draft.move(start, to: time)
      draft.remove(low)
    }
    let isOver =
      time.map {
        attribute(.value, of: $0) != nil
          || child(.high, of: $0).map { attribute(.value, of: $0) != nil } ?? false
      } ?? false
    switch leaf.text.string {
    case "finished" where isOver, "unknown" where !isOver:
      draft.name(of: element) == .encounter ? note(leaf, saidBy: element) : markStructural(leaf)
    case "planned":
      if let mood = attribute(.moodCode, of: element) { note(.leaf(leaf), mood) }
    default:
      guard draft.name(of: element) == .encounter else { return }
      let code = add(.statusCode, in: element)
      if mapped(status, "cf-encounter-status", into: code) {
        note(.leaf(leaf), element)
        done.insert(status.key)
      } else {
        draft.removeLast(code)
      }
    }
  }

  private func encounterCode(_ encounter: Cursor, in element: Draft.Slot) {
    let actClass = value(.class, in: encounter)
    let types = values(.type, in: encounter)
    let classCode = leaf(.code, in: actClass?.object)
    if let type = types.first, type.object != nil, !done.contains(type.key) {
      if let code = cd(type, as: .code, in: element), let coding = actClass?.object, let classCode {
        if isImpliedClass(classCode.text, type), leaf(.display, in: coding) == nil {
          markStructural(coding)
        } else {
          self.coding(coding, into: add(.translation, in: code))
        }
      }
      done.insert(type.key)
    } else if let coding = actClass?.object, classCode != nil {
      self.coding(coding, into: add(.code, in: element))
    }
  }

  /// Whether the class of a visit follows from its code of CPT when it is read.
  private func isImpliedClass(_ code: Text, _ type: FHIRValue) -> Bool {
    for coding in objects(.coding, in: type.object) {
      guard leaf(.system, in: coding).map({ $0.text == "http://www.ama-assn.org/go/cpt" }) ?? false,
        let number = leaf(.code, in: coding).flatMap({ Int($0.text.string) })
      else { continue }
      switch number {
      case 99211...99215: return code == "AMB"
      case 99221...99223: return code == "IMP"
      case 99281...99285: return code == "EMER"
      default: return false
      }
    }
    return false
  }

  func participants(of encounter: Cursor, in element: Draft.Slot) {
    let isHeader = draft.name(of: element) == .encompassingEncounter
    for participant in objects(.participant, in: encounter) where !done.contains(participant.index)
    {
      let types = values(.type, in: participant)
      func code(_ type: FHIRValue) -> Cursor? {
        objects(.coding, in: type.object).lazy.compactMap { coding -> Cursor? in
          guard
            self.leaf(.system, in: coding).map({
              $0.text == "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
            }) ?? false
          else { return nil }
          return self.leaf(.code, in: coding)
        }.first
      }
      let type = types.lazy.compactMap(code).first
      // Of a visit that is an entry too, the header has those only whom it has places for.
      let isOfHeader = type.map { type in Self.headerTypes.contains { type.text == $0 } } ?? false
      if isHeader, !isOfHeader, sectionEntries.contains(encounter.index) { continue }
      let isResponsible =
        type.map { $0.text == "RESP" } ?? false
        && child(.responsibleParty, of: element) == nil
      let name: Name =
        isHeader ? (isResponsible ? .responsibleParty : .encounterParticipant) : .performer
      let slot = add(name, in: element)
      if let reference = object(.individual, in: participant) {
        participation(reference, into: slot)
      }
      if child(.assignedEntity, of: slot) == nil { silent(.id, in: add(.assignedEntity, in: slot)) }
      if name == .responsibleParty, let entity = child(.assignedEntity, of: slot),
        child(.assignedPerson, of: entity) == nil,
        child(.representedOrganization, of: entity) == nil
      {
        silent(.name, in: add(.assignedPerson, in: entity))
      }
      for value in types {
        guard let object = value.object else { continue }
        if let leaf = code(value) {
          let allowed = cda.attribute(.typeCode, of: self.type(of: slot))
          if name == .responsibleParty {
            note(.leaf(leaf), slot)
          } else if let allowed, allowed.fixed.map({ $0 == leaf.text }) ?? true,
            CDAFormat.isValid(leaf.text, type: allowed.type, cda)
          {
            attribute(.typeCode, leaf.sourced, in: slot)
          } else {
            continue
          }
          for coding in objects(.coding, in: object) {
            markStructural(self.leaf(.system, in: coding))
          }
        } else if child(.functionCode, of: slot) == nil,
          shapes.element(.functionCode, in: self.type(of: slot)) != nil
        {
          cd(value, as: .functionCode, in: slot)
        }
      }
      if name == .encounterParticipant, attribute(.typeCode, of: slot) == nil {
        constant(.typeCode, "ATND", .required, in: slot)
      }
      if let period = object(.period, in: participant),
        shapes.element(.time, in: self.type(of: slot)) != nil
      {
        let time = add(.time, in: slot)
        if !ivlTS(period, into: time) { draft.removeLast(time) }
      }
      done.insert(participant.index)
    }
  }

  /// The parts that people take in the visit of the header.
  private static let headerTypes: [StaticString] = ["RESP", "ADM", "ATND", "CON", "DIS", "REF"]

  func locations(ofEncounter encounter: Cursor, in element: Draft.Slot) {
    let isHeader = draft.name(of: element) == .encompassingEncounter
    if isHeader, sectionEntries.contains(encounter.index) { return }
    for location in objects(.location, in: encounter) where !done.contains(location.index) {
      guard let reference = object(.location, in: location) else { continue }
      if isHeader {
        guard child(.location, of: element) == nil, let place = resolve(reference) else { continue }
        let facility = add(.healthCareFacility, in: add(.location, in: element))
        self.facility(place, into: facility)
        note(reference: reference, facility)
      } else {
        self.location(reference, in: element)
      }
      done.insert(location.index)
    }
  }

  private func facility(_ location: Cursor, into element: Draft.Slot) {
    let before = (owner, done)
    if !isContained(location) { owner = location }
    done = []
    markIdentity(of: location, as: element)
    apply(EncounterTable.facility, location, to: element)
    if let reference = object(.managingOrganization, in: location),
      let organization = resolve(reference)
    {
      let slot = add(.serviceProviderOrganization, in: element)
      self.organization(organization, into: slot)
      note(reference: reference, slot)
    }
    restore(location, [.healthCareFacility: [element]])
    leaveBehind(location)
    (owner, done) = before
  }

  /// The diagnoses of a visit, each in an act of the visit.
  private func diagnoses(of encounter: Cursor, in activity: Draft.Slot, _ context: WritingContext) {
    for diagnosis in objects(.diagnosis, in: encounter) {
      guard let reference = object(.condition, in: diagnosis), let condition = resolve(reference)
      else {
        continue
      }
      guard ResourceTable.type(of: condition) == .Condition else { continue }
      // What stands in a section too is known again by its ids.
      if standsElsewhere(condition), values(.identifier, in: condition).isEmpty { continue }
      let holder = add(.entryRelationship, in: activity)
      constant(.typeCode, "SUBJ", in: holder)
      problem(condition, in: holder, context.nested)
      note(reference: reference, holder)
    }
  }
}
