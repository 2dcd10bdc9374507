import CRESTKit
import CSAX
import ClinicalTree
import Definitions
import FHIRPath
import Foundation
import SyntheticRecords
import XMLTree

/// Ratios to yardsticks of the same run, on documents that CREST_CORPORA names: machines drift, ratios
/// hardly do. Every figure is processor time on one core, the best of several rounds.
@main
enum Speed {
  static func main() throws {
    guard let corpora = ProcessInfo.processInfo.environment["CREST_CORPORA"] else {
      return print("set CREST_CORPORA to the folder with the documents")
    }
    let documents = files(corpora + "/ccda/jddamore__ccda-samples", ".xml")
    let resources = files(corpora + "/fhir/r4-examples", ".json")
    let xmlSize = Double(documents.reduce(0) { $0 + $1.count })
    let jsonSize = Double(resources.reduce(0) { $0 + $1.count })

    let sax = seconds {
      for document in documents {
        document.withUnsafeBytes { bytes in
          _ = csax_count(bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count))
        }
      }
    }
    let tree = seconds {
      for document in documents { _ = try? Tree.xml(document, names: .standard) }
    }
    let converter = Converter()
    let convert = seconds {
      for document in documents {
        guard let source = try? ClinicalDocument(parsing: document) else { continue }
        _ = try? converter.convert(source, to: .fhir)
      }
    }
    let bundles = documents.compactMap { document in
      (try? ClinicalDocument(parsing: document)).flatMap {
        try? converter.convert($0, to: .fhir).data
      }
    }
    let bundleSize = Double(bundles.reduce(0) { $0 + $1.count })
    let reading = seconds {
      for bundle in bundles { _ = try? Tree.json(bundle, names: .standard) }
    }
    let back = seconds {
      for bundle in bundles {
        guard let source = try? ClinicalDocument(parsing: bundle) else { continue }
        _ = try? converter.convert(source, to: .ccda)
      }
    }
    let recording = Converter(options: .init(keepsLedger: true))
    let ledger = seconds {
      for document in documents {
        guard let source = try? ClinicalDocument(parsing: document) else { continue }
        let output = try? recording.convert(source, to: .fhir)
        _ = output?.ledger?.ndjson(source: "document")
      }
    }
    let foundationData = resources.map { Data($0) }
    let foundation = seconds(rounds: 2) {
      for data in foundationData { _ = try? JSONSerialization.jsonObject(with: data) }
    }
    let json = seconds {
      for resource in resources { _ = try? Tree.json(resource, names: .standard) }
    }

    func line(
      _ name: String, _ size: Double, _ time: Double, _ yardstick: Double, _ goal: Double,
      _ unit: String
    ) {
      let ratio = yardstick / time
      let verdict = ratio >= goal ? "holds" : "falls short"
      print(
        "\(name): \(Int(size / time / 1e6)) MB/s, \(format(ratio)) of \(unit) (goal \(goal)): \(verdict)"
      )
    }
    print("libxml2 SAX2 with counting callbacks: \(Int(xmlSize / sax / 1e6)) MB/s")
    line("XML to tree", xmlSize, tree, sax, 0.5, "SAX2")
    line("C-CDA to FHIR, bytes to bytes", xmlSize, convert, sax, 0.06, "SAX2")
    line("FHIR to C-CDA, bytes to bytes", bundleSize, back, reading, 0.02, "reading its JSON")
    line(
      "C-CDA to FHIR with every line of the ledger", xmlSize, ledger, convert, 0.5, "that without")
    print("JSONSerialization: \(Int(jsonSize / foundation / 1e6)) MB/s")
    line("JSON to tree", jsonSize, json, foundation, 8, "JSONSerialization")
    try invariant()
    submission()
  }

  /// Records of a submission a second, with all rules and what the registry asks of them together.
  static func submission() {
    var records = SyntheticRecords(seed: 1)
    let lines = (0..<1000).compactMap { _ in records.next() }
    var options = Validator.Options()
    options.profiles = [CREST.submissionProfile]
    let validator = Validator(options: options)
    let reading = seconds { for line in lines { _ = try? Tree.json(line, names: .standard) } }
    let time = seconds(rounds: 3) {
      var submission = CREST.Submission()
      for (number, line) in lines.enumerated() {
        guard let document = try? ClinicalDocument(parsing: line) else { continue }
        _ = validator.issues(in: document)
        _ = submission.add(CREST.Submission.Outline(document.tree), line: number + 1)
      }
    }
    let size = lines.reduce(0) { $0 + $1.count } / lines.count
    let rate = Double(lines.count) / time
    let verdict = rate >= 2000 ? "holds" : "falls short"
    print(
      "submission: \(Int(rate)) records of \(size) bytes a second, \(format(reading / time)) of reading its JSON (goal 2000): \(verdict)"
    )
  }

  /// Evaluations a second of R4's invariant pat-1, read once, on a thousand contacts.
  static func invariant() throws {
    let contact = """
      {"relationship":[{"text":"a friend"}],"gender":"other","telecom":[{"value":"555"}]}
      """
    let contacts = Array(repeating: contact, count: 1000).joined(separator: ",")
    let text = "{\"resourceType\":\"Patient\",\"contact\":[\(contacts)]}"
    let tree = try Tree.json(Array(text.utf8), names: .standard).tree
    let invariant = try FHIRPathExpression(
      "contact.all(name.exists() or telecom.exists() or address.exists() or organization.exists())")
    let time = seconds { for _ in 0..<100 { _ = try? invariant.evaluate(on: tree) } }
    let rate = 0.1 / time
    let verdict = rate >= 0.9 ? "holds" : "falls short"
    print("pat-1: \(format(rate)) million evaluations a second (goal 0.9): \(verdict)")
  }

  static func format(_ number: Double) -> String { String(format: "%.3f", number) }

  static func files(_ folder: String, _ suffix: String) -> [[UInt8]] {
    guard let walk = FileManager.default.enumerator(atPath: folder) else { return [] }
    let names = walk.compactMap { $0 as? String }.filter { $0.hasSuffix(suffix) }.sorted()
    return names.compactMap {
      FileManager.default.contents(atPath: folder + "/" + $0).map { [UInt8]($0) }
    }
  }

  /// Processor seconds of the best of several rounds, after one that does not count.
  static func seconds(rounds: Int = 5, _ body: () -> Void) -> Double {
    body()
    return (0..<rounds).map { _ in
      let start = clock()
      body()
      return Double(clock() - start) / Double(CLOCKS_PER_SEC)
    }.min() ?? 0
  }
}
