import CRESTKit
import CRESTRecords
import ClinicalTree
import Definitions
import Foundation
import RecordSamples
import TestSupport
import Testing
import XMLTree

@Suite("The page of a record")
struct PageTests {
  private func page(_ record: CREST.Record) throws -> String {
    try CREST.Page(ClinicalDocument(parsing: record.json())).html
  }

  @Test("Each letter shows its state: what nobody assessed is not absent")
  func letters() throws {
    var record = CREST.Record()
    record.manifestations.raynaud = .present(onset: "2009", .init(triggers: [.cold]))
    record.manifestations.calcinosis = .notAssessed
    record.manifestations.telangiectasia = .absent
    let html = try page(record)
    #expect(html.contains("Manifestations: 1 present, 1 absent, 1 not assessed, 2 unknown"))
    for (letter, state, words) in [
      ("C", "not-assessed", "not assessed"), ("R", "present", "present"),
      ("E", "unknown", "unknown"), ("S", "unknown", "unknown"), ("T", "absent", "absent"),
    ] {
      let start =
        "<li class=\"\(state)\"><span class=\"initial\" aria-hidden=\"true\">\(letter)</span>"
      let item = try #require(html.range(of: start).map { html[$0.lowerBound...] })
      #expect(item.prefix(300).contains("<span class=\"state\">\(words)</span>"), "\(letter)")
    }
    #expect(html.contains("since 2009<br>by cold"))
  }

  @Test("Text of the record cannot become markup")
  func escaping() throws {
    let attack = "<script>alert(1)</script>\"><img src=x onerror=y>&amp;"
    var record = CREST.Record()
    record.patient.family = attack
    record.patient.identifiers = [.init(system: attack, value: attack)]
    record.manifestations.raynaud = .init(.present(onset: nil, .init()), note: attack)
    record.lesions = [.init(id: attack, site: .init(attack), nil, [.init()])]
    record.lesions[0].descriptions[0].note = attack
    record.imaging = [.init(.xRay, calcification: .present, conclusion: attack)]
    record.medications = [.init(attack, date: "2020", dosage: attack)]
    record.procedures = [.init(.laser, date: "2021", note: attack)]
    record.careTeam = [.init(role: attack, name: attack)]
    let html = try page(record)
    #expect(!html.contains("<script"))
    #expect(!html.contains("<img"))
    #expect(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&gt;"))
  }

  @Test("A value is drawn where it belongs, and a year is drawn as a year")
  func curves() throws {
    var record = CREST.Record()
    record.chemistry = [
      .init(.calcium, .init("2.20", .millimolesPerLitre), date: "2020-01-01"),
      .init(.calcium, .init("2.60", .millimolesPerLitre), date: "2022"),
      .init(.calcium, .init("9.1", .milligramsPerDecilitre)),
    ]
    let html = try page(record)
    // Two units are two curves; the second has no date and is said in words.
    #expect(html.contains("<b>Calcium</b> 2.60 mmol/L, 2022</figcaption>"))
    #expect(html.contains("<b>Calcium</b> 9.1 mg/dL, without a date</figcaption></figure>"))
    #expect(html.contains("<title>2020-01-01: 2.20 mmol/L</title>"))
    // The lowest value is near the bottom and the highest near the top.
    #expect(html.contains("cy=\"81.667\" r=\"4.5\"><title>2020-01-01"))
    #expect(html.contains("cy=\"18.333\" r=\"4.5\"><title>2022:"))
    #expect(html.components(separatedBy: "<line class=\"span\"").count == 2)
  }

