import ClinicalTree
import Foundation
import TestSupport
import Testing
import XMLTree

@Suite("XML reading and writing")
struct XMLReadingTests {
  private func read(_ text: String) throws -> (tree: Tree, issues: [ClinicalTree.Issue]) {
    try Tree.xml(text.bytes, names: .empty)
  }

  private func fault(_ bytes: [UInt8], limits: XML.Limits = .standard) -> String {
    do {
      _ = try Tree.xml(bytes, names: .empty, limits: limits)
      return "read"
    } catch {
      return error.issues.map(\.brief).joined()
    }
  }

  @Test(
    "A document comes back in James Clark's canonical form",
    arguments: [
      ("<a b='1'  c=\"x&amp;y\">t<b/>&lt;</a>", "<a b=\"1\" c=\"x&amp;y\">t<b></b>&lt;</a>"),
      ("<a><![CDATA[<x>]]>y</a>", "<a>&lt;x&gt;y</a>"),
      ("<a>one<!-- c -->two</a>", "<a>onetwo</a>"),
      ("<a z='1' b='2'>\r\n</a>", "<a b=\"2\" z=\"1\">&#10;</a>"),
      ("<a><?p d?></a>", "<a><?p d?></a>"),
      ("<p:a xmlns:p='urn:x' p:b='1'/>", "<p:a p:b=\"1\" xmlns:p=\"urn:x\"></p:a>"),
    ])
  func canonical(text: String, expected: String) throws {
    #expect(String(decoding: try read(text).tree.xml(.canonical), as: UTF8.self) == expected)
  }

  @Test("Attributes stand before texts and elements, and comments do not split a text")
  func nodes() throws {
    let root = try read("<a b='1'>x<!-- c -->y<c/>z</a>").tree.root
    #expect(root.children.map(\.name) == ["b", "", "c", ""])
    #expect(root.children[1].value == "xy")
    #expect(root["b"].first?.value == "1")
    #expect(root.text == "xyz")
  }

