import ClinicalTree
import Definitions

/// The people, organisations and devices of one document, by what the source says of them.
///
/// What is met twice and is the same becomes one resource; what shares an id and differs stays two.
struct RoleIndex {
  struct Entry {
    /// Where the element that the resources were made from begins.
    let start: Int
    var handles: RoleHandles
  }

  private var byContent: [UInt64: [Entry]] = [:]
  private var byID: [Text: [Entry]] = [:]

  /// The resources of an element that says the same, with the place of that element.
  func entry(sameAs element: Cursor, _ digest: UInt64) -> Entry? {
    byContent[digest]?.first { RoleIndex.areSame(element.at($0.start), element) }
  }

  mutating func add(_ handles: RoleHandles, _ element: Cursor, _ digest: UInt64, ids: [Text]) {
    let entry = Entry(start: element.index, handles: handles)
    byContent[digest, default: []].append(entry)
    for id in ids { byID[id, default: []].append(entry) }
  }

  /// The resources of earlier elements with one of the ids.
  func entries(withIDs ids: [Text]) -> [Entry] { ids.flatMap { byID[$0] ?? [] } }

  /// A digest of names and values; white space between elements does not count.
  static func digest(_ element: Cursor) -> UInt64 {
    var digest: UInt64 = 14_695_981_039_346_656_037
    for index in element.index..<element.end {
      let node = element.at(index)
      digest = (digest ^ UInt64(node.name.rawValue)) &* 1_099_511_628_211
      if node.kind != .element, !(node.kind == .text && node.text.isBlank) {
        digest = (digest ^ NameTable.hash(node.text.start, node.text.count)) &* 1_099_511_628_211
      }
    }
    return digest
  }

  /// Whether two elements have the same names and values.
  static func areSame(_ a: Cursor, _ b: Cursor) -> Bool {
    guard a.end - a.index == b.end - b.index else { return false }
    for step in 0..<a.end - a.index {
      let (left, right) = (a.at(a.index + step), b.at(b.index + step))
      guard left.kind == right.kind, left.name == right.name else { return false }
      if left.kind == .element { continue }
      if left.text != right.text, !(left.kind == .text && left.text.isBlank && right.text.isBlank) {
        return false
      }
    }
    return true
  }
}

/// The resources that one role of CDA becomes.
struct RoleHandles {
  var role: ResourceHandle?
  var person: ResourceHandle?
  var device: ResourceHandle?
  var location: ResourceHandle?
  var organization: ResourceHandle?

  /// The resource to refer to, of those that the reference may lead to; an empty list allows any.
  func choose(_ targets: [Int], _ facts: FHIRFacts) -> ResourceHandle? {
    let anything = targets.isEmpty || targets.contains(facts.type(named: .Resource))
    return [role, person, location, device, organization].compactMap { $0 }
      .first { anything || targets.contains(facts.type(named: $0.type)) }
  }
}
