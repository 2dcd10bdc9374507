package import ClinicalTree
import Definitions
import FHIRFormats

/// Converts C-CDA documents and fragments to FHIR R4 bundles.
package struct CDAConverter: Sendable {
  private let options: Conversion.Options

  package init(options: Conversion.Options = .init()) {
    self.options = options
  }

  /// What a conversion made.
  package struct Result: Sendable {
    /// The bundle.
    package let tree: Tree
    /// What was found on the way, in the order of its places.
    package let issues: [Issue]
    /// What became of each leaf of the source; `nil` when it was not asked for.
    package let ledger: ConversionLedger?
  }

  /// Whether the root element of a tree is CDA: a document, or a part of one.
  package static func isCDA(_ tree: Tree) -> Bool {
    tree.withCursor { root in
      guard root.kind == .element, [.v3, .sdtc, .none].contains(root.node.flags.space) else {
        return false
      }
      return root.name == .ClinicalDocument || Fragments.names.contains(root.name)
    }
  }

  /// Whether a table of its own converts a clinical statement; `nil` for what is no such statement.
  package static func hasTable(_ element: Cursor) -> Bool? {
    guard FHIRBuilder.statementNames.contains(element.name) else { return nil }
    return StatementKind.kind(of: element, in: StatementContext()) != nil
  }

  /// Converts a tree that was read from CDA XML.
  ///
  /// - Parameters:
  ///   - tree: The source; a document becomes a document Bundle, a part of one a collection Bundle.
  ///   - keepsLedger: Whether to record what becomes of each leaf.
  ///   - annotate: Gets the bundle and says which tags to add to its resources.
  /// - Returns: The bundle, what was found on the way and, when asked for, the ledger.
  package func convert(
    _ tree: Tree, keepsLedger: Bool = false, annotate: (Tree) -> [Annotation] = { _ in [] }
  ) -> Result {
    tree.withCursor { root in
      let builder = FHIRBuilder(root, tree: tree, options: options, keepsLedger: keepsLedger)
      if root.name == .ClinicalDocument {
        builder.convertDocument()
      } else {
        builder.convertFragment()
      }
      var frozen = builder.draft.freeze(with: FHIRFacts.r4)
      let annotations = annotate(frozen.tree)
      if !annotations.isEmpty {
        builder.add(annotations, frozen.nodes)
        frozen = builder.draft.freeze(with: FHIRFacts.r4)
      }
      let ledger = builder.ledger.map {
        ConversionLedger(
          source: tree, target: frozen.tree, places: frozen.nodes, records: $0, use: builder.use)
      }
      return Result(tree: frozen.tree, issues: builder.findings.issues(in: tree), ledger: ledger)
    }
  }

  /// A tag to put on a resource.
  package struct Annotation: Sendable {
    /// The resource's node in the finished tree.
    let node: Int
    let system: String
    let code: String
    let reason: String

    package init(node: Int, system: String, code: String, reason: String) {
      self.node = node
      self.system = system
      self.code = code
      self.reason = reason
    }
  }
}

/// The elements that a fragment may begin with.
enum Fragments {
  static let sections: Set<Name> = [.section]
  static let holders: Set<Name> = [.component, .structuredBody, .entry, .entryRelationship]
  static let header: Set<Name> = [
    .recordTarget, .author, .dataEnterer, .informant, .custodian, .informationRecipient,
    .legalAuthenticator, .authenticator, .participant, .performer, .inFulfillmentOf,
    .documentationOf,
    .relatedDocument, .authorization, .componentOf,
  ]
  static let names = sections.union(holders).union(header).union(FHIRBuilder.statementNames)
}

extension FHIRBuilder {
  func add(_ annotations: [CDAConverter.Annotation], _ nodes: [Int32]) {
    var slots: [Int32: Int32] = [:]
    for (slot, node) in nodes.enumerated() where node >= 0 { slots[node] = Int32(slot) }
    for annotation in annotations {
      guard let index = slots[Int32(annotation.node)] else { continue }
      let meta = draft.object(.meta, in: draft.slot(at: index))
      let tag = draft.addObject(.tag, in: meta)
      let reason = Reason(annotation.reason)
      put(Sourced(arena.copy(annotation.system), .rule(reason)), as: .system, in: tag)
      put(Sourced(arena.copy(annotation.code), .rule(reason)), as: .code, in: tag)
    }
  }

  // MARK: Documents

