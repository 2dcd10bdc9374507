import CRESTKit
import CRESTRecords
import ClinicalTree
import RecordSamples
import TestSupport
import Testing

@Suite("Records by way of C-CDA")
struct RecordWayTests {
  @Test("Random records come back from FHIR and from C-CDA as they were")
  func random() throws {
    var random = RandomRecord(seed: 11)
    for number in 0..<300 {
      var record = random.next()
      let document = try ClinicalDocument(parsing: record.json())
      let cda = try Converter().convert(document, to: .ccda)
      let fhir = try Converter().convert(ClinicalDocument(parsing: cda.data), to: .fhir)
      var back = try CREST.Record(ClinicalDocument(parsing: fhir.data))
      // Members of a care team without a name have no element in C-CDA: they come back after the others.
      record.careTeam.sort { $0.role < $1.role }
      back.careTeam.sort { $0.role < $1.role }
      try #require(back == record, "\(number)")
    }
  }
}
