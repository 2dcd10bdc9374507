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
