import CRESTKit
import Foundation

// Converts a document, C-CDA or FHIR, into the other, and says what became of its values:
//
//     swift run convert-document Examples/crest-record.xml > patient.json

guard let path = CommandLine.arguments.dropFirst().first else {
  print("usage: convert-document FILE")
  exit(64)
}
/// What people read; what programs read goes to standard output.
func say(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }

do {
  let document = try ClinicalDocument(parsing: [UInt8](Data(contentsOf: URL(filePath: path))))
  let converter = Converter(options: Converter.Options(keepsLedger: true))
  let made = try converter.convert(document, to: document.kind == .ccda ? .fhir : .ccda)
  FileHandle.standardOutput.write(Data(made.data))

  var counts: [Ledger.Status: Int] = [:]
  made.ledger?.forEachLine { line in
    counts[line.status, default: 0] += 1
    // What is structural says how to read an element, and nothing of the patient.
    if line.status == .dropped, !line.reason.hasPrefix("structural") {
      say("\(line.path) is dropped: \(line.reason)")
    }
  }
  for (status, count) in counts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
    say("\(status.rawValue): \(count)")
  }
  for issue in made.issues where issue.severity > .information {
    say("\(issue.code.id): \(issue.message)")
  }
} catch let error as ClinicalDocument.ReadingError {
  for issue in error.issues { say("\(issue.code.id): \(issue.message)") }
  exit(65)
}
