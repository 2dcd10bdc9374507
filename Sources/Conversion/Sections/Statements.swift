import ClinicalTree
import Definitions

/// Where a statement stands, for what it does not say itself.
struct StatementContext {
  /// The section around it; `nil` for a fragment.
  var section: Cursor?
  /// Statements around it from the outside in, whose participations hold for it too.
  var parents: [Cursor] = []

  /// The LOINC code of the section.
  var sectionCode: Text { section?.code() ?? .empty }

  func below(_ statement: Cursor) -> StatementContext {
    StatementContext(section: section, parents: parents + [statement])
  }
}

/// A kind of clinical statement and how it is converted.
struct StatementKind: Sendable {
  let name: String
  /// The element, such as `observation`.
  let element: Name
  /// Roots of the templates that tell it.
  let templates: [String]
  /// LOINC codes of the sections in which an element without a known template is of this kind.
  let sections: [String]
  /// The tables that the conversion reads, for `crest mapping`.
  let tables: [Mapping]
  let convert: @Sendable (FHIRBuilder, Cursor, StatementContext) -> [ResourceHandle]

  init(
    _ name: String, _ element: Name, templates: [String], sections: [String] = [],
    tables: [Mapping],
    convert: @escaping @Sendable (FHIRBuilder, Cursor, StatementContext) -> [ResourceHandle]
  ) {
    self.name = name
    self.element = element
    self.templates = templates
    self.sections = sections
    self.tables = tables
    self.convert = convert
  }

  /// All kinds; the first that fits is taken.
  static let all: [StatementKind] =
    ProblemKinds.all + HealthConcernKinds.all + AllergyKinds.all + MedicationKinds.all
    + ImmunizationKinds.all + ResultKinds.all + VitalSignKinds.all + ProcedureKinds.all
    + EncounterKinds.all + ObservationKinds.all + FamilyHistoryKinds.all + GoalKinds.all
    + PlanKinds.all + CareTeamKinds.all + CoverageKinds.all + SupplyKinds.all + NoteKinds.all

  /// Templates of what is told about another statement; wherever it stands, it is none by itself.
  private static let details =
    [
      "6", "8", "9", "19", "24", "25", "28", "31", "53", "64", "119", "143", "145", "147",
    ].map { "2.16.840.1.113883.10.20.22.4." + $0 }
    + ["36", "37", "38", "39", "40", "41", "43", "46", "47", "49", "50", "54", "55", "57", "58"]
    .map { "2.16.840.1.113883.10.20.1." + $0 }

  /// The kinds by the roots of their templates.
  private static let byTemplate: [Text: [StatementKind]] = {
    var table: [Text: [StatementKind]] = [:]
    let arena = Arena()
    for kind in all {
      for root in kind.templates { table[arena.copy(root), default: []].append(kind) }
    }
    // The keys live as long as the program.
    _ = Unmanaged.passRetained(arena)
    return table
  }()

  /// The kind of a statement: by its templates, or else by its section.
  static func kind(of statement: Cursor, in context: StatementContext) -> StatementKind? {
    let code = context.sectionCode
    var claimed: StatementKind?
    for template in statement.all(.templateId) {
      guard let root = template.templateRoot else { continue }
      for found in byTemplate[root] ?? [] where found.element == statement.name {
        // Of several templates the one that belongs to the section says most.
        if found.sections.contains(where: { code == $0 }) { return found }
        claimed = claimed ?? found
      }
    }
    if let claimed { return claimed }
    if statement.hasTemplate(details) { return nil }
    return all.first { kind in
      kind.element == statement.name && kind.sections.contains { code == $0 }
    }
  }
}

extension FHIRBuilder {
  static let statementNames: [Name] = [
    .act, .observation, .organizer, .procedure, .substanceAdministration, .supply, .encounter,
    .observationMedia, .regionOfInterest,
  ]

  /// The statement inside an entry, component or relationship.
  func statement(in holder: Cursor) -> Cursor? {
    holder.children.first { $0.kind == .element && Self.statementNames.contains($0.name) }
  }

  /// Converts a statement to resources; those that stand for it are returned.
  func convert(_ statement: Cursor, in context: StatementContext) -> [ResourceHandle] {
    markElsewhere(statement)
    let twins = twins(of: statement)
    if !twins.isEmpty { return twins }
    let made: [ResourceHandle]
    if let kind = StatementKind.kind(of: statement, in: context) {
      made = kind.convert(self, statement, context)
    } else {
      made = GeneralStatement.convert(self, statement, context)
    }
    for handle in made { statements.add(statement, handle, arena) }
    return made
  }

  /// Converts one statement by one table: the subject, the rows, and what is left.
  func resource(
    _ mapping: Mapping, _ statement: Cursor, _ context: StatementContext,
    complete: (Draft.Slot) -> Void = { _ in }
  ) -> ResourceHandle {
    let resource: ResourceHandle
    if let earlier = earlier(statement, as: mapping.resource) {
      resource = earlier.handle
      noteSameParts(of: statement, as: earlier.statement, in: resource)
    } else {
      resource = addResource(mapping.resource, from: statement)
      subject(of: resource)
    }
    statements.add(statement, resource, arena)
    apply(mapping, statement, to: resource.slot)
    complete(resource.slot)
    provenance(of: statement, for: resource)
    relateNested(statement, of: resource, context)
    keepRemainder(of: statement, in: resource.slot)
    return resource
  }

