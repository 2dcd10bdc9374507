import ClinicalTree
import Conformance
import Definitions
import TestSupport
import Testing
import XMLTree

@Suite("Rules of C-CDA's templates")
struct CDATemplateTests {
  private func findings(_ section: String, isBaseOnly: Bool = false) throws -> [String] {
    let xml = """
      <ClinicalDocument xmlns="urn:hl7-org:v3"><component><structuredBody><component>\(section)</component>\
      </structuredBody></component></ClinicalDocument>
      """
    let tree = try Tree.xml(xml.bytes, names: .standard).tree
    var options = Validator.Options()
    options.isBaseOnly = isBaseOnly
    return Validator(options: options).issues(inCDA: tree).filter { $0.code.id == "CDA-0201" }
      .map { issue in
        let rule = issue.message.split(separator: " ").drop { $0 != "rule" }.dropFirst().first ?? ""
        return "\(issue.severity.rawValue) \(rule)"
      }
  }

  /// The allergies section without required entries, of 2015.
  private let section = """
    <section><templateId root="2.16.840.1.113883.10.20.22.2.6" extension="2015-08-01"/>
    <code code="48765-2" codeSystem="2.16.840.1.113883.6.1"/><title>Allergies</title><text>None</text></section>
    """

  @Test("An element that has what its template demands has no error")
  func good() throws {
    #expect(try findings(section).filter { $0.hasPrefix("error") } == [])
  }

  @Test("Each broken rule is named, with its template, once")
  func broken() throws {
    let untitled = section.split(separator: "<title>Allergies</title>").joined()
    #expect(try findings(untitled).contains { $0.hasPrefix("error a-1198-7802") })
    let coded = section.split(separator: "48765-2").joined(separator: "48765-9")
    #expect(try findings(coded).count { $0.hasPrefix("error") } == 1)
    #expect(try findings(untitled, isBaseOnly: true) == [])
  }

  @Test("A version that the element does not claim demands nothing of it")
  func version() throws {
    let other = section.split(separator: "2015-08-01").joined(separator: "1999-01-01")
      .split(separator: "<title>Allergies</title>").joined()
    #expect(try findings(other) == [])
  }
}
