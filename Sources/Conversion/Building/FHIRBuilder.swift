import ClinicalTree
import Definitions

/// The state of one conversion from a CDA document to FHIR.
///
/// A class because rows, functions and participations all add to the same bundle. It lives inside the
/// `withCursor` of its source tree and is used by one task.
final class FHIRBuilder {
  let source: Cursor
  let sourceTree: Tree
  let draft: Draft
  let options: Conversion.Options
  let facts = FHIRFacts.r4
  let codeSystems = CodeSystems.standard
  let maps = CodeMaps.shared
  let narrative: NarrativeIndex
  var registry = ResourceRegistry()
  var roles = RoleIndex()
  var statements = StatementIndex()
  /// Findings that are the reasons of resources, until it is known which statements they are.
  var reasons: [(finding: Cursor, resource: Draft.Slot)] = []
  /// Elements that say the same as the one that a resource was made from, until a reference to the
  /// resource stands that is theirs.
  var pendingAliases: [Draft.Slot: [(element: Cursor, other: Int)]] = [:]
  /// The encounter of the header.
  var encompassing: ResourceHandle?
  /// The patient whom every statement is about.
  var patient: ResourceHandle?
  /// The ids of the patient.
  var patientIDs: Set<Text> = []
  /// The one offset from UTC that the document's times state, if they state exactly one.
  private(set) lazy var documentOffset: Int? = findDocumentOffset()
  private(set) var findings = Findings()
  private(set) var ledger: LedgerRecords?
  /// What has become of each node of the source; see ``Use``.
  var use: [Use]

  /// What has become of a leaf, or of an element with all its leaves.
  enum Use: UInt8 {
    case untouched
    /// At least one value of the target names it as its origin.
    case taken
    /// It has done its work by selecting a row, or says nothing.
    case structural
    /// An element that is converted on its own.
    case elsewhere
    /// The target has it, but not so that it comes back as it was: it is carried as well.
    case both
  }

  init(_ source: Cursor, tree: Tree, options: Conversion.Options, keepsLedger: Bool) {
    self.source = source
    sourceTree = tree
    self.options = options
    draft = Draft(names: .standard, capacity: source.treeCount)
    use = Array(repeating: .untouched, count: source.treeCount)
    narrative = NarrativeIndex(source)
    ledger = keepsLedger ? LedgerRecords() : nil
  }

  var arena: Arena { draft.arena }

  // MARK: Writing

  /// Writes a primitive.
  @discardableResult
  func put(
    _ value: Sourced<Text>, _ kind: Node.Kind = .string, as name: Name, in parent: Draft.Slot
  ) -> Draft.Slot {
    let slot = draft.add(name, kind, value.value, in: parent)
    note(value.origin, slot)
    return slot
  }

  /// Writes a primitive with a value by rule.
  @discardableResult
  func put(
    rule value: StaticString, _ reason: Reason, _ kind: Node.Kind = .string, as name: Name,
    in parent: Draft.Slot
  ) -> Draft.Slot {
    put(Sourced(Text(value), .rule(reason)), kind, as: name, in: parent)
  }

  /// Notes that a leaf has a say in a value that stands already.
  func note(_ origin: Origin, _ slot: Draft.Slot) {
    if origin.leaf >= 0 { use[Int(origin.leaf)] = .taken }
    if origin.second >= 0 { use[Int(origin.second)] = .taken }
    ledger?.add(origin, slot)
  }

  /// Notes that all leaves of an element have a say in a value that stands already.
  func note(all element: Cursor, _ kind: Origin.Kind, _ slot: Draft.Slot) {
    for index in element.index..<element.end where use[index] == .untouched { use[index] = .taken }
    ledger?.addRange(element.index..<element.end, kind, slot)
  }

  /// Notes that an element is the same as one that was converted before: its leaves are where those of
  /// the other one are, in the reference that now points there, and in the resource, which would say
  /// more if they differed.
  func note(
    _ element: Cursor, sameAs other: Int, reference: Draft.Slot, resource: Draft.Slot? = nil
  ) {
    // The same element may be referred to from many places: its leaves are where they are.
    guard other != element.index else { return }
    markTaken(element)
    ledger?.addAlias(element.index..<element.end, other, reference, resource)
  }

  /// Marks an element with all its leaves as being in the target.
  func markTaken(_ element: Cursor) {
    for index in element.index..<element.end where use[index] == .untouched { use[index] = .taken }
  }

  func markStructural(_ leaf: Cursor) {
    if use[leaf.index] == .untouched { use[leaf.index] = .structural }
  }

  /// Marks the attributes of an element that selected a row by its code.
  func markSelector(_ element: Cursor) {
    for child in element.children where child.kind == .attribute { markStructural(child) }
  }

  func markElsewhere(_ element: Cursor) { use[element.index] = .elsewhere }

  private func findDocumentOffset() -> Int? {
    var offsets: Set<Int> = []
    for index in 0..<source.treeCount {
      let node = source.at(index)
      guard node.kind == .attribute, node.name == .value, node.text.count > 14 else { continue }
      if let offset = PartialDateTime(hl7: node.text)?.offset { offsets.insert(offset) }
    }
    return offsets.count == 1 ? offsets.first : nil
  }

  // MARK: Findings

  func report(_ code: Issue.Code, at node: Cursor, _ message: String) {
    findings.add(code, at: node, message)
  }
}

/// The concept maps that the tables use, found once.
struct CodeMaps: Sendable {
  static let shared = CodeMaps()
  private let all = ConceptMaps.standard
  private let byName: [String: ConceptMaps.Map]

  private init() {
    byName = Dictionary(
      uniqueKeysWithValues: ConceptMaps.standard.names.compactMap { name in
        ConceptMaps.standard.map(named: name).map { (name, $0) }
      })
  }

  /// A map by its name, which must be one of `Profiles/`.
  func map(_ name: String) -> ConceptMaps.Map {
    guard let map = byName[name] else { preconditionFailure("no concept map \(name)") }
    return map
  }

  func translate(_ code: Text, by map: ConceptMaps.Map) -> ConceptMaps.Target? {
    all.translate(code, by: map)
  }

  func sources(of code: Text, by map: ConceptMaps.Map) -> [(system: Text, code: Text)] {
    all.sources(of: code, by: map)
  }
}
