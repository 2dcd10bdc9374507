public import ArgumentParser
import CRESTKit

/// The command `crest`.
public struct Root: AsyncParsableCommand {
  /// Names, summary and subcommands.
  public static let configuration = CommandConfiguration(
    commandName: "crest",
    abstract: "Health records of calcinosis cutis and CREST syndrome: C-CDA and FHIR R4.",
    discussion: """
      Converts C-CDA to FHIR with a ledger of what became of each value, checks both, and links records
      to the sections of a guide. Offline; the same bytes in give the same bytes out.
      """,
    version: Version.text,
    subcommands: [
      Convert.self, Validate.self, Inspect.self, FHIRPathCommand.self, GuideCommand.self,
      ScoreCommand.self, ReportCommand.self, MappingCommand.self, ProfilesCommand.self,
      Explain.self,
    ])

  /// Makes the command without its arguments.
  public init() {}

  /// Runs the command that the process was given, and ends the process.
  public static func run() async {
    Files.ignoreBrokenPipes()
    await main()
  }
}

/// The version of the command and of its tables.
enum Version {
  static let text = "crest " + CREST.version
}
