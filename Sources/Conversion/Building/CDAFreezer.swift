import ClinicalTree
import Definitions

/// Makes the finished tree of a draft of CDA: attributes first, elements in the order of the schema, each
/// in its namespace.
///
/// In a draft for CDA an element is an object, an attribute is a string and text is `text`.
struct CDAFreezer {
  private let draft: Draft
  private let verbatim: SlotSet
  private let shapes = CDAShapes.r2
  private let facts = CDAFacts.r2
  private var nodes: [Node] = []
  private var bytes: [UInt8] = []
  private var places: [Int32]
  private var names: LocalNames
  /// Elements that are being laid down, one stretch for each open element.
  private var members: [Member] = []

  private struct Member {
    let slot: Draft.Slot
    let order: Int
    let type: Int
    let space: Namespace
  }

  /// The prefixes of a document, by the numbers that nodes have for them.
  private static let qualifiers = [
    Qualifier(prefix: "", uri: Namespace.v3.uri), Qualifier(prefix: "", uri: ""),
    Qualifier(prefix: "xsi", uri: Namespace.xsi.uri),
    Qualifier(prefix: "sdtc", uri: Namespace.sdtc.uri),
  ]

  /// The tree below an element of a draft, and for each slot the node that it became (-1 for what was
  /// taken away).
  /// Attributes with values that the schema does not allow are left out, but for those that are
  /// `verbatim`.
  static func freeze(
    _ draft: Draft, _ root: Draft.Slot, verbatim: SlotSet
  ) -> (tree: Tree, nodes: [Int32]) {
    var freezer = CDAFreezer(draft, verbatim)
    freezer.element(root, CDAFacts.r2.clinicalDocument, .v3, isRoot: true)
    let tree = Tree(
      nodes: freezer.nodes, source: [], decoded: freezer.bytes, names: freezer.names,
      qualifiers: qualifiers)
    return (tree, freezer.places)
  }

  private init(_ draft: Draft, _ verbatim: SlotSet) {
    self.draft = draft
    self.verbatim = verbatim
    places = [Int32](repeating: -1, count: draft.count)
    names = LocalNames(table: draft.names)
    nodes.reserveCapacity(draft.count)
    bytes.reserveCapacity(draft.count * 12)
  }

  private mutating func append(
    _ kind: Node.Kind, _ name: Name, _ text: Text, _ space: Namespace, _ qualifier: UInt16
  ) {
    var node = Node(
      kind, name: name, offset: UInt32(truncatingIfNeeded: bytes.count),
      length: UInt32(truncatingIfNeeded: text.count), place: UInt32(nodes.count),
      flags: Node.Flags(space: space).union(.decoded), qualifier: qualifier)
    node.end = UInt32(nodes.count + 1)
    nodes.append(node)
    bytes.append(contentsOf: text.bytes)
  }

  private mutating func element(
    _ slot: Draft.Slot, _ declared: Int, _ space: Namespace, isRoot: Bool = false
  ) {
    let own = nodes.count
    places[Int(slot.index)] = Int32(own)
    append(.element, draft.name(of: slot), .empty, space, space == .sdtc ? 3 : 0)
    if isRoot { declareNamespaces() }
    let children = draft.children(of: slot)
    let type = effectiveType(children, declared)
    for child in children where draft.kind(of: child) == .string { attribute(child, type) }
    completeAttributes(draft.name(of: slot), behind: own, type)
    if facts.isMixed(type) {
      for child in children { content(child, type) }
    } else {
      elements(children, of: draft.name(of: slot), type)
    }
    nodes[own].end = UInt32(nodes.count)
  }

  /// Lays down the child elements in their order. What the schema requires and nobody wrote stands without
  /// information at its place.
  private mutating func elements(_ children: Draft.Children, of name: Name, _ type: Int) {
    let start = members.count
    collect(children, type)
    let end = members.count
    var missing = shapes.needed(in: type)[...]
    for position in start..<end {
      let member = members[position]
      while let first = missing.first {
        if !has(first, start..<end) {
          guard let wanted = shapes.element(first, in: type), wanted.order < member.order else {
            break
          }
          silent(first, wanted.type)
        }
        missing.removeFirst()
      }
      element(member.slot, member.type, member.space)
    }
    let materials = [Name.manufacturedMaterial, .manufacturedLabeledDrug]
    if name == .manufacturedProduct, !materials.contains(where: { has($0, start..<end) }) {
      silentMaterial(of: name, type)
    }
    for name in missing where !has(name, start..<end) {
      if let wanted = shapes.element(name, in: type) { silent(name, wanted.type) }
    }
    members.removeLast(end - start)
  }

  private func has(_ name: Name, _ range: Range<Int>) -> Bool {
    range.contains { draft.name(of: members[$0].slot) == name }
  }

  /// An element of which nothing is known.
  private mutating func silent(_ name: Name, _ type: Int) {
    let own = nodes.count
    append(.element, name, .empty, .v3, 0)
    if facts.attribute(.nullFlavor, of: type) != nil {
      append(.attribute, .nullFlavor, Text("NI"), .none, 1)
    }
    completeAttributes(name, behind: own, type)
    for inner in shapes.needed(in: type) {
      if let wanted = shapes.element(inner, in: type) { silent(inner, wanted.type) }
    }
    silentMaterial(of: name, type)
    nodes[own].end = UInt32(nodes.count)
  }

