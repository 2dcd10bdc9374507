import CRESTRecords
import ClinicalTree

/// A report as JUnit's XML: one test case an input, which fails when there are errors.
final class JUnitReport: ReportForm {
  let beginning = ""
  private var cases: [String] = []
  private var failures = 0
  private var source = ""
  private var errors: [String] = []
  private var others: [String] = []

  func open(_ source: String, number: Int) -> String {
    self.source = source
    errors = []
    others = []
    return ""
  }

  func issues(of part: InputReport) -> String {
    for issue in part.issues {
      let line = TextReport.line(issue, part.source)
      if issue.severity == .error { errors.append(line) } else { others.append(line) }
    }
    return ""
  }

  func close() -> String {
    var text = "<testcase classname=\"crest.validate\" name=\"\(Markup.escaped(source))\">"
    if let first = errors.first {
      failures += 1
      text += "<failure message=\"\(Markup.escaped(first))\" type=\"error\">"
      text += Markup.escaped(errors.joined(separator: "\n")) + "</failure>"
    }
    if !others.isEmpty {
      text += "<system-out>\(Markup.escaped(others.joined(separator: "\n")))</system-out>"
    }
    cases.append(text + "</testcase>")
    return ""
  }

  func end(_ counts: ReportWriter) -> String {
    let numbers = "tests=\"\(cases.count)\" failures=\"\(failures)\" errors=\"0\" skipped=\"0\""
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites \(numbers)>"
      + "<testsuite name=\"crest validate\" \(numbers)>\n" + cases.joined(separator: "\n")
      + "\n</testsuite></testsuites>\n"
  }
}
