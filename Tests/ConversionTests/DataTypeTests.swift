import ClinicalTree
import Conversion
import Testing

@Suite("Data types of CDA become those of FHIR")
struct DataTypeTests {
  /// A procedure around the element that a test is about.
  private func procedure(
    _ content: String, code: String = #"<code nullFlavor="UNK"/>"#,
    options: Conversion.Options = .init()
  ) throws -> Fixture {
    try Fixture(
      section: "47519-4",
      """
      <entry><procedure classCode="PROC" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.14"/><id root="2.16.840.1.113883.19.5" extension="x"/>
      \(code)<statusCode code="completed"/>\(content)</procedure></entry>
      """, options: options)
  }

  private func observation(_ value: String) throws -> Fixture {
    try Fixture(
      section: "30954-2",
      """
      <entry><organizer classCode="BATTERY" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.1"/>
      <code code="24323-8" codeSystem="2.16.840.1.113883.6.1"/><statusCode code="completed"/>
      <component><observation classCode="OBS" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.2"/><id root="2.16.840.1.113883.19.5" extension="o"/>
      <code code="17861-6" codeSystem="2.16.840.1.113883.6.1"/><statusCode code="completed"/>
      <effectiveTime value="20260101"/>\(value)</observation></component></organizer></entry>
      """)
  }

