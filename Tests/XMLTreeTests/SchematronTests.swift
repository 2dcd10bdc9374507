import ClinicalTree
import Foundation
import TestSupport
import Testing
import XMLTree

@Suite("Schematron")
struct SchematronTests {
  private func failures(
    _ rules: String, _ document: String, phase: String? = nil, showsValues: Bool = false
  ) throws -> [String] {
    let schema = """
      <sch:schema xmlns:sch="http://purl.oclc.org/dsdl/schematron"><sch:ns prefix="c" uri="urn:c"/>\(rules)</sch:schema>
      """
    return try withTemporaryFolder { folder in
      let file = folder.appending(path: "rules.sch")
      try Data(schema.utf8).write(to: file)
      try Data("<list><item>a</item></list>".utf8).write(to: folder.appending(path: "list.xml"))
      let tree = try Tree.xml(document.bytes, names: .empty).tree
      return try XML.Schematron(path: file.path(), phase: phase)
        .issues(in: tree, showsValues: showsValues)
        .map { "\($0.severity.rawValue) \($0.message) \($0.path)" }
    }
  }

  private let document = "<a xmlns='urn:c'><b n='1'/><b n='2'><d/></b></a>"

  @Test("A node belongs to the first rule whose context it has")
  func firstRule() throws {
    let rules = """
      <sch:pattern id="p"><sch:rule context="c:b[c:d]"><sch:assert id="x" test="@n=1">one</sch:assert></sch:rule>
      <sch:rule context="c:b"><sch:assert id="y" test="@n=3">three</sch:assert></sch:rule></sch:pattern>
      """
    #expect(try failures(rules, document) == ["error y: three /a/b[1]", "error x: one /a/b[2]"])
  }

  @Test("Phases, abstract rules and patterns, variables, reports, current() and values")
  func features() throws {
    let rules = """
      <sch:phase id="errors"><sch:active pattern="p"/></sch:phase>
      <sch:phase id="warnings"><sch:active pattern="q"/></sch:phase>
      <sch:let name="two" value="2"/>
      <sch:pattern id="p"><sch:rule abstract="true" id="r"><sch:assert id="x" test="@n=$two">not <sch:value-of select="@n"/></sch:assert></sch:rule>
      <sch:rule context="c:b"><sch:extends rule="r"/><sch:report id="z" test="//c:b[@n=current()/@n]/c:d">d</sch:report></sch:rule></sch:pattern>
      <sch:pattern abstract="true" id="abs"><sch:rule context="$what"><sch:assert id="w" test="false()">w</sch:assert></sch:rule></sch:pattern>
      <sch:pattern id="q" is-a="abs"><sch:param name="what" value="c:d"/></sch:pattern>
      """
    #expect(
      try failures(rules, document) == [
        "error x: not{@n} /a/b[1]", "error z: d /a/b[2]", "warning w: w /a/b[2]/d",
      ])
    #expect(try failures(rules, document, phase: "warnings") == ["warning w: w /a/b[2]/d"])
    #expect(
      try failures(rules, document, phase: "errors", showsValues: true).first
        == "error x: not1 /a/b[1]")
  }

  @Test("Files beside the rules are opened, others are not")
  func documents() throws {
    let rules = """
      <sch:pattern id="p"><sch:rule context="c:b"><sch:assert id="x" test="@n = document('list.xml')/list/item">x</sch:assert>
      <sch:assert id="y" test="document('../secret.xml')">y</sch:assert></sch:rule></sch:pattern>
      """
    #expect(
      try failures(rules, document) == [
        "error x: x /a/b[1]", "error x: x /a/b[2]",
        "information rules that need ../secret.xml were not checked ",
      ])
  }

  @Test("A rule that would take for ever is not evaluated", .timeLimit(.minutes(1)))
  func limits() throws {
    let many = "<a xmlns='urn:c'>" + String(repeating: "<b/>", count: 3000) + "</a>"
    let rules = """
      <sch:pattern id="p"><sch:rule context="c:a"><sch:assert id="x" test="count(//*[count(//*[count(//*) > 0]) > 0]) = 0">x</sch:assert></sch:rule></sch:pattern>
      """
    #expect(try failures(rules, many) == ["information 1 rules could not be evaluated "])
  }
}
