import ClinicalTree

/// A report for people: a line a finding, the line of the source with a caret, and a line of counts.
struct TextReport: ReportForm {
  /// Lines of the source, which may hold values of patients, are shown only on demand.
  let showsSource: Bool
  let isColored: Bool
  let beginning = ""

  func open(_ source: String, number: Int) -> String { "" }
  func close() -> String { "" }

  func issues(of input: InputReport) -> String {
    let lines = showsSource && !input.text.isEmpty ? LineTable(input.text) : nil
    return input.issues.map { finding($0, input.source, lines) }.joined()
  }

  func end(_ counts: ReportWriter) -> String {
    "\(counts.inputs) checked: \(counts.errors) errors, \(counts.warnings) warnings\n"
  }

  private func finding(_ issue: Issue, _ source: String, _ lines: LineTable?) -> String {
    var out = TextReport.line(issue, source, isColored: isColored) + "\n"
    if let lines, let position = issue.position {
      let text = lines.text(ofLine: position.line)
      // Only as much of a long line as helps to find the place.
      let before = text.prefix(position.column - 1).suffix(60)
      let after = text.dropFirst(position.column - 1).prefix(40)
      out += "  " + TextReport.printable(before + after) + "\n"
      out += "  " + String(repeating: " ", count: before.count) + "^\n"
    }
    if showsSource || isColored {
      out += "  hint: \(issue.code.repair) (crest explain \(issue.code.id))\n"
    }
    return out
  }

  /// One finding on one line: `file.xml:412:18: error CDA-0101: … (path)`.
  static func line(_ issue: Issue, _ source: String, isColored: Bool = false) -> String {
    let place = issue.position.map { ":\($0.line):\($0.column)" } ?? ""
    let path = issue.path.isEmpty ? "" : " (\(issue.path))"
    var severity = issue.severity.rawValue
    if isColored {
      let color = issue.severity == .error ? "31" : issue.severity == .warning ? "33" : "36"
      severity = "\u{1B}[1;\(color)m\(severity)\u{1B}[0m"
    }
    return "\(printable(source))\(place): \(severity) \(issue.code.id): \(issue.message)\(path)"
  }

  /// Text without what could command a terminal: control characters and marks of direction.
  static func printable(_ text: some StringProtocol) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
          let isDirection =
            (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
          return isControl || isDirection ? "\u{FFFD}" : scalar
        }))
  }
}