  @Test("What was not done is no event; words keep their hyphens; an unknown infection is said")
  func words() throws {
    var record = CREST.Record()
    record.procedures = [
      .init(.laser, status: .notDone, date: "2021-03-04"), .init(.excision, date: "2022-05-06"),
    ]
    record.medications = [.init("N-acetylcysteine 5-10 mg", date: "2020-01-02")]
    record.lesions = [.init(id: "L1", site: "2-3 cm below L4-L5", nil, [.init(date: "2020")])]
    record.lesions[0].descriptions[0].infection = .unknown
    let html = try page(record)
    #expect(html.contains("<title>2022-05-06: Excision"))
    #expect(!html.contains("<title>2021-03-04"))
    #expect(html.contains(">not done</td>"))
    #expect(html.contains(">N-acetylcysteine 5-10 mg</td>"))
    #expect(html.contains(">2-3 cm below L4-L5</td>"))
    #expect(html.contains(">infection unknown</td>"))
  }

  @Test("Numbers and years beyond all bounds, and entries that are none, give a page")
  func extremes() throws {
    var record = CREST.Record()
    record.chemistry = [
      .init(.calcium, .init("1e300", .millimolesPerLitre), date: "0000"),
      .init(.calcium, .init("9e15", .millimolesPerLitre), date: "9999-12-31"),
      .init(.phosphate, .init("1e400", .millimolesPerLitre), date: "2020"),
    ]
    record.scores = [
      .init(.mrss, date: "2020", total: "1e19"),
      .init(.shaq, items: [.init("shaq-pain", .number(2), scale: -5)]),
    ]
    #expect(try page(record).hasSuffix("</html>\n"))
    #expect(try CREST.Score.scores(in: ClinicalDocument(parsing: record.json())).count == 2)
    let odd = """
      {"resourceType":"Bundle","type":"collection","entry":[null,{"resource":[]},
      {"resource":{"resourceType":"Patient","id":"p","gender":"male"}},
      {"resource":{"resourceType":"Condition","id":"c","code":{"text":"Hypertension"}}}]}
      """
    #expect(
      try CREST.Page(ClinicalDocument(parsing: odd.bytes)).html.contains(">Hypertension</td>"))
  }

  @Test("Lines of NDJSON, a Bundle among them, have places of their own")
  func lines() throws {
    let lines = """
      {"resourceType":"Patient","id":"p","gender":"male"}
      {"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Condition","id":"a","code":{"text":"Hypertension"}}}]}
      {"resourceType":"Condition","id":"b","code":{"coding":[{"system":"http://snomed.info/sct","code":"266261006"}]}}
      """
    let document = try ClinicalDocument(parsing: lines.bytes)
    let html = try CREST.Page(document).html
    #expect(html.contains("1 resources that the sections above do not show"))
    let paths = CREST.Guide.links(in: document).map(\.path)
    #expect(Set(paths) == ["[2].Condition"])
  }

  @Test("What the record has no place for is named, and its absence is not hidden")
  func further() throws {
    let bundle = """
      {"resourceType":"Bundle","type":"collection","entry":[
      {"resource":{"resourceType":"Patient","gender":"female"}},
      {"resource":{"resourceType":"Condition","code":{"text":"Hypertension"},"recordedDate":"2020","subject":{"display":"x"}}}]}
      """
    let html = try CREST.Page(ClinicalDocument(parsing: bundle.bytes)).html
    #expect(html.contains("1 resources that the sections above do not show"))
    #expect(html.contains(">Hypertension</td>"))
  }

  @Test("Random records give well-formed pages that load nothing, the same bytes each time")
  func random() throws {
    var random = RandomRecord(seed: 12)
    for number in 0..<60 {
      let record = random.next()
      let html = try page(record)
      #expect(try page(record) == html)
      #expect(
        !html.contains("http-equiv=\"refresh\"") && !html.contains(" src=")
          && !html.contains("url("))
      // What is inside of main is written as XML, so that a reader of XML can count its tags.
      let start = try #require(html.range(of: "<main>"))
      let end = try #require(html.range(of: "</main>"))
      let main = String(html[start.lowerBound..<end.upperBound]).replacing("<br>", with: "<br/>")
      #expect(throws: Never.self, "\(number)") { try Tree.xml(main.bytes, names: .standard) }
    }
  }
}
