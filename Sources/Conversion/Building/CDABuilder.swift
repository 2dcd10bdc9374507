import ClinicalTree
import Definitions

/// The state of one conversion from FHIR to a CDA document.
///
/// The mirror of ``FHIRBuilder``: resources are read by the same tables from their other side. It lives
/// inside the `withCursor` of its source tree and is used by one task.
final class CDABuilder {
  typealias Use = FHIRBuilder.Use

  let source: Cursor
  let sourceTree: Tree
  /// Elements are objects, attributes are strings, text is `text`; see ``CDAFreezer``.
  let draft: Draft
  let options: Conversion.Options
  let facts = FHIRFacts.r4
  let cda = CDAFacts.r2
  let shapes = CDAShapes.r2
  let codeSystems = CodeSystems.standard
  let maps = CodeMaps.shared
  let resources: ResourceTable
  /// The element ClinicalDocument.
  let document: Draft.Slot
  private(set) var findings = Findings()
  private(set) var ledger: LedgerRecords?
  /// What has become of each node of the source.
  var use: [Use]
  /// Values that rows of the table in hand have written.
  var done: Set<Int> = []
  /// The resource in hand, in which references into `contained` are looked up.
  var owner: Cursor
  /// The statements that resources became.
  var statements: [Int: Draft.Slot] = [:]
  /// Resources without an identifier to which statements refer, by their nodes.
  var referredTo: Set<Int> = []
  /// Resources that sections name as their entries: they stand there and nowhere else.
  var sectionEntries: Set<Int> = []
  /// The sections of the body by their codes; of several with one code the first.
  var sections: [Text: Draft.Slot] = [:]
  /// Resources that stand in the section of health concerns.
  var concerns: Set<Int> = []
  /// Statements whose required parts are filled in when everything else is written.
  var unfinished: [(slot: Draft.Slot, skeleton: Skeleton)] = []
  /// What stands in the document as the source of FHIR kept it: the extension that had it, by its slot.
  var restoredSlots: [Draft.Slot: Int] = [:]
  /// How what stands in the document again got there, by the extensions that had it.
  var restorations: [Int: Restoration] = [:]
  /// Elements that were made for a piece that has been taken back, and hold another.
  var shells: [Draft.Slot] = []
  /// What has been done for the piece of content in hand.
  var changes: [Restoration.Change] = []
  /// What was restored and cannot satisfy the profile of its place: extensions, by their nodes.
  var unlawful: Set<Int> = []
  /// What an earlier attempt has shown to be unlawful.
  var bans: Bans
  /// The templates that each element claims.
  var claims: [Draft.Slot: [Bans.Claim]] = [:]
  /// How often the statements of a resource have claimed a template, by the first of those claims.
  var claimCounts: [Bans.Claim: Int] = [:]
  /// Resources that stand inside of others, as members of an organizer.
  var members: Set<Int> = []
  /// What of resources without a statement of their own is nowhere.
  var left: [(resource: Cursor, path: Text, node: Cursor)] = []
  /// Resources that hold the source of the FHIR.
  var passedOver: Set<Int> = []
  /// Codes that stand only because a path names them.
  var pathCodes = SlotSet()
  /// Attributes that stand as the source of the FHIR had them, lawful or not.
  var verbatim = SlotSet()
  /// What of the medication of the statement in hand is nowhere.
  var medicationParts: [(path: Text, node: Cursor)] = []
  /// The types of elements, by their slots, as far as they have been asked for.
  var types: [Int32] = []
  /// Attributes whose value is by rule.
  var ruled = SlotSet()
  /// The Provenances of each resource.
  var provenances: [Int: [Cursor]] = [:]
  /// How deep statements stand in each other.
  var depth = 0
  /// The encounter of the header, and what of it need not be said again in the body.
  var encompassing: Cursor?
  var headerDone: Set<Int> = []
  /// The IDs of the narrative.
  var narrativeIDs: Set<Text> = []
  /// Numbers the IDs that are made for the narrative.
  var madeIDs = 0
  var patient: Cursor?
  /// Whether what is known of the patient as a person stands in the social history.
  var hasPatientFacts = false

