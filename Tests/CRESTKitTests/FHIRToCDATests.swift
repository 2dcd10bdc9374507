import CRESTKit
import ClinicalTree
import Foundation
import TestSupport
import Testing

/// What FHIR becomes, on invented resources about an invented patient.
@Suite("FHIR to C-CDA")
struct FHIRToCDATests {
  static let patient = """
    {"resourceType":"Patient","id":"p","identifier":[{"system":"urn:oid:1.2.3.4","value":"77"}],
    "name":[{"family":"Sample","given":["Ada"]}],"gender":"female","birthDate":"1970-01-31"}
    """

  /// One conversion, and the way back.
  struct Made {
    let document: ClinicalDocument
    let issues: [ClinicalTree.Issue]
    let lines: [Ledger.Line]
    let xml: String

    init(
      _ resources: [String], options: Converter.Options = .init(keepsLedger: true)
    ) throws {
      let entries = resources.map { resource -> String in
        #"{"resource":\#(resource)}"#
      }
      let bundle =
        #"{"resourceType":"Bundle","type":"collection","entry":[\#(entries.joined(separator: ","))]}"#
      try self.init(source: bundle, options: options)
    }

    init(source: String, options: Converter.Options = .init(keepsLedger: true)) throws {
      let output = try Converter(options: options)
        .convert(ClinicalDocument(parsing: source.bytes), to: .ccda)
      document = try ClinicalDocument(parsing: output.data)
      issues = output.issues
      var lines: [Ledger.Line] = []
      output.ledger?.forEachLine { lines.append($0) }
      self.lines = lines
      xml = String(decoding: output.data, as: UTF8.self)
    }

    /// The faults that our own validator finds in the document.
    var faults: [String] {
      Validator().issues(in: document).filter { $0.severity == .error }.map(\.brief)
    }

    /// The resources of a type that the document becomes.
    func back(_ type: String) throws -> [Element] {
      let bundle = try Converter().convert(document, to: .fhir).tree
      return bundle.root["entry"].flatMap { $0["resource"] }
        .filter { $0["resourceType"].first?.value == type }
    }

    func status(of path: String) -> Ledger.Status? { lines.first { $0.path == path }?.status }
  }

  private func made(
    _ resources: String..., options: Converter.Options = .init(keepsLedger: true)
  ) throws -> Made {
    try Made([Self.patient] + resources, options: options)
  }

  /// The values at a path below an element.
  private func values(_ path: String, of element: Element?) -> [String] {
    guard let element else { return [] }
    return path.split(separator: ".").reduce([element]) { found, name in
      found.flatMap { $0[String(name)] }
    }.compactMap(\.value)
  }

  // MARK: Kinds of resources

  static let kinds: [(type: String, resource: String, section: String, path: String)] = [
    (
      "Condition",
      #"{"resourceType":"Condition","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"code":{"text":"Raynaud phenomenon"},"subject":{"reference":"Patient/p"},"onsetDateTime":"2009-04"}"#,
      "11450-4", "onsetDateTime"
    ),
    (
      "AllergyIntolerance",
      #"{"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},"type":"allergy","category":["medication"],"code":{"text":"Penicillin"},"patient":{"reference":"Patient/p"}}"#,
      "48765-2", "code.text"
    ),
    (
      "MedicationRequest",
      #"{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"text":"Nifedipine"},"subject":{"reference":"Patient/p"},"authoredOn":"2024-05-06"}"#,
      "10160-0", "medicationCodeableConcept.text"
    ),
    (
      "Immunization",
      #"{"resourceType":"Immunization","status":"completed","vaccineCode":{"text":"Influenza"},"patient":{"reference":"Patient/p"},"occurrenceDateTime":"2025-10-01"}"#,
      "11369-6", "occurrenceDateTime"
    ),
    (
      "Procedure",
      #"{"resourceType":"Procedure","status":"completed","code":{"text":"Excision of a deposit"},"subject":{"reference":"Patient/p"},"performedDateTime":"2023-02-03"}"#,
      "47519-4", "performedDateTime"
    ),
    (
      "Observation",
      #"{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"29463-7","display":"Body weight"}]},"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],"subject":{"reference":"Patient/p"},"effectiveDateTime":"2024-01-02","valueQuantity":{"value":61.50,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}}"#,
      "8716-3", "valueQuantity.value"
    ),
    (
      "Goal",
      #"{"resourceType":"Goal","lifecycleStatus":"active","description":{"text":"Fewer attacks"},"subject":{"reference":"Patient/p"}}"#,
      "61146-7", "description.text"
    ),
    (
      "FamilyMemberHistory",
      #"{"resourceType":"FamilyMemberHistory","status":"completed","patient":{"reference":"Patient/p"},"relationship":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-RoleCode","code":"MTH"}]},"condition":[{"code":{"text":"Scleroderma"}}]}"#,
      "10157-6", "condition.code.text"
    ),
  ]

