import CRESTKit
import Foundation
import TestSupport
import Testing

@Suite("The example patients")
struct ExampleTests {
  static let names = ["crest-record", "surgical-course", "diagnostic-work-up"]

  private func document(_ name: String) throws -> ClinicalDocument {
    let file = Place.root.appending(path: "Examples/\(name).xml")
    return try ClinicalDocument(parsing: Array(Data(contentsOf: file)))
  }

  @Test("What comes out of each example is the FHIR beside it", arguments: names)
  func golden(name: String) throws {
    let output = try Converter().convert(document(name), to: .fhir, layout: .indented)
    let expected = try Data(contentsOf: Place.root.appending(path: "Examples/\(name).json"))
    let isSame = Data(output.data) == expected
    #expect(isSame, "write Examples anew with crest convert --pretty, and read the difference")
  }

  @Test("Sources and results are valid in structure", arguments: names)
  func valid(name: String) throws {
    let source = try document(name)
    let faults = Validator().issues(in: source).filter { $0.severity == .error }
    #expect(faults.map(\.brief) == [])
    let output = try Converter().convert(source, to: .fhir)
    let result = try ClinicalDocument(parsing: output.data)
    let errors = Validator().issues(in: result).filter { $0.severity == .error }
    #expect(errors.map(\.brief) == [])
  }

  @Test(
    "What each example becomes goes back to C-CDA by our rules, and is the same FHIR again",
    arguments: names)
  func roundTrip(name: String) throws {
    let first = try Converter().convert(document(name), to: .fhir)
    let back = try Converter().convert(ClinicalDocument(parsing: first.data), to: .ccda)
    let document = try ClinicalDocument(parsing: back.data)
    let faults = Validator().issues(in: document).filter { $0.severity == .error }
    #expect(faults.map(\.brief) == [])
    let second = try Converter().convert(document, to: .fhir)
    let lost = contents(first.tree).subtracting(contents(second.tree))
    #expect(lost == [])
  }

  @Test("A source that is attached is valid, and is not unpacked on the way back")
  func attached() throws {
    let source = try document("crest-record")
    let plain = try Converter().convert(source, to: .fhir)
    let attached = try Converter(options: .init(attachesSource: true)).convert(source, to: .fhir)
    let bundle = try ClinicalDocument(parsing: attached.data)
    #expect(Validator().issues(in: bundle).filter { $0.severity == .error }.map(\.brief) == [])
    let back = try Converter().convert(bundle, to: .ccda)
    let other = try Converter().convert(ClinicalDocument(parsing: plain.data), to: .ccda)
    #expect(back.data == other.data)
  }

  /// What is said in a Bundle, without ids, references and narrative.
  private func contents(_ tree: Tree) -> Set<String> {
    var found: Set<String> = []
    func search(_ element: Element, _ path: String) {
      if element.node.kind == .object || element.node.kind == .array {
        for child in element.children {
          let name = tree.string(child.node.name)
          if ["id", "fullUrl", "reference", "timestamp"].contains(name) { continue }
          if name == "text", path.hasSuffix(".resource") || path.hasSuffix(".section") { continue }
          search(child, element.node.kind == .array ? path : path + "." + name)
        }
      } else if let value = element.value, !value.hasPrefix("urn:uuid:") {
        found.insert(path + "=" + value)
      }
    }
    search(tree.root, "")
    return found
  }

  @Test(
    "Most of what the examples say is carried, and nothing of it is dropped without a word",
    arguments: names)
  func ledger(name: String) throws {
    let output = try Converter(options: .init(keepsLedger: true)).convert(document(name), to: .fhir)
    var counts: [Ledger.Status: Int] = [:]
    var silent = 0
    output.ledger?.forEachLine { line in
      counts[line.status, default: 0] += 1
      if line.status == .dropped, line.reason.isEmpty { silent += 1 }
    }
    #expect(silent == 0)
    #expect(counts[.carried, default: 0] > counts[.kept, default: 0])
  }

