import ClinicalTree
import Definitions

/// Where a resource is written.
struct WritingContext {
  /// The code of the section.
  var section: Text
  /// Whether the statement stands inside of another one.
  var isNested = false

  var nested: WritingContext { WritingContext(section: section, isNested: true) }
}

extension CDABuilder {
  /// Writes what every statement has in common around what a table says: identity, subject, relations,
  /// authors, what the source of the FHIR kept, and what is left.
  ///
  /// `levels` are further elements that paths of kept content may begin with.
  func write(
    _ resource: Cursor, as statement: Draft.Slot, levels: [Name: Draft.Slot] = [:],
    _ context: WritingContext, _ body: () -> Void
  ) {
    let before = (owner, done)
    if !isContained(resource) { owner = resource }
    done = []
    // What is told again is known by its ids; the rest of it stands where it was told first.
    let isRepeated = statements[resource.index] != nil
    statements[resource.index] = statement
    markIdentity(of: resource, as: statement)
    markSubject(of: resource, in: statement)
    body()
    negation(of: resource, in: levels[.act] ?? statement)
    guideLinks(of: resource, in: statement)
    if isRepeated {
      (owner, done) = before
      return
    }
    for name in [Name.encounter, .context] {
      if let visit = object(name, in: resource), resolve(visit) != nil {
        encounter(visit, of: statement, context)
      }
    }
    relations(of: resource, in: statement, context)
    provenances(of: resource, in: statement)
    var candidates = levels.mapValues { [$0] }
    candidates[draft.name(of: statement), default: []].insert(statement, at: 0)
    restore(resource, candidates, in: statement)
    carry(resource, in: statement)
    (owner, done) = before
  }

  /// The type, the logical id and the full URL of a resource are the element that it is.
  func markIdentity(of resource: Cursor, as element: Draft.Slot) {
    note(resource.property(.resourceType), saidBy: element)
    markStructural(resource.property(.id))
    if let narrative = object(.text, in: resource) { markStructural(narrative.property(.status)) }
  }

  /// The patient is the subject of a whole document.
  func markSubject(of resource: Cursor, in statement: Draft.Slot) {
    for name in [Name.subject, .patient, .beneficiary] {
      guard let reference = object(name, in: resource) else { continue }
      if let target = resolve(reference), target.index == patient?.index {
        note(reference: reference, child(.recordTarget, of: document) ?? document)
        note(reference: reference, statement)
      } else {
        markAbsent(FHIRValue(node: reference, shadow: nil))
      }
    }
  }

  /// Links to the guide: tags that say which of its statements speak of a record.
  private func guideLinks(of resource: Cursor, in statement: Draft.Slot) {
    for tag in objects(.tag, in: object(.meta, in: resource)) {
      guard let system = leaf(.system, in: tag), let code = leaf(.code, in: tag),
        system.text == Conversion.guideSystem
      else { continue }
      let reference = add(.reference, in: statement)
      constant(.typeCode, "REFR", in: reference)
      let document = add(.externalDocument, in: reference)
      let id = add(.id, in: document)
      attribute(.root, Sourced(Text(Conversion.guideOID), .leaf(system)), in: id)
      attribute(.extension, code.sourced, in: id)
    }
  }

  // MARK: Relations

  private func relations(of resource: Cursor, in statement: Draft.Slot, _ context: WritingContext) {
    for extended in allExtended(Self.relationshipURL, in: resource) {
      guard let target = relationTarget(extended) else { continue }
      let type = leaf(.valueCode, in: self.extended("type", in: extended))
      let isWritten = relation(
        to: target, type.map { Sourced($0.text, .leaf($0)) }, from: statement, context)
      if isWritten { markStructural(extended) }
    }
  }

  /// What the resources of a statement that stood inside of another one are related by.
  static let relationshipURL: StaticString =
    "https://crestkit.example/fhir/StructureDefinition/cda-relationship"

