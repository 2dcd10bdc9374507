import ClinicalTree

/// A report as an OperationOutcome, or a collection Bundle of them for several inputs.
struct OutcomeReport: ReportForm {
  let isSeveral: Bool
  /// Whether an issue of the input stands before.
  private let comma = Comma()

  init(isSeveral: Bool) { self.isSeveral = isSeveral }

  private static let head = "{\"resourceType\":\"OperationOutcome\",\"issue\":["
  /// An OperationOutcome has at least one issue.
  private static let noIssue = JSONText.object([
    ("severity", "\"information\""), ("code", "\"informational\""),
    ("details", JSONText.object([("text", "\"No issues\"")])),
  ])

  var beginning: String {
    isSeveral ? "{\"resourceType\":\"Bundle\",\"type\":\"collection\"" : ""
  }

  func open(_ source: String, number: Int) -> String {
    comma.restart()
    guard isSeveral else { return OutcomeReport.head }
    return (number == 0 ? ",\"entry\":[" : ",") + "{\"fullUrl\":"
      + JSONText.string("file:" + source) + ",\"resource\":" + OutcomeReport.head
  }

  func issues(of part: InputReport) -> String {
    part.issues.map { comma.next + OutcomeReport.issue($0, nil) }.joined()
  }

  func close() -> String {
    (comma.isAtStart ? OutcomeReport.noIssue : "") + (isSeveral ? "]}}" : "]}")
  }

  func end(_ counts: ReportWriter) -> String {
    guard isSeveral else { return "\n" }
    return counts.inputs == 0 ? "}\n" : "]}\n"
  }

  /// The OperationOutcome of one input; `diagnostics` is what else to say of each issue, such as where
  /// its record stands.
  static func outcome(_ part: InputReport, diagnostics: String? = nil) -> String {
    let issues = part.issues.map { issue($0, diagnostics) }
    return head + (issues.isEmpty ? noIssue : issues.joined(separator: ",")) + "]}"
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
    case "FHIR", "PROF": return fhirType(code.id)
    case "QUEST": return code.id == "QUEST-0103" ? "required" : "invalid"
    case "SCH": return "invariant"
    case "CDA", "XSD": return "structure"
    case "FILE": return "invalid"
    default: return "processing"
    }
  }

  private static func fhirType(_ id: String) -> String {
    switch id {
    case "FHIR-0102", "PROF-0101": "required"
    case "FHIR-0106", "FHIR-0114", "FHIR-0115", "PROF-0103": "value"
    case "FHIR-0107", "FHIR-0116", "FHIR-0117", "FHIR-0119", "PROF-0108": "code-invalid"
    case "FHIR-0108", "FHIR-0123": "duplicate"
    case "FHIR-0110", "PROF-0107": "invariant"
    case "FHIR-0118", "FHIR-0199": "informational"
    case "FHIR-0120", "FHIR-0121": "extension"
    case "FHIR-0122", "PROF-0111", "PROF-0112": "not-supported"
    default: "structure"
    }
  }
}
