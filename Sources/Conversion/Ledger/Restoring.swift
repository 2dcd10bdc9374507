import ClinicalTree
import Definitions
import FHIRFormats

// What a conversion from C-CDA kept in extensions goes back to its place.

/// A path of kept content: `act/entryRelationship[@typeCode=REFR]/observation[code=33999-4]/@classCode`.
struct KeptPath {
  struct Step {
    var name: Text
    var typeCode: Text?
    var code: Text?
    /// Which of several that are alike, from 1.
    var ordinal = 1
  }

  var steps: [Step] = []

  /// `nil` for what is no such path.
  init?(_ text: Text) {
    var from = 0
    var depth = 0
    for place in 0...text.count {
      if place < text.count {
        if text[place] == UInt8(ascii: "[") { depth += 1 }
        if text[place] == UInt8(ascii: "]") { depth -= 1 }
        if text[place] != UInt8(ascii: "/") || depth > 0 { continue }
      }
      guard let step = KeptPath.step(text.slice(from..<place)) else { return nil }
      steps.append(step)
      from = place + 1
    }
    if steps.isEmpty { return nil }
  }

  private static func step(_ text: Text) -> Step? {
    guard let open = text.firstIndex(of: UInt8(ascii: "[")) else {
      return text.isEmpty ? nil : Step(name: text)
    }
    var step = Step(name: text.slice(0..<open))
    var rest = text.slice(open..<text.count)
    while !rest.isEmpty {
      guard rest[0] == UInt8(ascii: "["), let end = rest.firstIndex(of: UInt8(ascii: "]")) else {
        return nil
      }
      let selector = rest.slice(1..<end)
      if selector.hasPrefix("@typeCode=") {
        step.typeCode = selector.slice(10..<selector.count)
      } else if selector.hasPrefix("code=") {
        step.code = selector.slice(5..<selector.count)
      } else if let number = Int(selector.string), number > 0 {
        step.ordinal = number
      } else {
        return nil
      }
      rest = rest.slice(end + 1..<rest.count)
    }
    return step.name.isEmpty ? nil : step
  }
}

extension CDABuilder {
  /// Writes back what an object keeps of the C-CDA that it was made from. What has no room there stays
  /// for ``carry(_:in:)``.
  ///
  /// `statement` is the one beside which that travels: only with one can what turns out to be unlawful be
  /// taken back.
  func restore(
    _ object: Cursor, _ levels: [Name: [Draft.Slot]], in statement: Draft.Slot? = nil
  ) {
    var seen: [Text: Int] = [:]
    for kept in allExtended(FHIRBuilder.cdaContent, in: object)
    where !done.contains(kept.index) && !bans.contents.contains(kept.index) {
      guard let place = leaf(.valueString, in: extended("path", in: kept)),
        let content = value(.valueString, in: extended("content", in: kept) ?? kept)?.node,
        let path = KeptPath(place.text), let first = path.steps.first,
        let candidates = NameTable.standard.lookUp(first.name.start, first.name.count)
          .flatMap({ levels[$0] })
      else { continue }
      // The same place twice is that of another statement which became the same resource: what follows
      // is of that one, and travels beside this one.
      seen[place.text, default: 0] += 1
      if seen[place.text, default: 0] > candidates.count { return }
      for level in candidates {
        changes = []
        guard let slot = restore(content, path.steps.dropFirst(), below: level) else { continue }
        restoredSlots[slot] = kept.index
        done.insert(kept.index)
        markStructural(kept)
        if let statement {
          restorations[kept.index] = Restoration(
            slot: slot, changes: changes, resource: object, statement: statement)
        }
        break
      }
    }
  }

  private func restore(
    _ content: Cursor, _ steps: ArraySlice<KeptPath.Step>, below element: Draft.Slot
  ) -> Draft.Slot? {
    guard let step = steps.first else { return nil }
    if step.name.hasPrefix("@") { return restoreAttribute(content, step, in: element) }
    if step.name == "text()" {
      guard cda.isMixed(type(of: element)), !hasParts(element) else { return nil }
      let slot = text(content.sourced, in: element)
      changes.append(.added(slot))
      return slot
    }
    guard let name = NameTable.standard.lookUp(step.name.start, step.name.count) else { return nil }
    if steps.count == 1 { return restoreElement(content, name, in: element) }
    // A relationship and the statement in it are one step.
    if name == .entryRelationship || name == .component, let inner = steps.dropFirst().first,
      let innerName = NameTable.standard.lookUp(inner.name.start, inner.name.count),
      steps.count > 2, Self.statementNames.contains(innerName)
    {
      guard let next = related(step, name, inner, innerName, of: element) else { return nil }
      let slot = restore(content, steps.dropFirst(2), below: next.statement)
      // What was made for it and holds nothing else goes again.
      if slot == nil, let made = next.made { draft.remove(made) }
      if slot != nil, let made = next.made { changes.insert(.added(made), at: 0) }
      return slot
    }
    let known = draft.children(of: element).filter {
      draft.name(of: $0) == name && draft.kind(of: $0) == .object && fits($0, step)
    }
    if step.ordinal <= known.count {
      return restore(content, steps.dropFirst(), below: known[step.ordinal - 1])
    }
    guard shapes.element(name, in: type(of: element)) != nil,
      known.isEmpty || isList(name, in: element)
    else { return nil }
    let made = add(name, in: element)
    if let code = step.typeCode {
      attribute(.typeCode, Sourced(arena.copy(code), .rule(.template)), in: made)
    }
    // A value with a code is of the type that has one.
    if name == .value, steps.dropFirst().first.map({ $0.name == "@code" }) ?? false {
      constant(.type, "CD", in: made)
    }
    let slot = restore(content, steps.dropFirst(), below: made)
    if slot == nil { draft.remove(made) } else { changes.insert(.added(made), at: 0) }
    return slot
  }