  /// The one choice of the schema that must be made: a product is a material or a drug.
  private mutating func silentMaterial(of name: Name, _ type: Int) {
    guard name == .manufacturedProduct,
      let wanted = shapes.element(.manufacturedMaterial, in: type)
    else { return }
    silent(.manufacturedMaterial, wanted.type)
  }

  /// Attributes that the schema requires of the element in hand, where nobody wrote lawful ones.
  private mutating func completeAttributes(_ name: Name, behind element: Int, _ type: Int) {
    next: for required in facts.requiredAttributes(of: type) {
      for written in element + 1..<nodes.count
      where nodes[written].kind == .attribute && nodes[written].name == required.name {
        continue next
      }
      let value =
        required.fixed ?? required.fallback
        ?? (required.name == .moodCode
          ? Text("EVN")
          : required.name == .typeCode ? ModelClass.type(of: name) : ModelClass.code(of: name))
      if !value.isEmpty { append(.attribute, required.name, value, .none, 1) }
    }
  }

  private mutating func declareNamespaces() {
    for (prefix, space) in [("", Namespace.v3), ("xsi", .xsi), ("sdtc", .sdtc)] {
      let bytes = Array(prefix.utf8)
      let name = bytes.withUnsafeBufferPointer { buffer in
        buffer.baseAddress.map { names.name($0, buffer.count) } ?? .none
      }
      let arena = draft.arena
      append(.namespace, name, arena.copy(space.uri), .none, 1)
    }
  }

  private func effectiveType(_ children: Draft.Children, _ declared: Int) -> Int {
    for child in children where draft.name(of: child) == .type && draft.kind(of: child) == .string {
      let named = facts.type(named: draft.text(of: child))
      if named != 0 { return named }
    }
    return declared
  }

  private mutating func attribute(_ slot: Draft.Slot, _ type: Int) {
    let name = draft.name(of: slot)
    let known = facts.attribute(name, of: type)
    // A value that the schema does not allow is left out, and so is an attribute that it does not know.
    if verbatim.contains(slot) {
    } else if let known {
      guard known.fixed.map({ $0 == draft.text(of: slot).trimmed }) ?? true,
        CDAFormat.isValid(draft.text(of: slot), type: known.type, facts)
      else { return }
    } else if name != .type {
      return
    }
    places[Int(slot.index)] = Int32(nodes.count)
    let isType = known == nil && name == .type
    let space: Namespace = isType ? .xsi : known?.isSDTC ?? false ? .sdtc : .none
    append(
      .attribute, name, draft.text(of: slot), space, isType ? 2 : space == .sdtc ? 3 : 1)
  }

  private mutating func content(_ slot: Draft.Slot, _ type: Int) {
    switch draft.kind(of: slot) {
    case .text:
      places[Int(slot.index)] = Int32(nodes.count)
      append(.text, .none, draft.text(of: slot), .none, 0)
    case .object:
      let pair = shapes.pair(draft.name(of: slot), in: type)
      element(
        slot, (pair?.v3 ?? pair?.sdtc)?.type ?? 0,
        pair?.v3 == nil && pair?.sdtc != nil ? .sdtc : .v3)
    default: break
    }
  }

  /// Puts the elements behind those that are being laid down, in the order of the schema, those that it
  /// does not know last. Of elements that both namespaces have, the first is CDA's own and the others are
  /// of the extension.
  private mutating func collect(_ children: Draft.Children, _ type: Int) {
    let start = members.count
    for child in children where draft.kind(of: child) == .object {
      let name = draft.name(of: child)
      let pair = shapes.pair(name, in: type)
      var element = pair?.v3 ?? pair?.sdtc
      var space: Namespace = pair?.v3 == nil && pair?.sdtc != nil ? .sdtc : .v3
      if let own = pair?.v3, let other = pair?.sdtc, !own.isList, has(name, start..<members.count) {
        element = other
        space = .sdtc
      }
      members.append(
        Member(
          slot: child, order: element?.order ?? Int.max, type: element?.type ?? 0, space: space))
      var position = members.count - 1
      while position > start, members[position].order < members[position - 1].order {
        members.swapAt(position, position - 1)
        position -= 1
      }
    }
  }
}

/// The codes of CDA's classes that the schema requires, by the elements that they are codes of.
enum ModelClass {
  /// The type of a relation that nobody named: the one that says least.
  static func type(of element: Name) -> Text {
    switch element {
    case .participant: Text("IND")
    case .performer: Text("PRF")
    case .encounterParticipant: Text("ATND")
    case .reference: Text("REFR")
    case .relatedDocument: Text("APND")
    default: Text("COMP")
    }
  }

  /// The class of an act or a role.
  static func code(of element: Name) -> Text {
    switch element {
    case .observation, .observationMedia: Text("OBS")
    case .act: Text("ACT")
    case .procedure: Text("PROC")
    case .encounter: Text("ENC")
    case .substanceAdministration: Text("SBADM")
    case .supply: Text("SPLY")
    case .organizer: Text("CLUSTER")
    case .regionOfInterest: Text("ROIOVL")
    case .relatedEntity, .relatedSubject: Text("PRS")
    case .associatedEntity: Text("ASSIGNED")
    default: .empty
    }
  }
}
