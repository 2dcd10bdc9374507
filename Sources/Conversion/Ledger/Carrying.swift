import ClinicalTree
import Definitions
import FHIRFormats

// What CDA has no element for travels in an act of its own beside the statement, as the JSON of FHIR. It is
// the mirror of the extensions in which FHIR keeps what only CDA has.

extension CDABuilder {
  /// Writes what nothing of a resource has taken into an act of its own, so that it is read back.
  func carry(_ resource: Cursor, in statement: Draft.Slot) {
    var parts: [(path: Text, node: Cursor)] = []
    collect(resource, path: .empty, &parts)
    let medication = medicationParts
    medicationParts = []
    guard !parts.isEmpty || !medication.isEmpty else { return }
    let isOrganizer = draft.name(of: statement) == .organizer
    let name: Name = isOrganizer ? .component : .entryRelationship
    guard shapes.element(name, in: type(of: statement)) != nil else { return leaveBehind(resource) }
    let holder = add(name, in: statement)
    if !isOrganizer { constant(.typeCode, "COMP", .carrier, in: holder) }
    if !parts.isEmpty { carry(parts, of: nil, in: add(.act, in: holder)) }
    if !medication.isEmpty {
      let other = parts.isEmpty ? holder : add(name, in: statement)
      if !isOrganizer { constant(.typeCode, "COMP", .carrier, in: other) }
      carry(medication, of: Text("Medication"), in: add(.act, in: other))
    }
  }

  /// Fills an act with parts of a resource as JSON.
  ///
  /// `type` is the type of the resource where it is not the one that the statement becomes, `name` its
  /// number or what it is called.
  func carry(
    _ parts: [(path: Text, node: Cursor)], of type: Text?, named name: Text = .empty,
    in act: Draft.Slot
  ) {
    constant(.classCode, "ACT", .carrier, in: act)
    constant(.moodCode, "EVN", .carrier, in: act)
    let id = add(.templateId, in: act)
    constant(.root, Conversion.contentOID, .carrier, in: id)
    constant(.extension, Conversion.contentCode, .carrier, in: id)
    let code = add(.code, in: act)
    constant(.code, Conversion.contentCode, .carrier, in: code)
    constant(.codeSystem, Conversion.contentOID, .carrier, in: code)
    var buffer = ByteBuffer(capacity: 1024)
    buffer.append("[")
    for (number, part) in parts.enumerated() {
      if number > 0 { buffer.append(",") }
      buffer.append("{")
      if let type {
        buffer.append("\"type\":\"")
        buffer.append(type)
        buffer.append("\",")
      }
      if !name.isEmpty {
        buffer.append("\"name\":\"")
        JSONWriter.escape(name, to: &buffer)
        buffer.append("\",")
      }
      buffer.append("\"path\":\"")
      JSONWriter.escape(part.path, to: &buffer)
      buffer.append("\",\"value\":")
      JSONWriter.write(part.node, .compact, to: &buffer)
      buffer.append("}")
    }
    buffer.append("]")
    let element = add(.text, in: act)
    constant(.mediaType, "application/json", .carrier, in: element)
    let slot = draft.add(.none, .text, arena.copy(buffer.text), in: element)
    for part in parts { note(all: part.node, .kept, slot) }
  }

  /// The largest parts of an object of which nothing was taken.
  func collect(
    _ object: Cursor, path: Text, besides: Name? = nil,
    _ parts: inout [(path: Text, node: Cursor)]
  ) {
    for property in object.children where property.name != besides {
      let isShadow = property.node.flags.contains(.shadow)
      var step = property.nameText
      if !path.isEmpty { step = arena.join(path, Text("."), step) }
      var number = 0
      for (place, item) in property.items.enumerated() {
        let state = state(of: item)
        let isPart = state.isTouched
        defer { if isPart { number += 1 } }
        guard state.hasLeft else { continue }
        let indexed =
          property.kind == .array
          ? arena.join(step, arena.copy("[\(isShadow ? place : number)]")) : step
        if isShadow {
          // What stands beside a primitive is below it.
          collect(item, path: indexed, &parts)
        } else if !isPart {
          parts.append((step, item))
        } else if item.kind == .object {
          collect(item, path: indexed, &parts)
        } else {
          parts.append((indexed, item))
        }
      }
    }
  }

