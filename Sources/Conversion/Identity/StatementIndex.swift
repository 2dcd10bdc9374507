import ClinicalTree
import Definitions

/// The statements of a document that have been converted, by their ids, and the references between them
/// that wait for the end of the document.
struct StatementIndex {
  /// A statement and a resource that it became.
  struct Entry {
    let statement: Cursor
    let handle: ResourceHandle
  }

  /// A reference from one statement to another, by the other's id.
  struct Link {
    /// The element that holds the ids.
    let holder: Cursor
    /// What kind of relation it is, `entryRelationship/@typeCode`.
    let type: Cursor?
    /// The resource that refers.
    let resource: ResourceHandle
  }

  private var byID: [Text: [Entry]] = [:]
  private var byPlace: [Int: ResourceHandle] = [:]
  var links: [Link] = []

  mutating func add(_ statement: Cursor, _ handle: ResourceHandle, _ arena: Arena) {
    if byPlace[statement.index] == nil { byPlace[statement.index] = handle }
    for id in statement.all(.id) {
      guard let key = StatementIndex.key(of: id, arena) else { continue }
      let isKnown = byID[key]?.contains { $0.handle.slot == handle.slot } ?? false
      if !isKnown { byID[key, default: []].append(Entry(statement: statement, handle: handle)) }
    }
  }

  /// The resource of a statement.
  func handle(of statement: Cursor) -> ResourceHandle? { byPlace[statement.index] }

  /// The statements with one of the ids of an element.
  func entries(like element: Cursor, _ arena: Arena) -> [Entry] {
    element.all(.id).flatMap { entries(withID: $0, arena) }
  }

  /// The statements with an id.
  func entries(withID id: Cursor, _ arena: Arena) -> [Entry] {
    StatementIndex.key(of: id, arena).flatMap { byID[$0] } ?? []
  }

  /// An II as a key; `nil` for one that names an authority and not a thing.
  static func key(of id: Cursor, _ arena: Arena) -> Text? {
    guard id.attribute(.nullFlavor) == nil, let root = id.attribute(.root)?.text.trimmed,
      !root.isEmpty
    else { return nil }
    if let value = id.attribute(.`extension`)?.text.trimmed, !value.isEmpty {
      return arena.join(root, Text("^"), value)
    }
    // A UUID is a name of its own.
    return root.count == 36 && root[8] == UInt8(ascii: "-") ? root : nil
  }
}

extension FHIRBuilder {
  /// The resources of an earlier statement that is the same in every word.
  func twins(of statement: Cursor) -> [ResourceHandle] {
    let same = statements.entries(like: statement, arena).filter {
      $0.statement.name == statement.name && $0.statement.index < statement.index
        && RoleIndex.areSame($0.statement, statement)
    }
    if let first = same.first {
      markTaken(statement)
      pendingAliases[first.handle.slot, default: []].append((statement, first.statement.index))
    }
    var seen: Set<Int32> = []
    return same.map(\.handle).filter { seen.insert($0.slot.index).inserted }
  }

  /// The resource of an earlier statement of the same id, concept and negation, which this one says more
  /// of; only for what a patient has once, however often it is told.
  func earlier(_ statement: Cursor, as type: Name) -> StatementIndex.Entry? {
    guard [.Condition, .AllergyIntolerance, .Procedure, .Immunization, .Goal].contains(type),
      statement.attribute(.negationInd).map({ $0.text != Text("true") }) ?? true,
      let concept = concept(of: statement)
    else { return nil }
    func isSame(_ name: Name, _ other: Cursor) -> Bool {
      statement.attribute(name)?.text ?? .empty == other.attribute(name)?.text ?? .empty
    }
    return statements.entries(like: statement, arena).first { entry in
      entry.handle.type == type && entry.statement.name == statement.name
        && self.concept(of: entry.statement) == concept && isSame(.negationInd, entry.statement)
        && isSame(.moodCode, entry.statement)
        && (type == .Condition || type == .AllergyIntolerance
          || isSameTime(statement, entry.statement))
    }
  }

  private func isSameTime(_ a: Cursor, _ b: Cursor) -> Bool {
    guard let left = a.first(.effectiveTime), let right = b.first(.effectiveTime) else {
      return true
    }
    return RoleIndex.areSame(left, right)
  }

  /// The code that says what a statement is about.
  private func concept(of statement: Cursor) -> Text? {
    let product = statement.first(.consumable)?.first(.manufacturedProduct)?
      .first(.manufacturedMaterial)
    let substance = statement.all(.participant).first {
      $0.attribute(.typeCode).map { $0.text == "CSM" } ?? false
    }?.first(.participantRole)?.first(.playingEntity)
    let isGoal = statement.attribute(.moodCode).map { $0.text == "GOL" } ?? false
    let holder =
      product?.first(.code) ?? substance?.first(.code) ?? (isGoal ? nil : statement.first(.value))
      ?? statement.first(.code)
    return nonBlank(holder?.attribute(.code))?.text.trimmed
  }

  /// Notes that parts of an element are the same as parts of an earlier one, which need not be written
  /// again.
  func noteSameParts(
    of element: Cursor, as other: Cursor, in resource: ResourceHandle, besides: Set<Name> = []
  ) {
    let known = Array(other.children.filter { $0.kind == .element && !besides.contains($0.name) })
    for child in element.children where child.kind == .element && use[child.index] == .untouched {
      if let same = known.first(where: { $0.name == child.name && RoleIndex.areSame($0, child) }) {
        markTaken(child)
        pendingAliases[resource.slot, default: []].append((child, same.index))
      }
    }
  }

