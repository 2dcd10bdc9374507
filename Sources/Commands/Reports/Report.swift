import ArgumentParser
import ClinicalTree

/// How a report is written.
enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json, outcome

  /// The format that goes with the name of a file.
  init?(fileName: String) {
    if fileName.hasSuffix(".json") {
      self = .json
    } else if fileName.hasSuffix(".txt") {
      self = .text
    } else {
      return nil
    }
  }
}

/// The findings of one input.
struct InputReport: Sendable {
  /// The path of the input as given.
  let source: String
  let issues: [Issue]
  /// The text of the input as UTF-8, for showing lines of it; empty where there is none.
  var text: [UInt8] = []
}

/// Writes the findings of a run, input by input, as they come: what was written is not remembered.
struct ReportWriter {
  private let sink: ByteSink
  private let form: any ReportForm
  private(set) var inputs = 0
  private(set) var errors = 0
  private(set) var warnings = 0

  /// A report of one input, or with `isSeveral` of a run over several.
  init(
    _ format: ReportFormat, to sink: ByteSink, isSeveral: Bool, showsSource: Bool = false,
    isColored: Bool = false
  ) {
    self.sink = sink
    form =
      switch format {
      case .text: TextReport(showsSource: showsSource, isColored: isColored)
      case .json: JSONReport()
      case .outcome: OutcomeReport(isSeveral: isSeveral)
      }
  }

  mutating func add(_ input: InputReport) throws {
    try sink.write((inputs == 0 ? form.beginning : "") + form.text(of: input, number: inputs))
    inputs += 1
    errors += input.issues.count { $0.severity == .error }
    warnings += input.issues.count { $0.severity == .warning }
  }

  func finish() throws {
    try sink.write((inputs == 0 ? form.beginning : "") + form.end(self))
    try sink.finish()
  }
}

/// A format of reports: what stands before, for and after all inputs.
protocol ReportForm {
  var beginning: String { get }
  func text(of input: InputReport, number: Int) -> String
  func end(_ counts: ReportWriter) -> String
}

/// Writing of JSON texts of our own.
enum JSONText {
  /// A string in quotes.
  static func string(_ text: String) -> String {
    var out = ByteBuffer(capacity: text.utf8.count + 16)
    out.append(UInt8(ascii: "\""))
    JSONWriter.escape(text, to: &out)
    out.append(UInt8(ascii: "\""))
    return out.text.string
  }

  /// An object of members that are JSON already; `nil` members are left out.
  static func object(_ members: [(name: String, value: String?)]) -> String {
    let texts = members.compactMap { member in member.value.map { string(member.name) + ":" + $0 } }
    return "{" + texts.joined(separator: ",") + "}"
  }

  static func array(_ items: [String]) -> String { "[" + items.joined(separator: ",") + "]" }
}
