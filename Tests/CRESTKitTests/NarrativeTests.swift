import CRESTKit
import ClinicalTree
import Foundation
import TestSupport
import Testing

/// What a reader who sees only the narrative of a C-CDA document learns, on invented resources.
@Suite("The narrative of C-CDA")
struct NarrativeTests {
  private typealias Made = FHIRToCDATests.Made

  private func made(_ resources: String...) throws -> Made {
    try Made([FHIRToCDATests.patient] + resources)
  }

  /// The rows of the tables of a document: what, when and details.
  private func rows(_ made: Made) -> [[String]] {
    made.xml.components(separatedBy: "<tr ID").dropFirst().map { row in
      row.components(separatedBy: "</tr>")[0].components(separatedBy: "<td").dropFirst().map {
        cell in
        cell.hasPrefix("/>") ? "" : String(cell.dropFirst().components(separatedBy: "</td>")[0])
      }
    }
  }

  @Test("The members of a panel have rows with their values, to which their statements refer")
  func panel() throws {
    let made = try made(
      #"{"resourceType":"DiagnosticReport","id":"r","status":"final","code":{"text":"Kidney panel"},"effectiveDateTime":"2026-02-11","result":[{"reference":"Observation/o"}]}"#,
      #"{"resourceType":"Observation","id":"o","status":"final","code":{"text":"Creatinine"},"effectiveDateTime":"2026-02-11","valueQuantity":{"value":1.70,"unit":"mg/dL"},"interpretation":[{"text":"High"}],"referenceRange":[{"low":{"value":0.5},"high":{"value":1.2}}]}"#
    )
    #expect(
      rows(made) == [
        ["Kidney panel", "2026-02-11", "Status: final"],
        [
          "– Creatinine", "2026-02-11",
          "1.70 mg/dL; Interpretation: High; Reference range: 0.5 to 1.2; Status: final",
        ],
      ])
    #expect(made.xml.components(separatedBy: ##"<reference value="#row-"##).count == 3)
    #expect(made.faults == [])
  }

  @Test("The parts of a blood pressure have rows, and one without a value says so")
  func components() throws {
    let made = try made(
      #"{"resourceType":"Observation","status":"final","category":[{"coding":[{"code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},"effectiveDateTime":"2026-02-11","component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6","display":"Systolic"}]},"valueQuantity":{"value":109,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}},{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4","display":"Diastolic"}]},"dataAbsentReason":{"text":"not measured"}}]}"#
    )
    #expect(
      rows(made) == [
        ["Blood pressure", "2026-02-11", "Status: final"], ["– Systolic", "", "109 mmHg"],
        ["– Diastolic", "", "No value: not measured"],
      ])
  }

  @Test("What is denied does not read as if it were there, nor as if its absence were denied")
  func denied() throws {
    let refuted =
      #""verificationStatus":{"coding":[{"code":"refuted"}]},"clinicalStatus":{"coding":[{"code":"active"}]}"#
    for (code, words) in [
      (#"{"text":"No known problems"}"#, "No known problems"),
      (#"{"coding":[{"system":"http://snomed.info/sct","code":"55607006"}]}"#, "No known problems"),
      (#"{"text":"Calcinosis"}"#, "NOT present: Calcinosis"),
    ] {
      let made = try made(#"{"resourceType":"Condition","code":\#(code),\#(refuted)}"#)
      #expect(rows(made) == [[words, "", ""]])
    }
  }

  @Test("Words about an allergy say what they are about")
  func allergy() throws {
    let made = try made(
      #"{"resourceType":"AllergyIntolerance","type":"allergy","code":{"text":"Latex"},"criticality":"high","recordedDate":"2026-03-01","reaction":[{"manifestation":[{"text":"Rash"}],"severity":"mild"}]}"#,
      #"{"resourceType":"AllergyIntolerance","type":"allergy","onsetDateTime":"2026"}"#)
    #expect(
      rows(made) == [
        ["Latex", "recorded 2026-03-01", "Criticality: high; Reaction: Rash (mild)"],
        ["Allergy, not stated to what", "2026", ""],
      ])
  }

  @Test("A medicine has its dose, its route, how often and from when until when")
  func medication() throws {
    let made = try made(
      #"{"resourceType":"MedicationRequest","status":"active","intent":"order","authoredOn":"2026-05-01","medicationCodeableConcept":{"text":"Diltiazem"},"dosageInstruction":[{"text":"Diltiazem","timing":{"repeat":{"boundsPeriod":{"start":"2026-05-02","end":"2026-05-09"},"frequency":2,"period":1,"periodUnit":"d"}},"route":{"text":"Oral"},"asNeededBoolean":true,"doseAndRate":[{"doseQuantity":{"value":60,"unit":"mg"}}]}],"dispenseRequest":{"quantity":{"value":28,"unit":"tablets"},"numberOfRepeatsAllowed":1}}"#
    )
    let often = "How often: 2 times a day; 2026-05-02 to 2026-05-09"
    #expect(
      rows(made) == [
        [
          "Diltiazem", "2026-05-02 to 2026-05-09",
          "Status: active; Intent: order; Dose: 60 mg; Route: Oral; \(often); As needed; To hand out: 28 tablets, repeats: 1",
        ]
      ])
  }

  @Test("A visit has who, where and why")
  func visit() throws {
    let made = try made(
      #"{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"AMB","display":"ambulatory","system":"http://terminology.hl7.org/CodeSystem/v3-ActCode"},"period":{"start":"2026-06-01"},"participant":[{"individual":{"reference":"Practitioner/d"}}],"location":[{"location":{"display":"Skin clinic"}}],"diagnosis":[{"condition":{"reference":"Condition/c"}}]}"#,
      #"{"resourceType":"Practitioner","id":"d","name":[{"prefix":["Dr"],"given":["Eva"],"family":"Muster"}]}"#,
      #"{"resourceType":"Condition","id":"c","code":{"text":"Digital ulcer"}}"#)
    #expect(
      rows(made).first == [
        "Encounter", "2026-06-01",
        "Status: finished; Class: ambulatory; By: Dr Eva Muster; At: Skin clinic; Diagnosis: Digital ulcer",
      ])
  }

  @Test("The words of a note in plain text can be read, and a problem has its end")
  func notes() throws {
    let made = try made(
      #"{"resourceType":"DocumentReference","status":"current","type":{"text":"Progress note"},"date":"2026-01-02T03:04:05Z","content":[{"attachment":{"contentType":"text/plain","data":"U29mdCBsdW1w"}}]}"#,
      #"{"resourceType":"Condition","code":{"text":"Ulcer"},"onsetDateTime":"2026-01","abatementDateTime":"2026-02"}"#
    )
    #expect(
      rows(made).contains(["Progress note", "2026-01-02T03:04:05Z", "Status: current; Soft lump"]))
    #expect(rows(made).contains(["Ulcer", "2026-01 to 2026-02", ""]))
  }

  @Test("What was not done reads so, and what has no value says that")
  func notDone() throws {
    let made = try made(
      #"{"resourceType":"Procedure","status":"not-done","code":{"text":"Curettage"}}"#,
      #"{"resourceType":"Procedure","status":"not-done","code":{"text":"No known procedures"}}"#,
      #"{"resourceType":"Observation","status":"final","code":{"text":"Life support"}}"#)
    #expect(
      rows(made) == [
        ["NOT done: Curettage", "", ""], ["No known procedures", "", ""],
        ["Life support", "", "No value; Status: final"],
      ])
  }

  @Test("What was handed out was so when it was handed out, and is named")
  func dispense() throws {
    let made = try made(
      #"{"resourceType":"MedicationDispense","status":"completed","type":{"text":"First fill"},"medicationReference":{"display":"Ointment"},"quantity":{"value":30,"unit":"g"},"daysSupply":{"value":10,"unit":"d"},"whenHandedOver":"2026-03-17","dosageInstruction":[{"timing":{"event":["2026-01-15"]}}]}"#
    )
    #expect(
      rows(made) == [
        [
          "Ointment", "2026-03-17",
          "Status: completed; Handed out; Kind: First fill; Quantity: 30 g; For: 10 d; How often: 2026-01-15",
        ]
      ])
    #expect(made.xml.contains("<originalText>Ointment</originalText>"))
    #expect(made.faults == [])
  }

  @Test("A medicine of which only the name is known comes back as the reference that it was")
  func nameOnly() throws {
    let made = try made(
      #"{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationReference":{"reference":"Medication/m","display":"Ointment"}}"#
    )
    let back = try made.back("MedicationRequest").first
    #expect(back?["medicationCodeableConcept"].isEmpty ?? false)
    #expect(back?["medicationReference"].first?["display"].first?.value == "Ointment")
  }

  @Test("An allergy that is denied by its name is no allergy to that")
  func deniedByName() throws {
    let made = try made(
      #"{"resourceType":"AllergyIntolerance","code":{"coding":[{"system":"http://snomed.info/sct","code":"716184000","display":"No known latex allergy"}]}}"#
    )
    #expect(!made.xml.contains(#"code="716184000""#))
    #expect(made.xml.contains("<originalText>No known latex allergy</originalText>"))
    #expect(made.faults == [])
    let coding = try made.back("AllergyIntolerance").first?["code"].first?["coding"].first
    #expect(coding?["code"].first?.value == "716184000")
  }

  @Test("The visit of the header has its time and its end in its own entry as well")
  func visitTwice() throws {
    let made = try Made(
      source:
        #"{"resourceType":"Bundle","type":"document","entry":[{"resource":{"resourceType":"Composition","status":"final","type":{"text":"T"},"subject":{"reference":"Patient/p"},"encounter":{"reference":"Encounter/e"},"date":"2026","author":[{"display":"D"}],"title":"T","section":[{"title":"S","code":{"coding":[{"system":"http://loinc.org","code":"46240-8"}]},"entry":[{"reference":"Encounter/e"}]}]}},{"resource":\#(FHIRToCDATests.patient)},{"resource":{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"IMP"},"period":{"start":"2026-11-28","end":"2026-12-01"},"hospitalization":{"dischargeDisposition":{"text":"Home"}}}}]}"#
    )
    #expect(
      made.xml.components(separatedBy: #"<low value="20261128"/><high value="20261201"/>"#).count
        == 3)
    #expect(made.xml.components(separatedBy: "<originalText>Home</originalText>").count == 3)
    #expect(made.faults == [])
    #expect(try made.back("Encounter").count == 1)
  }

  @Test("Each part of a pressure refers to the row with its value")
  func rowsOfParts() throws {
    func part(_ code: String, _ value: Int) -> String {
      #"{"code":{"coding":[{"system":"http://loinc.org","code":"\#(code)"}]},"valueQuantity":{"value":\#(value),"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}"#
    }
    let made = try made(
      #"{"resourceType":"Observation","status":"final","category":[{"coding":[{"code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},"effectiveDateTime":"2026-02-11","component":[\#(part("8480-6", 120)),\#(part("8462-4", 80))]}"#
    )
    for (row, value) in [("row-2", "120"), ("row-3", "80")] {
      let statement = made.xml.components(separatedBy: ##"<reference value="#\##(row)"/>"##)
      #expect(statement.count == 2)
      #expect(
        statement.last?.components(separatedBy: "<value").dropFirst().first?.contains(value)
          ?? false)
    }
  }

  @Test("A section without entries says why, and what it says is not read back")
  func emptySections() throws {
    func section(_ code: String, _ reason: String) -> String {
      #"{"code":{"coding":[{"system":"http://loinc.org","code":"\#(code)"}]},"title":"S\#(code)","emptyReason":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/list-empty-reason","code":"\#(reason)"}]}}"#
    }
    let sections = [
      section("10160-0", "nilknown"), section("30954-2", "unavailable"),
      section("47519-4", "notasked"),
    ].joined(separator: ",")
    let made = try Made(
      source:
        #"{"resourceType":"Bundle","type":"document","entry":[{"resource":{"resourceType":"Composition","status":"final","type":{"coding":[{"system":"http://loinc.org","code":"34133-9"}]},"subject":{"reference":"Patient/p"},"date":"2026-01-02","author":[{"display":"Dr Muster"}],"title":"T","section":[\#(sections)]}},{"resource":\#(FHIRToCDATests.patient)}]}"#
    )
    for words in ["None known", "No information", "Not asked"] {
      #expect(made.xml.contains(#"<content styleCode="xNoInformation">\#(words)</content>"#))
    }
    #expect(
      made.xml.contains(
        #"<substanceAdministration classCode="SBADM" moodCode="EVN" negationInd="true">"#))
    #expect(made.xml.contains(#"<author><templateId"#) == false)
    #expect(
      made.xml.contains(#"<time value="20260102"/>"#),
      "the author wrote when the document was dated")
    #expect(made.faults == [])
    let back = try made.back("Composition").first?["section"] ?? []
    let first = back.prefix(3)
    #expect(first.map { $0["text"].count } == [0, 0, 0])
    #expect(
      first.map { $0["emptyReason"].first?["coding"].first?["code"].first?.value }
        == ["nilknown", "unavailable", "notasked"])
  }

  @Test("What others refer to has an id, and the reference comes back")
  func references() throws {
    let made = try made(
      #"{"resourceType":"Observation","status":"final","code":{"text":"Hb"},"encounter":{"reference":"Encounter/e"}}"#,
      #"{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"AMB"},"period":{"start":"2026-06-01","end":"2026-06-01"}}"#
    )
    #expect(made.xml.components(separatedBy: #"extension="Encounter/e""#).count == 3)
    let visit = try #require(made.back("Encounter").first)
    let observation = try made.back("Observation").first
    #expect(visit["identifier"].isEmpty)
    let id = try #require(visit["id"].first?.value)
    #expect(observation?["encounter"].first?["reference"].first?.value == "urn:uuid:\(id)")
  }

  @Test("People around the patient take part in the document; others go along whole")
  func people() throws {
    let made = try made(
      #"{"resourceType":"RelatedPerson","patient":{"reference":"Patient/p"},"relationship":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-RoleCode","code":"SPS"}]}],"name":[{"family":"Sample","given":["Bo"]}]}"#,
      #"{"resourceType":"Practitioner","id":"n","name":[{"text":"Nurse Muster"}]}"#)
    #expect(made.xml.contains(#"<participant typeCode="IND"><associatedEntity classCode="PRS">"#))
    #expect(made.xml.contains("<item>Practitioner: Nurse Muster</item>"))
    #expect(made.faults == [])
    #expect(try made.back("RelatedPerson").count == 1)
    #expect(try made.back("Practitioner").count == 1)
  }

  @Test("An identifier without its number is nobody's number")
  func absentNumber() throws {
    let made = try made(
      #"{"resourceType":"Organization","id":"o","identifier":[{"system":"http://hl7.org/fhir/sid/us-npi","_value":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}}],"name":"Clinic"}"#,
      #"{"resourceType":"Procedure","status":"completed","code":{"text":"Curettage"},"performer":[{"actor":{"reference":"Organization/o"}}]}"#
    )
    #expect(!made.xml.contains(#"<id root="2.16.840.1.113883.4.6"/>"#))
    #expect(made.xml.contains(#"<id root="2.16.840.1.113883.4.6" nullFlavor="#))
  }

  @Test("A row tells which part of the body it is about, and whether a medicine was only reported")
  func parts() throws {
    let made = try made(
      #"{"resourceType":"BodyStructure","id":"s","identifier":[{"value":"L1"}],"location":{"text":"Thumb"},"locationQualifier":[{"text":"Right"}],"patient":{"reference":"Patient/p"}}"#,
      #"{"resourceType":"Observation","status":"final","code":{"text":"Deposit"},"focus":[{"reference":"BodyStructure/s"}],"valueString":"firm"}"#,
      #"{"resourceType":"Condition","code":{"text":"Ulcer"},"evidence":[{"detail":[{"reference":"BodyStructure/s"}]}]}"#,
      #"{"resourceType":"Procedure","status":"completed","code":{"text":"Excision"},"extension":[{"url":"https://crestkit.example/fhir/StructureDefinition/target-lesion","valueReference":{"reference":"BodyStructure/s"}}]}"#,
      #"{"resourceType":"MedicationRequest","status":"active","intent":"plan","reportedBoolean":true,"medicationCodeableConcept":{"text":"Omeprazole"}}"#
    )
    let details = Dictionary(rows(made).map { ($0[0], $0[2]) }) { first, _ in first }
    #expect(details["Deposit"]?.contains("Of: L1, Thumb, Right") ?? false)
    #expect(details["Ulcer"]?.contains("Seen in: L1, Thumb, Right") ?? false)
    #expect(details["Excision"]?.contains("Deposit: L1, Thumb, Right") ?? false)
    #expect(details["Omeprazole"]?.contains("Reported, not ordered here") ?? false)
  }

  @Test("An organization that only a reference names is no person")
  func organizationByName() throws {
    let made = try made(
      #"{"resourceType":"Procedure","status":"completed","code":{"text":"Laser"},"performer":[{"actor":{"reference":"Organization/x","display":"Laser Centre"}}]}"#
    )
    #expect(made.xml.contains("<representedOrganization><name>Laser Centre</name>"))
  }

  @Test("One of several members that fails its template does not fail the others")
  func siblings() throws {
    func vital(_ id: String, _ code: String, _ unit: String) -> String {
      #"{"resourceType":"Observation","id":"\#(id)","status":"final","category":[{"coding":[{"code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"\#(code)"}]},"effectiveDateTime":"2026-02-11","valueQuantity":{"value":28\#(unit)}}"#
    }
    let panel =
      #"{"resourceType":"Observation","status":"final","category":[{"coding":[{"code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"85353-1"}]},"effectiveDateTime":"2026-02-11","hasMember":[{"reference":"Observation/a"},{"reference":"Observation/b"}]}"#
    let kilograms = #","unit":"kg","system":"http://unitsofmeasure.org","code":"kg""#
    let made = try made(panel, vital("a", "39156-5", ""), vital("b", "29463-7", kilograms))
    let claim = #"<templateId root="2.16.840.1.113883.10.20.22.4.27" extension="2014-06-09"/>"#
    #expect(made.xml.components(separatedBy: claim).count == 2)
    #expect(made.faults == [])
  }

  @Test("Line ends of a narrative stay where they are")
  func lineEnds() throws {
    let made = try Made(
      source:
        #"{"resourceType":"Bundle","type":"document","entry":[{"resource":{"resourceType":"Composition","status":"final","type":{"text":"T"},"subject":{"reference":"Patient/p"},"date":"2026","author":[{"display":"D"}],"title":"T","section":[{"title":"S","text":{"status":"additional","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><table><tbody><tr><td>One<br/>two</td></tr></tbody></table></div>"}}]}},{"resource":\#(FHIRToCDATests.patient)}]}"#
    )
    #expect(made.xml.contains("<td>One<br/>two</td>"))
  }
}