  @Test("Each kind stands in its section, satisfies our rules and comes back", arguments: kinds)
  func kind(_ kind: (type: String, resource: String, section: String, path: String)) throws {
    let made = try made(kind.resource)
    #expect(made.xml.contains(#"code="\#(kind.section)""#))
    #expect(made.faults == [])
    let source = try ClinicalDocument(parsing: kind.resource.bytes).tree.root
    let back = try made.back(kind.type)
    #expect(back.count == 1)
    #expect(values(kind.path, of: back.first) == values(kind.path, of: source))
  }

  @Test("A number keeps its zeros")
  func decimals() throws {
    let made = try made(Self.kinds[5].resource)
    #expect(made.xml.contains(#"value="61.50""#))
  }

  @Test("What no template is about, and is clinical, goes along whole and comes back")
  func whole() throws {
    let made = try made(
      #"{"resourceType":"NutritionOrder","status":"active","intent":"order","patient":{"reference":"Patient/p"},"dateTime":"2024-01-01","oralDiet":{"instruction":"Small meals"}}"#
    )
    #expect(made.faults == [])
    #expect(made.status(of: "Bundle.entry[1].resource.oralDiet.instruction") == .kept)
    let back = try made.back("NutritionOrder").first
    #expect(values("oralDiet.instruction", of: back) == ["Small meals"])
    #expect(values("patient.reference", of: back).first?.hasPrefix("urn:uuid:") ?? false)
  }