  func relationTarget(_ relationship: Cursor) -> Cursor? {
    object(.valueReference, in: extended("target", in: relationship))
  }

  @discardableResult
  func relation(
    to reference: Cursor, _ type: StaticString, from statement: Draft.Slot,
    _ context: WritingContext
  ) -> Bool {
    relation(to: reference, Sourced(Text(type), .rule(.template)), from: statement, context)
  }

  /// Writes another statement inside of this one, or a reference to it by its id where it stands
  /// elsewhere; `false` for a reference that leads nowhere, or to what is no statement of C-CDA.
  @discardableResult
  func relation(
    to reference: Cursor, _ type: Sourced<Text>?, from statement: Draft.Slot,
    _ context: WritingContext
  ) -> Bool {
    guard let target = resolve(reference),
      !FurtherTypes.all.contains(ResourceTable.type(of: target))
    else { return false }
    let isOrganizer = draft.name(of: statement) == .organizer
    let holder = add(isOrganizer ? .component : .entryRelationship, in: statement)
    if !isOrganizer {
      attribute(.typeCode, type ?? Sourced(Text("REFR"), .rule(.template)), in: holder)
    } else if let type {
      attribute(.typeCode, type, in: holder)
    }
    guard
      standsElsewhere(target)
        ? self.reference(to: target, in: holder) : nest(target, in: holder, context)
    else {
      draft.remove(holder)
      return false
    }
    note(reference: reference, holder)
    return true
  }

  /// Whether a resource is written in its own place: already, or as the entry of a section.
  func standsElsewhere(_ resource: Cursor) -> Bool {
    sectionEntries.contains(resource.index) || statements[resource.index] != nil
  }

  private func nest(_ target: Cursor, in holder: Draft.Slot, _ context: WritingContext) -> Bool {
    guard depth < 60 else { return false }
    depth += 1
    defer { depth -= 1 }
    return statement(target, in: holder, context.nested)
  }

  /// A reference to a statement by an id of it; by one that names the resource where it has no identifier.
  func reference(to target: Cursor, in holder: Draft.Slot) -> Bool {
    let identifier = values(.identifier, in: target).first { leaf(.system, in: $0.object) != nil }
    guard identifier != nil || logicalName(of: target) != nil else { return false }
    let act = open(.entryReference, in: holder)
    constant(.nullFlavor, "NP", .template, in: add(.code, in: act))
    if let identifier, ii(identifier, in: act) != nil { return true }
    return refer(to: target, in: act)
  }

  /// Refers to a resource by an id that names it, which its statement gets as well.
  @discardableResult
  func refer(to target: Cursor, in element: Draft.Slot) -> Bool {
    referredTo.insert(target.index)
    return resourceID(of: target, in: element)
  }

  /// `Encounter/17`; `nil` for a resource without a logical id.
  private func logicalName(of resource: Cursor) -> Text? {
    guard let type = leaf(.resourceType, in: resource), let id = leaf(.id, in: resource) else {
      return nil
    }
    return arena.join(type.text, Text("/"), id.text)
  }

  /// Writes the id that names a resource.
  private func resourceID(of resource: Cursor, in element: Draft.Slot) -> Bool {
    guard let name = logicalName(of: resource) else { return false }
    let reason = Reason("names the resource, which has no identifier")
    let id = add(.id, in: element)
    constant(.root, Conversion.resourceOID, reason, in: id)
    attribute(.extension, Sourced(name, .rule(reason)), in: id)
    return true
  }

  /// Gives the statements to which others refer the ids that they are referred to by.
  func nameReferredTo() {
    for node in referredTo.sorted() {
      if let statement = statements[node] { _ = resourceID(of: source.at(node), in: statement) }
    }
  }