  func convertDocument() {
    checkNamespace()
    put(rule: "Bundle", .resourceType, as: .resourceType, in: draft.root)
    let targets = Array(source.all(.recordTarget)).compactMap { $0.first(.patientRole) }
      .filter(saysSomething)
    if let first = targets.first { registry.patientKey = idKey(of: first) }
    if let id = source.first(.id), saysSomething(id) {
      identifier(id, as: .identifier, in: draft.root)
    } else {
      absentObject(.identifier, in: draft.root)
    }
    put(
      rule: "document", Reason("a ClinicalDocument is a document Bundle"), as: .type, in: draft.root
    )
    timestamp()
    let composition = addResource(
      .Composition, key: arena.join(Text("document"), idKey(of: source)), content: source)
    for (number, target) in targets.enumerated() {
      markElsewhere(target)
      let resource = patientResource(target)
      if number == 0 {
        refer(to: resource, as: .subject, in: composition.slot)
      } else if number == 1 {
        report(Conversion.severalPatients, at: target, "\(targets.count) record targets")
      }
    }
    apply(HeaderTable.composition, source, to: composition.slot)
    body(in: composition.slot)
    resolveLinks()
    flushAliases()
    if options.attachesSource { attachSource(to: composition) }
    completeComposition(composition.slot)
    keepRemainder(of: source, in: composition.slot)
  }

  private func checkNamespace() {
    if source.node.flags.space == .none {
      report(Conversion.noNamespace, at: source, "the root element is in no namespace")
    }
  }

  func patientResource(_ role: Cursor) -> ResourceHandle {
    let resource = addResource(.Patient, from: role)
    if patient == nil {
      patient = resource
      patientIDs = Set(role.all(.id).compactMap { StatementIndex.key(of: $0, arena) })
    }
    apply(PatientTable.patient, role, to: resource.slot)
    keepRemainder(of: role, in: resource.slot)
    return resource
  }

  private func timestamp() {
    let reason = Reason("R4 requires Bundle.timestamp of a document; given with --now")
    if let now = options.now {
      put(Sourced(arena.copy(now), .rule(reason)), as: .timestamp, in: draft.root)
    } else if let leaf = source.first(.effectiveTime)?.attribute(.value) {
      _ = instant(leaf, as: .timestamp, in: draft.root)
    }
  }

  private func body(in composition: Draft.Slot) {
    for component in source.all(.component) {
      if let structured = component.first(.structuredBody) {
        for part in structured.all(.component) {
          if let section = part.first(.section) { self.section(section, in: composition) }
        }
      }
      if let other = component.first(.nonXMLBody) { nonXMLBody(other, in: composition) }
    }
  }

  // MARK: Fragments

  func convertFragment() {
    checkNamespace()
    report(
      Conversion.fragment, at: source, "the root is \(source.nameText.string), not ClinicalDocument"
    )
    put(rule: "Bundle", .resourceType, as: .resourceType, in: draft.root)
    put(rule: "collection", Reason("a fragment is a collection Bundle"), as: .type, in: draft.root)
    convertPart(source)
    resolveLinks()
    flushAliases()
    if draft.first(.entry, in: draft.root) == nil { keptPart(source) }
  }

  private func convertPart(_ part: Cursor) {
    switch part.name {
    case .section: sectionOfFragment(part)
    case .component, .structuredBody, .entry, .entryRelationship:
      for child in part.children where child.kind == .element { convertPart(child) }
    case .recordTarget:
      if let role = part.first(.patientRole) {
        registry.patientKey = idKey(of: role)
        markElsewhere(role)
        _ = patientResource(role)
      }
    case .componentOf:
      if let encounter = part.first(.encompassingEncounter) {
        encompassingEncounter(encounter, in: nil)
      }
    case _ where Self.statementNames.contains(part.name):
      _ = convert(part, in: StatementContext())
    default: break
    }
  }

  private func sectionOfFragment(_ section: Cursor) {
    let composition = addResource(
      .Composition, key: arena.join(Text("section"), idKey(of: section)), content: section)
    self.section(section, in: composition.slot)
    completeFragmentComposition(composition.slot, section)
  }

  private func completeFragmentComposition(_ composition: Draft.Slot, _ section: Cursor) {
    let silent = Reason("R4 requires it of a Composition; a fragment has no header")
    put(rule: "preliminary", silent, as: .status, in: composition)
    for name in [Name.type, .author] { absentObject(name, in: composition) }
    for name in [Name.date, .title] { absent(as: name, in: composition) }
  }

  /// A part of a header becomes a Basic resource that holds it.
  private func keptPart(_ part: Cursor) {
    let slot = fragmentBasic(part)
    if Fragments.header.contains(part.name),
      part.name != .custodian || part.first(.assignedCustodian) != nil
    {
      headerParticipant(part, in: slot)
    }
    keepRemainder(of: part, in: slot)
  }

  private func fragmentBasic(_ part: Cursor) -> Draft.Slot {
    let basic = addResource(.Basic, from: part, salt: "fragment")
    absentObject(.code, in: basic.slot)
    return basic.slot
  }
}
