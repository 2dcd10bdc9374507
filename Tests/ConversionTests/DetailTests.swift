import ClinicalTree
import Conversion
import Testing

/// Details that a reader of converted documents would miss.
@Suite("Details of statements")
struct DetailTests {
  private func medication(_ content: String, section: String = "10160-0") throws -> Fixture {
    try Fixture(
      section: section,
      """
      <entry><substanceAdministration classCode="SBADM" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.16"/><id root="1.2.3.4" extension="m"/>
      <statusCode code="active"/>\(content)
      <consumable><manufacturedProduct classCode="MANU"><manufacturedMaterial>
      <code code="198042" codeSystem="2.16.840.1.113883.6.88"/></manufacturedMaterial></manufacturedProduct>
      </consumable></substanceAdministration></entry>
      """)
  }

  private let dosage = "MedicationRequest.dosageInstruction."

  @Test("Timing by an event of the day")
  func bedtime() throws {
    let made = try medication(
      #"<effectiveTime xsi:type="EIVL_TS" operator="A"><event code="HS"/></effectiveTime>"#)
    #expect(made.values(dosage + "timing.repeat.when") == ["HS"])
  }

  @Test("An abbreviation where a unit of time belongs is the timing in words")
  func abbreviations() throws {
    let made = try medication(
      #"<effectiveTime xsi:type="PIVL_TS" operator="A"><period value="1" unit="BID"/></effectiveTime>"#
    )
    #expect(made.value(dosage + "timing.code.text") == "BID")
    #expect(made.values(dosage + "timing.repeat.period").isEmpty)
  }

  @Test("The sender's own words are the dosage in words")
  func words() throws {
    let made = try medication("<text>Two puffs as needed</text>")
    #expect(made.value(dosage + "text") == "Two puffs as needed")
  }

  @Test("What it is needed for, in words")
  func asNeeded() throws {
    let made = try medication(
      "<precondition typeCode='PRCN'><criterion><text>if pain</text></criterion></precondition>")
    #expect(made.value(dosage + "asNeededCodeableConcept.text") == "if pain")
  }

  @Test("A form and a vehicle make a Medication")
  func form() throws {
    let made = try medication(
      """
      <administrationUnitCode code="C42944" codeSystem="2.16.840.1.113883.3.26.1.1"/>
      <participant typeCode="CSM"><participantRole classCode="MANU"><playingEntity classCode="MMAT">
      <code code="324049" codeSystem="2.16.840.1.113883.6.88"/></playingEntity></participantRole></participant>
      """)
    #expect(made.value("Medication.form.coding.code") == "C42944")
    #expect(made.value("Medication.ingredient.isActive") == "false")
    #expect(made.values("MedicationRequest.medicationReference.reference").count == 1)
  }

  @Test("A dispense has the medicine of its prescription and refers to it")
  func dispense() throws {
    let made = try medication(
      """
      <entryRelationship typeCode="REFR"><supply classCode="SPLY" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.18"/><id root="1.2.3.4" extension="d"/>
      <statusCode code="completed"/><effectiveTime value="20260102"/><quantity value="30"/></supply>
      </entryRelationship>
      """)
    #expect(made.value("MedicationDispense.medicationCodeableConcept.coding.code") == "198042")
    #expect(made.values("MedicationDispense.authorizingPrescription.reference").count == 1)
    #expect(made.value("MedicationDispense.quantity.value") == "30")
    #expect(made.value("MedicationDispense.whenHandedOver") == "2026-01-02")
  }

  @Test("What was given at a visit is an administration")
  func administered() throws {
    let made = try medication(#"<effectiveTime value="20260102"/>"#, section: "29549-3")
    #expect(made.value("MedicationAdministration.status") == "in-progress")
    #expect(made.value("MedicationAdministration.effectiveDateTime") == "2026-01-02")
  }

  @Test("The finding with a code is a reason, and a priority is none")
  func reasons() throws {
    let made = try medication(
      """
      <entryRelationship typeCode="RSON"><observation classCode="OBS" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.19"/><code code="29308-4" codeSystem="2.16.840.1.113883.6.1"/>
      <statusCode code="completed"/><text>because of fever</text></observation></entryRelationship>
      <entryRelationship typeCode="RSON"><observation classCode="OBS" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.143"/><code code="225773000" codeSystem="2.16.840.1.113883.6.96"/>
      <statusCode code="completed"/><value xsi:type="CD" code="394849002" codeSystem="2.16.840.1.113883.6.96"/>
      </observation></entryRelationship>
      """)
    #expect(made.values("MedicationRequest.reasonCode.text") == ["because of fever"])
    #expect(made.values("MedicationRequest.reasonCode.coding.code").isEmpty)
  }

  private func vaccine(_ attributes: String, _ content: String) throws -> Fixture {
    try Fixture(
      section: "11369-6",
      """
      <entry><substanceAdministration classCode="SBADM" moodCode="EVN" \(attributes)>
      <templateId root="2.16.840.1.113883.10.20.22.4.52"/><id root="1.2.3.4" extension="v"/>
      <statusCode code="completed"/><effectiveTime value="20260101"/>
      <consumable><manufacturedProduct classCode="MANU"><manufacturedMaterial>
      <code code="88" codeSystem="2.16.840.1.113883.12.292"/><lotNumberText>L1</lotNumberText>
      </manufacturedMaterial></manufacturedProduct></consumable>\(content)</substanceAdministration></entry>
      """)
  }

  private let refusal = """
    <entryRelationship typeCode="RSON"><observation classCode="OBS" moodCode="EVN">
    <templateId root="2.16.840.1.113883.10.20.22.4.53"/><code code="PATOBJ" codeSystem="2.16.840.1.113883.5.8"/>
    <statusCode code="completed"/></observation></entryRelationship>
    """

  @Test("A vaccine that was refused was not given, even where the sender denies the denial")
  func refusals() throws {
    let refused = try vaccine(#"negationInd="true""#, refusal)
    #expect(refused.value("Immunization.status") == "not-done")
    #expect(refused.value("Immunization.statusReason.coding.code") == "PATOBJ")
    let contradictory = try vaccine(#"negationInd="false""#, refusal)
    #expect(contradictory.value("Immunization.status") == "not-done")
    #expect(contradictory.codes.contains("CONV-0012"))
    let given = try vaccine(
      #"negationInd="false""#,
      #"<author><time value="20260102"/><assignedAuthor><id root="1.2.3.4" extension="a"/></assignedAuthor></author>"#
    )
    #expect(given.value("Immunization.status") == "completed")
    #expect(given.value("Immunization.occurrenceDateTime") == "2026-01-01")
    #expect(given.value("Immunization.lotNumber") == "L1")
    #expect(given.values("Provenance.agent.who.reference").count == 1)
  }

  @Test("A goal is what its words say; a number is its target")
  func goals() throws {
    func goal(_ value: String, code: String) throws -> Fixture {
      try Fixture(
        section: "61146-7",
        """
        <entry><observation classCode="OBS" moodCode="GOL"><templateId root="2.16.840.1.113883.10.20.22.4.121"/>
        <id root="1.2.3.4" extension="g"/>\(code)<statusCode code="active"/>
        <effectiveTime><low value="20260101"/><high value="20260601"/></effectiveTime>\(value)</observation></entry>
        """)
    }
    let words = try goal(
      #"<value xsi:type="ST">Less pain</value>"#, code: #"<code nullFlavor="UNK"/>"#)
    #expect(words.value("Goal.description.text") == "Less pain")
    #expect(words.value("Goal.startDate") == "2026-01-01")
    #expect(words.value("Goal.target.dueDate") == "2026-06-01")
    let number = try goal(
      #"<value xsi:type="PQ" value="60" unit="kg"/>"#,
      code: #"<code code="29463-7" codeSystem="2.16.840.1.113883.6.1"/>"#)
    #expect(number.value("Goal.target.detailQuantity.value") == "60")
    #expect(number.value("Goal.target.measure.coding.code") == "29463-7")
    #expect(number.value("Goal.lifecycleStatus") == "active")
  }

  @Test("A plan is a request with its day, and never something done")
  func plans() throws {
    let made = try Fixture(
      section: "18776-5",
      """
      <entry><procedure classCode="PROC" moodCode="RQO"><templateId root="2.16.840.1.113883.10.20.22.4.41"/>
      <code code="172043006" codeSystem="2.16.840.1.113883.6.96"/><statusCode code="active"/>
      <effectiveTime><center value="20260601"/></effectiveTime></procedure></entry>
      <entry><encounter classCode="ENC" moodCode="INT"><templateId root="2.16.840.1.113883.10.20.22.4.40"/>
      <code code="185349003" codeSystem="2.16.840.1.113883.6.96"/><effectiveTime value="20260602"/></encounter></entry>
      """)
    #expect(made.resources("Procedure").isEmpty)
    #expect(made.value("ServiceRequest.intent") == "order")
    #expect(made.value("ServiceRequest.occurrenceDateTime") == "2026-06-01")
    #expect(made.value("Encounter.status") == "planned")
  }

  @Test("A disease of a relative is the relative's, with the age at which it began")
  func family() throws {
    let made = try Fixture(
      section: "10157-6",
      """
      <entry><organizer classCode="CLUSTER" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.45"/>
      <statusCode code="completed"/><subject><relatedSubject classCode="PRS">
      <code code="FTH" codeSystem="2.16.840.1.113883.5.111"/><subject>
      <administrativeGenderCode code="M" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="1910"/></subject>
      </relatedSubject></subject><component><observation classCode="OBS" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.46"/><code code="64572001" codeSystem="2.16.840.1.113883.6.96"/>
      <statusCode code="completed"/><value xsi:type="CD" code="22298006" codeSystem="2.16.840.1.113883.6.96"/>
      <entryRelationship typeCode="SUBJ" inversionInd="true"><observation classCode="OBS" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.31"/><code code="445518008" codeSystem="2.16.840.1.113883.6.96"/>
      <statusCode code="completed"/><value xsi:type="PQ" value="57" unit="a"/></observation></entryRelationship>
      </observation></component></organizer></entry>
      """)
    #expect(made.resources("Condition").isEmpty)
    #expect(made.resources("Observation").isEmpty)
    #expect(made.value("FamilyMemberHistory.relationship.coding.code") == "FTH")
    #expect(made.value("FamilyMemberHistory.sex.coding.code") == "male")
    #expect(made.value("FamilyMemberHistory.bornDate") == "1910")
    #expect(made.value("FamilyMemberHistory.condition.code.coding.code") == "22298006")
    #expect(made.value("FamilyMemberHistory.condition.onsetAge.value") == "57")
  }

  @Test("Social history has its category, ASSERTION its question, and birth sex is the patient's")
  func socialHistory() throws {
    let made = try Fixture(
      section: "29762-2",
      """
      <entry><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.78"/>
      <id root="1.2.3.4" extension="s"/><code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/>
      <statusCode code="completed"/><effectiveTime value="20260101"/>
      <value xsi:type="CD" code="266919005" codeSystem="2.16.840.1.113883.6.96"/></observation></entry>
      <entry><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.200"/>
      <code code="76689-9" codeSystem="2.16.840.1.113883.6.1"/><statusCode code="completed"/>
      <value xsi:type="CD" code="F" codeSystem="2.16.840.1.113883.5.1"/></observation></entry>
      """)
    #expect(made.resources("Observation").count == 1)
    #expect(made.values("Observation.code.coding.code") == ["ASSERTION", "72166-2"])
    #expect(made.value("Observation.category.coding.code") == "social-history")
    let extensions = made.resources("Patient").flatMap { $0["extension"] }
    #expect(
      extensions.contains {
        $0["url"].first?.value?.hasSuffix("us-core-birthsex") ?? false
          && $0["valueCode"].first?.value == "F"
      })
  }

  @Test("An implant has its identifiers apart, and its patient")
  func implants() throws {
    let made = try Fixture(
      section: "47519-4",
      """
      <entry><procedure classCode="PROC" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.14"/>
      <code code="1" codeSystem="1.2.3.4.6"/><statusCode code="completed"/><participant typeCode="DEV">
      <participantRole classCode="MANU"><templateId root="2.16.840.1.113883.10.20.22.4.37"/>
      <id root="2.16.840.1.113883.3.3719" extension="(01)00643169007222(17)280128(21)S1"/>
      <playingDevice><code code="2" codeSystem="1.2.3.4.6"/></playingDevice>
      <scopingEntity><id root="2.16.840.1.113883.3.3719"/></scopingEntity></participantRole></participant>
      </procedure></entry>
      """)
    #expect(made.value("Device.udiCarrier.deviceIdentifier") == "00643169007222")
    #expect(made.value("Device.expirationDate") == "2028-01-28")
    #expect(made.value("Device.serialNumber") == "S1")
    #expect(made.values("Device.patient.reference").count == 1)
    #expect(made.values("Device.owner.reference").isEmpty)
  }

  @Test("A report without a time has that of its members, and a coded range its words")
  func reports() throws {
    let made = try Fixture(
      section: "30954-2",
      """
      <entry><organizer classCode="BATTERY" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.1"/>
      <code code="24323-8" codeSystem="2.16.840.1.113883.6.1"/><statusCode code="completed"/>
      <component><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.2"/>
      <code code="5792-7" codeSystem="2.16.840.1.113883.6.1"/><statusCode code="completed"/>
      <effectiveTime value="20260101"/><value xsi:type="ST">50</value><referenceRange><observationRange>
      <value xsi:type="CO" code="260385009" codeSystem="2.16.840.1.113883.6.96" displayName="Negative"/>
      </observationRange></referenceRange></observation></component></organizer></entry>
      """)
    #expect(made.value("DiagnosticReport.effectiveDateTime") == "2026-01-01")
    #expect(made.value("Observation.referenceRange.text") == "Negative")
  }

  @Test("A body that is not XML is a document of its own")
  func nonXMLBody() throws {
    let made = try Fixture(
      document: """
        <ClinicalDocument xmlns="urn:hl7-org:v3"><component><nonXMLBody>
        <text mediaType="application/pdf" representation="B64">JVBE
        Rg==</text></nonXMLBody></component></ClinicalDocument>
        """)
    #expect(made.value("DocumentReference.content.attachment.contentType") == "application/pdf")
    #expect(made.value("DocumentReference.content.attachment.data") == "JVBERg==")
    #expect(made.values("Composition.section.entry.reference").count == 1)
  }

  @Test("A note is a document with its kind and its words")
  func notes() throws {
    let made = try Fixture(
      section: "34109-9",
      """
      <entry><act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.202"/>
      <code code="34109-9" codeSystem="2.16.840.1.113883.6.1"><translation code="11488-4" codeSystem="2.16.840.1.113883.6.1"/></code>
      <text><reference value="#n"/></text><statusCode code="completed"/><effectiveTime value="20260101"/></act></entry>
      """, text: "<text><paragraph ID='n'>Seen today.</paragraph></text>")
    #expect(made.value("DocumentReference.type.coding.code") == "11488-4")
    #expect(made.value("DocumentReference.docStatus") == "final")
    #expect(
      made.value("DocumentReference.content.attachment.contentType") == "application/xhtml+xml")
  }

  @Test("A team has its members, a policy its payer and its holder")
  func teamsAndPolicies() throws {
    let performer = """
      <performer typeCode="PRF"><assignedEntity><id root="1.2.3.4" extension="d"/><assignedPerson><name>
      <family>Doctor</family></name></assignedPerson></assignedEntity></performer>
      """
    let team = try Fixture(
      section: "85847-2",
      """
      <entry><organizer classCode="CLUSTER" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.500"/>
      <statusCode code="active"/><component><act classCode="PCPR" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.500.1"/>\(performer)</act></component></organizer></entry>
      """)
    #expect(team.value("CareTeam.status") == "active")
    #expect(team.values("CareTeam.participant.member.reference").count == 1)
    let cover = try Fixture(
      section: "48768-6",
      """
      <entry><act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.60"/>
      <code code="48768-6" codeSystem="2.16.840.1.113883.6.1"/><statusCode code="completed"/>
      <entryRelationship typeCode="COMP"><sequenceNumber value="1"/><act classCode="ACT" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.61"/><id root="1.2.3.4" extension="policy"/>
      <statusCode code="completed"/><performer typeCode="PRF"><assignedEntity><representedOrganization>
      <name>Payer</name></representedOrganization></assignedEntity></performer>
      <participant typeCode="HLD"><participantRole><id root="1.2.3.4" extension="h"/><playingEntity>
      <name><family>Holder</family></name></playingEntity></participantRole></participant></act>
      </entryRelationship></act></entry>
      """)
    #expect(cover.value("Coverage.order") == "1")
    #expect(cover.value("Organization.name") == "Payer")
    #expect(cover.values("Coverage.payor.reference").count == 1)
    #expect(cover.value("RelatedPerson.name.family") == "Holder")
    #expect(cover.values("Coverage.policyHolder.reference").count == 1)
  }

  @Test("Oxygen saturation has both codes, and the oxygen breathed as components")
  func oximetry() throws {
    func vital(_ code: String, _ value: String, _ unit: String) -> String {
      """
      <component><observation classCode="OBS" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.27"/><id root="1.2.3.4" extension="\(code)"/>
      <code code="\(code)" codeSystem="2.16.840.1.113883.6.1"/><statusCode code="completed"/>
      <effectiveTime value="20260101"/><value xsi:type="PQ" value="\(value)" unit="\(unit)"/>
      </observation></component>
      """
    }
    let made = try Fixture(
      section: "8716-3",
      """
      <entry><organizer classCode="CLUSTER" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.26"/>
      <code code="46680005" codeSystem="2.16.840.1.113883.6.96"/><statusCode code="completed"/>
      <effectiveTime value="20260101"/>\(vital("3150-0", "36", "%"))\(vital("59408-5", "95", "%"))
      \(vital("8480-6", "120", "mm[Hg]"))\(vital("8462-4", "80", "mm[Hg]"))</organizer></entry>
      """)
    #expect(made.resources("Observation").count == 3)
    let codes = made.values("Observation.code.coding.code")
    #expect(codes.contains("59408-5") && codes.contains("2708-6") && codes.contains("85354-9"))
    #expect(
      made.values("Observation.component.code.coding.code") == ["3150-0", "8480-6", "8462-4"])
    #expect(made.values("Observation.component.valueQuantity.value") == ["36", "120", "80"])
  }

  @Test("A value set sent as a code system is the system of its codes, and stays beside it")
  func valueSets() throws {
    let made = try Fixture(
      section: "99999-9",
      """
      <entry><observation classCode="OBS" moodCode="EVN"><code code="X" codeSystem="1.2.3.4.6"/>
      <statusCode code="completed"/><interpretationCode code="N" codeSystem="2.16.840.1.113883.1.11.78"/>
      </observation></entry>
      """)
    #expect(
      made.value("Observation.interpretation.coding.system")
        == "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation")
    #expect(made.codes.contains("CONV-0007"))
    #expect(
      String(decoding: made.bundle.json(), as: UTF8.self).contains("2.16.840.1.113883.1.11.78"))
  }

  @Test("The source goes into the bundle on demand, and with it what made the bundle of it")
  func attachedSource() throws {
    let made = try Fixture(options: .init(attachesSource: true))
    let attachment = "DocumentReference.content.attachment"
    #expect(made.value(attachment + ".size") == String(made.source.utf8.count))
    #expect(made.value(attachment + ".hash").map(\.utf8.count) == 28)
    let binary = try #require(made.resources("Binary").first?["id"].first?.value)
    #expect(made.value(attachment + ".url") == "urn:uuid:" + binary)
    let document = try #require(made.resources("DocumentReference").first?["id"].first?.value)
    #expect(made.value("Provenance.entity.what.reference") == "urn:uuid:" + document)
    #expect(made.values("Device.version.value").first == Conversion.version.description)
    #expect(try Fixture().resources("DocumentReference").isEmpty)
  }
}