  /// Whether a value has leaves that are nowhere yet, and whether any leaf of it is somewhere.
  private func state(of value: Cursor) -> (hasLeft: Bool, isTouched: Bool) {
    var hasLeft = false
    var isTouched = false
    for index in value.index..<value.end {
      let node = source.at(index)
      switch node.kind {
      case .object, .array: continue
      case .null: continue
      default:
        hasLeft = hasLeft || use[index] == .untouched || use[index] == .both
        isTouched = isTouched || use[index] != .untouched
      }
    }
    return (hasLeft, isTouched)
  }
}

extension FHIRBuilder {
  /// Whether an act carries what only FHIR has an element for.
  func isCarrier(_ act: Cursor) -> Bool {
    act.name == .act
      && act.first(.code)?.attribute(.codeSystem).map { $0.text == Conversion.contentOID } ?? false
  }

  /// Puts what acts beside a statement carry back into its resource.
  func uncarry(_ statement: Cursor, to resource: Draft.Slot) {
    for holder in statement.children
    where holder.kind == .element
      && (holder.name == .entryRelationship || holder.name == .component)
    {
      guard let act = holder.first(.act), use[act.index] != .elsewhere, isCarrier(act) else {
        continue
      }
      uncarry(act: act, to: resource)
    }
  }

  func uncarry(act: Cursor, to resource: Draft.Slot) {
    markElsewhere(act)
    for index in act.index..<act.end where use[index] == .untouched { use[index] = .structural }
    guard let text = act.first(.text), let leaf = text.children.first(where: { $0.kind == .text }),
      let tree = (try? Tree.json(Array(leaf.text.bytes), names: .standard))?.tree
    else { return }
    tree.withCursor { root in
      for part in root.items where part.kind == .object {
        guard let path = part.property(.path)?.text, let value = part.property(.value) else {
          continue
        }
        if path.isEmpty {
          if let made = revive(value, of: act) {
            note(.kept(leaf), made.slot)
            if let section = furtherSection(of: resource) {
              refer(to: made, as: .entry, in: section)
            }
          }
          continue
        }
        let type = part.property(.type)?.text
        var target: Draft.Slot? = resource
        if let type, !(type == "Composition") {
          target =
            type == "Patient"
            ? patient?.slot
            : type == "Medication"
              ? medication(of: resource) : self.resource(type, named: part.property(.name)?.text)
        }
        if let target, let slot = put(value, at: path, in: target) {
          note(.kept(leaf), slot)
          if draft.name(of: slot) == .text { settleWholeName(slot) }
        } else {
          keepContent(value, of: type, at: path, in: resource) { note(.kept(leaf), $0) }
        }
      }
    }
  }

  /// Keeps a value of FHIR that has no place in the resources that were made: they are of another type, or
  /// what held it stands by itself now. It goes along as it is.
  private func keepContent(
    _ value: Cursor, of type: Text?, at path: Text, in resource: Draft.Slot,
    _ note: (Draft.Slot) -> Void
  ) {
    let reason = Reason("keeps content of a resource of FHIR")
    let kept = addExtension(Self.fhirContent, in: resource, reason)
    func part(_ name: StaticString, _ text: Text) -> Draft.Slot {
      let slot = addExtension(name, in: kept, reason)
      return draft.add(.valueString, .string, text, in: slot)
    }
    if let type { _ = part("type", arena.copy(type)) }
    _ = part("path", arena.copy(path))
    var buffer = ByteBuffer(capacity: 256)
    JSONWriter.write(value, .compact, to: &buffer)
    note(part("content", arena.copy(buffer.text)))
  }

  static let fhirContent: StaticString =
    "https://crestkit.example/fhir/StructureDefinition/fhir-content"

  /// A name in one piece, which stands as a family name in C-CDA, has no family name.
  private func settleWholeName(_ text: Draft.Slot) {
    guard let name = draft.parent(of: text), draft.first(.given, in: name) == nil,
      let family = draft.first(.family, in: name), draft.text(of: family) == draft.text(of: text)
    else { return }
    draft.remove(family)
  }

  /// A resource that an act carries whole, as an entry of its own; its patient is that of the document.
  private func revive(_ resource: Cursor, of act: Cursor) -> ResourceHandle? {
    let type = ResourceTable.type(of: resource)
    guard type != .none else { return nil }
    let made = addResource(type, from: act)
    let slot = made.slot
    for property in resource.children where property.name != .resourceType && property.name != .id {
      copy(property, in: slot)
    }
    for name in [Name.subject, .patient] {
      guard let patient, let reference = draft.first(name, in: slot),
        let known = draft.first(.reference, in: reference),
        draft.text(of: known).hasPrefix("Patient/")
      else { continue }
      draft.replace(known, .string, patient.url)
    }
    return made
  }