  @Test("Paths number what has siblings of its name")
  func paths() throws {
    let (tree, _) = try read("<a><b x='1'>t</b><c/><b>u</b></a>")
    let paths = tree.nodes.indices.map { tree.path(of: $0) }
    #expect(
      paths == [
        "/a", "/a/b[1]", "/a/b[1]/@x", "/a/b[1]/text()", "/a/c", "/a/b[2]", "/a/b[2]/text()",
      ])
  }

  @Test(
    "What is not well-formed is refused with a code and its place",
    arguments: [
      ("<a>\n<b></a>", "XML-0001@2:8 "), ("<a", "XML-0001@1:3 "), ("<a><b>", "XML-0002@1:7 "),
      ("<a/><b/>", "XML-0001@1:5 "), ("<a b='1' b='2'/>", "XML-0001@1:15 "),
      ("<a>&nbsp;</a>", "XML-0008@1:10 "),
      ("", "XML-0009@1:1 "), ("  \n", "XML-0009@1:1 "), ("<a>&#0;</a>", "XML-0001@1:8 "),
    ])
  func refused(text: String, expected: String) {
    #expect(fault(text.bytes) == expected)
  }

  @Test(
    "A DOCTYPE is refused by a code of its own, before any entity is looked at",
    arguments: [
      "<!DOCTYPE a><a/>", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
      "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
    ])
  func doctype(text: String) {
    #expect(fault(text.bytes).hasPrefix("XML-0003"))
  }

  @Test("Undeclared prefixes are reported once each and read on")
  func undeclared() throws {
    let (tree, issues) = try read("<a xsi:type='CD'><sdtc:b/><sdtc:c xsi:type='x'/></a>")
    #expect(issues.map(\.code.id) == ["XML-0004", "XML-0004"])
    #expect(tree.root["type"].first?.value == "CD")
    #expect(tree.nodes[2].flags.space == .sdtc)
  }

  @Test(
    "Documents in other encodings read the same",
    arguments: ["utf-8", "bom", "utf-16le", "utf-16be", "cp1252", "latin1"])
  func encodings(encoding: String) throws {
    let text = "<a b=\"é\">Ä</a>"
    let bytes: [UInt8] =
      switch encoding {
      case "bom": [0xEF, 0xBB, 0xBF] + text.bytes
      case "utf-16le": [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
      case "utf-16be": text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
      case "cp1252", "latin1":
        "<?xml version='1.0' encoding='\(encoding == "latin1" ? "ISO-8859-1" : "windows-1252")'?>"
          .bytes
          + text.unicodeScalars.map { UInt8($0.value) }
      default: text.bytes
      }
    let (tree, issues) = try Tree.xml(bytes, names: .empty)
    #expect(issues.isEmpty)
    #expect(tree.root["b"].first?.value == "é")
    #expect(tree.root.text == "Ä")
  }

  @Test("Characters of windows-1252 above ISO 8859-1 are read")
  func windows1252() throws {
    let bytes =
      "<?xml version='1.0' encoding='windows-1252'?><a>".bytes + [0x80, 0x92, 0x9C] + "</a>".bytes
    #expect(try Tree.xml(bytes, names: .empty).tree.root.text == "€’œ")
  }

  @Test("Bytes that do not fit the encoding, and unknown encodings, are refused")
  func badEncodings() {
    #expect(fault("<a>".bytes + [0xFF] + "</a>".bytes).hasPrefix("XML-0006"))
    #expect(fault("<?xml version='1.0' encoding='x-nobody'?><a/>".bytes).hasPrefix("XML-0007"))
    #expect(fault([0xFF, 0xFE, 0x3C]).hasPrefix("XML-0006"))
  }

  @Test("Limits end the reading as limits")
  func limits() {
    let deep = String(repeating: "<a>", count: 300) + String(repeating: "</a>", count: 300)
    #expect(fault(deep.bytes).hasPrefix("XML-0010"))
    #expect(fault("<a>aaaaaaaa</a>".bytes, limits: .init(textSize: 4)).hasPrefix("XML-0011"))
    #expect(fault("<a b='aaaaaaaa'/>".bytes, limits: .init(textSize: 4)).hasPrefix("XML-0011"))
    #expect(fault("<a></a>".bytes, limits: .init(size: 3)).hasPrefix("XML-0013"))
    let many = "<a" + (0..<3000).map { " a\($0)='v'" }.joined() + "/>"
    #expect(fault(many.bytes).hasPrefix("XML-0012"))
  }

  @Test(
    "A text of more than libxml2's ten million bytes is a limit of its own", .timeLimit(.minutes(1))
  )
  func hugeText() {
    let bytes = "<a>".bytes + [UInt8](repeating: 0x61, count: 10_000_001) + "</a>".bytes
    #expect(fault(bytes).hasPrefix("XML-0011"))
  }

  @Test("Cut at any byte, a document is refused or read, and nothing crashes")
  func cut() {
    let text =
      "<?xml version=\"1.0\"?><a b=\"é&amp;\" xmlns:x=\"urn:x\"><!-- c --><x:b>t</x:b><![CDATA[d]]></a>"
      .bytes
    for length in 0..<text.count { #expect(fault(Array(text.prefix(length))) != "read") }
  }
}

@Suite("XML schemas")
struct SchemaTests {
  private static let schema = """
    <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a"><xs:complexType>
    <xs:attribute name="n" type="xs:integer" use="required"/></xs:complexType></xs:element></xs:schema>
    """

  @Test("Violations are issues with their lines")
  func violations() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "a.xsd").path()
      try SchemaTests.schema.write(toFile: path, atomically: true, encoding: .utf8)
      let schema = try XML.Schema(path: path)
      #expect(try schema.issues(in: "<a n='1'/>".bytes).isEmpty)
      #expect(try schema.issues(in: "\n<a n='x'/>".bytes).map { $0.position?.line } == [2])
      #expect(throws: XML.ParsingError.self) { _ = try schema.issues(in: "<a".bytes) }
    }
  }

  @Test("A file that is no schema is refused")
  func noSchema() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "a.xsd").path()
      try "<x/>".write(toFile: path, atomically: true, encoding: .utf8)
      #expect(throws: XML.ParsingError.self) { _ = try XML.Schema(path: path) }
    }
  }
}
