import ArgumentParser
import ClinicalTree
import CRESTKit
import CRESTRecords

/// `crest guide`.
struct GuideCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guide",
    abstract: "The guide, the links of records to it, and which of its steps have no record.",
    subcommands: [List.self, Show.self, Link.self, Coverage.self, Table.self])

  /// How the answers are written.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  /// `crest guide list`.
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the sections of the guide.")

    @Option(help: "How to write: text or json.")
    var format = Format.text

    func run() throws {
      let sections = CREST.Guide.standard.sections
      switch format {
      case .text:
        for section in sections {
          print("\(section.id): \(section.title) (\(section.statements.count) statements)")
        }
      case .json:
        print(
          JSONText.array(
            sections.map {
              JSONText.object([
                ("id", JSONText.string($0.id)), ("title", JSONText.string($0.title)),
                ("statements", String($0.statements.count)),
              ])
            }))
      }
    }
  }

  /// `crest guide show`.
  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows the statements of a section, with what selects their records.")

    @Option(help: "How to write: text or json.")
    var format = Format.text

    @Argument(help: "The id of a section; see `crest guide list`.")
    var section: String

    func run() throws {
      guard let found = CREST.Guide.standard.sections.first(where: { $0.id == section }) else {
        let known = CREST.Guide.standard.sections.map(\.id).joined(separator: ", ")
        throw ValidationError("there is no section \(section); known are \(known)")
      }
      switch format {
      case .text:
        print(found.title)
        for statement in found.statements {
          let claim = statement.isClaim ? ", contestable" : ""
          print(
            "\n\(statement.id) (\(statement.kind.rawValue)\(claim))\n  The guide: \(statement.text)"
          )
          for code in statement.codes { print("  \(code.system) \(code.code)") }
          for code in statement.routes { print("  by the route \(code.system) \(code.code)") }
          if !statement.words.isEmpty {
            print("  words: \(statement.words.joined(separator: ", "))")
          }
          if !statement.exceptions.isEmpty {
            print("  unless: \(statement.exceptions.joined(separator: ", "))")
          }
        }
      case .json: print(JSONText.array(found.statements.map(Self.json)))
      }
    }

    private static func json(_ statement: CREST.Guide.Statement) -> String {
      JSONText.object([
        ("id", JSONText.string(statement.id)), ("kind", JSONText.string(statement.kind.rawValue)),
        ("text", JSONText.string(statement.text)),
        ("codes", JSONText.array(statement.codes.map(GuideCommand.json))),
        ("words", JSONText.array(statement.words.map(JSONText.string))),
        (
          "exceptions",
          statement.exceptions.isEmpty
            ? nil : JSONText.array(statement.exceptions.map(JSONText.string))
        ),
        ("claim", statement.isClaim ? "true" : nil),
        (
          "routes",
          statement.routes.isEmpty
            ? nil : JSONText.array(statement.routes.map(GuideCommand.json))
        ),
      ])
    }
  }

  static func json(_ code: CREST.Guide.Code) -> String {
    JSONText.object([
      ("system", JSONText.string(code.system)), ("code", JSONText.string(code.code)),
    ])
  }

  /// `crest guide link`.
  struct Link: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Says which statements of the guide speak of which records, and why.")

    @Option(help: "How to write: text or json.")
    var format = Format.text

    @OptionGroup var limitOptions: LimitOptions

    @Argument(help: ArgumentHelp("Files, folders, or - for standard input.", valueName: "input"))
    var inputs: [String]

    func run() throws {
      let documents = try Documents(inputs, limitOptions.limits)
      let links = documents.all.flatMap { input in
        CREST.Guide.links(in: input.document).map { (source: input.source, link: $0) }
      }
      switch format {
      case .text:
        for (source, link) in links {
          let reason = link.code.map { "\($0.system) \($0.code)" } ?? "its words"
          print(
            "\(TextReport.printable(source)): \(link.path): \(link.statement) (\(link.kind.rawValue)), because of \(reason)"
          )
        }
      case .json: print(JSONText.array(links.map { Self.json($0.source, $0.link) }))
      }
      try documents.finish()
    }

    private static func json(_ source: String, _ link: CREST.Guide.Link) -> String {
      JSONText.object([
        ("source", JSONText.string(source)), ("resource", JSONText.string(link.resource)),
        ("path", JSONText.string(link.path)), ("section", JSONText.string(link.section)),
        ("statement", JSONText.string(link.statement)),
        ("kind", JSONText.string(link.kind.rawValue)),
        ("code", link.code.map(GuideCommand.json) ?? "null"),
      ])
    }
  }

  /// `crest guide coverage`.
  struct Coverage: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Counts the records of every statement: which step of the guide has none.")

    @Option(help: "How to write: text or json.")
    var format = Format.text

    @OptionGroup var limitOptions: LimitOptions

    @Argument(help: ArgumentHelp("Files, folders, or - for standard input.", valueName: "input"))
    var inputs: [String]

    func run() throws {
      let documents = try Documents(inputs, limitOptions.limits)
      let parts = documents.all.map { CREST.Guide.coverage(of: $0.document) }
      let rows = CREST.Guide.standard.statements.enumerated().map { place, statement in
        (statement: statement, records: parts.reduce(0) { $0 + $1[place].records })
      }
      switch format {
      case .text:
        for row in rows {
          print("\(row.records)\t\(row.statement.id) (\(row.statement.kind.rawValue))")
        }
      case .json:
        print(
          JSONText.array(
            rows.map { row in
              JSONText.object([
                ("section", JSONText.string(row.statement.section)),
                ("statement", JSONText.string(row.statement.id)),
                ("kind", JSONText.string(row.statement.kind.rawValue)),
                ("records", String(row.records)),
              ])
            }))
      }
      try documents.finish()
    }
  }

  /// `crest guide table`.
  struct Table: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists every statement with what selects it and the records that speak of it.",
      discussion:
        "Markdown, for documentation: which profile a statement is recorded by, and where.")

    @OptionGroup var limitOptions: LimitOptions

    @Argument(help: ArgumentHelp("Files, folders, or - for standard input.", valueName: "input"))
    var inputs: [String]

    /// Where records of a statement are.
    private struct Records {
      /// Profiles, or types of resources that claim none.
      var elements: [String] = []
      var sources: [String] = []

      mutating func add(_ element: String, _ source: String) {
        if !elements.contains(element) { elements.append(element) }
        if !sources.contains(source) { sources.append(source) }
      }
    }

    func run() throws {
      let documents = try Documents(inputs, limitOptions.limits)
      var records: [String: Records] = [:]
      for (source, document) in documents.all {
        let file = source.split(separator: "/").last.map(String.init) ?? source
        for link in CREST.Guide.links(in: document.tree) {
          let resource = Element(tree: document.tree, index: link.node)
          let profiles = resource["meta"].flatMap { $0["profile"] }.compactMap(\.value)
          let own = profiles.filter { $0.hasPrefix(CREST.canonicalBase) }
            .compactMap { $0.split(separator: "/").last.map(String.init) }
          let type = link.resource.split(separator: "/").first.map(String.init) ?? ""
          for element in own.isEmpty ? [type] : own {
            records[link.statement, default: Records()].add(element, file)
          }
        }
      }
      print("# The guide, statement by statement\n")
      print(
        "What the guide says is in our words. Contestable statements are its claims, and no more.\n"
      )
      for section in CREST.Guide.standard.sections {
        print("## \(section.title)\n")
        print("| Statement | The guide says | Selected by | Recorded in | Examples |")
        print("| --- | --- | --- | --- | --- |")
        for statement in section.statements {
          print(Self.row(statement, records[statement.id] ?? Records()))
        }
        print("")
      }
      try documents.finish()
    }

    private static func row(_ statement: CREST.Guide.Statement, _ records: Records) -> String {
      let claim = statement.isClaim ? ", contestable" : ""
      let routes = statement.routes.map { "by the route \(name($0))" }
      let words = statement.words.map { "“\($0)”" }
      let exceptions = statement.exceptions.map { "“\($0)”" }.joined(separator: ", ")
      let selectors =
        (statement.codes.map(name) + routes + words).joined(separator: ", ")
        + (exceptions.isEmpty ? "" : "; not beside \(exceptions)")
      let more = records.sources.count > 3 ? " and \(records.sources.count - 3) more" : ""
      let examples = records.sources.prefix(3).joined(separator: ", ") + more
      return
        "| `\(statement.id)` (\(statement.kind.rawValue)\(claim)) | \(statement.text) | \(selectors) | \(records.elements.joined(separator: ", ")) | \(examples) |"
    }

    /// A code with the last part of its system's URI, which tells the systems of the guide apart.
    private static func name(_ code: CREST.Guide.Code) -> String {
      let system = code.system.split(separator: "/").last.map(String.init) ?? code.system
      return "\(system) \(code.code)"
    }
  }
}
