import ClinicalTree

/// A report as an OperationOutcome, or a collection Bundle of them for several inputs.
struct OutcomeReport {
  private let report: Report

  init(_ report: Report) { self.report = report }

  var text: String {
    if report.parts.count == 1 { return OutcomeReport.outcome(report.parts[0]) + "\n" }
    let entries = report.parts.map { part in
      JSONText.object([
        ("fullUrl", JSONText.string("file:" + part.source)),
        ("resource", OutcomeReport.outcome(part)),
      ])
    }
    let bundle = JSONText.object([
      ("resourceType", "\"Bundle\""), ("type", "\"collection\""),
      ("entry", entries.isEmpty ? nil : JSONText.array(entries)),
    ])
    return bundle + "\n"
  }

  private static func outcome(_ part: Report.Part) -> String {
    var issues = part.issues.map(issue)
    if issues.isEmpty {
      // An OperationOutcome has at least one issue.
      issues = [
        JSONText.object([
          ("severity", "\"information\""), ("code", "\"informational\""),
          ("details", JSONText.object([("text", "\"No issues\"")])),
        ])
      ]
    }
    return JSONText.object([
      ("resourceType", "\"OperationOutcome\""), ("issue", JSONText.array(issues)),
    ])
  }

  private static func issue(_ issue: Issue) -> String {
    let coding = JSONText.object([
      ("system", "\"https://crestkit.example/fhir/CodeSystem/issue-code\""),
      ("code", JSONText.string(issue.code.id)),
    ])
    let details = JSONText.object([
      ("coding", JSONText.array([coding])), ("text", JSONText.string(issue.message)),
    ])
    let location = issue.position.map {
      JSONText.array([JSONText.string("line \($0.line), column \($0.column)")])
    }
    return JSONText.object([
      ("severity", JSONText.string(issue.severity.rawValue)),
      ("code", JSONText.string(issueType(issue.code))), ("details", details),
      ("location", location),
      ("expression", issue.path.isEmpty ? nil : JSONText.array([JSONText.string(issue.path)])),
    ])
  }

  /// The code of R4's own list of issue types that says most.
  private static func issueType(_ code: Issue.Code) -> String {
    if code.isLimit { return "too-costly" }
    switch code.family {
    case "JSON", "XML": return "structure"
    case "FHIR", "CDA", "XSD": return code.id == "FHIR-0107" ? "code-invalid" : "structure"
    case "FILE": return "invalid"
    default: return "processing"
    }
  }
}
