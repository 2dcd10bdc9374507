import CRESTRecords
import ClinicalTree
import Definitions
import TestSupport
import Testing
import XMLTree

@Suite("The guide")
struct GuideTests {
  private func links(_ json: String) throws -> [String] {
    CREST.Guide.links(in: try Tree.json(json.bytes, names: .standard).tree).map(\.statement)
  }

  private func condition(_ code: String, _ more: String = "") -> String {
    #"{"resourceType":"Condition","id":"c","subject":{"display":"x"},"code":\#(code)\#(more)}"#
  }

  private let raynaud = #"{"coding":[{"system":"http://snomed.info/sct","code":"266261006"}]}"#

  @Test("Nine sections, atomic statements, each with an id of its section")
  func sections() {
    let guide = CREST.Guide.standard
    #expect(
      guide.sections.map(\.id) == [
        "introduction", "causes-and-treatment", "understanding-crest", "symptoms", "crest-overview",
        "surgical-options", "lifestyle", "management", "diagnosis",
      ])
    #expect(guide.statements.allSatisfy { $0.id.hasPrefix($0.section + ".") })
    #expect(Set(guide.statements.map(\.id)).count == guide.statements.count)
    #expect(guide.statements.allSatisfy { !$0.text.isEmpty })
    for id in ["diagnosis.x-ray", "diagnosis.ultrasound", "diagnosis.ct"] {
      #expect(guide.statements.contains { $0.id == id })
    }
  }

  @Test("A code links; its absence, refutal or error does not")
  func presence() throws {
    #expect(
      try links(condition(raynaud)) == ["understanding-crest.raynaud", "crest-overview.raynaud"])
    for status in ["refuted", "entered-in-error"] {
      let more = #","verificationStatus":{"coding":[{"code":"\#(status)"}]}"#
      #expect(try links(condition(raynaud, more)).isEmpty)
    }
    let denied =
      #"{"resourceType":"Observation","status":"final","code":\#(raynaud),"valueBoolean":false}"#
    #expect(try links(denied).isEmpty)
    let notDone =
      #"{"resourceType":"Procedure","status":"not-done","code":{"text":"laser therapy"}}"#
    #expect(try links(notDone).isEmpty)
    let family =
      #"{"resourceType":"FamilyMemberHistory","status":"completed","condition":[{"code":\#(raynaud)}]}"#
    #expect(try links(family).isEmpty)
  }

  @Test("A test that was done links whatever its result")
  func negativeResult() throws {
    let negative =
      #"{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"16570-4"}]},"valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"260385009"}]}}"#
    #expect(try links(negative) == ["diagnosis.autoimmune-markers"])
  }

  @Test(
    "Words link where no code is known, as whole words, and not when denied or of another disease"
  )
  func words() throws {
    #expect(
      try links(condition(#"{"text":"Raynaud's phenomenon"}"#)).contains("crest-overview.raynaud"))
    #expect(try links(condition(#"{"text":"No Raynaud's phenomenon"}"#)).isEmpty)
    #expect(try links(condition(#"{"text":"Family history of calcinosis cutis"}"#)).isEmpty)
    #expect(try links(condition(#"{"text":"Localized scleroderma (morphea)"}"#)).isEmpty)
    let local = #"{"text":"Raynaud's phenomenon","coding":[{"system":"urn:oid:1.2.3","code":"x"}]}"#
    #expect(try links(condition(local)).contains("crest-overview.raynaud"))
    let other =
      #"{"text":"Raynaud's phenomenon","coding":[{"system":"http://snomed.info/sct","code":"38341003"}]}"#
    #expect(try links(condition(other)).isEmpty)
    let oid = #"{"coding":[{"system":"urn:oid:2.16.840.1.113883.6.90","code":"L94.2"}]}"#
    #expect(try links(condition(oid)).contains("crest-overview.calcinosis"))
  }

  @Test(
    "Look-alikes do not link",
    arguments: [
      ("http://hl7.org/fhir/sid/icd-10-cm", "L94.0"), ("http://hl7.org/fhir/sid/icd-10", "L94.0"),
      ("urn:oid:1.2.3", "266261006"),
    ])
  func lookAlikes(system: String, code: String) throws {
    #expect(
      try links(condition(#"{"coding":[{"system":"\#(system)","code":"\#(code)"}]}"#)).isEmpty)
  }

  @Test(
    "Words that mean something else are no reason",
    arguments: [
      "Ataxia telangiectasia", "Hereditary hemorrhagic telangiectasia", "Tumoral calcinosis",
      "Primary Raynaud's", "Raynaud's disease", "Localized scleroderma", "Morphea",
      "Dilation and curettage of uterus", "Laser therapy of varicose veins", "Chest X-ray",
      "Renal ultrasound", "CT scan of head", "Computed tomography of abdomen", "Breast palpation",
      "Punch biopsy of cervix", "Intravenous hydration", "Urine calcium level",
      "Coronary calcification", "Rule out CREST syndrome", "R/O calcinosis cutis",
      "Mother has CREST syndrome", "Risk of skin ulcer", "No Raynaud's phenomenon",
      "Screening for CREST syndrome", "Nephrocalcinosis", "Dehydration",
      "Evaluate for calcinosis cutis", "CREST syndrome in aunt", "FH: CREST syndrome",
      "Calcinosis cutis: none", "D&C curettage", "LASIK laser treatment", "Thyroid nodules",
    ])
  func otherWords(text: String) throws {
    #expect(try links(condition(#"{"text":"\#(text)"}"#)) == [])
  }

  @Test(
    "Words of the guide are a reason where there is no code",
    arguments: [
      ("Calcinosis cutis of the fingers", "introduction.calcinosis-cutis"),
      ("Raynaud's phenomenon", "understanding-crest.raynaud"),
      ("secondary Raynaud", "understanding-crest.raynaud"),
      ("Facial telangiectasias", "understanding-crest.telangiectasia"),
      ("Raynaud's syndrome without gangrene", "understanding-crest.raynaud"),
      ("CT scan of right hand without contrast", "diagnosis.ct"),
      ("X-rays of both hands, family notified", "diagnosis.x-ray"),
      ("End-stage renal disease", "causes-and-treatment.renal-failure"),
      ("Antinuclear antibodies", "diagnosis.autoimmune-markers"),
      ("X-ray of both hands", "diagnosis.x-ray"), ("Ultrasound of forearm", "diagnosis.ultrasound"),
      ("Curettage of calcium deposits", "surgical-options.curettage"),
      ("Laser therapy of the thumb", "surgical-options.laser"),
      ("Prevent further calcification", "causes-and-treatment.prevention"),
    ])
  func words(text: String, statement: String) throws {
    #expect(try links(condition(#"{"text":"\#(text)"}"#)).contains(statement))
  }

  @Test(
    "An answer in the negative is no finding, and what nobody looked for is no step",
    arguments: [
      #""valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"373067005"}]}"#,
      #""valueCodeableConcept":{"coding":[{"system":"http://loinc.org","code":"LA32-8"}]}"#,
      #""valueCodeableConcept":{"text":"Absent"}"#, #""valueString":"No""#,
      #""valueCodeableConcept":{"coding":[{"code":"x","display":"Not detected"}]}"#,
      #""interpretation":[{"coding":[{"code":"NEG"}]}]"#, #""valueBoolean":false"#,
    ])
  func negative(value: String) throws {
    func observation(_ code: String) -> String {
      #"{"resourceType":"Observation","status":"final","code":{"coding":[\#(code)]},\#(value)}"#
    }
    let finding = #"{"system":"http://snomed.info/sct","code":"266261006"}"#
    #expect(try links(observation(finding)) == [])
    let test = #"{"system":"http://loinc.org","code":"16570-4"}"#
    #expect(try links(observation(test)) == ["diagnosis.autoimmune-markers"])
  }

  @Test("What was not done, rejected, not taken or said of relatives gives no link")
  func states() throws {
    let sts = #"{"coding":[{"system":"http://www.whocc.no/atc","code":"V03AB06"}]}"#
    let goal =
      #"{"coding":[{"system":"https://crestkit.example/fhir/CodeSystem/crest-concept","code":"relief-of-symptoms"}]}"#
    for json in [
      #"{"resourceType":"MedicationStatement","status":"not-taken","medicationCodeableConcept":\#(sts)}"#,
      #"{"resourceType":"Goal","lifecycleStatus":"rejected","description":\#(goal)}"#,
      #"{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"17861-6"}]},"dataAbsentReason":{"coding":[{"code":"not-performed"}]}}"#,
      #"{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"10157-6"}]},"valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"31848007"}]}}"#,
      #"{"resourceType":"CarePlan","status":"active","activity":[{"detail":{"status":"in-progress","doNotPerform":true,"code":{"coding":[{"system":"http://snomed.info/sct","code":"228432001"}]}}}]}"#,
    ] { #expect(try links(json) == [], "\(json)") }
  }

  @Test("A problem of C-CDA whose code stands in a translation, or in words, is linked")
  func translations() throws {
    func observation(_ value: String) -> String {
      """
      <observation xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" classCode="OBS" moodCode="EVN">
      <code code="64572001" codeSystem="2.16.840.1.113883.6.96"/><value xsi:type="CD" \(value)</value></observation>
      """
    }
    for value in [
      #"nullFlavor="OTH"><translation code="L94.2" codeSystem="2.16.840.1.113883.6.90"/>"#,
      #"nullFlavor="OTH"><originalText>Calcinosis cutis</originalText>"#,
      #"code="77" codeSystem="1.2.3" displayName="Calcinosis cutis">"#,
    ] {
      let tree = try Tree.xml(observation(value).bytes, names: .standard).tree
      #expect(CREST.Guide.links(in: tree).map(\.statement).contains("crest-overview.calcinosis"))
    }
    let silent = try Tree.xml(observation(#"nullFlavor="UNK">"#).bytes, names: .standard).tree
    #expect(CREST.Guide.links(in: silent).isEmpty)
  }

  @Test("The reason is the statement's first code, whatever the order of the translations")
  func reason() throws {
    let codes = [
      #"{"system":"http://snomed.info/sct","code":"266261006"}"#,
      #"{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"I73.00"}"#,
    ]
    func reason(_ codings: [String]) throws -> String? {
      let json = condition(#"{"coding":[\#(codings.joined(separator: ","))]}"#)
      return CREST.Guide.links(in: try Tree.json(json.bytes, names: .standard).tree).first?.code?
        .code
    }
    #expect(try reason(codes) == reason(codes.reversed()))
    #expect(try reason(codes) != nil)
  }

  @Test("Coverage counts every statement")
  func coverage() throws {
    let tree = try Tree.json(condition(raynaud).bytes, names: .standard).tree
    let coverage = CREST.Guide.coverage(of: tree)
    #expect(coverage.count == CREST.Guide.standard.statements.count)
    #expect(
      coverage.filter { $0.records > 0 }.map(\.statement.id) == [
        "understanding-crest.raynaud", "crest-overview.raynaud",
      ])
  }
}