  // MARK: References by id

  /// Whether a statement only refers to another one by its id.
  func isReference(_ statement: Cursor) -> Bool {
    guard statement.all(.id).contains(where: { StatementIndex.key(of: $0, arena) != nil }) else {
      return false
    }
    if statement.hasTemplate(["2.16.840.1.113883.10.20.22.4.122"]) { return true }
    return statement.children.allSatisfy { child in
      child.kind != .element || [.templateId, .id, .statusCode].contains(child.name)
        || !saysSomething(child)
    }
  }

  /// Marks what the template of references fixes: that there is no code, and that it is complete.
  func markReference(_ holder: Cursor) {
    if let flavor = holder.first(.code)?.attribute(.nullFlavor), flavor.text == "NP" {
      markStructural(flavor)
    }
    if let status = holder.first(.statusCode),
      status.attribute(.code).map({ $0.text == "completed" }) ?? false
    {
      markSelector(status)
    }
  }

  /// Remembers a reference to a statement that may come later.
  func link(_ holder: Cursor, _ type: Cursor?, from resource: ResourceHandle) {
    markReference(holder)
    statements.links.append(StatementIndex.Link(holder: holder, type: type, resource: resource))
  }

  /// Notes that an id is why a reference leads where it does. Of several ids that lead to the same place
  /// none is the reason alone, so they are kept.
  func note(idsOf holder: Cursor, leadingTo targets: [ResourceHandle], _ reference: Draft.Slot) {
    let leading = holder.all(.id).filter { id in
      statements.entries(withID: id, arena).contains { entry in
        targets.contains { $0.slot == entry.handle.slot }
      }
    }
    guard leading.count == 1 else { return }
    for name in [Name.root, .`extension`] {
      if let leaf = leading[0].attribute(name) { note(.leaf(leaf), reference) }
    }
  }

  /// Writes the references whose targets are known now, and keeps the others as they stand.
  func resolveLinks() {
    for link in statements.links {
      var seen: Set<Int32> = [link.resource.slot.index]
      let targets = statements.entries(like: link.holder, arena).map(\.handle)
        .filter { seen.insert($0.slot.index).inserted }
      for target in targets {
        let reference = refer(to: target, relatedBy: link.type, from: link.resource)
        note(idsOf: link.holder, leadingTo: [target], reference)
      }
      keepRemainder(of: link.holder, in: link.resource.slot)
    }
    for (finding, resource) in reasons {
      guard let type = draft.first(.resourceType, in: resource).map(draft.text(of:)),
        let number = NameTable.standard.lookUp(type.start, type.count),
        let member = facts.member(.reasonReference, in: facts.type(named: number))
      else { continue }
      let target = statements.entries(like: finding, arena).first { entry in
        entry.handle.slot != resource
          && (concept(of: finding) == nil || concept(of: finding) == concept(of: entry.statement))
          && facts.targets(of: member).contains(facts.type(named: entry.handle.type))
      }
      if let target { refer(to: target.handle, as: .reasonReference, in: resource) }
    }
  }

  /// A reference to the visit at which something was done, in the element that R4 has for that; `nil` where
  /// it has none, or where another visit stands there.
  func referToEncounter(_ target: ResourceHandle, from resource: ResourceHandle) -> Draft.Slot? {
    let type = facts.type(named: resource.type)
    for name in [Name.encounter, .context] where draft.first(name, in: resource.slot) == nil {
      guard let member = facts.member(name, in: type) else { continue }
      let targets = facts.targets(of: member)
      guard targets.isEmpty || targets.contains(facts.type(named: target.type)) else { continue }
      return refer(to: target, as: name, in: resource.slot)
    }
    return nil
  }

  /// A reference in the element that R4 has for it, or else in an extension.
  private func refer(
    to target: ResourceHandle, relatedBy type: Cursor?, from resource: ResourceHandle
  ) -> Draft.Slot {
    func allows(_ name: Name, _ path: String) -> Bool {
      guard let member = facts.member(name, in: facts.type(named: path)) else { return false }
      let targets = facts.targets(of: member)
      return targets.isEmpty || targets.contains(facts.type(named: target.type))
        || targets.contains(facts.type(named: .Resource))
    }
    let own = NameTable.standard.text(of: resource.type).string
    if target.type == .Encounter, let slot = referToEncounter(target, from: resource) {
      return slot
    }
    if resource.type == .Goal, allows(.addresses, own) {
      return refer(to: target, as: .addresses, in: resource.slot)
    }
    if resource.type == .Condition, target.type != .Encounter {
      return refer(
        to: target, as: .detail, in: draft.addObject(.evidence, in: resource.slot))
    }
    return relation(to: target, type, in: resource.slot)
  }

  /// A reference in the extension for relations between statements.
  @discardableResult
  func relation(to target: ResourceHandle, _ type: Cursor?, in resource: Draft.Slot) -> Draft.Slot {
    let added = addExtension(
      "https://crestkit.example/fhir/StructureDefinition/cda-relationship", in: resource)
    if let type { put(type.sourced, as: .valueCode, in: addExtension("type", in: added)) }
    return refer(to: target, as: .valueReference, in: addExtension("target", in: added))
  }
}
