import ClinicalTree
import Definitions

extension CDABuilder {
  /// Reads a table from FHIR to CDA: fills a statement from a resource, or a part of one.
  func apply(_ mapping: Mapping, _ resource: Cursor, to statement: Draft.Slot) {
    for row in mapping.rows { apply(row, resource, to: statement) }
  }

  func apply(_ row: Row, _ resource: Cursor, to statement: Draft.Slot) {
    switch row.kind {
    case .function(_, _, let body): body?(self, resource, statement)
    case .constant(let value):
      for found in values(of: row.target, in: resource) {
        if let leaf = found.leaf, leaf.text == value { markStructural(leaf) }
      }
    default:
      for found in values(of: row.target, in: resource) where !done.contains(found.key) {
        if write(row, found, in: statement) { done.insert(found.key) }
      }
    }
  }

  /// The values that a row speaks of. Of elements above them that repeat, the first counts.
  private func values(of path: FHIRPath, in resource: Cursor) -> [FHIRValue] {
    var holder = resource
    for name in path.parents {
      guard let next = object(name, in: holder) else { return [] }
      holder = next
    }
    if path.isChoice { return choice(path.last, in: holder).map { [$0.value] } ?? [] }
    return values(path.last, in: holder)
  }

  /// The type of the form in which a choice stands, such as `Period`.
  private func form(_ row: Row, _ value: FHIRValue) -> Text {
    guard let name = (value.node ?? value.shadow)?.nameText else { return .empty }
    let length = row.target.stem.utf8.count
    return name.count > length ? name.slice(length..<name.count) : .empty
  }

  /// Writes one value where a row says; `false` where the form of the value or the schema has no room.
  private func write(_ row: Row, _ value: FHIRValue, in statement: Draft.Slot) -> Bool {
    if row.target.isChoice, !row.kind.takes(form(row, value)) { return false }
    guard let place = makeRoom(for: row.place, in: statement) else { return false }
    if let name = place.attribute {
      return write(row, value, attribute: name, in: place.element) || undo(place)
    }
    guard let last = place.last else { return false }
    return write(row, value, as: last, in: place.element) || undo(place)
  }

  private func write(
    _ row: Row, _ value: FHIRValue, attribute name: Name, in element: Draft.Slot
  ) -> Bool {
    switch row.kind {
    case .mappedCode(let map): return mapped(value, map, into: element, attribute: name)
    default: return false
    }
  }

  private func write(
    _ row: Row, _ value: FHIRValue, as step: CDAPath.Step, in parent: Draft.Slot
  ) -> Bool {
    let name = step.name
    let isAny = name == .value
    func element(_ body: (Draft.Slot) -> Bool) -> Bool {
      let made = make(step, in: parent)
      if body(made) { return true }
      draft.removeLast(made)
      return false
    }
    switch row.kind {
    case .identifier: return ii(value, as: name, in: parent) != nil
    case .codeableConcept:
      return cd(value, as: name, row.choice, type: isAny ? "CD" : nil, in: parent) != nil
    case .coding:
      guard let coding = value.object else { return false }
      return element {
        self.coding(coding, into: $0)
        return true
      }
    case .mappedCode(let map):
      return element { made in
        if isAny { constant(.type, codedType(in: parent), in: made) }
        guard mapped(value, map, into: made) else { return false }
        if isAny, let leaf = value.leaf,
          let system = maps.sources(of: leaf.text, by: maps.map(map)).first?.system,
          let oid = oid(of: system)
        {
          attribute(.codeSystem, Sourced(oid, .rule(.mapped)), in: made)
        }
        return true
      }
    case .mappedConcept(let map):
      return element { made in
        if isAny { constant(.type, codedType(in: parent), in: made) }
        return mappedConcept(value, map, into: made)
      }
    case .dateTime, .beginning: return element { ts(value, into: $0) }
    case .period:
      guard let period = value.object else { return false }
      return element { ivlTS(period, into: $0) }
    case .time:
      return element { made in
        if let period = value.object { return ivlTS(period, into: made) }
        return ts(value, into: made)
      }
    case .quantity: return pq(value, as: name, type: isAny ? "PQ" : nil, in: parent) != nil
    case .value: return false
    case .string: return st(value, as: name, type: isAny ? "ST" : nil, in: parent) != nil
    case .narrative: return narrativeReference(value, as: name, in: parent)
    case .boolean:
      guard let leaf = value.leaf else { return false }
      return element { made in
        if isAny { constant(.type, "BL", in: made) }
        attribute(.value, leaf.sourced, in: made)
        return true
      }
    case .annotation: return element { comment(value, into: $0) }
    case .participation:
      guard let reference = value.object else { return false }
      return element { participation(reference, into: $0) }
    case .humanName: return pn(value, as: name, in: parent) != nil
    case .address: return ad(value, as: name, in: parent) != nil
    case .contactPoint: return tel(value, as: name, in: parent) != nil
    case .organizationName: return st(value, as: name, in: parent) != nil
    case .constant, .function: return false
    }
  }

  // MARK: Places

  /// Where a row writes.
  struct Place {
    /// The element that holds the last one, or that has the attribute.
    let element: Draft.Slot
    let last: CDAPath.Step?
    let attribute: Name?
    /// The first element that was made for this place, to be taken away if nothing is written.
    let made: Draft.Slot?
  }

