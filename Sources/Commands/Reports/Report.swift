import ArgumentParser
import ClinicalTree

/// How a report is written.
enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json, outcome, sarif, junit, csv, html

  /// The format that goes with the name of a file.
  init?(fileName: String) {
    let endings: [(String, ReportFormat)] = [
      (".json", .json), (".sarif", .sarif), (".xml", .junit), (".csv", .csv), (".html", .html),
      (".txt", .text),
    ]
    guard let found = endings.first(where: { fileName.hasSuffix($0.0) }) else { return nil }
    self = found.1
  }
}

/// The findings of one input.
struct InputReport: Sendable {
  /// The path of the input as given.
  let source: String
  let issues: [Issue]
  /// The text of the input as UTF-8, for showing lines of it; empty where there is none.
  var text: [UInt8] = []
  /// Whose record of a submission the findings are about.
  var subject: SubmissionSummary.Subject?
}

/// Writes the findings of a run, input by input and issue by issue, as they come.
struct ReportWriter {
  private let sink: ByteSink
  private let form: any ReportForm
  private(set) var inputs = 0
  private(set) var errors = 0
  private(set) var warnings = 0
  /// What stands beside the findings of a submission; it is written at the end.
  var summary: SubmissionSummary?

  /// A report of one input, or with `isSeveral` of a run over several.
  init(
    _ format: ReportFormat, to sink: ByteSink, isSeveral: Bool, showsSource: Bool = false,
    isColored: Bool = false, isSubmission: Bool = false
  ) {
    self.sink = sink
    form =
      switch format {
      case .text: TextReport(showsSource: showsSource, isColored: isColored)
      case .json: JSONReport()
      case .outcome: OutcomeReport(isSeveral: isSeveral)
      case .sarif: SARIFReport()
      case .junit: JUnitReport()
      case .csv: CSVReport(isSubmission: isSubmission)
      case .html: HTMLReport()
      }
  }

  /// Adds an input with all of its findings.
  mutating func add(_ input: InputReport) throws {
    try open(input.source)
    try append(input)
    try close()
  }

  /// Begins an input whose findings come in parts.
  mutating func open(_ source: String) throws {
    try sink.write((inputs == 0 ? form.beginning : "") + form.open(source, number: inputs))
    inputs += 1
  }

  /// Adds findings of the input that was begun last.
  mutating func append(_ part: InputReport) throws {
    errors += part.issues.count { $0.severity == .error }
    warnings += part.issues.count { $0.severity == .warning }
    let text = form.issues(of: part)
    if !text.isEmpty { try sink.write(text) }
  }

  func close() throws {
    let text = form.close()
    if !text.isEmpty { try sink.write(text) }
  }

  func finish() throws {
    try sink.write((inputs == 0 ? form.beginning : "") + form.end(self))
    try sink.finish()
  }
}

/// A format of reports: what stands before, for and after all inputs.
protocol ReportForm {
  var beginning: String { get }
  /// What stands before the findings of an input.
  func open(_ source: String, number: Int) -> String
  func issues(of part: InputReport) -> String
  /// What stands behind the findings of an input.
  func close() -> String
  func end(_ counts: ReportWriter) -> String
}
