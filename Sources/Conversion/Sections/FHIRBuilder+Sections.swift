import ClinicalTree
import Definitions

extension FHIRBuilder {
  /// Converts a section: its title, code and narrative, its entries to resources, its sections in turn.
  func section(_ section: Cursor, in parent: Draft.Slot) {
    if isPlaceholder(section) || isCarrierSection(section) {
      return passOver(section, in: parent)
    }
    let slot = draft.addObject(.section, in: parent)
    markElsewhere(section)
    if let title = section.first(.title) { string(title, as: .title, in: slot) }
    if let code = section.first(.code) { codeableConcept(code, as: .code, in: slot) }
    let type = facts.type(named: "Composition.section")
    for author in section.all(.author) {
      let targets = facts.member(.author, in: type).map(facts.targets(of:)) ?? []
      participation(author, as: .author, in: slot, targets: targets)
    }
    if let text = section.first(.text) {
      if EmptyWords.isAll(of: text) {
        for index in text.index..<text.end { markStructural(source.at(index)) }
      } else {
        sectionNarrative(text, in: slot)
      }
    }
    let context = StatementContext(section: section)
    var isEmpty = true
    var silence: Cursor?
    for entry in section.all(.entry) {
      guard let statement = statement(in: entry) else { continue }
      // What says that there is nothing to say is no statement; it is kept with the section.
      if let reason = saysNothing(statement, in: section) {
        silence = silence ?? reason
        continue
      }
      for resource in convert(statement, in: context) {
        refer(to: resource, as: .entry, in: slot)
        isEmpty = false
      }
    }
    for component in section.all(.component) {
      if let nested = component.first(.section) {
        self.section(nested, in: slot)
        isEmpty = false
      }
    }
    if isEmpty, let reason = section.attribute(.nullFlavor) ?? silence {
      emptyReason(reason, in: slot)
    }
    keepRemainder(of: section, in: slot)
  }

  /// Whether a section is there only because the template of its document wants it.
  private func isPlaceholder(_ section: Cursor) -> Bool {
    section.all(.templateId).contains { template in
      template.attribute(.root).map { $0.text == Conversion.contentOID } ?? false
    }
  }

  /// Whether a section carries what only FHIR has elements for.
  private func isCarrierSection(_ section: Cursor) -> Bool {
    section.first(.code)?.attribute(.codeSystem).map { $0.text == Conversion.contentOID } ?? false
  }

  /// A section that a conversion from FHIR made: what it carries goes back to the patient and the
  /// composition; the words are those of its entries.
  private func passOver(_ section: Cursor, in composition: Draft.Slot) {
    markElsewhere(section)
    for entry in section.all(.entry) {
      guard let act = entry.first(.act), isCarrier(act) else { continue }
      uncarry(act: act, to: composition)
    }
    for index in section.index..<section.end where use[index] == .untouched {
      use[index] = .structural
    }
  }

  /// Whether a statement has any code, value or product.
  private func isCoded(_ statement: Cursor) -> Bool {
    (statement.index..<statement.end).contains { index in
      let node = source.at(index)
      guard node.kind == .element, [.code, .value, .name].contains(node.name) else { return false }
      return node.children.contains { child in
        child.kind == .text && !child.text.isBlank
          || child.kind == .attribute && [.code, .value].contains(child.name) && !child.text.isBlank
      }
    }
  }

  private func sectionNarrative(_ text: Cursor, in section: Draft.Slot) {
    guard
      text.children.contains(where: { $0.kind == .element || $0.kind == .text && !$0.text.isBlank })
    else { return }
    var buffer = ByteBuffer(capacity: 4096)
    buffer.append("<div xmlns=\"http://www.w3.org/1999/xhtml\">")
    XHTML.writeContent(of: text, to: &buffer)
    buffer.append("</div>")
    let hasWords = (text.index..<text.end).contains {
      source.at($0).kind == .text && !source.at($0).text.isBlank
    }
    guard hasWords else { return }
    let narrative = draft.addObject(.text, in: section)
    put(rule: "additional", Reason("the narrative is the source's own"), as: .status, in: narrative)
    let div = draft.add(.div, .string, arena.copy(buffer.text), in: narrative)
    for index in text.index..<text.end {
      let node = source.at(index)
      if node.kind == .text || node.kind == .attribute && XHTML.shows(node) {
        note(.leaf(node), div)
      } else if node.kind == .attribute {
        markStructural(node)
      }
    }
  }

  /// The null flavor, or the negation, by which a statement says that there is nothing: an entry that is
  /// there because a template wants one.
  private func saysNothing(_ statement: Cursor, in section: Cursor) -> Cursor? {
    if let flavor = statement.attribute(.nullFlavor) { return flavor }
    let isCoded = isCoded(statement)
    if let flavor = section.attribute(.nullFlavor), !isCoded { return flavor }
    guard let indicator = statement.attribute(.negationInd), indicator.text == "true" else {
      return nil
    }
    // Medicines in general, denied: the patient takes none.
    let product = statement.first(.consumable)?.first(.manufacturedProduct)?
      .first(.manufacturedMaterial)?.first(.code)
    let codes =
      [product?.attribute(.code)] + (product?.all(.translation).map { $0.attribute(.code) } ?? [])
    let isGeneral = codes.contains { $0.map { $0.text == "410942007" } ?? false }
    return !isCoded || isGeneral ? indicator : nil
  }

  private func emptyReason(_ leaf: Cursor, in section: Draft.Slot) {
    let code: StaticString =
      leaf.name == .negationInd ? "nilknown" : leaf.text == "NASK" ? "notasked" : "unavailable"
    let coding = draft.addObject(.coding, in: draft.addObject(.emptyReason, in: section))
    put(
      rule: "http://terminology.hl7.org/CodeSystem/list-empty-reason", .mapped, as: .system,
      in: coding)
    let origin: Origin =
      leaf.name == .negationInd
      ? .leaf(leaf) : .partly(leaf, Reason("several null flavors are \(code) in FHIR"))
    put(Sourced(Text(code), origin), as: .code, in: coding)
  }
}
