import ClinicalTree
import Definitions

extension FHIRBuilder {
  /// Converts a section: its title, code and narrative, its entries to resources, its sections in turn.
  func section(_ section: Cursor, in parent: Draft.Slot) {
    let slot = draft.addObject(.section, in: parent)
    markElsewhere(section)
    if let title = section.first(.title) { string(title, as: .title, in: slot) }
    if let code = section.first(.code) { codeableConcept(code, as: .code, in: slot) }
    let type = facts.type(named: "Composition.section")
    for author in section.all(.author) {
      let targets = facts.member(.author, in: type).map(facts.targets(of:)) ?? []
      participation(author, as: .author, in: slot, targets: targets)
    }
    if let text = section.first(.text) { sectionNarrative(text, in: slot) }
    let context = StatementContext(section: section)
    var isEmpty = true
    for entry in section.all(.entry) {
      guard let statement = statement(in: entry) else { continue }
      // A section without information may hold an empty entry because its template wants one.
      if section.attribute(.nullFlavor) != nil, !isCoded(statement) { continue }
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
    if isEmpty, let flavor = section.attribute(.nullFlavor) { emptyReason(flavor, in: slot) }
    keepRemainder(of: section, in: slot)
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

  private func emptyReason(_ flavor: Cursor, in section: Draft.Slot) {
    let code: StaticString = flavor.text == "NASK" ? "notasked" : "unavailable"
    let coding = draft.addObject(.coding, in: draft.addObject(.emptyReason, in: section))
    put(
      rule: "http://terminology.hl7.org/CodeSystem/list-empty-reason", .mapped, as: .system,
      in: coding)
    put(
      Sourced(Text(code), .partly(flavor, Reason("several null flavors are \(code) in FHIR"))),
      as: .code,
      in: coding)
  }
}