  @Test("What is not clinical is dropped with a finding")
  func notClinical() throws {
    let made = try made(#"{"resourceType":"Slot","status":"free","start":"2024-01-01T00:00:00Z"}"#)
    #expect(made.issues.map(\.code.id).contains("CONV-0017"))
    #expect(made.status(of: "Bundle.entry[1].resource.status") == .dropped)
  }

  @Test("An element that CDA lacks is carried beside the statement")
  func carried() throws {
    let made = try made(
      #"{"resourceType":"Observation","status":"final","code":{"text":"Skin score"},"subject":{"reference":"Patient/p"},"issued":"2024-01-02T03:04:05Z","valueInteger":12}"#
    )
    #expect(made.status(of: "Bundle.entry[1].resource.issued") == .kept)
    #expect(try values("issued", of: made.back("Observation").first) == ["2024-01-02T03:04:05Z"])
  }

  @Test("Members that refer to each other are not lost")
  func circle() throws {
    let made = try made(
      #"{"resourceType":"Observation","id":"a","status":"final","code":{"text":"One"},"hasMember":[{"reference":"Observation/b"}]}"#,
      #"{"resourceType":"Observation","id":"b","status":"final","code":{"text":"Two"},"hasMember":[{"reference":"Observation/a"}]}"#
    )
    #expect(made.xml.contains("One") && made.xml.contains("Two"))
  }

  // MARK: What the source kept

  @Test("A date that was changed after the conversion is the date; the source form is not used")
  func editedDate() throws {
    func made(_ date: String) throws -> Made {
      try Made([
        Self.patient,
        #"{"resourceType":"Procedure","status":"completed","code":{"text":"Excision"},"performedDateTime":"\#(date)","_performedDateTime":{"extension":[{"url":"https://crestkit.example/fhir/StructureDefinition/source-time","valueString":"202302031415"}]}}"#,
      ])
    }
    #expect(try made("2023-02-03").xml.contains(#"value="202302031415""#))
    #expect(try made("2023-02-04").xml.contains(#"<effectiveTime value="20230204"/>"#))
  }

  @Test("A use that was changed is the use")
  func editedUse() throws {
    let kept =
      #""extension":[{"url":"https://crestkit.example/fhir/StructureDefinition/cda-content","extension":[{"url":"path","valueString":"@use"},{"url":"content","valueString":"PUB"}]}]"#
    let resource = { (use: String) in
      #"{"resourceType":"Patient","telecom":[{"system":"phone","value":"555-0100","use":"\#(use)","_use":{\#(kept)}}]}"#
    }
    #expect(try Made([resource("work")]).xml.contains(#"use="PUB""#))
    #expect(try Made([resource("mobile")]).xml.contains(#"use="MC""#))
  }

  @Test("A birth time counts only for its day")
  func birthTime() throws {
    let resource = { (date: String) in
      #"{"resourceType":"Patient","birthDate":"\#(date)","_birthDate":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthTime","valueDateTime":"1970-01-31T04:05:06Z"}]}}"#
    }
    #expect(
      try Made([resource("1970-01-31")]).xml.contains(#"<birthTime value="19700131040506+0000"/>"#))
    #expect(try Made([resource("1970-01-30")]).xml.contains(#"<birthTime value="19700130"/>"#))
  }

  // MARK: Codes and reasons

  @Test("A code of a foreign system is not the code that it looks like")
  func foreignSystem() throws {
    let made = try made(
      #"{"resourceType":"Condition","clinicalStatus":{"coding":[{"system":"urn:oid:1.2.3","code":"resolved"}]},"code":{"text":"Cough"},"subject":{"reference":"Patient/p"}}"#
    )
    #expect(made.status(of: "Bundle.entry[1].resource.clinicalStatus.coding[0].code") == .kept)
  }

  @Test("Why a value is absent is a null flavor, and the exact word comes back")
  func absent() throws {
    for reason in ["unknown", "asked-unknown", "not-performed", "masked", "error"] {
      let made = try made(
        #"{"resourceType":"Observation","status":"final","code":{"text":"Skin score"},"dataAbsentReason":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/data-absent-reason","code":"\#(reason)"}]}}"#
      )
      let back = try made.back("Observation").first
      #expect(values("dataAbsentReason.coding.code", of: back) == [reason])
    }
  }

  @Test(
    "A status that CDA does not tell apart comes back",
    arguments: ["amended", "corrected", "final", "preliminary", "registered"])
  func status(_ status: String) throws {
    let made = try made(
      #"{"resourceType":"Observation","status":"\#(status)","code":{"text":"Skin score"},"valueInteger":3}"#
    )
    #expect(try values("status", of: made.back("Observation").first) == [status])
  }

  @Test(
    "What was entered in error does not read as true, and comes back",
    arguments: [
      #"{"resourceType":"Condition","verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"entered-in-error"}]},"code":{"text":"Cough"}}"#,
      #"{"resourceType":"Procedure","status":"entered-in-error","code":{"text":"Cough"}}"#,
    ])
  func withdrawn(_ resource: String) throws {
    let made = try made(resource)
    #expect(made.issues.map(\.code.id).contains("CONV-0018"))
    #expect(!made.xml.contains("<originalText>Cough"))
    let type = resource.contains("Condition") ? "Condition" : "Procedure"
    #expect(try values("code.text", of: made.back(type).first) == ["Cough"])
  }

  @Test("What an unknown modifier extension may turn around is no statement")
  func modifier() throws {
    let made = try made(
      #"{"resourceType":"Observation","modifierExtension":[{"url":"http://example.org/not","valueBoolean":true}],"status":"final","code":{"text":"Ulcer"},"valueInteger":3}"#
    )
    #expect(made.issues.map(\.code.id).contains("CONV-0019"))
    #expect(!made.xml.contains("<originalText>Ulcer"))
    let back = try made.back("Observation").first
    #expect(values("modifierExtension.url", of: back) == ["http://example.org/not"])
  }

  @Test("What did not happen is denied")
  func denied() throws {
    let taken = try made(
      #"{"resourceType":"MedicationStatement","status":"not-taken","medicationCodeableConcept":{"text":"Aspirin"}}"#
    )
    #expect(taken.xml.contains(#"moodCode="EVN" negationInd="true""#))
    let ordered = try made(
      #"{"resourceType":"MedicationRequest","status":"active","intent":"order","doNotPerform":true,"medicationCodeableConcept":{"text":"Aspirin"}}"#
    )
    #expect(ordered.xml.contains(#"moodCode="INT" negationInd="true""#))
    #expect(ordered.xml.contains("NOT to be done"))
  }

  @Test("A visit that was cancelled says so, and one that goes on")
  func visits() throws {
    for (status, code) in [("cancelled", "cancelled"), ("in-progress", "active")] {
      let made = try made(
        #"{"resourceType":"Encounter","status":"\#(status)","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"}}"#
      )
      #expect(made.xml.contains(#"<statusCode code="\#(code)"/>"#))
      #expect(try values("status", of: made.back("Encounter").first) == [status])
    }
  }

  @Test("A medication that a request contains is its product, and has its row")
  func contained() throws {
    let made = try made(
      ##"{"resourceType":"MedicationRequest","contained":[{"resourceType":"Medication","id":"m","code":{"text":"Nifedipine"}}],"status":"active","intent":"order","medicationReference":{"reference":"#m"}}"##
    )
    #expect(made.xml.contains("<manufacturedMaterial><code nullFlavor"))
    #expect(made.xml.contains("<originalText>Nifedipine</originalText>"))
    #expect(made.xml.contains("<td>Nifedipine</td>"))
  }

  @Test("Three times a week is every 56 hours, and three times a week when it comes back")
  func frequency() throws {
    let made = try made(
      #"{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"text":"Nicotine"},"dosageInstruction":[{"timing":{"repeat":{"frequency":3,"period":1,"periodUnit":"wk"}}}]}"#
    )
    #expect(made.xml.contains(#"<period value="56" unit="h"/>"#))
    let rhythm = "dosageInstruction.timing.repeat."
    let back = try made.back("MedicationRequest").first
    #expect(values(rhythm + "frequency", of: back) == ["3"])
    #expect(values(rhythm + "periodUnit", of: back) == ["wk"])
  }

  @Test("The end of a period alone does not read as its beginning")
  func openPeriods() throws {
    let made = try made(
      #"{"resourceType":"Coverage","status":"active","beneficiary":{"reference":"Patient/p"},"payor":[{"display":"Payer"}],"period":{"end":"2012-03-17"}}"#
    )
    #expect(made.xml.contains("until 2012-03-17"))
  }

  @Test("What is unlawful at its place travels beside its statement, and nothing else with it")
  func takenBack() throws {
    func kept(_ path: String, _ content: String) -> String {
      #"{"url":"https://crestkit.example/fhir/StructureDefinition/cda-content","extension":[{"url":"path","valueString":"\#(path)"},{"url":"content","valueString":"\#(content)"}]}"#
    }
    let extensions = [
      kept("observation/effectiveTime", #"<effectiveTime nullFlavor=\"NA\"/>"#),
      kept("observation/value/@displayName", "Drug allergy"),
    ].joined(separator: ",")
    let made = try made(
      #"{"resourceType":"AllergyIntolerance","extension":[\#(extensions)],"category":["medication"],"type":"allergy","code":{"text":"Latex"}}"#
    )
    #expect(made.faults == [])
    #expect(made.xml.contains("displayName=\"Drug allergy\""))
    #expect(!made.xml.contains("<effectiveTime nullFlavor=\"NA\"/><"))
    let back = try made.back("AllergyIntolerance").first
    #expect(
      values("extension.extension.valueString", of: back) == [
        "observation/effectiveTime", "<effectiveTime nullFlavor=\"NA\"/>",
        "observation/value/@displayName", "Drug allergy",
      ])
    #expect(
      made.lines.allSatisfy {
        $0.status != .dropped || !$0.path.hasSuffix("extension[1].valueString")
      })
  }

  @Test("What comes back is valid FHIR: what has no place in it is kept as it is")
  func validBack() throws {
    let made = try made(
      #"{"resourceType":"CarePlan","status":"active","intent":"plan","title":"Care of the skin","activity":[{"detail":{"status":"scheduled","description":"Moisturise"}}]}"#,
      #"{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"text":"Diltiazem"},"requester":{"reference":"Practitioner/gone","display":"Dr Muster"}}"#,
      #"{"resourceType":"Flag","status":"active","code":{"text":"Latex"},"subject":{"reference":"Patient/p"}}"#,
      #"{"resourceType":"Location","name":"Skin clinic"}"#)
    let output = try Converter(options: .init(now: "2026-01-02T03:04:05Z"))
      .convert(made.document, to: .fhir)
    let back = try ClinicalDocument(parsing: output.data)
    let errors = Validator().issues(in: back).filter { $0.severity == .error }.map(\.brief)
    #expect(errors == [])
    let resources = back.tree.root["entry"].flatMap { $0["resource"] }
    func all(_ type: String) -> [Element] {
      resources.filter { $0["resourceType"].first?.value == type }
    }
    let plan = try #require(all("ServiceRequest").first)
    #expect(
      values("extension.extension.valueString", of: plan).contains {
        $0.contains(#""description":"Moisturise""#)
      })
    // The one who asked is the one whom the document names.
    #expect(all("Practitioner").count == 1)
    let requester = all("MedicationRequest").first?["requester"].first
    #expect(requester?["reference"].first?.value?.hasPrefix("urn:uuid:") ?? false)
    #expect(all("Flag").count == 1 && all("Location").count == 1)
    let further =
      all("Composition").first?["section"]
      .filter { $0["title"].first?.value == "Further Information" } ?? []
    #expect(further.count == 1 && further[0]["entry"].count == 2)
    // Once more, and nothing more is said.
    let again = try Converter(options: .init(now: "2026-01-02T03:04:05Z")).convert(
      ClinicalDocument(parsing: Converter().convert(back, to: .ccda).data), to: .fhir)
    let texts = again.tree.root["entry"].flatMap { $0["resource"] }
    #expect(texts.count == resources.count)
    #expect(
      texts.filter { $0["resourceType"].first?.value == "Composition" }.flatMap { $0["section"] }
        .count { $0["title"].first?.value == "Further Information" } == 1)
  }

  // MARK: The patient

  @Test("A name in one piece can be read, and comes back as one piece")
  func wholeName() throws {
    let made = try Made([#"{"resourceType":"Patient","name":[{"text":"Ada Sample"}]}"#])
    #expect(made.xml.contains("<family>Ada Sample</family>"))
    #expect(made.faults == [])
    let back = try made.back("Patient").first
    #expect(values("name.text", of: back) == ["Ada Sample"])
    #expect(values("name.family", of: back) == [])
  }

  @Test("Times of an address stand behind its parts")
  func addressPeriod() throws {
    let made = try Made([
      #"{"resourceType":"Patient","address":[{"line":["1 Way"],"city":"Town","period":{"start":"1990"}}]}"#
    ])
    #expect(made.faults == [])
  }

  @Test("Without a patient there is no document, unless one is given or said to be unknown")
  func noPatient() throws {
    let resource = Self.kinds[0].resource
    #expect(throws: Converter.ConversionError.self) { try Made(source: resource) }
    let patient = try ClinicalDocument(parsing: Self.patient.bytes)
    let made = try Made(source: resource, options: .init(keepsLedger: true, patient: patient))
    #expect(made.xml.contains("<family>Sample</family>"))
    #expect(made.lines.contains { $0.path == "Condition.onsetDateTime" && $0.status == .carried })
    #expect(!made.lines.contains { $0.path.contains("birthDate") })
    let unknown = resource.replacing(
      #"{"reference":"Patient/p"}"#,
      with:
        #"{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}"#
    )
    #expect(try Made(source: unknown).faults == [])
  }

  @Test("Two patients are two documents, each with what is its own")
  func split() throws {
    let bundle = """
      {"resourceType":"Bundle","type":"collection","entry":[
      {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","name":[{"family":"First"}]}},
      {"fullUrl":"urn:uuid:2","resource":{"resourceType":"Patient","name":[{"family":"Second"}]}},
      {"fullUrl":"urn:uuid:3","resource":{"resourceType":"Practitioner","name":[{"family":"Healer"}]}},
      {"resource":{"resourceType":"Condition","code":{"text":"Cough"},"subject":{"reference":"urn:uuid:2"},
      "recorder":{"reference":"urn:uuid:3"}}},
      {"resource":{"resourceType":"Organization","name":"Nowhere"}}]}
      """
    let document = try ClinicalDocument(parsing: bundle.bytes)
    #expect(throws: Converter.ConversionError.self) {
      try Converter().convert(document, to: .ccda)
    }
    let (documents, issues) = document.split()
    let texts = try documents.map {
      String(decoding: try Converter().convert($0, to: .ccda).data, as: UTF8.self)
    }
    #expect(texts.count == 2)
    #expect(texts[0].contains("First") && !texts[0].contains("Second"))
    #expect(!texts[0].contains("Cough") && !texts[0].contains("Healer"))
    #expect(
      texts[1].contains("Second") && texts[1].contains("Cough") && texts[1].contains("Healer"))
    #expect(issues.map(\.code.id) == ["CONV-0015"])
    #expect(issues.first?.path == "Bundle.entry[4].resource")
  }

  @Test("A reference to another subject is not taken for the patient")
  func otherSubject() throws {
    let made = try made(
      #"{"resourceType":"Observation","status":"final","code":{"text":"Weight of the donor"},"subject":{"reference":"Patient/donor"}}"#
    )
    #expect(made.status(of: "Bundle.entry[1].resource.subject.reference") == .kept)
  }

  // MARK: Documents

  @Test(
    "Each kind of document has the sections that it requires",
    arguments: Converter.Options.DocumentKind.allCases)
  func documents(_ kind: Converter.Options.DocumentKind) throws {
    let made = try made(
      Self.kinds[0].resource, options: .init(keepsLedger: true, documentKind: kind))
    #expect(made.faults == [])
  }

  @Test("What a rule about the body refuses takes nothing from the header")
  func headerOfRefused() throws {
    let source = """
      <ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
      <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
      <templateId root="2.16.840.1.113883.10.20.22.1.2" extension="2015-08-01"/><id root="1.2.3.4"/>
      <code code="34133-9" codeSystem="2.16.840.1.113883.6.1"/><title>Invented</title>
      <effectiveTime value="20260102030405+0100"/>
      <recordTarget><patientRole><id root="1.2.3.4" extension="p"/><patient><name><given>Ada</given>
      <family>Sample</family></name></patient></patientRole></recordTarget>
      <author><time value="20251231"/><assignedAuthor><id root="1.2.3.4" extension="a"/></assignedAuthor>
      </author>
      <component><structuredBody><component><section>
      <templateId root="2.16.840.1.113883.10.20.22.2.3.1" extension="2015-08-01"/>
      <code code="30954-2" codeSystem="2.16.840.1.113883.6.1"/><title>Results</title><text>None.</text>
      <entry><organizer classCode="BATTERY" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.1" extension="2015-08-01"/>
      <code code="1" codeSystem="1.2.3"/></organizer></entry>
      </section></component></structuredBody></component></ClinicalDocument>
      """
    let bundle = try Converter().convert(ClinicalDocument(parsing: source.bytes), to: .fhir)
    let made = try Made(source: String(decoding: bundle.data, as: UTF8.self))
    #expect(!made.xml.contains(#"root="2.16.840.1.113883.10.20.22.2.3.1""#))
    #expect(made.xml.contains(#"<author><time value="20251231"/>"#))
    #expect(made.faults == [])
  }

  @Test("Lines of NDJSON are one document")
  func lines() throws {
    let lines = [Self.patient, Self.kinds[0].resource, Self.kinds[1].resource]
      .map { $0.replacing("\n", with: "") }.joined(separator: "\n")
    let made = try Made(source: lines)
    #expect(made.xml.contains("Raynaud") && made.xml.contains("Penicillin"))
    #expect(made.lines.contains { $0.path == "AllergyIntolerance.code.text" })
  }

  @Test("A time that is no time is kept and found")
  func badTime() throws {
    let made = try made(
      #"{"resourceType":"Procedure","status":"completed","code":{"text":"Excision"},"performedDateTime":"last May"}"#
    )
    #expect(made.issues.map(\.code.id).contains("CONV-0005"))
    #expect(made.status(of: "Bundle.entry[1].resource.performedDateTime") == .kept)
    #expect(made.faults == [])
  }

  @Test("An entry that leads nowhere is found")
  func dangling() throws {
    let made = try made(
      #"{"resourceType":"Composition","status":"final","type":{"coding":[{"system":"http://loinc.org","code":"34133-9"}]},"subject":{"reference":"Patient/p"},"date":"2024-01-01","title":"Invented","section":[{"title":"Problems","code":{"coding":[{"system":"http://loinc.org","code":"11450-4"}]},"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Some <b>words</b></p></div>"},"entry":[{"reference":"Condition/none"}]}]}"#
    )
    #expect(made.issues.map(\.code.id).contains("CONV-0014"))
    #expect(
      made.xml.contains(#"<paragraph>Some <content styleCode="Bold">words</content></paragraph>"#))
  }

  @Test("Every leaf is listed once, and every target exists")
  func ledger() throws {
    let made = try Made([Self.patient] + Self.kinds.map(\.resource))
    let paths = made.lines.filter { $0.status != .added }.map(\.path)
    #expect(Set(paths).count == paths.count)
    for line in made.lines where line.status == .carried || line.status == .kept {
      #expect(!line.targets.isEmpty)
    }
    for line in made.lines where line.status != .carried && line.status != .kept {
      #expect(!line.reason.isEmpty)
    }
  }
}
