import ClinicalTree
import Conformance
import Definitions
import TestSupport
import Testing
import XMLTree

@Suite("Structure of CDA")
struct CDAStructureTests {
  /// A small valid document with a place for a section's content.
  private func document(_ section: String = "<text/>", attributes: String = "") -> String {
    """
    <ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
    xmlns:sdtc="urn:hl7-org:sdtc" classCode="DOCCLIN"><typeId root="2.16.840.1.113883.1.3" \
    extension="POCD_HD000040"/><id root="1.2.3"/><code code="34133-9" codeSystem="2.16.840.1.113883.6.1"/>\
    <effectiveTime value="20260101"/><confidentialityCode code="N"/><recordTarget><patientRole><id \
    root="1.2"/></patientRole></recordTarget><author><time value="20260101"/><assignedAuthor><id \
    root="1.2"/></assignedAuthor></author><custodian><assignedCustodian><representedCustodianOrganization>\
    <id root="1.2"/></representedCustodianOrganization></assignedCustodian></custodian><component>\
    <structuredBody><component><section>\(section)</section></component></structuredBody></component>\
    </ClinicalDocument>
    """
  }

  private func findings(_ xml: String) throws -> [String] {
    let (tree, _) = try Tree.xml(xml.bytes, names: .standard)
    return Validator().issues(inCDA: tree).map { issue in
      "\(issue.code.id) \(issue.path.split(separator: "/").suffix(2).joined(separator: "/"))"
    }
  }

  @Test("A good document has no finding")
  func good() throws {
    #expect(
      try findings(
        document(
          """
          <text><paragraph ID="a">x</paragraph></text><entry><observation classCode="OBS" moodCode="EVN">\
          <sdtc:category code="x"/><code code="x"/><effectiveTime><low value="2026"/></effectiveTime><value \
          xsi:type="PQ" value="1.5" unit="mg"/></observation></entry>
          """)) == [])
  }

  @Test(
    "Each fault has its code and place",
    arguments: [
      ("<title/><code code='x'/>", "CDA-0101 section/code"),
      ("<text/><nonsense/>", "CDA-0101 section/nonsense"),
      ("<entry/>", "CDA-0102 section/entry"), ("<text x='1'/>", "CDA-0103 text/@x"),
      ("<entry><act moodCode='EVN'><code/></act></entry>", "CDA-0104 entry/act"),
      ("<id root='not an oid!'/>", "CDA-0105 id/@root"),
      (
        "<entry><act classCode='ACT' moodCode='EVN'><code/><effectiveTime value='today'/></act></entry>",
        "CDA-0105 effectiveTime/@value"
      ),
      (
        "<entry><observation classCode='OBS' moodCode='EVN'><code/><value value='1'/></observation></entry>",
        "CDA-0106 observation/value"
      ),
      (
        "<entry><observation classCode='OBS' moodCode='EVN'><code/><value xsi:type='Nothing'/></observation></entry>",
        "CDA-0106 value/@type"
      ),
      ("<entry>words</entry>", "CDA-0107 entry/text()"),
      ("<text><paragraph ID='a'/><paragraph ID='a'/></text>", "CDA-0108 paragraph[2]/@ID"),
      (
        "<entry><act classCode='ACT' moodCode='EVN'><category xmlns='urn:hl7-org:sdtc'/><code/></act></entry>",
        "CDA-0101 act/category"
      ),
    ])
  func faults(section: String, expected: String) throws {
    #expect(try findings(document(section)).contains(expected))
  }

  @Test("A part of a document is not a document")
  func root() throws {
    #expect(try findings("<section xmlns='urn:hl7-org:v3'/>") == ["CDA-0109 section"])
  }

  @Test("The patterns of all simple types are known")
  func patterns() {
    let facts = CDAFacts.r2
    for number in 0..<facts.simpleTypeCount {
      let type = facts.simpleType(number)
      if type.kind == .pattern { #expect(CDAFormat.patterns[type.pattern.string] != nil) }
    }
  }
}
