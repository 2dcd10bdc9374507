import CRESTKit
import Foundation

// Reads a health record in any of the formats and says what it holds of the disease:
//
//     swift run read-record Examples/crest-record.xml

guard let path = CommandLine.arguments.dropFirst().first else {
  print("usage: read-record FILE")
  exit(64)
}
do {
  let bytes = try [UInt8](Data(contentsOf: URL(filePath: path)))
  let document = try ClinicalDocument(parsing: bytes)

  let findings = Validator().issues(in: document)
  print("\(document.kind.rawValue), \(findings.count) findings")

  let record = try CREST.Record(document)
  for letter in CREST.Letter.allCases {
    print("\(letter.rawValue): \(record.manifestations.state(of: letter).rawValue)")
  }

  let bundle = try Converter().convert(document, to: .fhir)
  for link in CREST.Guide.links(in: bundle.tree) where link.kind == .diagnostic {
    print("\(link.resource) -> \(link.statement)")
  }
} catch let error as ClinicalDocument.ReadingError {
  for issue in error.issues { print(issue.code.id, issue.message) }
  exit(65)
}
