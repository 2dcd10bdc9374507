import ClinicalTree

/// A report as one page that needs nothing from elsewhere, for screens of all widths, light and dark.
final class HTMLReport: ReportForm {
  private var source = ""
  private var isOpen = false
  private var count = 0
  /// After so many findings of one input a page serves nobody.
  private static let limit = 2_000

  let beginning = """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Findings of crest validate</title>
    <style>
    :root { --ink: #1c1e21; --soft: #5b6168; --paper: #fff; --line: #d9dce0; --error: #b3261e;
      --warning: #8a5300; --information: #1f5fa8; }
    @media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #a8aeb5; --paper: #16181b;
      --line: #3a3f45; --error: #ff8a80; --warning: #ffc266; --information: #8ab8ff; } }
    body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
      max-width: 60rem; margin: 0 auto; padding: 1rem; }
    h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; overflow-wrap: anywhere;
      border-bottom: 1px solid var(--line); padding-bottom: .25rem; margin-top: 2rem; }
    ul { list-style: none; padding: 0; } li { padding: .5rem 0; border-bottom: 1px solid var(--line);
      overflow-wrap: anywhere; }
    main { display: flex; flex-direction: column; } h1, .sum { order: -1; }
    .wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .9rem; }
    th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line);
      vertical-align: top; }
    .error b { color: var(--error); } .warning b { color: var(--warning); }
    .information b { color: var(--information); }
    .place { color: var(--soft); font-size: .9rem; overflow-wrap: anywhere; }
    code { font-family: ui-monospace, monospace; font-size: .9em; }
    details { color: var(--soft); font-size: .9rem; } summary { cursor: pointer; }
    @media print { details { display: none; } }
    </style></head><body><main>
    <h1>Findings of crest validate</h1>

    """

  func open(_ source: String, number: Int) -> String {
    self.source = source
    isOpen = false
    count = 0
    return ""
  }

  func issues(of part: InputReport) -> String {
    if part.issues.isEmpty { return "" }
    var out = ""
    if !isOpen {
      out = "<section><h2>\(Markup.escaped(source))</h2><ul>\n"
      isOpen = true
    }
    let room = max(0, Self.limit - count)
    count += part.issues.count
    return out
      + part.issues.prefix(room).map { HTMLReport.item($0, part.subject) }.joined()
  }

  func close() -> String {
    let rest =
      count > Self.limit
      ? "<li>\(count - Self.limit) further findings; reports in CSV and JSON have them.</li>" : ""
    return isOpen
      ? rest + "</ul></section>\n"
      : "<section><h2>\(Markup.escaped(source))</h2><p>No findings.</p></section>\n"
  }

  func end(_ counts: ReportWriter) -> String {
    let tables = counts.summary.map { "<div class=\"sum\">\($0.html)</div>\n" } ?? ""
    return
      "<p class=\"sum\"><strong>\(counts.inputs) checked: \(counts.errors) errors, \(counts.warnings) warnings.</strong></p>\n\(tables)</main></body></html>\n"
  }

  private static func item(_ issue: Issue, _ subject: SubmissionSummary.Subject?) -> String {
    let severity = issue.severity.rawValue
    let place = issue.position.map { "line \($0.line), column \($0.column)" } ?? ""
    let path = issue.path.isEmpty ? "" : " <code>\(Markup.escaped(issue.path))</code>"
    let whose = subject.map { " · \(Markup.escaped($0.patient)) \(Markup.escaped($0.site))" } ?? ""
    let profile = issue.profile.map { "<br>profile <code>\(Markup.escaped($0))</code>" } ?? ""
    return """
      <li class="\(severity)"><b>\(severity)</b> \(Markup.escaped(issue.message))
      <div class="place">\(place)\(whose)\(path)\(profile)</div>
      <details><summary>\(issue.code.id): \(Markup.escaped(issue.code.title))</summary>
      <p>\(Markup.escaped(issue.code.explanation)) \(Markup.escaped(issue.code.repair))</p></details></li>

      """
  }
}
