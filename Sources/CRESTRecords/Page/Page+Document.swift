import ClinicalTree

// What the document is beside the record: its links to the guide, what the page does not show, findings.
extension CREST.Page {
  /// Statements whose lack of a record is a gap: what is to be done, not what may be found.
  private static let expected: Set<CREST.Guide.Kind> = [.diagnostic, .treatment, .care]

  var guide: String {
    let byStatement = Dictionary(grouping: links, by: \.statement)
    let words = Dictionary(entries.map { ($0.path, $0.words) }) { first, _ in first }
    let items = CREST.Guide.standard.sections.map { section in
      let lines = section.statements.map { statement in
        let names = (byStatement[statement.id] ?? []).map { link in
          words[link.path].flatMap { $0.isEmpty ? nil : $0 } ?? link.resource
        }
        return line(statement, names)
      }
      let linked = section.statements.count { byStatement[$0.id] != nil }
      let gaps = section.statements.count {
        byStatement[$0.id] == nil && Self.expected.contains($0.kind)
      }
      let gap = gaps == 0 ? "" : ", <span class=\"gap\">\(gaps) without a record</span>"
      return """
        <li><details><summary>\(Markup.escaped(section.title)): \(linked) of \(section.statements.count) statements have records\(gap)</summary>
        <ul>\(lines.joined())</ul></details></li>

        """
    }
    return Self.section(
      "The guide",
      "<p>What the guide says, in our words, and the records that it speaks of. It is no recommendation.</p>\n<ul class=\"sections\">\(items.joined())</ul>\n"
    )
  }

  private func line(_ statement: CREST.Guide.Statement, _ names: [String]) -> String {
    let claim = statement.isClaim ? " <i>(a claim of the guide)</i>" : ""
    let text = Markup.escaped(statement.text) + claim
    if names.isEmpty {
      return Self.expected.contains(statement.kind)
        ? "<li>○ \(text) <span class=\"gap\">no record</span></li>" : "<li>○ \(text)</li>"
    }
    var seen: Set<String> = []
    let distinct = names.filter { seen.insert($0).inserted }
    let more = distinct.count > 6 ? " and \(distinct.count - 6) more" : ""
    let shown = distinct.prefix(6).joined(separator: ", ") + more
    return "<li>● \(text) <b>\(Markup.escaped(shown))</b></li>"
  }

  /// What the document holds beside the record, so that nobody takes the page for all of it.
  var further: String {
    let shown = Set(scores.flatMap { [$0.path].compactMap { $0 } + $0.items.compactMap(\.path) })
    let rest = leftOver.map { entries[$0] }.filter { !shown.contains($0.path) }
    let table = Self.table(
      ["resource", "what", "date"], rest.prefix(500).map { [$0.type, $0.words, $0.date] })
    let more =
      rest.count > 500 ? "<p>\(rest.count - 500) further resources are not listed.</p>" : ""
    return Self.section(
      "Also in the document",
      rest.isEmpty
        ? ""
        : Self.folded("\(rest.count) resources that the sections above do not show", table + more))
  }

  var findingList: String {
    let errors = findings.count { $0.severity == .error }
    let warnings = findings.count { $0.severity == .warning }
    let serious = findings.filter { $0.severity > .information }
    let items = serious.prefix(200).map { issue in
      """
      <li class="\(issue.severity.rawValue)"><b>\(issue.severity.rawValue)</b> \(Markup.escaped(issue.message))
      <div class="place">\(issue.code.id) <code>\(Markup.escaped(issue.path))</code></div></li>

      """
    }.joined()
    let more = serious.count > 200 ? "<li>\(serious.count - 200) further findings.</li>" : ""
    return Self.section(
      "Findings of the validator: \(errors) errors, \(warnings) warnings",
      serious.isEmpty ? "<p>None.</p>\n" : "<ul>\(items)\(more)</ul>\n")
  }
}
