package import ClinicalTree
package import Definitions
import FHIRFormats

/// Converts FHIR R4 to C-CDA documents.
package struct FHIRConverter: Sendable {
  private let options: Conversion.Options
  private let kind: Conversion.DocumentKind?
  /// How often a document is written again without what was found unlawful.
  private static let attempts = 24

  /// `kind` is the document to make; without it that of the Composition, or a CCD where there is none.
  package init(options: Conversion.Options = .init(), kind: Conversion.DocumentKind? = nil) {
    self.options = options
    self.kind = kind
  }

  /// What a conversion made.
  package struct Result: Sendable {
    /// The document.
    package let tree: Tree
    /// What was found on the way, in the order of its places.
    package let issues: [Issue]
    /// What became of each leaf of the source; `nil` when it was not asked for.
    package fileprivate(set) var ledger: ConversionLedger?
  }

  /// How many patients there are whose records the resources are, those of Bundles taken apart.
  package static func patientCount(_ resources: [Tree]) -> Int {
    let count = resources.reduce(0) { count, tree in
      count
        + tree.withCursor { root in ResourceTable(root).entries.count { $0.type == .Patient } }
    }
    guard count > 1 else { return count }
    let tree = resources.count == 1 ? resources[0] : collection(resources).tree
    return tree.withCursor { PatientIndex(ResourceTable($0)).count }
  }

  /// Whether the resources say themselves that it is not known whom they are about.
  package static func isPatientUnknown(_ resources: [Tree]) -> Bool {
    resources.contains { tree in
      tree.withCursor { root in
        ResourceTable(root).entries.contains { entry in
          [Name.subject, .patient].contains { name in
            entry.resource.property(name)?.property(.extension)?.items.contains {
              $0.property(.url).map { $0.text == FHIRBuilder.dataAbsentReason } ?? false
            } ?? false
          }
        }
      }
    }
  }

  /// The resources of each patient as a Bundle of type collection.
  ///
  /// - Parameter resources: A Bundle, or the resources of NDJSON.
  /// - Returns: The Bundles in the order of the patients, and the places of what is in none of them.
  package static func split(_ resources: [Tree]) -> (bundles: [Tree], left: [Issue]) {
    let tree = resources.count == 1 ? resources[0] : collection(resources).tree
    let (records, entries): ([[Int]], [Tree.Part]) = tree.withCursor { root in
      let table = ResourceTable(root)
      let index = PatientIndex(table)
      return (index.patients.map { index.record(of: $0) }, parts(of: tree, table))
    }
    let bundles = records.map { record in
      Tree.collection(of: record.map { entries[$0] }, names: .standard).tree
    }
    let used = Set(records.joined())
    var paths = PathWriter(tree)
    var lines = LineTable(tree.source)
    let left = entries.indices.filter { !used.contains($0) }.map { number in
      let node = entries[number].node
      return Issue(
        Conversion.nobodysResource, "refers to no patient, and nothing of a patient to it",
        path: paths.path(of: node), position: lines.position(of: Int(tree.nodes[node].place)))
    }
    return (bundles, left)
  }

  private static func parts(of tree: Tree, _ table: ResourceTable) -> [Tree.Part] {
    table.entries.map { entry in
      Tree.Part(url: entry.url?.string, tree: tree, node: entry.resource.index)
    }
  }

  private static func collection(_ resources: [Tree]) -> (tree: Tree, roots: [Int]) {
    let all = resources.flatMap { tree in
      tree.withCursor { parts(of: tree, ResourceTable($0)) }
    }
    return Tree.collection(of: all, names: .standard)
  }

  /// Converts resources to one document.
  ///
  /// - Parameters:
  ///   - resources: A Bundle, or the resources of NDJSON.
  ///   - patient: The patient of resources that hold none.
  ///   - keepsLedger: Whether to record what becomes of each leaf of the resources.
  ///   - check: See ``convert(_:keepsLedger:check:)``.
  /// - Returns: The document, what was found on the way and, when asked for, the ledger.
  package func convert(
    _ resources: [Tree], patient: Tree?, keepsLedger: Bool = false,
    check: (Tree, CDAScope) -> [CDAFault]
  ) -> Result {
    guard resources.count > 1 || patient != nil else {
      return convert(resources[0], keepsLedger: keepsLedger, check: check)
    }
    let added = patient.map { Tree.Part(url: nil, tree: $0, node: 0) }
    if resources.count == 1, let added,
      let (tree, nodes) = resources[0].adding(entry: added, names: .standard)
    {
      var result = convert(tree, keepsLedger: keepsLedger, check: check)
      result.ledger?.listed = [0..<nodes.lowerBound, nodes.upperBound..<tree.nodes.count]
      return result
    }
    // A Bundle around a Bundle is none: its entries are resources of their own.
    let (tree, roots) = FHIRConverter.collection(resources + (patient.map { [$0] } ?? []))
    var result = convert(tree, keepsLedger: keepsLedger, check: check)
    result.ledger?.roots = roots
    result.ledger?.listed = (patient == nil ? roots : roots.dropLast()).map {
      $0..<Int(tree.nodes[$0].end)
    }
    return result
  }

  /// Converts a Bundle, or a single resource, to a document.
  ///
  /// - Parameters:
  ///   - tree: The source, a tree of FHIR.
  ///   - keepsLedger: Whether to record what becomes of each leaf.
  ///   - check: Gets the document, and what of it is in question, and gives the nodes at which it breaks a
  ///     rule of the schema, or of a template that it claims with the root of that. What stands there as the
  ///     source of the FHIR had it then travels beside its statement; what fails without that does not claim
  ///     the template.
  /// - Returns: The document, what was found on the way and, when asked for, the ledger.
  package func convert(
    _ tree: Tree, keepsLedger: Bool = false,
    check: (Tree, CDAScope) -> [CDAFault]
  ) -> Result {
    tree.withCursor { root in
      var bans = Bans()
      var attempt = 1
      while true {
        let builder = CDABuilder(
          root, tree: tree, options: options, keepsLedger: keepsLedger, bans: bans)
        builder.convert(to: kind)
        if attempt < Self.attempts, !builder.unlawful.isEmpty {
          bans.contents.formUnion(builder.unlawful)
          attempt += 1
          continue
        }
        var frozen = CDAFreezer.freeze(
          builder.draft, builder.document, verbatim: builder.verbatim)
        var faults = check(frozen.tree, .all)
        while !faults.isEmpty, attempt < Self.attempts {
          attempt += 1
          let lesson = builder.lesson(of: faults, frozen.nodes)
          bans.formUnion(lesson)
          // What belongs to a statement is taken back and given up in place; that can only matter to what is
          // around it.
          guard !lesson.isEmpty, let changed = builder.takeBack(lesson.contents) else { break }
          let lesser = builder.giveUp(lesson.claims)
          frozen = CDAFreezer.freeze(
            builder.draft, builder.document, verbatim: builder.verbatim)
          faults = check(frozen.tree, builder.scope(of: changed, and: lesser, frozen.nodes))
        }
        if attempt < Self.attempts, bans.contents.count > builder.bans.contents.count { continue }
        let ledger = builder.ledger.map {
          ConversionLedger(
            source: tree, target: frozen.tree, places: frozen.nodes, records: $0, use: builder.use)
        }
        return Result(tree: frozen.tree, issues: builder.findings.issues(in: tree), ledger: ledger)
      }
    }
  }
}

