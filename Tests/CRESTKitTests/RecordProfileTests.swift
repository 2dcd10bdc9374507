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
      let errors = validator.issues(inFHIR: bundle.tree).filter { $0.severity >= .error }
      #expect(errors.map(\.brief) == [], "\(number)")
    }
  }
}
