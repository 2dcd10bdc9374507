import ArgumentParser
import ClinicalTree
import CRESTKit
import CRESTRecords

/// `crest report`.
struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Makes one page of HTML of a record, for a clinician to read in a minute.",
    discussion: """
      The five manifestations, deposits, time lines of measurements and scores, treatment, the guide's
      sections with linked records and gaps, and what the validator finds. The page needs nothing from
      elsewhere. It shows the patient's values, names among them.
      """)

  @Option(name: .shortAndLong, help: "Where to write; standard output without it.")
  var output: String?

  @OptionGroup var limitOptions: LimitOptions

  @Argument(
    help: "A record of one patient: C-CDA, FHIR or the JSON of a record; - for standard input.")
  var input: String

  func run() async throws {
    let documents = try Documents([input], limitOptions.limits)
    try documents.finish()
    guard let (source, document) = documents.all.first, documents.all.count == 1 else {
      throw ValidationError("a page is made of one document")
    }
    let patients = document.split().documents.count
    if patients > 1 {
      Console.say(
        "\(source): \(patients) patients; `crest convert --split-patients` takes them apart")
      throw Exit.badData
    }
    do {
      try ByteSink.write(Array(CREST.Page(document).html.utf8), to: output)
    } catch Converter.ConversionError.notARecord(let issues) {
      for issue in issues { Console.say(TextReport.line(issue.placed, source)) }
      throw Exit.badData
    }
  }
}