extension CDABuilder {
  /// Writes the document.
  func convert(to kind: Conversion.DocumentKind?) {
    let composition = resources.entries.first { $0.type == .Composition }?.resource
    patient = subject(composition)
    passOverSource(of: composition)
    indexRelations(composition)
    let template = documentTemplate(kind, composition)
    header(composition, template)
    let bodyDone = done
    done = []
    let body = body(composition, template)
    done = bodyDone
    if let composition {
      owner = composition
      restore(composition, [.ClinicalDocument: [document]])
      completeAuthors(of: composition)
      markSubject(of: composition, in: document)
      leaveBehind(composition, besides: .section)
    }
    if let patient { leaveBehind(patient) }
    leaveWholeResourcesBehind()
    leftSection(in: body)
    nameReferredTo()
    complete()
  }

  /// Fills in what is required and nobody gave; what is there already stays.
  func complete() {
    completeHeader(below: document)
    finish()
  }

  private func documentTemplate(
    _ kind: Conversion.DocumentKind?, _ composition: Cursor?
  ) -> DocumentTemplate? {
    if let kind { return DocumentTemplate.of(kind) }
    guard let composition else { return DocumentTemplate.of(.ccd) }
    return DocumentTemplate.all.first { hasCode($0.code, object(.type, in: composition)) }
  }

