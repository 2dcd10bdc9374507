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
  func carry(_ parts: [(path: Text, node: Cursor)], of type: Text?, in act: Draft.Slot) {
    constant(.classCode, "ACT", .carrier, in: act)
    constant(.moodCode, "EVN", .carrier, in: act)
    let id = add(.templateId, in: act)
    constant(.root, Conversion.contentOID, .carrier, in: id)
    constant(.extension, "fhir-content", .carrier, in: id)
    let code = add(.code, in: act)
    constant(.code, "fhir-content", .carrier, in: code)
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
          if let slot = revive(value, of: act) { note(.kept(leaf), slot) }
          continue
        }
        var target: Draft.Slot? = resource
        if let type = part.property(.type)?.text, !(type == "Composition") {
          target =
            type == "Patient"
            ? patient?.slot : type == "Medication" ? medication(of: resource) : nil
        }
        if let target, let slot = put(value, at: path, in: target) {
          note(.kept(leaf), slot)
          if draft.name(of: slot) == .text { settleWholeName(slot) }
        }
      }
    }
  }

  /// A name in one piece, which stands as a family name in C-CDA, has no family name.
  private func settleWholeName(_ text: Draft.Slot) {
    guard let name = draft.parent(of: text), draft.first(.given, in: name) == nil,
      let family = draft.first(.family, in: name), draft.text(of: family) == draft.text(of: text)
    else { return }
    draft.remove(family)
  }

  /// A resource that an act carries whole, as an entry of its own; its patient is that of the document.
  private func revive(_ resource: Cursor, of act: Cursor) -> Draft.Slot? {
    let type = ResourceTable.type(of: resource)
    guard type != .none else { return nil }
    let slot = addResource(type, from: act).slot
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
    return slot
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

  /// Puts a JSON value at a path such as `code.coding[1].userSelected`. What may stand once gives way.
  private func put(_ value: Cursor, at path: Text, in resource: Draft.Slot) -> Draft.Slot? {
    let steps = path.string.split(separator: ".").map(String.init)
    guard let last = steps.last.flatMap(NameTable.standard.lookUp) else { return nil }
    var slot = resource
    var type =
      draft.first(.resourceType, in: resource).map { draft.text(of: $0) }
      .flatMap { NameTable.standard.lookUp($0.start, $0.count) }.map(facts.type(named:)) ?? 0
    for step in steps.dropLast() {
      let parts = step.split(separator: "[")
      guard let name = NameTable.standard.lookUp(String(parts[0])) else { return nil }
      let number = parts.count > 1 ? Int(parts[1].dropLast()) ?? 0 : 0
      let known = draft.children(of: slot).filter { draft.name(of: $0) == name }
      if number < known.count {
        slot = known[number]
      } else {
        let isPrimitive = facts.member(name, in: type).map {
          facts.kind(of: facts.type(of: $0)) == .primitive
        }
        slot =
          isPrimitive ?? false
          ? draft.add(name, .null, .empty, in: slot) : draft.addObject(name, in: slot)
      }
      type = facts.member(name, in: type).map(facts.type(of:)) ?? 0
    }
    if let member = facts.member(last, in: type), let choice = facts.choice(of: member) {
      // Of the forms of a choice element there is one.
      for other in draft.children(of: slot) where draft.name(of: other) != last {
        let form = facts.member(draft.name(of: other), in: type).flatMap(facts.choice(of:))
        if form == choice { draft.remove(other) }
      }
    }
    if let member = facts.member(last, in: type), !facts.isList(member),
      let known = draft.first(last, in: slot)
    {
      if value.kind != .object, draft.kind(of: known) != .object {
        draft.replace(known, value.kind, arena.copy(value.text))
        return known
      }
      draft.remove(known)
    }
    return copy(value, as: last, in: slot)
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
