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

/// Text in XML and HTML.
enum Markup {
  /// Text that stands for itself in content and in attributes; what XML cannot hold is replaced.
  static func escaped(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out.append(contentsOf: "&amp;".unicodeScalars)
      case "<": out.append(contentsOf: "&lt;".unicodeScalars)
      case ">": out.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": out.append(contentsOf: "&quot;".unicodeScalars)
      case "\n", "\t": out.append(scalar)
      default:
        let isControl = scalar.value < 0x20 || (0xFFFE...0xFFFF).contains(scalar.value)
        out.append(isControl ? "\u{FFFD}" : scalar)
      }
    }
    return String(out)
  }
}