  /// What a careful reader of the guide would link, and why.
  static let links: [(example: String, record: String, statements: [String], why: String)] = [
    (
      "crest-record", "CREST syndrome",
      [
        "introduction.crest-syndrome", "causes-and-treatment.autoimmune-disease",
        "causes-and-treatment.connective-tissue-disorder", "understanding-crest.crest-syndrome",
        "crest-overview.crest-syndrome",
      ],
      "the diagnosis itself; the guide calls it an autoimmune disease of connective tissue, which it names as causes of calcinosis"
    ),
    (
      "crest-record", "Calcinosis cutis due to systemic sclerosis, both hands",
      [
        "introduction.calcinosis-cutis", "causes-and-treatment.calcinosis-cutis",
        "understanding-crest.calcinosis", "crest-overview.calcinosis",
      ], "calcinosis cutis is what the guide is about, and the C of CREST"
    ),
    (
      "crest-record", "Raynaud's phenomenon",
      ["understanding-crest.raynaud", "crest-overview.raynaud"], "the R"
    ),
    (
      "crest-record", "Esophageal dysmotility",
      ["understanding-crest.esophageal-dysfunction", "crest-overview.esophageal-dysfunction"],
      "the E: dysmotility is the dysfunction"
    ),
    (
      "crest-record", "Sclerodactyly",
      ["understanding-crest.sclerodactyly", "crest-overview.sclerodactyly"], "the S"
    ),
    (
      "crest-record", "Telangiectasia of the face",
      ["understanding-crest.telangiectasia", "crest-overview.telangiectasia"], "the T"
    ),
    (
      "crest-record", "Sodium thiosulfate, topical, twice a day",
      [
        "causes-and-treatment.medication", "management.sodium-thiosulfate",
        "management.topical-sodium-thiosulfate",
      ],
      "the one drug that the guide names, under medications; nifedipine and omeprazole are not in it"
    ),
    (
      "crest-record", "Calcium [Mass/volume] in Serum or Plasma", ["diagnosis.calcium"],
      "a blood test of calcium, though its result is normal"
    ),
    (
      "crest-record", "Phosphate [Mass/volume] in Serum or Plasma", ["diagnosis.phosphate"],
      "a blood test of phosphorus"
    ),
    (
      "crest-record", "Centromere Ab [Presence] in Serum by Immunofluorescence",
      ["diagnosis.autoimmune-markers"], "an autoimmune marker"
    ),
    (
      "crest-record", "Nuclear Ab [Presence] in Serum", ["diagnosis.autoimmune-markers"],
      "an autoimmune marker"
    ),
    (
      "crest-record", "Plain X-ray of both hands: calcium at several finger tips",
      ["diagnosis.x-ray"], "an X-ray"
    ),
    (
      "crest-record", "Physical examination of the skin", ["diagnosis.physical-examination"],
      "a physical examination; that it also felt for deposits is not said"
    ),
    (
      "surgical-course", "Calcinosis cutis, right index finger",
      [
        "introduction.calcinosis-cutis", "causes-and-treatment.calcinosis-cutis",
        "understanding-crest.calcinosis", "crest-overview.calcinosis",
      ], "calcinosis cutis"
    ),
    (
      "surgical-course", "Skin ulcer over the deposit, healed", ["symptoms.ulceration"],
      "an ulceration that was there; \"No Raynaud's phenomenon\" beside it links to nothing"
    ),
    (
      "surgical-course", "Local excision of a deposit of calcium",
      ["causes-and-treatment.surgical-removal", "surgical-options.excision", "management.surgery"],
      "an excision, which the guide calls surgical removal"
    ),
    (
      "surgical-course", "Curettage of calcium deposit",
      ["surgical-options.curettage", "management.surgery"],
      "told by its words, since the entry has no code"
    ),
    (
      "surgical-course", "Laser therapy of calcium deposits",
      ["surgical-options.laser", "management.laser"], "told by its words"
    ),
    (
      "surgical-course", "Post-surgical wound care", ["surgical-options.wound-care"],
      "wound care after an operation; the second excision was not done and links to nothing"
    ),
    (
      "diagnostic-work-up", "Subcutaneous nodules of the forearm", ["symptoms.nodules"],
      "nodules under the skin; the morphea beside them is another disease"
    ),
    (
      "diagnostic-work-up", "Tenderness of the skin", ["symptoms.tenderness"], "tenderness"
    ),
    (
      "diagnostic-work-up", "Calcium [Moles/volume] in Serum or Plasma", ["diagnosis.calcium"],
      "the same test in moles"
    ),
    (
      "diagnostic-work-up", "Phosphate [Moles/volume] in Serum or Plasma", ["diagnosis.phosphate"],
      "the same test in moles"
    ),
    (
      "diagnostic-work-up", "SCL-70 extractable nuclear Ab [Units/volume] in Serum",
      ["diagnosis.autoimmune-markers"], "an autoimmune marker, though it is low"
    ),
    (
      "diagnostic-work-up", "Centromere Ab [Presence] in Serum by Immunofluorescence",
      ["diagnosis.autoimmune-markers"], "done, with a negative result"
    ),
    ("diagnostic-work-up", "Plain X-ray of the forearm", ["diagnosis.x-ray"], "an X-ray"),
    (
      "diagnostic-work-up", "Ultrasound of the upper extremity", ["diagnosis.ultrasound"],
      "an ultrasound"
    ),
    ("diagnostic-work-up", "CT of the upper extremity", ["diagnosis.ct"], "a CT"),
    (
      "diagnostic-work-up", "Biopsy of skin: calcium deposits confirmed", ["diagnosis.biopsy"],
      "a skin biopsy"
    ),
    (
      "diagnostic-work-up", "Palpation of the forearm", ["diagnosis.palpation"],
      "the dermatologist feels for deposits"
    ),
  ]

  @Test("The links are those of a careful reader, and no others", arguments: names)
  func links(name: String) throws {
    let bundle = try Converter().convert(document(name), to: .fhir).tree
    var found: [String: [String]] = [:]
    for resource in bundle.root["entry"].flatMap({ $0["resource"] }) {
      let tags = resource["meta"].flatMap { $0["tag"] }
        .filter { $0["system"].first?.value == CREST.guideSystem }
        .compactMap { $0["code"].first?.value }
      guard !tags.isEmpty else { continue }
      let concept = (resource["code"] + resource["medicationCodeableConcept"]).first
      let label = concept?["text"].first?.value ?? concept?["coding"].first?["display"].first?.value
      found[label ?? "", default: []] += tags
    }
    let expected = Self.links.filter { $0.example == name }
    for link in expected { #expect(found[link.record] == link.statements, "\(link.record)") }
    #expect(found.count == expected.count)
  }

  @Test("The linker finds the same in the C-CDA as in the FHIR made of it", arguments: names)
  func sameInBoth(name: String) throws {
    let source = try document(name)
    let bundle = try Converter().convert(source, to: .fhir).tree
    #expect(
      CREST.Guide.links(in: source).map(\.statement)
        == CREST.Guide.links(in: bundle).map(\.statement))
  }

  @Test("The program that embeds the library reads an example")
  func embedding() throws {
    let done = try run(
      Place.product("read-record"), [Place.root.appending(path: "Examples/crest-record.xml").path()]
    )
    #expect(done.code == 0)
    #expect(done.text.contains("raynaud: present"))
    #expect(done.text.contains("-> diagnosis.x-ray"))
  }
}
