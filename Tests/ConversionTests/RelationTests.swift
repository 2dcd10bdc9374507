import ClinicalTree
import Conversion
import Testing

/// Statements that are told twice, that refer to each other, and the people in them.
@Suite("Relations between statements")
struct RelationTests {
  private func problem(_ id: String, _ code: String = "386661006", _ more: String = "") -> String {
    """
    <observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.4"/>
    <id root="1.2.3.4" extension="\(id)"/><code code="55607006" codeSystem="2.16.840.1.113883.6.96"/>
    <statusCode code="completed"/>\(more)
    <value xsi:type="CD" code="\(code)" codeSystem="2.16.840.1.113883.6.96"/></observation>
    """
  }

  private func concern(_ inner: String, status: String = "active") -> String {
    """
    <entry><act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.3"/>
    <code code="CONC" codeSystem="2.16.840.1.113883.5.6"/><statusCode code="\(status)"/>
    <entryRelationship typeCode="SUBJ">\(inner)</entryRelationship></act></entry>
    """
  }

  @Test("A problem that is told twice by the same id and concept is one condition")
  func twice() throws {
    let made = try Fixture(
      concern(problem("p"))
        + concern(problem("p", "386661006", #"<effectiveTime value="20260101"/>"#))
        + concern(problem("q")) + concern(problem("p", "271807003")))
    #expect(made.resources("Condition").count == 3)
    #expect(made.values("Condition.onsetDateTime") == ["2026-01-01"])
    #expect(made.values("Composition.section.entry.reference").count == 4)
  }

  @Test("A reference by id becomes a reference, wherever its target stands")
  func references() throws {
    let made = try Fixture(
      """
      <entry><observation classCode="OBS" moodCode="GOL"><templateId root="2.16.840.1.113883.10.20.22.4.121"/>
      <id root="1.2.3.4" extension="g"/><code code="X" codeSystem="1.2.3.4.6"/><statusCode code="active"/>
      <entryRelationship typeCode="REFR"><act classCode="ACT" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.122"/><id root="1.2.3.4" extension="p"/>
      <code nullFlavor="NP"/><statusCode code="completed"/></act></entryRelationship>
      <entryRelationship typeCode="REFR"><act classCode="ACT" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.122"/><id root="1.2.3.4" extension="nowhere"/>
      <code nullFlavor="NP"/></act></entryRelationship></observation></entry>
      """ + concern(problem("p")))
    let condition = try #require(made.resources("Condition").first?["id"].first?.value)
    #expect(made.values("Goal.addresses.reference") == ["urn:uuid:" + condition])
    // What leads nowhere is kept.
    #expect(
      made.ledger.contains {
        $0.path.hasSuffix("entryRelationship[2]/act/id/@extension") && $0.status == .kept
      })
  }

  @Test("A statement knows its encounter by its id")
  func encounters() throws {
    let made = try Fixture(
      concern(
        problem(
          "p", "386661006",
          #"<entryRelationship typeCode="REFR"><encounter classCode="ENC" moodCode="EVN"><id root="1.2.3.4" extension="e"/></encounter></entryRelationship>"#
        ))
          + """
          <entry><encounter classCode="ENC" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.49"/>
          <id root="1.2.3.4" extension="e"/><code code="99213" codeSystem="2.16.840.1.113883.6.12"/>
          <effectiveTime value="20260101"/></encounter></entry>
          """)
    let encounter = try #require(made.resources("Encounter").first?["id"].first?.value)
    #expect(made.value("Condition.encounter.reference") == "urn:uuid:" + encounter)
    #expect(made.value("Encounter.class.code") == "AMB")
    #expect(made.value("Encounter.status") == "finished")
  }

  @Test("The encounter of the header and that of the body are one")
  func encompassing() throws {
    let made = try Fixture(
      section: "46240-8",
      """
      <entry><encounter classCode="ENC" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.49"/>
      <id root="1.2.3.4" extension="e"/><code code="185349003" codeSystem="2.16.840.1.113883.6.96"/>
      <effectiveTime><low value="20260101"/><high value="20260103"/></effectiveTime>
      <entryRelationship typeCode="COMP"><act classCode="ACT" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.80"/><code code="29308-4" codeSystem="2.16.840.1.113883.6.1"/>
      <entryRelationship typeCode="SUBJ">\(problem("d"))</entryRelationship></act></entryRelationship>
      </encounter></entry>
      """,
      header: """
        <componentOf><encompassingEncounter><id root="1.2.3.4" extension="e"/>
        <code code="IMP" codeSystem="2.16.840.1.113883.5.4"/>
        <effectiveTime><low value="20260101"/><high value="20260103"/></effectiveTime>
        </encompassingEncounter></componentOf>
        """)
    #expect(made.resources("Encounter").count == 1)
    #expect(made.value("Encounter.class.code") == "IMP")
    #expect(made.value("Encounter.type.coding.code") == "185349003")
    #expect(made.values("Encounter.identifier.value") == ["e"])
    #expect(made.values("Encounter.diagnosis.condition.reference").count == 1)
    #expect(made.values("Condition.category.coding.code").contains("encounter-diagnosis"))
  }

  @Test("A health concern is the problem inside or the one it refers to")
  func healthConcerns() throws {
    func act(_ inner: String) -> String {
      """
      <entry><act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.132"/>
      <id root="1.2.3.4" extension="h"/><code code="75310-3" codeSystem="2.16.840.1.113883.6.1"/>
      <statusCode code="active"/><entryRelationship typeCode="REFR">\(inner)</entryRelationship></act></entry>
      """
    }
    let inside = try Fixture(section: "75310-3", act(problem("p")))
    #expect(inside.value("Condition.clinicalStatus.coding.code") == "active")
    #expect(inside.values("Condition.category.coding.code").contains("health-concern"))
    let reference = """
      <act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.122"/>
      <id root="1.2.3.4" extension="p"/><code nullFlavor="NP"/></act>
      """
    let referred = try Fixture(concern(problem("p")) + act(reference))
    #expect(referred.resources("Condition").count == 1)
    #expect(referred.values("Condition.category.coding.code").contains("health-concern"))
  }

  @Test("An admission diagnosis belongs to the encounter of the header, in its role")
  func admission() throws {
    let made = try Fixture(
      section: "46241-6",
      """
      <entry><act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.34"/>
      <code code="46241-6" codeSystem="2.16.840.1.113883.6.1"/><entryRelationship typeCode="SUBJ">
      \(problem("d"))</entryRelationship></act></entry>
      """,
      header: """
        <componentOf><encompassingEncounter><id root="1.2.3.4" extension="e"/>
        <effectiveTime value="20260101"/></encompassingEncounter></componentOf>
        """)
    #expect(made.values("Condition.category.coding.code").contains("encounter-diagnosis"))
    #expect(made.value("Encounter.diagnosis.use.coding.code") == "AD")
    #expect(made.values("Condition.encounter.reference").count == 1)
  }

  @Test("A detail of another statement never becomes a statement of its own")
  func details() throws {
    let made = try Fixture(
      section: "48765-2",
      """
      <entry><act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.30"/>
      <code code="CONC" codeSystem="2.16.840.1.113883.5.6"/><statusCode code="active"/>
      <entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.7"/><code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/>
      <statusCode code="completed"/><value xsi:type="CD" code="419199007" codeSystem="2.16.840.1.113883.6.96"/>
      </observation></entryRelationship>
      <entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.8"/><code code="SEV" codeSystem="2.16.840.1.113883.5.4"/>
      <statusCode code="completed"/><value xsi:type="CD" code="371924009" codeSystem="2.16.840.1.113883.6.96"/>
      </observation></entryRelationship></act></entry>
      """)
    #expect(made.resources("AllergyIntolerance").count == 1)
  }

  @Test("An empty entry of a section without information is no statement")
  func noInformation() throws {
    let section = """
      <ClinicalDocument xmlns="urn:hl7-org:v3"><component><structuredBody><component>
      <section nullFlavor="NI"><code code="29549-3" codeSystem="2.16.840.1.113883.6.1"/><text>None</text>
      <entry><substanceAdministration classCode="SBADM" moodCode="EVN" negationInd="true">
      <id nullFlavor="NI"/><text>No information</text><statusCode code="completed"/>
      <consumable><manufacturedProduct><manufacturedMaterial><code nullFlavor="NI"/></manufacturedMaterial>
      </manufacturedProduct></consumable></substanceAdministration></entry></section></component>
      </structuredBody></component></ClinicalDocument>
      """
    let made = try Fixture(document: section)
    #expect(made.resources("MedicationAdministration").isEmpty)
    #expect(made.value("Composition.section.emptyReason.coding.code") == "unavailable")
  }

  // MARK: People

  private func author(_ content: String) -> String {
    #"<author><time value="20260101"/><assignedAuthor>\#(content)</assignedAuthor></author>"#
  }

  @Test("One id and one name are one person; one id and two names are two")
  func people() throws {
    func named(_ family: String, _ more: String = "") -> String {
      author(
        """
        <id root="1.2.3.4" extension="a"/>\(more)<assignedPerson><name><given>Ann</given>
        <family>\(family)</family></name></assignedPerson>
        """)
    }
    let one = try Fixture(
      header: author(#"<id root="1.2.3.4" extension="a"/>"#) + named("Author")
        + named("Author", #"<telecom value="tel:1"/>"#))
    #expect(one.resources("Practitioner").count == 1)
    #expect(one.values("Practitioner.name.family") == ["Author"])
    #expect(one.values("Practitioner.telecom.value") == ["1"])
    let two = try Fixture(header: named("Author") + named("Other"))
    #expect(two.resources("Practitioner").count == 2)
  }

  @Test("An organisation without a person is the organisation, and the patient is the patient")
  func organizations() throws {
    let made = try Fixture(
      header: author(
        #"<id root="1.2.3.4" extension="lab"/><representedOrganization><name>Lab</name></representedOrganization>"#
      )
        + author(#"<id root="2.16.840.1.113883.19.5" extension="p1"/>"#))
    #expect(made.resources("Practitioner").isEmpty)
    #expect(made.value("Organization.name") == "Lab")
    let references = made.values("Composition.author.reference")
    let patient = try #require(made.resources("Patient").first?["id"].first?.value)
    #expect(references.contains("urn:uuid:" + patient))
  }
}

/// Documents of older versions, and what says that there is nothing to say.
@Suite("Older versions and empty statements")
struct OlderVersionTests {
  @Test(
    "A statement without information is no statement, and the section says why it is empty",
    arguments: [
      (#"nullFlavor="NI""#, #"<code nullFlavor="NI"/>"#, "unavailable"),
      (#"nullFlavor="NASK""#, #"<code code="X" codeSystem="1.2.3.4.6"/>"#, "notasked"),
      (#"negationInd="true""#, #"<code nullFlavor="UNK"/>"#, "nilknown"),
    ])
  func nothing(attribute: String, code: String, reason: String) throws {
    let made = try Fixture(
      section: "47519-4",
      """
      <entry><procedure classCode="PROC" moodCode="EVN" \(attribute)>
      <templateId root="2.16.840.1.113883.10.20.22.4.14"/>\(code)<text>None known</text>
      <statusCode code="completed"/></procedure></entry>
      """)
    #expect(made.resources("Procedure").isEmpty)
    #expect(made.value("Composition.section.emptyReason.coding.code") == reason)
    #expect(made.fate("procedure/text/text()") == .kept)
  }

  @Test("An allergy of CCD 1.0 stands in the act of a problem, with its kind in its code")
  func allergies() throws {
    let made = try Fixture(
      section: "48765-2",
      """
      <entry><act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.1.27"/>
      <code nullFlavor="NA"/><entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.1.18"/><id root="1.2.3.4" extension="a"/>
      <code code="416098002" codeSystem="2.16.840.1.113883.6.96"/><statusCode code="completed"/>
      <participant typeCode="CSM"><participantRole classCode="MANU"><playingEntity classCode="MMAT">
      <code code="70618" codeSystem="2.16.840.1.113883.6.88" displayName="Penicillin"/></playingEntity>
      </participantRole></participant></observation></entryRelationship></act></entry>
      """)
    #expect(made.value("AllergyIntolerance.code.coding.code") == "70618")
    #expect(made.value("AllergyIntolerance.category") == "medication")
    #expect(made.resources("Condition").isEmpty)
    #expect(made.resources("Basic").isEmpty)
  }

  @Test("Of several templates the one that belongs to the section counts")
  func templates() throws {
    let made = try Fixture(
      section: "47420-5",
      """
      <entry><organizer classCode="CLUSTER" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.1"/>
      <templateId root="2.16.840.1.113883.10.20.22.4.66"/><code code="d5" codeSystem="1.2.3.4.6"/>
      <statusCode code="completed"/><component><observation classCode="OBS" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.2"/><templateId root="2.16.840.1.113883.10.20.22.4.67"/>
      <code code="X" codeSystem="1.2.3.4.6"/><statusCode code="completed"/></observation></component>
      </organizer></entry>
      """)
    #expect(made.resources("DiagnosticReport").isEmpty)
    #expect(made.resources("Observation").count == 2)
    #expect(Set(made.values("Observation.category.coding.code")) == ["functional-status"])
    #expect(made.values("Observation.hasMember.reference").count == 1)
  }

  @Test("A severity between those of FHIR is a note, and one without a reaction is not lost")
  func severities() throws {
    func allergy(_ severity: String) throws -> Fixture {
      try Fixture(
        section: "48765-2",
        """
        <entry><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.7"/>
        <code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/><statusCode code="completed"/>
        <value xsi:type="CD" code="419199007" codeSystem="2.16.840.1.113883.6.96"/>
        <entryRelationship typeCode="SUBJ" inversionInd="true"><observation classCode="OBS" moodCode="EVN">
        <templateId root="2.16.840.1.113883.10.20.22.4.8"/><code code="SEV" codeSystem="2.16.840.1.113883.5.4"/>
        <statusCode code="completed"/><value xsi:type="CD" \(severity)
        codeSystem="2.16.840.1.113883.6.96"/></observation></entryRelationship></observation></entry>
        """)
    }
    #expect(
      try allergy(#"code="24484000""#).value("AllergyIntolerance.reaction.severity") == "severe")
    #expect(
      try allergy(#"code="371924009" displayName="Moderate to severe""#)
        .value("AllergyIntolerance.reaction.note.text") == "Moderate to severe")
  }

  @Test("An empty anchor means the cell around it")
  func anchors() throws {
    let made = try Fixture(
      section: "47519-4",
      """
      <entry><procedure classCode="PROC" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.14"/>
      <code nullFlavor="UNK"><originalText><reference value="#a"/></originalText></code>
      <text><reference value="#a"/></text><statusCode code="completed"/></procedure></entry>
      """,
      text: "<text><table><tbody><tr><td><content ID='a'/>Laser</td></tr></tbody></table></text>")
    #expect(made.value("Procedure.code.text") == "Laser")
    #expect(made.value("Procedure.text.div")?.contains("Laser") == true)
  }

  @Test("Nothing known about a criterion is no reason to take a medicine as needed")
  func criterion() throws {
    let made = try Fixture(
      section: "10160-0",
      """
      <entry><substanceAdministration classCode="SBADM" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.16"/><statusCode code="active"/>
      <effectiveTime xsi:type="PIVL_TS" operator="A"><phase><low value="20260102"/></phase>
      <period value="2" unit="d"/></effectiveTime>
      <consumable><manufacturedProduct><manufacturedMaterial>
      <code code="198042" codeSystem="2.16.840.1.113883.6.88"/></manufacturedMaterial></manufacturedProduct>
      </consumable><precondition typeCode="PRCN"><criterion><value xsi:type="CD" nullFlavor="NI"/></criterion>
      </precondition></substanceAdministration></entry>
      """)
    #expect(made.values("MedicationRequest.dosageInstruction.asNeededBoolean").isEmpty)
    #expect(made.value("MedicationRequest.dosageInstruction.timing.event") == "2026-01-02")
  }

  @Test("A picture is a Media with its data")
  func media() throws {
    let made = try Fixture(
      section: "99999-9",
      """
      <entry><observationMedia classCode="OBS" moodCode="EVN" ID="m"><id root="1.2.3.4" extension="m"/>
      <value mediaType="image/png" representation="B64">iVBORw0K</value></observationMedia></entry>
      """)
    #expect(made.value("Media.content.contentType") == "image/png")
    #expect(made.value("Media.content.data") == "iVBORw0K")
  }
}