  /// The subject of the Composition, or the one patient of the Bundle.
  private func subject(_ composition: Cursor?) -> Cursor? {
    if let target = resolve(object(.subject, in: composition)),
      ResourceTable.type(of: target) == .Patient
    {
      return target
    }
    let patients = resources.entries.filter { $0.type == .Patient }
    if patients.count > 1 {
      report(Conversion.severalPatients, at: patients[1].resource, "\(patients.count) patients")
    }
    if patients.isEmpty { report(Conversion.noPatient, at: source, "no Patient") }
    return patients.first?.resource
  }

  /// Who is whose member, author and entry.
  private func indexRelations(_ composition: Cursor?) {
    func collect(_ section: Cursor) {
      let isConcerns = hasCode("75310-3", object(.code, in: section))
      for entry in objects(.entry, in: section) {
        guard let target = resolve(entry) else { continue }
        sectionEntries.insert(target.index)
        if isConcerns { concerns.insert(target.index) }
      }
      for nested in objects(.section, in: section) { collect(nested) }
    }
    for section in objects(.section, in: composition) { collect(section) }
    if composition == nil {
      // Visits have a section of their own, to which what was done there refers.
      for entry in resources.entries where entry.type == .Encounter {
        sectionEntries.insert(entry.resource.index)
      }
    }
    for entry in resources.entries {
      let resource = entry.resource
      if passedOver.contains(resource.index) { continue }
      switch entry.type {
      case .Provenance:
        for target in objects(.target, in: resource) {
          if let found = resolve(target) { provenances[found.index, default: []].append(resource) }
        }
      case .Observation:
        for member in objects(.hasMember, in: resource) { addMember(member) }
      case .DiagnosticReport:
        for result in objects(.result, in: resource) { addMember(result) }
      case .Encounter:
        for diagnosis in objects(.diagnosis, in: resource) {
          if let condition = object(.condition, in: diagnosis) { addMember(condition) }
        }
      case .Immunization:
        for reaction in objects(.reaction, in: resource) {
          if let detail = object(.detail, in: reaction) { addMember(detail) }
        }
      case .Condition:
        for evidence in objects(.evidence, in: resource) {
          for detail in objects(.detail, in: evidence) { addMember(detail) }
        }
      default: break
      }
      for extended in allExtended(Self.relationshipURL, in: resource) {
        if let target = relationTarget(extended) { addMember(target) }
      }
    }
  }

  private func addMember(_ reference: Cursor) {
    if let target = resolve(reference) { members.insert(target.index) }
  }

