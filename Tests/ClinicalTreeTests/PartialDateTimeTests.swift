import ClinicalTree
import Testing

@Suite("Partial dates and times")
struct PartialDateTimeTests {
  @Test(
    "HL7 version 3 becomes FHIR with the precision that was written",
    arguments: [
      ("2026", "2026"), ("202611", "2026-11"), ("20261125", "2026-11-25"),
      ("202611251230+0100", "2026-11-25T12:30:00+01:00"),
      ("20261125123005-0530", "2026-11-25T12:30:05-05:30"),
      ("20261125123005.120+0000", "2026-11-25T12:30:05.120+00:00"), ("20240229", "2024-02-29"),
      ("2026112512", "2026-11-25"), ("20261125123005", "2026-11-25"),
    ])
  func toFHIR(hl7: String, fhir: String) {
    #expect(PartialDateTime(hl7: hl7)?.fhir == fhir)
  }

  @Test(
    "What the calendar or the format does not have is refused",
    arguments: [
      "", "20", "20261", "20261301", "20230230", "20260100", "202611252460", "2026112512300",
      "20261125+0100",
      "202611251230+01", "20261125123005.", "2026-11-25", "00000000", "20261125240000",
      "202611251230+2400",
    ])
  func refused(text: String) {
    #expect(PartialDateTime(hl7: text) == nil)
  }

  @Test(
    "Both forms come back",
    arguments: ["2026", "2026-11", "2026-11-25", "2026-11-25T12:30:05.120-05:00"])
  func comesBack(text: String) {
    let value = PartialDateTime(fhir: text)
    #expect(value?.fhir == text)
    #expect(value.flatMap { PartialDateTime(hl7: $0.hl7) } == value)
  }

  @Test(
    "FHIR's own rules hold",
    arguments: [
      "2026-1", "2026-11-25T12:30", "2026-11-25T12:30:05", "2026-02-30", "2026-11-25T25:00:00Z",
      "26-01-01",
      "2026-11T12:00:00Z", "2026-11-25T12:30:05.Z",
    ])
  func refusedFHIR(text: String) {
    #expect(PartialDateTime(fhir: text) == nil)
  }
}
