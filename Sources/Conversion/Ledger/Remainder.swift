import ClinicalTree
import Definitions
import FHIRFormats

extension FHIRBuilder {
  /// Keeps what no row has taken of an element, as extensions of the resource that it became.
  ///
  /// The largest parts that nothing was taken from are kept whole, as XML; single attributes and texts
  /// of elements that were taken in part are kept by themselves. Parts that are converted on their own,
  /// and constants of the model, are passed over.
  func keepRemainder(of element: Cursor, in resource: Draft.Slot) {
    uncarry(element, to: resource)
    markGuideLinks(of: element)
    keepRemainder(of: element, path: arena.join(element.nameText, Text("/")), in: resource)
    sortKept(in: resource)
  }

  /// Puts what is kept in the order of its places, so that it is the same however it came here: kept now, or
  /// carried by an act of a document that a conversion from FHIR made.
  private func sortKept(in resource: Draft.Slot) {
    var kept: [(path: Text, slot: Draft.Slot)] = []
    for slot in draft.children(of: resource) where draft.name(of: slot) == .extension {
      let url = draft.first(.url, in: slot).map { draft.text(of: $0) }
      guard let url, url == Self.cdaContent, let place = draft.first(.extension, in: slot),
        let path = draft.first(.valueString, in: place)
      else { continue }
      kept.append((draft.text(of: path), slot))
    }
    let sorted = kept.sorted { $0.path.bytes.lexicographicallyPrecedes($1.path.bytes) }
    if zip(sorted, kept).allSatisfy({ $0.slot == $1.slot }) { return }
    for (_, slot) in sorted { draft.move(slot, to: resource) }
  }

  /// Links to the guide follow from the codes of a statement, and are made again from those.
  private func markGuideLinks(of statement: Cursor) {
    for reference in statement.all(.reference) {
      let id = reference.first(.externalDocument)?.first(.id)?.attribute(.root)
      guard id.map({ $0.text == Conversion.guideOID }) ?? false else { continue }
      for index in reference.index..<reference.end { markStructural(source.at(index)) }
    }
  }

  private func keepRemainder(of element: Cursor, path: Text, in resource: Draft.Slot) {
    var counts: [Text: Int] = [:]
    // A reaction is asserted whether or not its code says so.
    let isReaction = element.attribute(.typeCode).map { $0.text == "MFST" } ?? false
    for child in element.children {
      switch child.kind {
      case .attribute where isLeft(child):
        keep(path: arena.join(path, Text("@"), child.nameText), content: child.text, in: resource) {
          note(.kept(child), $0)
        }
      case .text where isLeft(child):
        keep(path: arena.join(path, Text("text()")), content: child.text, in: resource) {
          note(.kept(child), $0)
        }
      case .element:
        let kind = isReaction && child.name == .observation ? child.nameText : kind(of: child)
        // Relationships are told apart by what is in them.
        let key = statement(in: child).map { arena.join(child.nameText, self.kind(of: $0)) } ?? kind
        counts[key, default: 0] += 1
        guard use[child.index] != .elsewhere, !Structural.isConstantElement(child.name) else {
          continue
        }
        let state = state(of: child)
        guard state.hasLeft else { continue }
        let number = counts[key] ?? 1
        let step =
          number > 1
          ? arena.join(path, kind, arena.copy("[\(number)]")) : arena.join(path, kind)
        if state.isUntouched {
          keepWhole(child, path: step, in: resource)
        } else {
          keepRemainder(of: child, path: arena.join(step, Text("/")), in: resource)
        }
      default: break
      }
    }
  }

  /// The step of a path to an element, which tells it from its siblings by what kind it is, so that it is
  /// found again among siblings in another order.
  private func kind(of element: Cursor) -> Text {
    var step = element.nameText
    if [.entryRelationship, .participant].contains(element.name),
      let type = nonBlank(element.attribute(.typeCode))
    {
      step = arena.join(step, Text("[@typeCode="), type.text, Text("]"))
    }
    if Self.statementNames.contains(element.name), let code = element.code(), !code.isBlank,
      code.firstIndex(of: UInt8(ascii: "]")) == nil, code.firstIndex(of: UInt8(ascii: "/")) == nil
    {
      step = arena.join(step, Text("[code="), code, Text("]"))
    }
    return step
  }

  /// Whether a leaf says something that is nowhere in the target yet.
  private func isLeft(_ leaf: Cursor) -> Bool {
    guard use[leaf.index] == .untouched else { return false }
    switch leaf.kind {
    case .text: return !leaf.text.isBlank
    case .attribute:
      if leaf.name == .nullFlavor { return !["UNK", "NI"].contains { leaf.text == $0 } }
      return !Structural.isConstant(leaf) && !leaf.text.isBlank
    default: return false
    }
  }

  /// Whether an element has leaves that are left, and whether none below it was taken.
  private func state(of element: Cursor) -> (hasLeft: Bool, isUntouched: Bool) {
    var hasLeft = false
    var isUntouched = true
    var index = element.index
    while index < element.end {
      let node = source.at(index)
      if node.kind == .element, use[index] == .elsewhere {
        isUntouched = false
        index = node.end
        continue
      }
      if node.kind == .element, Structural.isConstantElement(node.name) {
        index = node.end
        continue
      }
      switch use[index] {
      case .taken: isUntouched = false
      case .structural where node.kind != .text && !Structural.isConstant(node): isUntouched = false
      default: if isLeft(node) { hasLeft = true }
      }
      index += 1
    }
    return (hasLeft, isUntouched)
  }

  private func keepWhole(_ element: Cursor, path: Text, in resource: Draft.Slot) {
    var buffer = ByteBuffer(capacity: 512)
    sourceTree.writeXML(of: element, to: &buffer)
    keep(path: path, content: arena.copy(buffer.text), in: resource) {
      note(all: element, .kept, $0)
    }
  }
}
