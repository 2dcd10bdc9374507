import ArgumentParser
import ClinicalTree

/// The findings of a run, input by input.
struct Report {
  struct Part: Sendable {
    /// The path of the input as given.
    let source: String
    let issues: [Issue]
    /// The text of the input as UTF-8, for showing lines of it; empty where there is none.
    var text: [UInt8] = []
  }

  /// How a report is written.
  enum Format: String, ExpressibleByArgument, CaseIterable {
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

  var parts: [Part] = []

  func count(_ severity: Issue.Severity) -> Int {
    parts.reduce(0) { $0 + $1.issues.count { $0.severity == severity } }
  }

  /// The report as bytes.
  func written(as format: Format) -> [UInt8] {
    switch format {
    case .text: Array(TextReport(self).text.utf8)
    case .json: Array(JSONReport(self).text.utf8)
    case .outcome: Array(OutcomeReport(self).text.utf8)
    }
  }
}

/// Writing of JSON texts of our own.
enum JSONText {
  /// A string in quotes.
  static func string(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }

  /// An object of members that are JSON already; `nil` members are left out.
  static func object(_ members: [(name: String, value: String?)]) -> String {
    let texts = members.compactMap { member in member.value.map { string(member.name) + ":" + $0 } }
    return "{" + texts.joined(separator: ",") + "}"
  }

  static func array(_ items: [String]) -> String { "[" + items.joined(separator: ",") + "]" }
}
