import ClinicalTree

/// A report as one JSON object: the issues of all inputs, and their counts.
struct JSONReport {
  private let report: Report

  init(_ report: Report) { self.report = report }

  var text: String {
    let issues = report.parts.flatMap { part in
      part.issues.map { JSONReport.issue($0, part.source) }
    }
    let object = JSONText.object([
      ("issues", JSONText.array(issues)), ("inputs", String(report.parts.count)),
      ("errors", String(report.count(.error))), ("warnings", String(report.count(.warning))),
    ])
    return object + "\n"
  }

  private static func issue(_ issue: Issue, _ source: String) -> String {
    JSONText.object([
      ("source", JSONText.string(source)), ("severity", JSONText.string(issue.severity.rawValue)),
      ("code", JSONText.string(issue.code.id)), ("message", JSONText.string(issue.message)),
      ("path", JSONText.string(issue.path)), ("line", issue.position.map { String($0.line) }),
      ("column", issue.position.map { String($0.column) }),
      ("rule", JSONText.string(issue.code.title)), ("profile", issue.profile.map(JSONText.string)),
    ])
  }
}