  private func undo(_ place: Place) -> Bool {
    if let made = place.made { draft.remove(made) }
    return false
  }

  /// Makes the elements of a path up to its last step. What stands already is used again, unless the last
  /// element would stand twice where it may not: then the way is made anew from the last element that
  /// may repeat. `nil` where the schema has no room.
  func makeRoom(for path: CDAPath, in statement: Draft.Slot) -> Place? {
    let steps = path.steps.last?.isAttribute ?? false ? path.steps.dropLast() : path.steps[...]
    let attribute = path.steps.last.flatMap { $0.isAttribute ? $0.name : nil }
    var way: [Draft.Slot] = [statement]
    let inner = attribute == nil ? steps.dropLast() : steps
    for step in inner {
      guard let known = existing(step, in: way[way.count - 1]) else { break }
      way.append(known)
    }
    if way.count == inner.count + 1 {
      // The whole way stands: is there room at its end?
      if let attribute {
        if self.attribute(attribute, of: way[way.count - 1]) == nil {
          return Place(element: way[way.count - 1], last: nil, attribute: attribute, made: nil)
        }
      } else if let last = steps.last {
        let parent = way[way.count - 1]
        guard shapes.element(last.name, in: type(of: parent)) != nil else { return nil }
        if isList(last.name, in: parent) || child(last.name, of: parent) == nil {
          return Place(element: parent, last: last, attribute: nil, made: nil)
        }
      } else {
        return nil
      }
      // From the last element that may repeat the way is made anew.
      var from = way.count - 1
      while from > 0, !isList(draft.name(of: way[from]), in: way[from - 1]) { from -= 1 }
      guard from > 0 else { return nil }
      way.removeLast(way.count - from)
    }
    var made: Draft.Slot?
    for step in inner.dropFirst(way.count - 1) {
      guard shapes.element(step.name, in: type(of: way[way.count - 1])) != nil else {
        if let made { draft.remove(made) }
        return nil
      }
      let slot = make(step, in: way[way.count - 1])
      made = made ?? slot
      way.append(slot)
    }
    let parent = way[way.count - 1]
    if let attribute { return Place(element: parent, last: nil, attribute: attribute, made: made) }
    guard let last = steps.last, shapes.element(last.name, in: type(of: parent)) != nil else {
      if let made { draft.remove(made) }
      return nil
    }
    return Place(element: parent, last: last, attribute: nil, made: made)
  }

  func isList(_ name: Name, in parent: Draft.Slot) -> Bool {
    shapes.isList(name, in: type(of: parent))
  }

  /// The type of an element of the draft, by its way from the root and by `xsi:type`.
  func type(of slot: Draft.Slot) -> Int {
    let place = Int(slot.index)
    if place < types.count, types[place] != 0 { return Int(types[place]) }
    let type = typeByPlace(of: slot)
    while types.count <= place { types.append(0) }
    types[place] = Int32(type)
    return type
  }

  private func typeByPlace(of slot: Draft.Slot) -> Int {
    if slot == document { return cda.clinicalDocument }
    if let named = attribute(.type, of: slot) {
      let type = cda.type(named: draft.text(of: named))
      if type != 0 { return type }
    }
    guard let parent = draft.parent(of: slot) else { return 0 }
    return shapes.element(draft.name(of: slot), in: type(of: parent))?.type ?? 0
  }

  /// A child that a step of a path selects.
  private func existing(_ step: CDAPath.Step, in parent: Draft.Slot) -> Draft.Slot? {
    draft.children(of: parent).first { child in
      draft.name(of: child) == step.name && draft.kind(of: child) == .object
        && step.selectors.allSatisfy { selects($0, child) } && !isForeign(step, child)
    }
  }

  /// Whether a relationship leads to another statement than the path goes on to: a step without a
  /// selector is never an old relationship.
  private func isForeign(_ step: CDAPath.Step, _ child: Draft.Slot) -> Bool {
    step.name == .entryRelationship || step.name == .component
  }

  private func selects(_ selector: CDAPath.Selector, _ element: Draft.Slot) -> Bool {
    switch selector {
    case .attribute(let name, let values):
      return attribute(name, of: element).map { slot in
        values.contains { draft.text(of: slot) == $0 }
      } ?? false
    case .code(let name, let values):
      return child(name, of: element).flatMap { attribute(.code, of: $0) }.map { slot in
        values.contains { draft.text(of: slot) == $0 }
      } ?? false
    case .template(let roots):
      return draft.children(of: element).contains { child in
        draft.name(of: child) == .templateId
          && attribute(.root, of: child).map { slot in
            roots.contains { draft.text(of: slot) == $0 }
          } ?? false
      }
    }
  }

  /// Makes an element that a step selects, with what it is selected by.
  private func make(_ step: CDAPath.Step, in parent: Draft.Slot) -> Draft.Slot {
    let element = add(step.name, in: parent)
    for selector in step.selectors {
      if case .attribute(let name, let values) = selector, let first = values.first {
        attribute(name, Sourced(arena.copy(first), .rule(.template)), in: element)
      }
    }
    if let skeleton = skeleton(for: step, in: parent) { dress(element, as: skeleton) }
    return element
  }
}