  /// Every statement is about the patient of the document; a fragment may have none.
  func subject(of resource: ResourceHandle) {
    let type = facts.type(named: resource.type)
    for name in [Name.subject, .patient] {
      guard let member = facts.member(name, in: type) else { continue }
      if let patient {
        refer(to: patient, as: name, in: resource.slot)
      } else if facts.min(of: member) > 0 {
        absentObject(name, in: resource.slot)
      }
      return
    }
  }

  /// Statements inside of this one that tables know become resources of their own, to which an
  /// extension refers.
  func relateNested(_ statement: Cursor, of resource: ResourceHandle, _ context: StatementContext) {
    let inner = context.below(statement)
    for holder in statement.children where holder.kind == .element {
      guard holder.name == .entryRelationship || holder.name == .component,
        let nested = self.statement(in: holder), use[nested.index] != .elsewhere,
        isUntouched(nested)
      else { continue }
      let type = holder.attribute(.typeCode)
      if isReference(nested) {
        markElsewhere(nested)
        link(nested, type, from: resource)
      } else if StatementKind.kind(of: nested, in: StatementContext()) != nil {
        for related in convert(nested, in: inner) {
          if related.type == .Encounter, referToEncounter(related, from: resource) != nil {
            continue
          }
          relation(to: related, type, in: resource.slot)
        }
      }
    }
  }

  private func isUntouched(_ element: Cursor) -> Bool {
    (element.index..<element.end).allSatisfy { use[$0] != .taken && use[$0] != .elsewhere }
  }

  // MARK: Authors

  /// The authors of a statement, or those of the nearest statement or section around it that has some.
  func authors(of statement: Cursor, in context: StatementContext) -> (
    authors: [Cursor], areOwn: Bool
  ) {
    let own = statement.all(.author).filter(saysSomething)
    if !own.isEmpty { return (own, true) }
    for parent in context.parents.reversed() + [context.section].compactMap({ $0 }) {
      let inherited = parent.all(.author).filter(saysSomething)
      if !inherited.isEmpty { return (inherited, false) }
    }
    return ([], false)
  }

  /// The authors of whom the source says who they are: a statement's own, or those of the nearest
  /// statement or section around it that has some.
  private func identified(_ statement: Cursor, _ context: StatementContext) -> [Cursor] {
    for holder in [statement] + context.parents.reversed() + [context.section].compactMap({ $0 }) {
      let found = holder.all(.author).filter {
        $0.first(.assignedAuthor).map(saysSomething) ?? false
      }
      if !found.isEmpty { return found }
    }
    return []
  }

  /// A Provenance for each author of a statement whom no member of its resource names.
  func provenance(of statement: Cursor, for resource: ResourceHandle) {
    for author in statement.all(.author) {
      guard let entity = author.first(.assignedAuthor), saysSomething(entity),
        isUntouched(entity)
      else { continue }
      let provenance = addResource(.Provenance, from: author)
      refer(to: resource, as: .target, in: provenance.slot)
      let time = author.first(.time)?.attribute(.value)
      if let time = nonBlank(time) {
        dateTime(leaf: time, as: .occurredDateTime, in: provenance.slot)
        if !instantIfWhole(time, as: .recorded, in: provenance.slot) {
          absent(as: .recorded, in: provenance.slot)
        }
      } else {
        absent(as: .recorded, in: provenance.slot)
      }
      let agent = draft.addObject(.agent, in: provenance.slot)
      concept(
        "http://terminology.hl7.org/CodeSystem/provenance-participant-type", "author",
        Reason("an author of CDA"), as: .type, in: agent)
      let member = facts.member(.who, in: facts.type(named: "Provenance.agent"))
      if participation(
        author, as: .who, in: agent, targets: member.map(facts.targets(of:)) ?? []) == nil
      {
        absentObject(.who, in: agent)
      }
    }
  }

  /// Writes the latest author as a reference and the earliest time of authoring as a date.
  func recorder(
    of statement: Cursor, in context: StatementContext, as name: Name?, date: Name?,
    in resource: Draft.Slot,
    type: Name
  ) {
    let (authors, _) = authors(of: statement, in: context)
    func time(_ author: Cursor) -> Text { author.first(.time)?.attribute(.value)?.text ?? .empty }
    func isEarlier(_ a: Cursor, _ b: Cursor) -> Bool {
      time(a).bytes.lexicographicallyPrecedes(time(b).bytes)
    }
    if let date, draft.first(date, in: resource) == nil,
      let earliest = authors.filter({ !time($0).isBlank }).min(by: isEarlier),
      let leaf = nonBlank(earliest.first(.time)?.attribute(.value))
    {
      dateTime(leaf: leaf, as: date, in: resource)
    }
    guard let name, let member = facts.member(name, in: facts.type(named: type)),
      let latest = identified(statement, context).max(by: isEarlier)
    else { return }
    if facts.isList(member) || draft.first(name, in: resource) == nil {
      participation(latest, as: name, in: resource, targets: facts.targets(of: member))
    }
  }
}
