import ClinicalTree
import Definitions

/// The identities that are taken in one bundle.
struct ResourceRegistry {
  /// The ids of the patient, which have a part in every identity.
  var patientKey = Text.empty
  private var taken: Set<Text> = []
  private var ordinals: [Text: Int] = [:]

  /// A UUID over the patient, the type and the key; where that is taken, over the content too, and where
  /// that is taken as well, over how often it was.
  mutating func identity(
    _ type: Text, key: Text, content: () -> Text, _ arena: Arena
  ) -> Text {
    let first = uuid(type, key, .empty, 0, arena)
    if taken.insert(first).inserted { return first }
    let content = content()
    let ordinal = ordinals[first, default: 0] + 1
    let second = uuid(type, key, content, 0, arena)
    if taken.insert(second).inserted { return second }
    ordinals[first] = ordinal
    let third = uuid(type, key, content, ordinal, arena)
    taken.insert(third)
    return third
  }

  /// The name space of this project's identities: version 5 over its canonical base as a URL,
  /// 5314ad6c-b3af-5d65-b863-2a988e6ee34c.
  private static let nameSpace: [UInt8] = [
    0x53, 0x14, 0xAD, 0x6C, 0xB3, 0xAF, 0x5D, 0x65,
    0xB8, 0x63, 0x2A, 0x98, 0x8E, 0x6E, 0xE3, 0x4C,
  ]

  private func uuid(_ type: Text, _ key: Text, _ content: Text, _ ordinal: Int, _ arena: Arena)
    -> Text
  {
    var hash = SHA1()
    for byte in ResourceRegistry.nameSpace { hash.update(byte) }
    for part in [patientKey, type, key, content] {
      hash.update(part)
      hash.update(0)
    }
    for shift in [24, 16, 8, 0] { hash.update(UInt8(truncatingIfNeeded: ordinal >> shift)) }
    let text = Array("urn:uuid:".utf8) + hash.finishAsUUID()
    return text.withUnsafeBufferPointer { bytes in
      bytes.baseAddress.map { arena.copy(Text($0, bytes.count)) } ?? .empty
    }
  }
}

/// A resource of the bundle: where its members go, and how others refer to it.
struct ResourceHandle {
  let slot: Draft.Slot
  let type: Name
  /// Its `fullUrl`.
  let url: Text
}

extension FHIRBuilder {
  /// Adds an entry with a resource to the bundle.
  ///
  /// - Parameters:
  ///   - type: The type of the resource.
  ///   - element: What it is made from; its `id` elements identify it, or else its content does.
  ///   - salt: Tells several resources of one element apart.
  /// - Returns: Where the members of the resource go.
  func addResource(_ type: Name, from element: Cursor, salt: StaticString = "") -> ResourceHandle {
    addResource(type, key: arena.join(idKey(of: element), Text(salt)), content: element)
  }

  func addResource(_ type: Name, key: Text, content element: Cursor) -> ResourceHandle {
    let typeText = NameTable.standard.text(of: type)
    let key = key.isEmpty ? contentKey(of: element) : key
    let url = registry.identity(typeText, key: key, content: { contentKey(of: element) }, arena)
    let entry = draft.addObject(.entry, in: draft.root)
    put(Sourced(url, .rule(.identity)), as: .fullUrl, in: entry)
    let slot = draft.addObject(.resource, in: entry)
    put(Sourced(typeText, .rule(.resourceType)), as: .resourceType, in: slot)
    put(Sourced(url.slice(9..<url.count), .rule(.identity)), as: .id, in: slot)
    return ResourceHandle(slot: slot, type: type, url: url)
  }

  /// Writes a reference to a resource; the result is the slot of its `reference`.
  @discardableResult
  func refer(to resource: ResourceHandle, as name: Name, in parent: Draft.Slot) -> Draft.Slot {
    let reference = draft.addObject(name, in: parent)
    let slot = put(Sourced(resource.url, .rule(.reference)), as: .reference, in: reference)
    settleAliases(of: resource, at: slot)
    return slot
  }

  /// Notes what waits for a reference to a resource.
  func settleAliases(of resource: ResourceHandle, at reference: Draft.Slot) {
    guard !pendingAliases.isEmpty, let waiting = pendingAliases.removeValue(forKey: resource.slot)
    else { return }
    for alias in waiting {
      note(alias.element, sameAs: alias.other, reference: reference, resource: resource.slot)
    }
  }

  /// Notes what waits for a reference that never came.
  func flushAliases() {
    let waiting = pendingAliases
    pendingAliases = [:]
    for (slot, aliases) in waiting.sorted(by: { $0.key.index < $1.key.index }) {
      for alias in aliases { note(alias.element, sameAs: alias.other, reference: slot) }
    }
  }

  /// The ids of an element as one text; empty when it has none that says anything.
  func idKey(of element: Cursor) -> Text {
    var key = Text.empty
    for id in element.all(.id) {
      guard id.attribute(.nullFlavor) == nil else { continue }
      let root = id.attribute(.root)?.text ?? .empty
      let value = id.attribute(.`extension`)?.text ?? .empty
      if root.isEmpty && value.isEmpty { continue }
      key = arena.join(key, Text("|"), root, Text("^"), value)
    }
    return key
  }

  /// A digest of all leaves below an element.
  func contentKey(of element: Cursor) -> Text {
    var hash = SHA1()
    for index in element.index..<element.end {
      let node = element.at(index)
      if node.kind == .text && node.text.isBlank { continue }
      hash.update(node.nameText)
      hash.update(1)
      if node.kind != .element { hash.update(node.text) }
      hash.update(2)
    }
    return arena.copy(String(decoding: hash.finish().map { $0 & 0x3F + 0x20 }, as: UTF8.self))
  }
}