  /// The visit at which something was done: nothing where the place says it.
  func encounter(_ reference: Cursor, of statement: Draft.Slot, _ context: WritingContext) {
    guard let target = resolve(reference) else { return }
    if target.index == encompassing?.index {
      return note(reference: reference, child(.componentOf, of: document) ?? document)
    }
    if let around = statements[target.index], isBelow(statement, around) {
      return note(reference: reference, around)
    }
    relation(to: reference, "REFR", from: statement, context)
  }

  private func isBelow(_ slot: Draft.Slot, _ other: Draft.Slot) -> Bool {
    var slot: Draft.Slot? = slot
    while let here = slot {
      if here == other { return true }
      slot = draft.parent(of: here)
    }
    return false
  }

  /// Reasons with the codes or words that they have.
  func reasons(of resource: Cursor, in statement: Draft.Slot) {
    for reason in values(.reasonCode, in: resource) where !done.contains(reason.key) {
      guard let concept = reason.object else { continue }
      let observation = relate(.indication, to: statement)
      if objects(.coding, in: concept).isEmpty, let words = leaf(.text, in: concept) {
        text(words.sourced, in: add(.text, in: observation))
        done.insert(reason.key)
      } else if cd(reason, as: .value, type: "CD", in: observation) != nil {
        done.insert(reason.key)
      }
      // The finding that is the reason, where it is a statement of its own.
      if done.contains(reason.key), values(.reasonCode, in: resource).count == 1,
        let reference = object(.reasonReference, in: resource), let target = resolve(reference),
        let identifier = values(.identifier, in: target).first
      {
        ii(identifier, in: observation)
        note(reference: reference, observation)
      }
    }
  }

  // MARK: Authors and comments

  /// The authors of a statement whom only a Provenance names.
  private func provenances(of resource: Cursor, in statement: Draft.Slot) {
    for provenance in provenances[resource.index] ?? [] {
      let before = (owner, done)
      owner = provenance
      let author = add(.author, in: statement)
      claim(.author, on: author)
      let occurred = choice(.occurred, in: provenance)
      if let occurred, occurred.type == "DateTime", ts(occurred.value, as: .time, in: author) != nil
      {
        markRecorded(provenance)
      } else if let recorded = value(.recorded, in: provenance) {
        ts(recorded, as: .time, in: author)
      }
      silent(.time, in: author)
      let agents = objects(.agent, in: provenance)
      if let agent = agents.first {
        if let who = object(.who, in: agent) { participation(who, into: author) }
        for coding in objects(.coding, in: object(.type, in: agent))
        where leaf(.code, in: coding).map({ $0.text == "author" }) ?? false
          && isOf(
            "http://terminology.hl7.org/CodeSystem/provenance-participant-type", coding)
        {
          note(coding, saidBy: author)
        }
      }
      if child(.assignedAuthor, of: author) == nil {
        silent(.id, in: add(.assignedAuthor, in: author))
      }
      for target in objects(.target, in: provenance) { note(reference: target, author) }
      markIdentity(of: provenance, as: author)
      leaveBehind(provenance)
      (owner, done) = before
    }
  }

  /// The instant of recording repeats the time of the author.
  private func markRecorded(_ provenance: Cursor) {
    guard let recorded = value(.recorded, in: provenance) else { return }
    markAbsent(recorded)
    markStructural(recorded.node)
  }

  /// Fills a Comment Activity from an Annotation.
  func comment(_ annotation: FHIRValue, into act: Draft.Slot) -> Bool {
    guard let note = annotation.object, let words = leaf(.text, in: note) else { return false }
    text(words.sourced, in: add(.text, in: act))
    let reference = object(.authorReference, in: note)
    let time = value(.time, in: note)
    let name = leaf(.authorString, in: note)
    guard reference != nil || time != nil || name != nil else { return true }
    author(of: note, .authorReference, .time, in: act)
    if let name {
      let author = element(.author, of: act)
      silent(.time, in: author)
      let entity = element(.assignedAuthor, of: author)
      silent(.id, in: entity)
      text(name.sourced, in: add(.name, in: add(.assignedPerson, in: entity)))
    }
    return true
  }
}
