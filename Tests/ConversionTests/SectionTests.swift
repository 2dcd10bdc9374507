import ClinicalTree
import Conversion
import Testing

@Suite("Sections")
struct SectionTests {
  private func concern(
    status: String = "active", observation: String, attributes: String = "", inside: String = ""
  ) throws -> Fixture {
    try Fixture(
      section: "11450-4",
      """
      <entry><act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.3"/>
      <id root="1.2.3.4" extension="c"/><code code="CONC" codeSystem="2.16.840.1.113883.5.6"/>
      <statusCode code="\(status)"/><effectiveTime><low value="20260101"/></effectiveTime>
      <entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN"\(attributes)>
      <templateId root="2.16.840.1.113883.10.20.22.4.4"/><id root="1.2.3.4" extension="p"/>
      <code code="64572001" codeSystem="2.16.840.1.113883.6.96"/><statusCode code="completed"/>
      \(observation)\(inside)</observation></entryRelationship></act></entry>
      """)
  }

  private let raynaud =
    #"<value xsi:type="CD" code="266261006" codeSystem="2.16.840.1.113883.6.96" displayName="Raynaud's phenomenon"/>"#

  @Test("A problem is a condition with onset, abatement and both statuses")
  func problems() throws {
    let active = try concern(
      observation: #"<effectiveTime><low value="200903"/></effectiveTime>"# + raynaud)
    #expect(active.value("Condition.clinicalStatus.coding.code") == "active")
    #expect(active.value("Condition.onsetDateTime") == "2009-03")
    #expect(active.value("Condition.code.coding.code") == "266261006")
    #expect(active.value("Condition.subject.reference")?.hasPrefix("urn:uuid:") == true)
    #expect(active.values("Condition.category.coding.code").contains("problem-list-item"))
    let resolved = try concern(
      status: "completed",
      observation: #"<effectiveTime><low value="2009"/><high value="2011"/></effectiveTime>"#
        + raynaud)
    #expect(resolved.value("Condition.clinicalStatus.coding.code") == "inactive")
    #expect(resolved.value("Condition.abatementDateTime") == "2011")
  }

  @Test("A problem that is denied is refuted, never present")
  func deniedProblem() throws {
    let made = try concern(
      observation: #"<effectiveTime><low value="2009"/></effectiveTime>"# + raynaud,
      attributes: #" negationInd="true""#)
    #expect(made.value("Condition.verificationStatus.coding.code") == "refuted")
    #expect(made.fate("observation/@negationInd") == .carried)
  }

  @Test("An unknown end of an active problem claims nothing")
  func unknownEnd() throws {
    let made = try concern(
      observation:
        #"<effectiveTime><low value="2009"/><high nullFlavor="UNK"/></effectiveTime>"# + raynaud)
    #expect(made.value("Condition.clinicalStatus.coding.code") == "active")
    #expect(made.values("Condition.abatementDateTime").isEmpty)
  }

  @Test("Several problems of one concern are several conditions")
  func severalProblems() throws {
    let made = try Fixture(
      section: "11450-4",
      """
      <entry><act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.3"/>
      <code code="CONC" codeSystem="2.16.840.1.113883.5.6"/><statusCode code="active"/>
      \(["a", "b"].map { """
        <entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">
        <templateId root="2.16.840.1.113883.10.20.22.4.4"/><id root="1.2.3.4" extension="\($0)"/>
        <code code="64572001" codeSystem="2.16.840.1.113883.6.96"/><statusCode code="completed"/>
        \(raynaud)</observation></entryRelationship>
        """ }.joined())
      </act></entry>
      """)
    #expect(made.resources("Condition").count == 2)
    #expect(Set(made.values("Condition.id")).count == 2)
  }

  private func allergy(_ observation: String, attributes: String = "", value: String = "419199007")
    throws
    -> Fixture
  {
    try Fixture(
      section: "48765-2",
      """
      <entry><act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.30"/>
      <id root="1.2.3.4" extension="c"/><code code="CONC" codeSystem="2.16.840.1.113883.5.6"/>
      <statusCode code="active"/><effectiveTime><low value="20260101"/></effectiveTime>
      <entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN"\(attributes)>
      <templateId root="2.16.840.1.113883.10.20.22.4.7"/><id root="1.2.3.4" extension="a"/>
      <code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/><statusCode code="completed"/>
      <effectiveTime><low value="2015"/></effectiveTime>
      <value xsi:type="CD" code="\(value)" codeSystem="2.16.840.1.113883.6.96"/>\(observation)
      </observation></entryRelationship></act></entry>
      """)
  }

  @Test("An allergy has substance, category, reactions and criticality")
  func allergies() throws {
    let made = try allergy(
      """
      <participant typeCode="CSM"><participantRole classCode="MANU"><playingEntity classCode="MMAT">
      <code code="7980" codeSystem="2.16.840.1.113883.6.88" displayName="Penicillin G"/></playingEntity>
      </participantRole></participant>
      <entryRelationship typeCode="MFST" inversionInd="true"><observation classCode="OBS" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.9"/><id root="1.2.3.4" extension="r"/>
      <code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/><statusCode code="completed"/>
      <value xsi:type="CD" code="247472004" codeSystem="2.16.840.1.113883.6.96" displayName="Hives"/>
      <entryRelationship typeCode="SUBJ" inversionInd="true"><observation classCode="OBS" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.8"/>
      <code code="SEV" codeSystem="2.16.840.1.113883.5.4"/><statusCode code="completed"/>
      <value xsi:type="CD" code="6736007" codeSystem="2.16.840.1.113883.6.96"/></observation></entryRelationship>
      </observation></entryRelationship>
      """, value: "416098002")
    #expect(made.value("AllergyIntolerance.code.coding.code") == "7980")
    #expect(made.value("AllergyIntolerance.category") == "medication")
    #expect(made.value("AllergyIntolerance.onsetDateTime") == "2015")
    #expect(made.value("AllergyIntolerance.reaction.manifestation.coding.code") == "247472004")
    #expect(made.value("AllergyIntolerance.reaction.severity") == "moderate")
  }

  @Test("No known allergy is said by a code, not by a refuted substance")
  func noKnownAllergy() throws {
    let made = try allergy(
      """
      <participant typeCode="CSM"><participantRole classCode="MANU"><playingEntity classCode="MMAT">
      <code nullFlavor="NA"/></playingEntity></participantRole></participant>
      """, attributes: #" negationInd="true""#)
    #expect(made.value("AllergyIntolerance.code.coding.code") == "716186003")
    #expect(made.values("AllergyIntolerance.verificationStatus.coding.code") != ["refuted"])
    #expect(made.fate("observation/@negationInd") == .carried)
  }

  @Test("A medication keeps drug, dose, route, rate of repetition and period")
  func medications() throws {
    let made = try Fixture(
      section: "10160-0",
      """
      <entry><substanceAdministration classCode="SBADM" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.16"/><id root="1.2.3.4" extension="m"/>
      <text>twice a day</text><statusCode code="active"/>
      <effectiveTime xsi:type="IVL_TS"><low value="20260101"/><high value="20260201"/></effectiveTime>
      <effectiveTime xsi:type="PIVL_TS" operator="A" institutionSpecified="true"><period value="12" unit="h"/></effectiveTime>
      <routeCode code="C38288" codeSystem="2.16.840.1.113883.3.26.1.1" displayName="ORAL"/>
      <doseQuantity value="1.50" unit="mg"/>
      <consumable><manufacturedProduct classCode="MANU"><templateId root="2.16.840.1.113883.10.20.22.4.23"/>
      <manufacturedMaterial><code code="198042" codeSystem="2.16.840.1.113883.6.88" displayName="Nifedipine"/>
      </manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration></entry>
      """)
    #expect(made.value("MedicationRequest.medicationCodeableConcept.coding.code") == "198042")
    #expect(made.value("MedicationRequest.status") == "active")
    #expect(
      made.value("MedicationRequest.dosageInstruction.timing.repeat.boundsPeriod.start")
        == "2026-01-01")
    #expect(
      made.value("MedicationRequest.dosageInstruction.timing.repeat.boundsPeriod.end")
        == "2026-02-01")
    #expect(
      made.value("MedicationRequest.dosageInstruction.doseAndRate.doseQuantity.value") == "1.50")
    #expect(made.value("MedicationRequest.dosageInstruction.route.coding.code") == "C38288")
    // Twelve hours that the institution may shift are "twice a day".
    #expect(made.value("MedicationRequest.dosageInstruction.timing.repeat.frequency") == "2")
    #expect(made.value("MedicationRequest.dosageInstruction.timing.repeat.period") == "1")
    #expect(made.value("MedicationRequest.dosageInstruction.timing.repeat.periodUnit") == "d")
  }

  @Test("A medication that was not given is not taken")
  func medicationNotTaken() throws {
    let made = try Fixture(
      section: "10160-0",
      """
      <entry><substanceAdministration classCode="SBADM" moodCode="EVN" negationInd="true">
      <templateId root="2.16.840.1.113883.10.20.22.4.16"/><id root="1.2.3.4" extension="m"/>
      <statusCode code="completed"/><consumable><manufacturedProduct classCode="MANU">
      <manufacturedMaterial><code code="198042" codeSystem="2.16.840.1.113883.6.88"/></manufacturedMaterial>
      </manufacturedProduct></consumable></substanceAdministration></entry>
      """)
    #expect(made.value("MedicationRequest.doNotPerform") == "true")
  }

  @Test("Results hang together: report, members, ranges, specimen, interpretation")
  func results() throws {
    let made = try Fixture(
      section: "30954-2",
      """
      <entry><organizer classCode="BATTERY" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.1"/>
      <id root="1.2.3.4" extension="lab"/><code code="24323-8" codeSystem="2.16.840.1.113883.6.1"/>
      <statusCode code="completed"/><specimen><specimenRole><id root="1.2.3.4" extension="s"/>
      <specimenPlayingEntity><code code="119297000" codeSystem="2.16.840.1.113883.6.96"/></specimenPlayingEntity>
      </specimenRole></specimen>
      \(["one", "two"].map { """
        <component><observation classCode="OBS" moodCode="EVN">
        <templateId root="2.16.840.1.113883.10.20.22.4.2"/><id root="1.2.3.4" extension="\($0)"/>
        <code code="17861-6" codeSystem="2.16.840.1.113883.6.1"/><statusCode code="completed"/>
        <effectiveTime value="20260101"/><value xsi:type="PQ" value="9.2" unit="mg/dL"/>
        <interpretationCode code="H" codeSystem="2.16.840.1.113883.5.83"/>
        <referenceRange><observationRange><text>8.5 to 10.5</text><value xsi:type="IVL_PQ">
        <low value="8.5" unit="mg/dL"/><high value="10.5" unit="mg/dL"/></value></observationRange></referenceRange>
        </observation></component>
        """ }.joined())
      </organizer></entry>
      """)
    #expect(made.resources("DiagnosticReport").count == 1)
    #expect(made.values("DiagnosticReport.result.reference").count == 2)
    #expect(made.values("Observation.interpretation.coding.code") == ["H", "H"])
    #expect(made.values("Observation.referenceRange.low.value") == ["8.5", "8.5"])
    #expect(made.values("Observation.referenceRange.text") == ["8.5 to 10.5", "8.5 to 10.5"])
    #expect(made.resources("Specimen").count == 1)
  }

  @Test(
    "Procedures of all three kinds",
    arguments: [
      ("procedure", "PROC", "2.16.840.1.113883.10.20.22.4.14", "Procedure"),
      ("act", "ACT", "2.16.840.1.113883.10.20.22.4.12", "Procedure"),
      ("observation", "OBS", "2.16.840.1.113883.10.20.22.4.13", "Observation"),
    ])
  func procedures(element: String, kind: String, template: String, type: String) throws {
    func made(_ attributes: String) throws -> Fixture {
      try Fixture(
        section: "47519-4",
        """
        <entry><\(element) classCode="\(kind)" moodCode="EVN"\(attributes)><templateId root="\(template)"/>
        <id root="1.2.3.4" extension="p"/>
        <code code="172043006" codeSystem="2.16.840.1.113883.6.96"/><statusCode code="completed"/>
        <effectiveTime value="20260310"/></\(element)></entry>
        """)
    }
    let done = try made("")
    #expect(done.values("Procedure.status") + done.values("Observation.status") != [])
    #expect(done.resources(type).count == 1 || done.resources("Procedure").count == 1)
    if type == "Procedure" {
      #expect(done.value("Procedure.status") == "completed")
      #expect(try made(#" negationInd="true""#).value("Procedure.status") == "not-done")
    }
  }

  @Test("What no table knows still becomes a resource, and a plan never an event")
  func unknownStatements() throws {
    let observation = try Fixture(
      section: "99999-9",
      """
      <entry><observation classCode="OBS" moodCode="EVN"><templateId root="1.2.3.4.5"/>
      <code code="X1" codeSystem="1.2.3.4.6"/><statusCode code="completed"/><value xsi:type="ST">seen</value>
      </observation></entry>
      """)
    #expect(observation.value("Observation.code.coding.code") == "X1")
    #expect(observation.value("Observation.valueString") == "seen")
    let plan = try Fixture(
      section: "99999-9",
      """
      <entry><observation classCode="OBS" moodCode="GOL"><templateId root="1.2.3.4.5"/>
      <code code="X2" codeSystem="1.2.3.4.6"/><statusCode code="active"/></observation></entry>
      """)
    #expect(plan.resources("Observation").isEmpty)
    #expect(String(decoding: plan.bundle.json(), as: UTF8.self).contains("\"X2\""))
  }

  @Test("A statement that is denied is marked so that no reader takes it for a finding")
  func deniedObservation() throws {
    let made = try Fixture(
      section: "99999-9",
      """
      <entry><observation classCode="OBS" moodCode="EVN" negationInd="true"><templateId root="1.2.3.4.5"/>
      <code code="X1" codeSystem="1.2.3.4.6"/><statusCode code="completed"/></observation></entry>
      """)
    #expect(
      made.values("Observation.modifierExtension.url").contains { $0.hasSuffix("/cda-negation") })
    #expect(made.fate("observation/@negationInd") == .carried)
  }

  @Test("One bad entry never loses the others")
  func badEntry() throws {
    let made = try Fixture(
      section: "11450-4",
      """
      <entry><act/></entry><entry/><entry><observation classCode="OBS" moodCode="EVN"><value/></observation></entry>
      <entry><act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.3"/>
      <statusCode code="active"/><entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.4"/><statusCode code="completed"/>\(raynaud)
      </observation></entryRelationship></act></entry>
      """)
    #expect(made.values("Condition.code.coding.code").contains("266261006"))
  }
}
