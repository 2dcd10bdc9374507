import CRESTRecords
import ClinicalTree

/// A report as one page that needs nothing from elsewhere, for screens of all widths, light and dark.
final class HTMLReport: ReportForm {
  private var source = ""
  private var isOpen = false
  private var count = 0
  /// After so many findings of one input a page serves nobody.
  private static let limit = 2_000

  let beginning = Markup.beginning(
    title: "Findings of crest validate",
    style: """
      main { display: flex; flex-direction: column; } h1, .sum { order: -1; }
      @media print { details { display: none; } }

      """)

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
    let head = counts.summary?.heading ?? "\(counts.inputs) checked"
    return
      "<p class=\"sum\"><strong>\(head): \(counts.errors) errors, \(counts.warnings) warnings.</strong></p>\n\(tables)\(Markup.end)"
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
