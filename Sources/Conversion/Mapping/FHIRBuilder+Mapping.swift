import ClinicalTree
import Definitions

extension FHIRBuilder {
  /// Reads a table from CDA to FHIR: fills a resource from a statement.
  func apply(_ mapping: Mapping, _ element: Cursor, to resource: Draft.Slot) {
    let type = facts.type(named: mapping.type)
    for row in mapping.rows { apply(row, element, to: resource, type) }
  }

  func apply(_ row: Row, _ element: Cursor, to resource: Draft.Slot, _ type: Int) {
    if case .function(_, let body, _) = row.kind {
      return follow(row.source, from: element) {
        if use[$0.index] != .taken || $0.kind == .attribute { body(self, $0, resource) }
        return true
      } as Void
    }
    if case .constant(let value) = row.kind {
      put(rule: value, .mapped, as: row.target.last, in: parent(of: row.target, in: resource))
      return
    }
    let member = self.member(row.target, in: type)
    let isList = member.map(facts.isList) ?? false
    follow(row.source, from: element) { found in
      if use[found.index] == .taken { return true }
      let parent = self.parent(of: row.target, in: resource)
      if !isList, has(row.target, in: parent) { return false }
      write(row, found, in: parent, member)
      return true
    } as Void
  }

  private func follow(_ path: CDAPath, from element: Cursor, _ body: (Cursor) -> Bool) {
    _ = follow(path, from: element, step: 0, body) as Bool
  }

  private func parent(of path: FHIRPath, in resource: Draft.Slot) -> Draft.Slot {
    path.parents.reduce(resource) { draft.object($1, in: $0) }
  }

  /// What the facts say about the element that a row writes; `nil` for a choice, whose forms have names
  /// of their own.
  private func member(_ path: FHIRPath, in type: Int) -> Int? {
    var type = type
    for name in path.parents {
      type = facts.member(name, in: type).map(facts.type(of:)) ?? 0
    }
    return facts.member(path.last, in: type)
  }

  /// Whether the element that a row writes stands already, in whatever form.
  private func has(_ path: FHIRPath, in parent: Draft.Slot) -> Bool {
    guard path.isChoice else { return draft.first(path.last, in: parent) != nil }
    return draft.children(of: parent).contains { child in
      let name = NameTable.standard.text(of: draft.name(of: child))
      var stem = path.stem
      return stem.withUTF8 { bytes in
        bytes.baseAddress.map {
          name.count > bytes.count && Bytes.areEqual(name.start, $0, bytes.count)
        }
          ?? false
      }
    }
  }

  private func isTaken(_ code: Cursor) -> Bool {
    code.attribute(.code).map { use[$0.index] == .taken } ?? false
  }

  private func write(_ row: Row, _ found: Cursor, in parent: Draft.Slot, _ member: Int?) {
    let name = row.target.last
    switch row.kind {
    case .identifier: identifier(found, as: name, in: parent)
    case .codeableConcept:
      codeableConcept(found, as: name, in: parent)
      // A code that is in one place need not be in another.
      if use[found.index] == .untouched, isTaken(found) { use[found.index] = .taken }
    case .coding: coding(found, as: name, in: parent)
    case .mappedCode(let map): mappedCode(found, map, as: name, in: parent)
    case .mappedConcept(let map): mappedConcept(found, map, as: name, in: parent)
    case .dateTime, .beginning: dateTime(found, as: row.target.form("DateTime"), in: parent)
    case .period: period(found, as: row.target.form("Period"), in: parent)
    case .time: time(found, row.target, in: parent)
    case .quantity: quantity(found, as: row.target.form("Quantity"), in: parent)
    case .value: value(found, row.target, in: parent)
    case .string: string(found, as: row.target.form("String"), in: parent)
    case .narrative: resourceNarrative(found, in: parent)
    case .boolean: boolean(found, as: row.target.form("Boolean"), in: parent)
    case .annotation: annotation(found, as: name, in: parent)
    case .participation:
      participation(found, as: name, in: parent, targets: member.map(facts.targets(of:)) ?? [])
    case .humanName: humanName(found, as: name, in: parent)
    case .address: address(found, as: name, in: parent)
    case .contactPoint: contactPoint(found, as: name, in: parent)
    case .organizationName: plainText(found, as: name, in: parent)
    case .constant, .function: break
    }
  }
}