  /// The section of a Composition that names the resources which came along whole.
  private func furtherSection(of composition: Draft.Slot) -> Draft.Slot? {
    guard
      draft.first(.resourceType, in: composition).map({ draft.text(of: $0) == "Composition" })
        ?? false
    else { return nil }
    for section in draft.children(of: composition) where draft.name(of: section) == .section {
      let coding = draft.first(.code, in: section).flatMap { draft.first(.coding, in: $0) }
      let code = coding.flatMap { draft.first(.code, in: $0) }
      if code.map({ draft.text(of: $0) == Conversion.contentCode }) ?? false { return section }
    }
    let reason = Reason("names what came along whole")
    let section = draft.addObject(.section, in: composition)
    put(rule: "Further Information", reason, as: .title, in: section)
    let coding = draft.addObject(.coding, in: draft.addObject(.code, in: section))
    put(
      Sourced(arena.join(Text("urn:oid:"), Text(Conversion.contentOID)), .rule(reason)),
      as: .system, in: coding)
    put(rule: Conversion.contentCode, reason, as: .code, in: coding)
    return section
  }

  /// The only resource of a type that has a number or, if none has, is called so.
  private func resource(_ type: Text, named name: Text?) -> Draft.Slot? {
    guard let name, !name.isEmpty else { return nil }
    let all = draft.children(of: draft.root).compactMap { entry -> Draft.Slot? in
      guard draft.name(of: entry) == .entry, let resource = draft.first(.resource, in: entry),
        draft.first(.resourceType, in: resource).map({ draft.text(of: $0) == type }) ?? false
      else { return nil }
      return resource
    }
    let numbered = all.filter { resource in
      draft.children(of: resource).contains { identifier in
        draft.name(of: identifier) == .identifier
          && draft.first(.value, in: identifier).map { draft.text(of: $0) == name } ?? false
      }
    }
    let named = all.filter { resource in
      draft.first(.name, in: resource).map { words(ofName: $0) == name } ?? false
    }
    let found = numbered.isEmpty ? named : numbered
    return found.count == 1 ? found[0] : nil
  }

  /// A name as people write it: a text, or the parts of a person's.
  private func words(ofName name: Draft.Slot) -> Text {
    guard draft.kind(of: name) == .object else { return draft.text(of: name) }
    if let text = draft.first(.text, in: name) { return draft.text(of: text) }
    let parts = [Name.prefix, .given, .family, .suffix].flatMap { part in
      draft.children(of: name).filter { draft.name(of: $0) == part }.map { draft.text(of: $0) }
    }
    return parts.dropFirst().reduce(parts.first ?? .empty) { arena.join($0, Text(" "), $1) }
  }

  /// The Medication that a statement refers to.
  private func medication(of resource: Draft.Slot) -> Draft.Slot? {
    guard let reference = draft.first(.medicationReference, in: resource),
      let url = draft.first(.reference, in: reference).map({ draft.text(of: $0) })
    else { return nil }
    for entry in draft.children(of: draft.root) where draft.name(of: entry) == .entry {
      if draft.first(.fullUrl, in: entry).map({ draft.text(of: $0) == url }) ?? false {
        return draft.first(.resource, in: entry)
      }
    }
    return nil
  }

  /// Whether a statement carries parts of its medication that only FHIR has elements for.
  func carriesMedication(_ statement: Cursor) -> Bool {
    statement.all(.entryRelationship).contains { holder in
      guard let act = holder.first(.act), isCarrier(act), let text = act.first(.text) else {
        return false
      }
      return text.children.contains {
        $0.kind == .text && $0.text.hasPrefix("[{\"type\":\"Medication\"")
      }
    }
  }

