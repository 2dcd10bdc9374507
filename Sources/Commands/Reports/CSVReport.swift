import ClinicalTree

/// A report as a table (RFC 4180): a row a finding, for submissions with the rule, the patient, the
/// site and the visit.
struct CSVReport: ReportForm {
  let isSubmission: Bool

  var beginning: String {
    "source,line,column,severity,code,message,path,profile"
      + (isSubmission ? ",rule,patient,site,visit" : "") + "\r\n"
  }

  func open(_ source: String, number: Int) -> String { "" }
  func close() -> String { "" }
  func end(_ counts: ReportWriter) -> String { "" }

  func issues(of part: InputReport) -> String {
    part.issues.map { issue in
      var fields = [
        part.source, issue.position.map { String($0.line) } ?? "",
        issue.position.map { String($0.column) } ?? "", issue.severity.rawValue, issue.code.id,
        issue.message, issue.path, issue.profile ?? "",
      ]
      if isSubmission {
        fields += [
          SubmissionSummary.rule(of: issue), part.subject?.patient ?? "", part.subject?.site ?? "",
          part.subject.map { String($0.visit) } ?? "",
        ]
      }
      return fields.map(CSVReport.field).joined(separator: ",") + "\r\n"
    }.joined()
  }

  /// A field in quotes where it needs them. What a spreadsheet would take for a formula gets an
  /// apostrophe before it.
  static func field(_ text: String) -> String {
    let isFormula = text.first.map { "=+-@\t".contains($0) } ?? false
    let safe = isFormula ? "'" + text : text
    guard safe.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return safe }
    return "\""
      + safe.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }
}