  static let statementNames = Set(FHIRBuilder.statementNames)

  private func fits(_ element: Draft.Slot, _ step: KeptPath.Step) -> Bool {
    guard let code = step.typeCode else { return true }
    return attribute(.typeCode, of: element).map { draft.text(of: $0) == code } ?? false
  }

  /// The statement in a relationship, found by the kind of the relation and by its code; made when there
  /// is none.
  private func related(
    _ holder: KeptPath.Step, _ holderName: Name, _ inner: KeptPath.Step, _ innerName: Name,
    of element: Draft.Slot
  ) -> (statement: Draft.Slot, made: Draft.Slot?)? {
    var count = 0
    for child in draft.children(of: element)
    where draft.name(of: child) == holderName && draft.kind(of: child) == .object {
      guard let statement = self.child(innerName, of: child) else { continue }
      let code = self.child(.code, of: statement).flatMap { attribute(.code, of: $0) }
      // A statement whose source had no code has the one that its template fixes.
      let isReaction = holder.typeCode.map { $0 == "MFST" } ?? false
      let isFixed =
        (inner.code == nil || isReaction) && fits(child, holder)
        && code.map(ruled.contains) ?? false
      guard isFixed || code.map({ draft.text(of: $0) }) ?? .empty == inner.code ?? .empty else {
        continue
      }
      count += 1
      guard count == max(holder.ordinal, inner.ordinal) else { continue }
      if let type = holder.typeCode, let known = attribute(.typeCode, of: child),
        ruled.contains(known)
      {
        draft.replace(known, .string, arena.copy(type))
      }
      return (statement, nil)
    }
    // A finding whose code no table reads is the one that has none yet.
    for child in draft.children(of: element)
    where inner.code != nil && draft.name(of: child) == holderName && fits(child, holder) {
      guard let statement = self.child(innerName, of: child),
        self.child(.code, of: statement) == nil
      else { continue }
      addPathCode(inner.code, in: statement)
      return (statement, nil)
    }
    guard shapes.element(holderName, in: type(of: element)) != nil else { return nil }
    let made = add(holderName, in: element)
    if let code = holder.typeCode {
      attribute(.typeCode, Sourced(arena.copy(code), .rule(.template)), in: made)
      if code == "SUBJ" { constant(.inversionInd, "true", in: made) }
    }
    let statement = add(innerName, in: made)
    addPathCode(inner.code, in: statement)
    // What was taken in part had the status that every statement of its kind has.
    if innerName == .observation || innerName == .act {
      constant(.code, "completed", .template, in: add(.statusCode, in: statement))
    }
    // What belongs to an order is no more done than that.
    if innerName == .supply || innerName == .substanceAdministration,
      let mood = attribute(.moodCode, of: element), !(draft.text(of: mood) == "EVN")
    {
      attribute(.moodCode, Sourced(draft.text(of: mood), .rule(.template)), in: statement)
    }
    return (statement, made)
  }

  /// The code by which a path names a statement, until the whole code is restored.
  private func addPathCode(_ code: Text?, in statement: Draft.Slot) {
    guard let code else { return }
    let element = add(.code, in: statement)
    attribute(.code, Sourced(arena.copy(code), .rule(.template)), in: element)
    pathCodes.insert(element)
  }

  private func restoreAttribute(
    _ content: Cursor, _ step: KeptPath.Step, in element: Draft.Slot
  ) -> Draft.Slot? {
    let spelling = step.name.slice(1..<step.name.count)
    guard let name = NameTable.standard.lookUp(spelling.start, spelling.count),
      cda.attribute(name, of: type(of: element)) != nil
    else { return nil }
    if isFixedCode(element) { return nil }
    if let known = attribute(name, of: element) {
      guard draft.text(of: known) == content.text else {
        // A negation that was stated is not what a rule put there.
        guard ruled.contains(known) else { return nil }
        changes.append(.replaced(known, draft.text(of: known)))
        return attribute(name, content.sourced, in: element)
      }
      note(.leaf(content), known)
      return known
    }
    let slot = attribute(name, content.sourced, in: element)
    verbatim.insert(slot)
    changes.append(.added(slot))
    return slot
  }