  init(
    _ source: Cursor, tree: Tree, options: Conversion.Options, keepsLedger: Bool, bans: Bans
  ) {
    self.bans = bans
    self.source = source
    sourceTree = tree
    self.options = options
    draft = Draft(names: .standard, capacity: source.treeCount)
    use = Array(repeating: .untouched, count: source.treeCount)
    resources = ResourceTable(source)
    ledger = keepsLedger ? LedgerRecords() : nil
    owner = source
    document = draft.addObject(.ClinicalDocument, in: draft.root)
  }

  var arena: Arena { draft.arena }

  /// Gives up claims to templates in the document as it is; the elements that gave up one.
  func giveUp(_ claims: Set<Bans.Claim>) -> [Draft.Slot] {
    bans.claims.formUnion(claims)
    var changed: [Draft.Slot] = []
    if claims.isEmpty { return changed }
    let losing = self.claims.filter { $0.value.contains(where: claims.contains) }
    for (element, known) in losing.sorted(by: { $0.key.index < $1.key.index }) {
      let lost = known.filter(claims.contains)
      changed.append(element)
      self.claims[element] = known.filter { !claims.contains($0) }
      for id in draft.children(of: element) where draft.name(of: id) == .templateId {
        let root = attribute(.root, of: id).map { draft.text(of: $0).string }
        if lost.contains(where: { $0.root == root }) { draft.remove(id) }
      }
      for claim in lost {
        owner = source.at(claim.resource)
        reclaim(claim.root, on: element)
      }
    }
    return changed
  }

  // MARK: Writing

  /// Adds an element.
  @discardableResult
  func add(_ name: Name, in parent: Draft.Slot) -> Draft.Slot { draft.addObject(name, in: parent) }

  /// Writes an attribute; one that stands there gets the new value.
  @discardableResult
  func attribute(
    _ name: Name, _ value: Sourced<Text>, in element: Draft.Slot
  ) -> Draft.Slot {
    let text = lawful(value.value)
    let slot: Draft.Slot
    if let known = self.attribute(name, of: element) {
      slot = known
      draft.replace(known, .string, text)
    } else {
      slot = draft.add(name, .string, text, in: element)
    }
    if name == .type, Int(element.index) < types.count { types[Int(element.index)] = 0 }
    note(value.origin, slot)
    return slot
  }

  /// Writes an attribute by rule.
  func constant(
    _ name: Name, _ value: StaticString, _ reason: Reason = .template, in element: Draft.Slot
  ) {
    ruled.insert(attribute(name, Sourced(Text(value), .rule(reason)), in: element))
  }

  /// Writes text into an element.
  @discardableResult
  func text(_ value: Sourced<Text>, in element: Draft.Slot) -> Draft.Slot {
    let slot = draft.add(.none, .text, lawful(value.value), in: element)
    note(value.origin, slot)
    return slot
  }

  func attribute(_ name: Name, of element: Draft.Slot) -> Draft.Slot? {
    draft.children(of: element).first {
      draft.name(of: $0) == name && draft.kind(of: $0) == .string
    }
  }

  /// The first child element with a name.
  func child(_ name: Name, of element: Draft.Slot) -> Draft.Slot? {
    draft.children(of: element).first {
      draft.name(of: $0) == name && draft.kind(of: $0) == .object
    }
  }

  /// The first child element with a name, made now if there is none.
  func element(_ name: Name, of parent: Draft.Slot) -> Draft.Slot {
    child(name, of: parent) ?? add(name, in: parent)
  }

  /// A text without the characters that XML cannot hold.
  private func lawful(_ text: Text) -> Text {
    guard text.bytes.contains(where: { $0 < 0x20 && !Bytes.isSpace($0) }) else { return text }
    let plain = text.bytes.filter { $0 >= 0x20 || Bytes.isSpace($0) }
    return arena.copy(String(decoding: plain, as: UTF8.self))
  }

  // MARK: Noting

  /// Notes that a leaf has a say in a value that stands already.
  func note(_ origin: Origin, _ slot: Draft.Slot) {
    if origin.leaf >= 0 { use[Int(origin.leaf)] = .taken }
    if origin.second >= 0 { use[Int(origin.second)] = .taken }
    ledger?.add(origin, slot)
  }

  /// Notes that all leaves below a node have a say in a value that stands already.
  func note(all node: Cursor, _ kind: Origin.Kind, _ slot: Draft.Slot) {
    for index in node.index..<node.end where use[index] == .untouched || use[index] == .both {
      use[index] = .taken
    }
    ledger?.addRange(node.index..<node.end, kind, slot)
  }