  /// Puts a JSON value at a path such as `code.coding[1].userSelected`. What may stand once gives way;
  /// `nil` where the resource has no such place.
  private func put(_ value: Cursor, at path: Text, in resource: Draft.Slot) -> Draft.Slot? {
    let steps = path.string.split(separator: ".").map(String.init)
    guard let last = steps.last.flatMap(NameTable.standard.lookUp) else { return nil }
    var slot = resource
    var type = resourceType(of: resource)
    for step in steps.dropLast() {
      let parts = step.split(separator: "[")
      guard let name = NameTable.standard.lookUp(String(parts[0])) else { return nil }
      let number = parts.count > 1 ? Int(parts[1].dropLast()) ?? 0 : 0
      guard let member = facts.member(name, in: type) else { return nil }
      let isPrimitive = facts.kind(of: facts.type(of: member)) == .primitive
      let known = draft.children(of: slot).filter { draft.name(of: $0) == name }
      if number < known.count {
        slot = known[number]
      } else {
        // What was contained stands by itself now, and of a choice element there is one form.
        if name == .contained || !otherForms(of: name, in: slot, type).isEmpty { return nil }
        slot =
          isPrimitive ? draft.add(name, .null, .empty, in: slot) : draft.addObject(name, in: slot)
      }
      type = isPrimitive ? facts.type(named: "Element") : facts.type(of: member)
      if name == .contained { type = resourceType(of: slot) }
    }
    guard let member = facts.member(last, in: type) else { return nil }
    if last == .reference, let known = draft.first(last, in: slot),
      draft.text(of: known).hasPrefix("urn:uuid:")
    {
      // Whom the document names is at hand; who had the reference may not be.
      return nil
    }
    if last == .div, draft.first(.status, in: slot) == nil {
      put(rule: "additional", Reason("R4 requires Narrative.status"), as: .status, in: slot)
    }
    for other in otherForms(of: last, in: slot, type) { draft.remove(other) }
    if !facts.isList(member), let known = draft.first(last, in: slot) {
      if value.kind != .object, draft.kind(of: known) != .object {
        draft.replace(known, value.kind, arena.copy(value.text))
        return known
      }
      draft.remove(known)
    }
    guard let made = copy(value, as: last, in: slot) else { return nil }
    // What was told at another place as well is there already.
    let same = draft.children(of: slot).first {
      $0 != made && draft.name(of: $0) == last && saysSame($0, made)
    }
    guard let same, facts.isList(member), last != .extension else { return made }
    draft.remove(made)
    return same
  }

  /// Whether two values say the same, in whatever order their parts were added.
  private func saysSame(_ a: Draft.Slot, _ b: Draft.Slot) -> Bool {
    guard draft.kind(of: a) == draft.kind(of: b), draft.text(of: a) == draft.text(of: b) else {
      return false
    }
    var rest = Array(draft.children(of: b))
    for child in draft.children(of: a) {
      let place = rest.firstIndex {
        draft.name(of: $0) == draft.name(of: child) && saysSame(child, $0)
      }
      guard let place else { return false }
      rest.remove(at: place)
    }
    return rest.isEmpty
  }

  private func resourceType(of resource: Draft.Slot) -> Int {
    draft.first(.resourceType, in: resource).map { draft.text(of: $0) }
      .flatMap { NameTable.standard.lookUp($0.start, $0.count) }.map(facts.type(named:)) ?? 0
  }

  /// The other forms of a choice element that stand in an object.
  private func otherForms(of name: Name, in slot: Draft.Slot, _ type: Int) -> [Draft.Slot] {
    guard let choice = facts.member(name, in: type).flatMap(facts.choice(of:)) else { return [] }
    return draft.children(of: slot).filter { other in
      draft.name(of: other) != name
        && facts.member(draft.name(of: other), in: type).flatMap(facts.choice(of:)) == choice
    }
  }

  private func copy(_ value: Cursor, as name: Name, in parent: Draft.Slot) -> Draft.Slot? {
    switch value.kind {
    case .object:
      let slot = draft.addObject(name, in: parent)
      for property in value.children { copy(property, in: slot) }
      return slot
    case .array: return nil
    default: return draft.add(name, value.kind, arena.copy(value.text), in: parent)
    }
  }

  /// Copies a property of an object, or what stands beside a primitive of that name. Names that no
  /// standard knows are none of FHIR's.
  private func copy(_ property: Cursor, in slot: Draft.Slot) {
    guard Int(property.name.rawValue) < draft.names.count else { return }
    guard property.node.flags.contains(.shadow) else {
      for item in property.items { _ = copy(item, as: property.name, in: slot) }
      return
    }
    let primitives = draft.children(of: slot).filter { draft.name(of: $0) == property.name }
    for (place, item) in property.items.enumerated() where item.kind == .object {
      let primitive =
        place < primitives.count
        ? primitives[place] : draft.add(property.name, .null, .empty, in: slot)
      for inner in item.children { copy(inner, in: primitive) }
    }
  }
}
