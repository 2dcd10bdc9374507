import ArgumentParser
import CRESTKit
import ClinicalTree

/// `crest profiles`.
struct ProfilesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profiles",
    abstract: "The built-in implementation guide: what is in it, and as a FHIR package.",
    subcommands: [List.self, Show.self, Pack.self])

  /// `crest profiles list`.
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists the artifacts of the guide: type, id and title.")

    @Option(help: "How to write: text or json.")
    var format = GuideCommand.Format.text

    func run() throws {
      let files = GuidePackage().resources
      switch format {
      case .text: for file in files { print("\(file.type)/\(file.id): \(file.title)") }
      case .json:
        print(
          JSONText.array(
            files.map { file in
              JSONText.object([
                ("type", JSONText.string(file.type)), ("id", JSONText.string(file.id)),
                ("url", JSONText.string(file.url)), ("title", JSONText.string(file.title)),
              ])
            }))
      }
    }
  }

  /// `crest profiles show`.
  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows an artifact as JSON.")

    @Argument(help: "The id of an artifact, with or without its type; see `crest profiles list`.")
    var id: String

    func run() throws {
      let files = GuidePackage().resources.filter { $0.id == id || "\($0.type)/\($0.id)" == id }
      guard let file = files.first else {
        throw ValidationError("there is no artifact \(id); see crest profiles list")
      }
      print(file.json, terminator: file.json.hasSuffix("\n") ? "" : "\n")
    }
  }

  /// `crest profiles pack`.
  struct Pack: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes the guide as a FHIR package (.tgz), the same bytes each time.")

    @Option(
      help: ArgumentHelp("The base of the canonical URLs, to publish under.", valueName: "base"))
    var canonical: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("Where to write.", valueName: "file.tgz"))
    var output: String

    func run() throws {
      try ByteSink.write(GuidePackage(canonical: canonical).archive, to: output)
    }
  }
}