  /// Notes that the place of an element, its template or its class says what the leaves below a node say.
  func note(_ node: Cursor?, saidBy element: Draft.Slot) {
    guard let node else { return }
    for index in node.index..<node.end where use[index] == .untouched {
      switch source.at(index).kind {
      case .object, .array, .null: use[index] = .structural
      default: note(.leaf(source.at(index)), element)
      }
    }
  }

  /// Marks the leaves below a node as having done their work.
  func markStructural(_ node: Cursor?) {
    guard let node else { return }
    for index in node.index..<node.end where use[index] == .untouched { use[index] = .structural }
  }

  func report(_ code: Issue.Code, at node: Cursor, _ message: String) {
    findings.add(code, at: node, message)
  }
}

/// What an attempt to write a document has shown: content that is not lawful at its place, and statements
/// that do not satisfy the template that they would claim.
struct Bans {
  /// Extensions that hold kept content, by their nodes.
  var contents: Set<Int> = []
  /// What may not be claimed.
  var claims: Set<Claim> = []

  var isEmpty: Bool { contents.isEmpty && claims.isEmpty }

  mutating func formUnion(_ other: Bans) {
    contents.formUnion(other.contents)
    claims.formUnion(other.claims)
  }

  /// A template that is claimed by a statement of a resource: which of those of the resource that claim
  /// it, in the order in which they are written.
  struct Claim: Hashable {
    let resource: Int
    let root: String
    let number: Int

    func hash(into hasher: inout Hasher) {
      // The templates of a resource are few, and the numbers tell most of them apart.
      hasher.combine(resource)
      hasher.combine(number)
    }
  }
}

/// The resources of a source and how they are referred to.
struct ResourceTable {
  /// A resource of a Bundle.
  struct Entry {
    let resource: Cursor
    let type: Name
    let url: Text?
  }

  private(set) var entries: [Entry] = []
  private var places: Set<Int> = []
  private var byURL: [Text: Int] = [:]
  private var byPath: [Text: Int] = [:]
  private let arena = Arena()

  init(_ root: Cursor) {
    guard ResourceTable.type(of: root) == .Bundle else {
      add(root, url: nil)
      return
    }
    for entry in root.values(.entry) {
      if let resource = entry.property(.resource), resource.kind == .object {
        add(resource, url: entry.property(.fullUrl)?.text)
      }
    }
  }

  private mutating func add(_ resource: Cursor, url: Text?) {
    let type = ResourceTable.type(of: resource)
    let number = entries.count
    places.insert(resource.index)
    entries.append(Entry(resource: resource, type: type, url: url))
    if let url, byURL[url] == nil { byURL[url] = number }
    if let id = resource.property(.id)?.text {
      let path = arena.join(NameTable.standard.text(of: type), Text("/"), id)
      if byPath[path] == nil { byPath[path] = number }
    }
  }

  /// Whether a resource is one of its own, and not contained in another.
  func holds(_ resource: Cursor) -> Bool { places.contains(resource.index) }

  static func type(of resource: Cursor) -> Name {
    guard let text = resource.property(.resourceType)?.text else { return .none }
    return NameTable.standard.lookUp(text.start, text.count) ?? .none
  }

  /// The resource that a literal reference leads to; versions of it do not count.
  func resource(at reference: Text) -> Cursor? {
    var reference = reference
    if let place = reference.firstPlace(of: "/_history/") { reference = reference.slice(0..<place) }
    if let known = byURL[reference] ?? byPath[reference] { return entries[known].resource }
    // An absolute URL leads to the resource of its last two steps.
    guard let last = reference.lastIndex(of: UInt8(ascii: "/")) else { return nil }
    guard let before = reference.slice(0..<last).lastIndex(of: UInt8(ascii: "/")) else {
      return nil
    }
    return byPath[reference.slice(before + 1..<reference.count)].map { entries[$0].resource }
  }
}

/// Slots of a draft: a bit for each.
struct SlotSet {
  private var words: [UInt64] = []

  mutating func insert(_ slot: Draft.Slot) {
    let word = Int(slot.index) >> 6
    while words.count <= word { words.append(0) }
    words[word] |= 1 << UInt64(slot.index & 63)
  }

  func contains(_ slot: Draft.Slot) -> Bool {
    let word = Int(slot.index) >> 6
    return word < words.count && words[word] & 1 << UInt64(slot.index & 63) != 0
  }
}
