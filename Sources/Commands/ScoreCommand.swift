import ArgumentParser
import ClinicalTree
import CRESTKit
import CRESTRecords

/// `crest score`.
struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Recomputes every score and classification, and explains each point.",
    discussion: """
      The criteria of each patient (ACR/EULAR 2013, LeRoy and Medsger 2001, VEDOSS) come from all that a
      document says; items that nobody assessed give bounds and not zeros. Stored totals of the modified
      Rodnan skin score, the HAQ-DI, the GIT 2.0 and others are compared with their parts. The criteria
      classify for research; they are no diagnosis.
      """)

  @Option(help: "How to write: text or json.")
  var format = GuideCommand.Format.text

  @OptionGroup var limitOptions: LimitOptions

  @Argument(help: ArgumentHelp("Files, folders, or - for standard input.", valueName: "input"))
  var inputs: [String]

  func run() throws {
    let documents = try Documents(inputs, limitOptions.limits)
    var scores: [(source: String, score: CREST.Score)] = []
    var isBad = false
    for (source, document) in documents.all {
      do {
        scores += try CREST.Score.scores(in: document).map { (source, $0) }
      } catch {
        Console.say("\(source): cannot be read as a record")
        isBad = true
      }
    }
    switch format {
    case .text: for (source, score) in scores { print(Self.text(source, score)) }
    case .json: print(JSONText.array(scores.map { Self.json($0.source, $0.score) }))
    }
    if isBad { throw Exit.badData }
    try documents.finish()
  }

  // MARK: Text

  private static func text(_ source: String, _ score: CREST.Score) -> String {
    let patient = score.patient.map { " of " + TextReport.printable($0) } ?? ""
    var head = "\(TextReport.printable(source)): \(score.instrument.rawValue)\(patient)"
    if let date = score.date { head += ", \(date)" }
    if let total = score.total {
      let (low, high) = (CREST.Score.text(total.lowerBound), CREST.Score.text(total.upperBound))
      head += low == high ? ": \(low)" : ": between \(low) and \(high)"
    }
    if let classification = score.classification {
      head += ", classified: \(classification.rawValue)"
    }
    if let sufficient = score.sufficient {
      head += ", sufficient criterion: \(sufficient ? "yes" : "no")"
    }
    if let stage = score.stage { head += ", stage: \(stage.rawValue)" }
    if let stored = score.stored { head += ", stored: \(CREST.Score.text(stored))" }
    let items = score.items.filter { $0.path != nil }.map { item in
      let points = item.points.map { " (\(CREST.Score.text($0)))" } ?? ""
      return "  \(item.item): \(item.value)\(points) \(item.path ?? "")"
    }
    let remarks = score.remarks.map { remark in
      "  \(remark.kind.rawValue): \(remark.message)" + (remark.path.map { " (\($0))" } ?? "")
    }
    return ([head] + items + remarks).joined(separator: "\n")
  }

  // MARK: JSON

  private static func json(_ source: String, _ score: CREST.Score) -> String {
    let total = score.total
    let isExact =
      total.map { CREST.Score.text($0.lowerBound) == CREST.Score.text($0.upperBound) } ?? false
    return JSONText.object([
      ("source", JSONText.string(source)),
      ("instrument", JSONText.string(score.instrument.rawValue)),
      ("patient", score.patient.map(JSONText.string) ?? "null"),
      ("total", isExact ? total.map { CREST.Score.text($0.lowerBound) } : nil),
      ("lower", isExact ? nil : total.map { CREST.Score.text($0.lowerBound) }),
      ("upper", isExact ? nil : total.map { CREST.Score.text($0.upperBound) }),
      ("sufficient", score.sufficient.map { $0 ? "true" : "false" }),
      ("classification", score.classification.map { JSONText.string($0.rawValue) }),
      ("stage", score.stage.map { JSONText.string($0.rawValue) }),
      ("items", JSONText.array(score.items.map(json))),
      ("date", score.date.map { JSONText.string($0.text) }),
      ("stored", score.stored.map(CREST.Score.text) ?? "null"),
      ("path", score.path.map(JSONText.string)),
      (
        "remarks",
        JSONText.array(
          score.remarks.map { remark in
            JSONText.object([
              ("kind", JSONText.string(remark.kind.rawValue)),
              ("message", JSONText.string(remark.message)),
              ("path", remark.path.map(JSONText.string) ?? "null"),
            ])
          })
      ),
    ])
  }

  private static func json(_ item: CREST.Score.Item) -> String {
    JSONText.object([
      ("item", JSONText.string(item.item)), ("value", JSONText.string(item.value)),
      ("points", item.points.map(CREST.Score.text) ?? "null"),
      ("path", item.path.map(JSONText.string) ?? "null"),
    ])
  }
}
