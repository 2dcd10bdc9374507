import CRESTKit
import CRESTRecords
import ClinicalTree
import Foundation
import RecordSamples
import TestSupport
import Testing

@Suite("Records and their profiles")
struct RecordProfileTests {
  @Test("What random records become is valid by the profiles that it claims")
  func random() throws {
    var random = RandomRecord(seed: 5)
    let validator = Validator()
    for number in 0..<300 {
      let record = random.next()
      let bundle = try Converter().convert(ClinicalDocument(parsing: record.json()), to: .fhir)
      // A wrong display is a warning, but not in what we write.
      let faults = validator.issues(inFHIR: bundle.tree).filter {
        $0.severity >= .error || $0.code.id == "FHIR-0117"
      }
      #expect(faults.map(\.brief) == [], "\(number)")
    }
  }
}
