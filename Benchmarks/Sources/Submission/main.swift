import Foundation
import SyntheticRecords

// Writes a submission of synthetic records, one a line: `submission 10000 > submission.ndjson`.

guard let count = CommandLine.arguments.dropFirst().first.flatMap({ Int($0) }) else {
  print("usage: submission COUNT")
  exit(64)
}
var records = SyntheticRecords(seed: 1)
for _ in 0..<count {
  guard let record = records.next() else { break }
  FileHandle.standardOutput.write(Data(record + [UInt8(ascii: "\n")]))
}
