import CRESTKit
import Foundation

// Checks a submission to a registry, a record a line, and says which patients to look at:
//
//     swift run check-submission Examples/Patients/submission.ndjson

guard let path = CommandLine.arguments.dropFirst().first else {
  print("usage: check-submission FILE")
  exit(64)
}
var options = Validator.Options()
options.profiles = [CREST.canonicalBase + "/StructureDefinition/crest-bundle-submission"]
let validator = Validator(options: options)
var submission = CREST.Submission()

let lines = try String(contentsOf: URL(filePath: path), encoding: .utf8)
  .split(separator: "\n", omittingEmptySubsequences: true)
for (number, line) in lines.enumerated() {
  guard let record = try? ClinicalDocument(parsing: Array(line.utf8)) else {
    print("line \(number + 1): not a record")
    continue
  }
  let entry = submission.add(CREST.Submission.Outline(record.tree), line: number + 1)
  for issue in validator.issues(in: record) + entry.issues where issue.severity > .information {
    print("line \(number + 1), patient \(entry.patient): \(issue.severity), \(issue.message)")
  }
}
print("\(submission.patients) patients")