  /// Addresses and names of the header as their profiles want them. What came back as it was is not
  /// changed: it does not come back where it does not satisfy.
  ///
  /// `kept` is the extension of which the element is a part.
  private func completeHeader(below element: Draft.Slot, kept: Int? = nil) {
    for child in draft.children(of: element) where draft.kind(of: child) == .object {
      let kept = restoredSlots[child] ?? kept
      switch draft.name(of: child) {
      case .addr:
        if let kept, !isComplete(child) { unlawful.insert(kept) }
        completeAddress(child)
      case .name:
        // A name is words or parts, or there is none.
        if draft.isEmpty(child) { constant(.nullFlavor, "NI", .required, in: child) }
      case .component: continue
      default: completeHeader(below: child, kept: kept)
      }
    }
  }

  /// What restored authors still lack. Where nothing else is known of when they wrote, the document was
  /// last edited at its date.
  private func completeAuthors(of composition: Cursor) {
    let date = value(.date, in: composition)
    for author in draft.children(of: document) where draft.name(of: author) == .author {
      if let time = child(.time, of: author), let date, saysNothing(time),
        restoredSlots[time] == nil,
        ts(date, as: .time, in: author) != nil
      {
        draft.remove(time)
      }
      silent(.time, in: author)
      if let entity = child(.assignedAuthor, of: author) { silentContact(entity) }
    }
  }

  /// Elements of which the content has changed, with what is in them; elements of which it has not; and all
  /// that is around them.
  fileprivate func scope(
    of elements: [Draft.Slot], and others: [Draft.Slot], _ nodes: [Int32]
  ) -> CDAScope {
    var around: Set<Int> = []
    for element in others + elements.compactMap(draft.parent) {
      var slot: Draft.Slot? = element
      while let here = slot, here != draft.root, around.insert(Int(nodes[Int(here.index)])).inserted
      {
        slot = draft.parent(of: here)
      }
    }
    return CDAScope(of: Set(elements.map { Int(nodes[Int($0.index)]) }), around: around)
  }

  /// What of a document may not stand in it as it does, by its faults.
  fileprivate func lesson(
    of faults: [CDAFault], _ nodes: [Int32]
  ) -> Bans {
    var slots = [Int32](repeating: -1, count: (faults.map(\.node).max() ?? -1) + 1)
    for (slot, node) in nodes.enumerated() where node >= 0 && node < slots.count {
      slots[Int(node)] = Int32(slot)
    }
    var lesson = Bans()
    for fault in faults where slots[fault.node] >= 0 {
      var slot = draft.slot(at: slots[fault.node])
      var part = fault.part
      while true {
        let claims = (claims[slot] ?? []).filter {
          fault.template == nil || fault.template == $0.root
        }
        // The rules of sections and documents are about what stands in them as a whole.
        let isWhole = slot == document || draft.name(of: slot) == .section
        let isOfTemplate = fault.template != nil
        let isAboutAll = isWhole && slot != document && !claims.isEmpty && isOfTemplate
        let contents = isAboutAll ? [] : restoredContents(of: slot, part)
        if !contents.isEmpty {
          lesson.contents.formUnion(contents)
          break
        }
        if !claims.isEmpty, isOfTemplate {
          lesson.claims.formUnion(claims)
          break
        }
        guard let parent = draft.parent(of: slot), parent != draft.root else { break }
        slot = parent
        part = nil
      }
    }
    return lesson
  }

  /// What was restored below an element, up to the next one that claims a template: in the children that a
  /// fault speaks of, or anywhere. The body of a document is not meant.
  private func restoredContents(of element: Draft.Slot, _ part: String? = nil) -> [Int] {
    if let own = restoredSlots[element] { return [own] }
    let name = part.flatMap(NameTable.standard.lookUp).flatMap { name in
      shapes.element(name, in: type(of: element)).map { _ in name }
    }
    var found: [Int] = []
    for child in draft.children(of: element)
    where (claims[child] ?? []).isEmpty || restoredSlots[child] != nil {
      let childName = draft.name(of: child)
      if let name, childName != name { continue }
      if element == document, childName == .component { continue }
      found += restoredContents(of: child)
    }
    return found
  }
}
