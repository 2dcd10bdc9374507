import ClinicalTree

/// A report as an OperationOutcome, or a collection Bundle of them for several inputs.
struct OutcomeReport: ReportForm {
  let isSeveral: Bool

  var beginning: String {
    isSeveral ? "{\"resourceType\":\"Bundle\",\"type\":\"collection\"" : ""
  }

  func text(of input: InputReport, number: Int) -> String {
    guard isSeveral else { return OutcomeReport.outcome(input) }
    let entry = JSONText.object([
      ("fullUrl", JSONText.string("file:" + input.source)),
      ("resource", OutcomeReport.outcome(input)),
    ])
    return (number == 0 ? ",\"entry\":[" : ",") + entry
  }

  func end(_ counts: ReportWriter) -> String {
    guard isSeveral else { return "\n" }
    return counts.inputs == 0 ? "}\n" : "]}\n"
  }

  /// The OperationOutcome of one input; `diagnostics` is what else to say of each issue, such as where
  /// its record stands.
  static func outcome(_ part: InputReport, diagnostics: String? = nil) -> String {
    var issues = part.issues.map { issue($0, diagnostics) }
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

  private static func issue(_ issue: Issue, _ diagnostics: String?) -> String {
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
      ("diagnostics", diagnostics.map(JSONText.string)), ("location", location),
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