  @Test(
    "Times keep their precision; one without offset becomes its date, with its form beside",
    arguments: [
      ("2026", "2026", nil), ("202601", "2026-01", nil), ("20260115", "2026-01-15", nil),
      ("20260115103000+0100", "2026-01-15T10:30:00+01:00", nil),
      ("20260115103000.125-0500", "2026-01-15T10:30:00.125-05:00", nil),
      ("202601151030+0000", "2026-01-15T10:30:00+00:00", "202601151030+0000"),
      ("20260115103000", "2026-01-15", "20260115103000"),
      ("202601151030", "2026-01-15", "202601151030"), ("2026-01-15", "2026-01-15", "2026-01-15"),
    ])
  func times(source: String, expected: String, kept: String?) throws {
    let made = try procedure(#"<effectiveTime value="\#(source)"/>"#)
    #expect(made.value("Procedure.performedDateTime") == expected)
    #expect(made.extensions("source-time", in: "Procedure") == (kept.map { [$0] } ?? []))
    #expect(made.fate("procedure/effectiveTime/@value") == .carried)
  }

  @Test(
    "What is no time is kept, never guessed",
    arguments: ["20260230", "15.1.2026", "20261301", "yesterday", "00000000", "20260115T10"])
  func nonsense(source: String) throws {
    let made = try procedure(#"<effectiveTime value="\#(source)"/>"#)
    #expect(made.values("Procedure.performedDateTime").isEmpty)
    #expect(made.fate("procedure/effectiveTime/@value") == .kept)
    #expect(made.codes.contains("CONV-0005"))
  }

  @Test("Policies for times without offset")
  func policies() throws {
    let time = #"<effectiveTime value="20260115233000"/>"#
    let fixed = try procedure(time, options: .init(timeZonePolicy: .fixed(-300)))
    #expect(fixed.value("Procedure.performedDateTime") == "2026-01-15T23:30:00-05:00")
    // The header of the fixture states one offset.
    let document = try procedure(time, options: .init(timeZonePolicy: .document))
    #expect(document.value("Procedure.performedDateTime") == "2026-01-15T23:30:00+01:00")
  }

  @Test("Intervals are periods, and an open or unknown end stays so")
  func intervals() throws {
    let both = try procedure(
      #"<effectiveTime><low value="20260101"/><high value="20260103"/></effectiveTime>"#)
    #expect(both.value("Procedure.performedPeriod.start") == "2026-01-01")
    #expect(both.value("Procedure.performedPeriod.end") == "2026-01-03")
    let open = try procedure(
      #"<effectiveTime><low value="20260101"/><high nullFlavor="UNK"/></effectiveTime>"#)
    #expect(open.value("Procedure.performedPeriod.start") == "2026-01-01")
    #expect(open.values("Procedure.performedPeriod.end").isEmpty)
  }

  @Test(
    "Quantities keep their digits",
    arguments: [
      ("9.20", "mg/dL", "9.20"), ("+1.5", "mg/dL", "1.5"), (".5", "mg/dL", "0.5"),
      ("1E3", "mg/dL", "1E3"),
      ("0010", "mg/dL", "10"), ("-0.0", "mg/dL", "-0.0"),
    ])
  func quantities(source: String, unit: String, expected: String) throws {
    let made = try observation(#"<value xsi:type="PQ" value="\#(source)" unit="\#(unit)"/>"#)
    #expect(made.value("Observation.valueQuantity.value") == expected)
    #expect(made.value("Observation.valueQuantity.code") == unit)
    #expect(made.value("Observation.valueQuantity.system") == "http://unitsofmeasure.org")
  }

  @Test("A unit that is not UCUM is a unit in words, without a code")
  func foreignUnits() throws {
    let made = try observation(#"<value xsi:type="PQ" value="5" unit="furlongs per week"/>"#)
    #expect(made.value("Observation.valueQuantity.unit") == "furlongs per week")
    #expect(made.values("Observation.valueQuantity.code").isEmpty)
    #expect(made.values("Observation.valueQuantity.system").isEmpty)
  }

  @Test("Bounds on one side are comparators, on both a range")
  func ranges() throws {
    let below = try observation(
      #"<value xsi:type="IVL_PQ"><high value="0.20" unit="mg/dL" inclusive="false"/></value>"#)
    #expect(below.value("Observation.valueQuantity.comparator") == "<")
    #expect(below.value("Observation.valueQuantity.value") == "0.20")
    let atLeast = try observation(
      #"<value xsi:type="IVL_PQ"><low value="5" unit="mg/dL"/></value>"#)
    #expect(atLeast.value("Observation.valueQuantity.comparator") == ">=")
    let both = try observation(
      #"<value xsi:type="IVL_PQ"><low value="1" unit="mg/dL"/><high value="2" unit="mg/dL"/></value>"#
    )
    #expect(both.value("Observation.valueRange.low.value") == "1")
    #expect(both.value("Observation.valueRange.high.value") == "2")
  }

  @Test("Every other type of a value has its own place")
  func values() throws {
    #expect(
      try observation(#"<value xsi:type="ST">clear</value>"#).value("Observation.valueString")
        == "clear")
    #expect(
      try observation(#"<value xsi:type="INT" value="3"/>"#).value("Observation.valueInteger")
        == "3")
    #expect(
      try observation(#"<value xsi:type="BL" value="true"/>"#).value("Observation.valueBoolean")
        == "true")
    #expect(
      try observation(#"<value xsi:type="TS" value="20260101"/>"#).value(
        "Observation.valueDateTime")
        == "2026-01-01")
    let ratio = try observation(
      #"<value xsi:type="RTO_PQ_PQ"><numerator value="1" unit="mg"/><denominator value="40" unit="mL"/></value>"#
    )
    #expect(ratio.value("Observation.valueRatio.numerator.value") == "1")
    #expect(ratio.value("Observation.valueRatio.denominator.code") == "mL")
    let titer = try observation(
      #"<value xsi:type="RTO"><numerator xsi:type="INT" value="1"/><denominator xsi:type="INT" value="80"/></value>"#
    )
    #expect(titer.value("Observation.valueRatio.denominator.value") == "80")
    let coded = try observation(
      #"<value xsi:type="CD" code="10828004" codeSystem="2.16.840.1.113883.6.96" displayName="Positive"/>"#
    )
    #expect(coded.value("Observation.valueCodeableConcept.coding.code") == "10828004")
    #expect(
      coded.value("Observation.valueCodeableConcept.coding.system") == "http://snomed.info/sct")
    let silent = try observation(#"<value xsi:type="PQ" nullFlavor="NASK"/>"#)
    #expect(silent.value("Observation.dataAbsentReason.coding.code") == "not-asked")
  }

  @Test("A code brings its translations, its words and its system")
  func codes() throws {
    let made = try procedure(
      "",
      code: """
        <code code="LOCAL1" codeSystem="1.2.3.99" displayName="Local"><originalText>In <br/>words</originalText>
        <translation code="172043006" codeSystem="2.16.840.1.113883.6.96" displayName="Other"/></code>
        """)
    #expect(made.values("Procedure.code.coding.code") == ["LOCAL1", "172043006"])
    #expect(
      made.values("Procedure.code.coding.system") == ["urn:oid:1.2.3.99", "http://snomed.info/sct"])
    #expect(made.value("Procedure.code.text")?.contains("words") == true)
    let named = try procedure(
      "", code: #"<code code="X" codeSystem="SNOMED-CT" codeSystemName="SNOMED CT"/>"#)
    #expect(named.codes.contains("CONV-0006"))
    let valueSet = try procedure(
      "", code: #"<code code="X" codeSystem="2.16.840.1.113883.1.11.78"/>"#)
    #expect(valueSet.codes.contains("CONV-0007"))
  }

  @Test("Words come from the narrative that a code refers to")
  func references() throws {
    let text =
      "<text><table><tbody><tr><td ID='n1'>Laser  <content>therapy</content></td></tr></tbody></table></text>"
    func made(_ reference: String) throws -> Fixture {
      try Fixture(
        section: "47519-4",
        """
        <entry><procedure classCode="PROC" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.14"/>
        <code nullFlavor="UNK"><originalText><reference value="\(reference)"/></originalText></code>
        <statusCode code="completed"/></procedure></entry>
        """, text: text)
    }
    #expect(try made("#n1").value("Procedure.code.text") == "Laser therapy")
    let bare = try made("n1")
    #expect(bare.value("Procedure.code.text") == "Laser therapy")
    #expect(bare.codes.contains("CONV-0004"))
    let dangling = try made("#n2")
    #expect(dangling.codes.contains("CONV-0003"))
    #expect(dangling.fate("originalText/reference/@value") == .kept)
  }

  @Test(
    "Identifiers",
    arguments: [
      (
        #"root="2.16.840.1.113883.4.1" extension="111223333""#, "http://hl7.org/fhir/sid/us-ssn",
        "111223333"
      ),
      (#"root="1.2.3.4" extension="a b""#, "urn:oid:1.2.3.4", "a b"),
      (#"root="1.2.3.4""#, "urn:ietf:rfc:3986", "urn:oid:1.2.3.4"),
      (
        #"root="C757873D-EC9A-4326-A141-556F43239520""#, "urn:ietf:rfc:3986",
        "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"
      ),
      (
        #"root="c757873d-ec9a-4326-a141-556f43239520" extension="7""#,
        "urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "7"
      ),
    ])
  func identifiers(attributes: String, system: String, value: String) throws {
    let made = try Fixture(
      section: "47519-4",
      """
      <entry><procedure classCode="PROC" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.14"/>
      <id \(attributes)/><code nullFlavor="UNK"/><statusCode code="completed"/></procedure></entry>
      """)
    #expect(made.value("Procedure.identifier.system") == system)
    #expect(made.value("Procedure.identifier.value") == value)
  }

  @Test("Names, addresses and telecoms keep their parts and uses")
  func demographics() throws {
    let header = """
      <author><time value="20260101"/><assignedAuthor><id root="1.2.3.4" extension="a"/>
      <addr use="WP"><streetAddressLine>1 Way</streetAddressLine><streetAddressLine>Flat 2</streetAddressLine>
      <city>Town</city><state>MA</state><postalCode>02101</postalCode><country>US</country></addr>
      <telecom use="WP" value="tel:+1(555)555-1003"/><telecom value="mailto:a@example.org"/>
      <assignedPerson><name use="L"><prefix>Dr.</prefix><given>Ann</given><given>B.</given>
      <family>Author</family><suffix>MD</suffix></name></assignedPerson></assignedAuthor></author>
      """
    let made = try Fixture(header: header)
    #expect(made.values("Practitioner.name.given") == ["Ann", "B."])
    #expect(made.value("Practitioner.name.family") == "Author")
    #expect(made.value("Practitioner.name.prefix") == "Dr.")
    #expect(made.value("Practitioner.name.suffix") == "MD")
    #expect(made.values("Practitioner.address.line") == ["1 Way", "Flat 2"])
    #expect(made.value("Practitioner.address.postalCode") == "02101")
    #expect(made.values("Practitioner.telecom.system") == ["phone", "email"])
    #expect(made.values("Practitioner.telecom.value") == ["+1(555)555-1003", "a@example.org"])
  }
}
