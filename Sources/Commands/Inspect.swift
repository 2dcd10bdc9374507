import ArgumentParser
import ClinicalTree
import CRESTKit

/// `crest inspect`.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Tells what is in a document: kind, sections, templates, statements, code systems, counts.",
    discussion: "Shows no values of patients.")

  /// How the answer is written.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @Option(help: "How to write: text or json.")
  var format = Format.text

  @OptionGroup var limitOptions: LimitOptions

  @Argument(help: ArgumentHelp("Files, folders, or - for standard input.", valueName: "input"))
  var inputs: [String]

  func run() throws {
    let documents = try Documents(inputs, limitOptions.limits)
    let summaries = documents.all.map { (source: $0.source, summary: DocumentSummary($0.document)) }
    switch format {
    case .text: for (source, summary) in summaries { print(summary.text(source)) }
    case .json: print(JSONText.array(summaries.map { $0.summary.json($0.source) }))
    }
    try documents.finish()
  }
}

extension DocumentSummary {
  fileprivate func text(_ source: String) -> String {
    var lines = ["\(TextReport.printable(source)): \(kind.rawValue), \(size) bytes, \(nodes) nodes"]
    for issue in issues { lines.append("  " + TextReport.line(issue, source)) }
    if !version.isEmpty { lines.append("  version: \(version)") }
    for section in sections {
      lines.append(
        "  section \(section.code.isEmpty ? "without code" : section.code): \(section.entries) entries"
      )
    }
    func list(_ title: String, _ counts: [Count]) {
      if counts.isEmpty { return }
      lines.append("  \(title):")
      for count in counts { lines.append("    \(count.count)\t\(count.name)") }
    }
    list("resources", resources)
    list("statements", statements)
    list("statements without a table", unmapped)
    list("code systems", codeSystems)
    return lines.joined(separator: "\n")
  }

  fileprivate func json(_ source: String) -> String {
    func list(_ counts: [Count]) -> String {
      JSONText.array(
        counts.map {
          JSONText.object([("name", JSONText.string($0.name)), ("count", String($0.count))])
        })
    }
    return JSONText.object([
      ("source", JSONText.string(source)), ("kind", JSONText.string(kind.rawValue)),
      ("bytes", String(size)), ("nodes", String(nodes)),
      ("version", version.isEmpty ? nil : JSONText.string(version)),
      (
        "sections",
        JSONText.array(
          sections.map {
            JSONText.object([("code", JSONText.string($0.code)), ("entries", String($0.entries))])
          })
      ),
      ("resources", list(resources)), ("statements", list(statements)),
      ("unmapped", list(unmapped)),
      ("codeSystems", list(codeSystems)), ("issues", String(issues.count)),
    ])
  }
}