  /// Whether an element is a code that a template fixes: nothing of another code belongs to it.
  private func isFixedCode(_ element: Draft.Slot) -> Bool {
    draft.name(of: element) == .code && !pathCodes.contains(element)
      && attribute(.code, of: element).map { ruled.contains($0) } ?? false
  }

  /// Whether an element is a name or an address in parts, beside which no words may stand.
  private func hasParts(_ element: Draft.Slot) -> Bool {
    [.name, .addr].contains(draft.name(of: element))
      && draft.children(of: element).contains { draft.kind(of: $0) == .object }
  }

  private func restoreElement(
    _ content: Cursor, _ name: Name, in element: Draft.Slot
  ) -> Draft.Slot? {
    guard shapes.element(name, in: type(of: element)) != nil, !isFixedCode(element) else {
      return nil
    }
    if let known = child(name, of: element), !isList(name, in: element) {
      // What says nothing makes room for what says something.
      guard saysNothing(known) || pathCodes.contains(known) else { return nil }
      makeRoom(known, in: element)
    } else if let known = child(name, of: element), saysNothing(known) {
      makeRoom(known, in: element)
    }
    guard let tree = Tree.xmlFragment(content.text) else { return nil }
    return tree.withCursor { root in
      guard root.kind == .element, root.name == name else { return nil }
      guard let slot = copy(root, into: element) else { return nil }
      note(.leaf(content), slot)
      changes.append(.added(slot))
      return slot
    }
  }

  private func makeRoom(_ known: Draft.Slot, in element: Draft.Slot) {
    draft.remove(known)
    changes.append(.removed(known, from: element))
  }

  func saysNothing(_ element: Draft.Slot) -> Bool {
    draft.children(of: element).allSatisfy { child in
      switch draft.kind(of: child) {
      case .object: saysNothing(child)
      case .string: draft.name(of: child) == .nullFlavor || draft.name(of: child) == .type
      default: false
      }
    }
  }

  /// Copies an element of another tree; `nil` for one with names that no standard knows.
  private func copy(_ element: Cursor, into parent: Draft.Slot) -> Draft.Slot? {
    guard Int(element.name.rawValue) < draft.names.count else { return nil }
    let slot = add(element.name, in: parent)
    for child in element.children {
      switch child.kind {
      case .attribute:
        guard Int(child.name.rawValue) < draft.names.count else {
          draft.remove(slot)
          return nil
        }
        verbatim.insert(draft.add(child.name, .string, arena.copy(child.text), in: slot))
      case .text: _ = draft.add(.none, .text, arena.copy(child.text), in: slot)
      case .element:
        if copy(child, into: slot) == nil {
          draft.remove(slot)
          return nil
        }
      default: continue
      }
    }
    return slot
  }
}

// MARK: Taking back

/// What was done to a document to write back one piece of kept content.
struct Restoration {
  enum Change {
    case added(Draft.Slot)
    case removed(Draft.Slot, from: Draft.Slot)
    case replaced(Draft.Slot, Text)
  }

  let slot: Draft.Slot
  let changes: [Change]
  /// The resource that kept the content, and the statement that it is.
  let resource: Cursor
  let statement: Draft.Slot
}

extension CDABuilder {
  /// Takes content that is unlawful at its place out of the document as it is, and lets it travel beside
  /// its statement; the statements, or `nil` where some of it belongs to none.
  func takeBack(_ contents: Set<Int>) -> [Draft.Slot]? {
    let found = contents.sorted().compactMap { kept in restorations[kept].map { (kept, $0) } }
    guard found.count == contents.count else { return nil }
    bans.contents.formUnion(contents)
    for (_, restoration) in found { restoredSlots[restoration.slot] = nil }
    for (kept, restoration) in found.reversed() { undo(restoration, kept) }
    // What was made for several pieces goes with the last of them.
    for shell in shells where !holdsRestored(shell) { draft.remove(shell) }
    var changed: [Draft.Slot] = []
    for (_, restoration) in found where !changed.contains(restoration.statement) {
      owner = restoration.resource
      carry(restoration.resource, in: restoration.statement)
      changed.append(restoration.statement)
    }
    complete()
    return changed
  }

  private func undo(_ restoration: Restoration, _ kept: Int) {
    restorations[kept] = nil
    for change in restoration.changes.reversed() {
      switch change {
      case .added(let slot):
        if holdsRestored(slot) { shells.append(slot) } else { draft.remove(slot) }
      case .removed(let slot, let parent): draft.move(slot, to: parent)
      case .replaced(let slot, let text): draft.replace(slot, .string, text)
      }
    }
    for index in kept..<source.at(kept).end { use[index] = .untouched }
  }

  /// Whether something else that was restored stands in an element.
  private func holdsRestored(_ element: Draft.Slot) -> Bool {
    restoredSlots[element] != nil
      || draft.children(of: element).contains { child in
        draft.kind(of: child) == .object
          ? holdsRestored(child) : restoredSlots[child] != nil
      }
  }
}
