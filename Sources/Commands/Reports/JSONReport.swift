import ClinicalTree

/// A report as one JSON object: the issues of all inputs, and their counts.
struct JSONReport: ReportForm {
  let beginning = "{\"issues\":["
  /// Whether an issue stands before.
  private let comma = Comma()

  func open(_ source: String, number: Int) -> String { "" }
  func close() -> String { "" }

  func issues(of input: InputReport) -> String {
    input.issues.map { comma.next + JSONReport.issue($0, input.source) }.joined()
  }

  func end(_ counts: ReportWriter) -> String {
    let submission = counts.summary.map { ",\"submission\":\($0.json)" } ?? ""
    return
      "],\"inputs\":\(counts.inputs),\"errors\":\(counts.errors),\"warnings\":\(counts.warnings)\(submission)}\n"
  }

  private static func issue(_ issue: Issue, _ source: String) -> String {
    JSONText.object([
      ("source", JSONText.string(source)), ("severity", JSONText.string(issue.severity.rawValue)),
      ("code", JSONText.string(issue.code.id)), ("message", JSONText.string(issue.message)),
      ("path", JSONText.string(issue.path)), ("line", issue.position.map { String($0.line) }),
      ("column", issue.position.map { String($0.column) }),
      ("rule", JSONText.string(issue.code.title)), ("profile", issue.profile.map(JSONText.string)),
      ("constraint", issue.constraint.map(JSONText.string)),
    ])
  }
}

/// What stands between the items of a list: nothing before the first.
final class Comma {
  private var isFirst = true

  var next: String {
    defer { isFirst = false }
    return isFirst ? "" : ","
  }

  /// Whether nothing stands before.
  var isAtStart: Bool { isFirst }

  func restart() { isFirst = true }
}
