import ClinicalTree
@testable import Conversion
import Definitions
import TestSupport
import Testing
import XMLTree

@Suite("Documents, narrative, identity and ledger")
struct DocumentTests {
  private let rich = """
    <entry><observation classCode="OBS" moodCode="EVN"><templateId root="1.2.3.4.5"/>
    <id root="1.2.3.4" extension="o"/><code code="X1" codeSystem="1.2.3.4.6" foreign="kept"/>
    <text>free &amp; <reference value="#t"/></text><statusCode code="completed"/>
    <value xsi:type="PQ" value="1.10" unit="mg"/><author><time value="20260101"/>
    <assignedAuthor><id root="1.2.3.4" extension="a"/></assignedAuthor></author>
    <entryRelationship typeCode="SPRT"><act classCode="ACT" moodCode="EVN"><code code="Y" codeSystem="1.2.3.4.6"/>
    </act></entryRelationship></observation></entry>
    """

  @Test("A document is a document Bundle that begins with its Composition")
  func bundle() throws {
    let made = try Fixture()
    #expect(made.bundle.root["type"].first?.value == "document")
    #expect(
      made.bundle.root["entry"].first?["resource"].first?["resourceType"].first?.value
        == "Composition")
    #expect(made.bundle.root["timestamp"].first?.value == "2026-01-02T03:04:05+01:00")
    #expect(made.value("Composition.type.coding.code") == "34133-9")
    #expect(made.value("Composition.confidentiality") == "N")
    #expect(made.value("Composition.title") == "Invented")
    #expect(made.value("Patient.birthDate") == "1970-01-31")
    #expect(made.value("Patient.gender") == "female")
    #expect(made.value("Composition.section.code.coding.code") == "11450-4")
  }

  @Test("Every reference resolves, and no fullUrl stands twice")
  func references() throws {
    let made = try Fixture(rich, text: "<text><paragraph ID='t'>words</paragraph></text>")
    let urls = made.bundle.root["entry"].compactMap { $0["fullUrl"].first?.value }
    #expect(Set(urls).count == urls.count)
    func references(_ element: Element) -> [String] {
      element["reference"].compactMap(\.value) + element.children.flatMap(references)
    }
    let found = references(made.bundle.root)
    #expect(!found.isEmpty)
    #expect(found.allSatisfy(urls.contains))
  }

  @Test("The same element is the same resource, and the same bytes give the same bytes")
  func identity() throws {
    let author = """
      <author><time value="20260101"/><assignedAuthor><id root="1.2.3.4" extension="a"/>
      <assignedPerson><name><given>Ann</given><family>Author</family></name></assignedPerson>
      </assignedAuthor></author>
      """
    let made = try Fixture(header: author + author)
    #expect(made.resources("Practitioner").count == 1)
    let again = try Fixture(header: author + author)
    #expect(made.bundle.json() == again.bundle.json())
  }

  @Test("Narrative becomes XHTML with every word in its place")
  func narrative() throws {
    let made = try Fixture(
      text: """
        <text>Before<list listType="ordered"><caption>Cap</caption><item ID="i1">One <sub>two</sub></item></list>
        <table border="1"><thead><tr><th>H</th></tr></thead><tbody><tr><td colspan="2">
        <content styleCode="Bold">bold</content> &lt;tail</td></tr></tbody></table>
        <paragraph>P<br/>Q</paragraph><linkHtml href="#i1">go</linkHtml>
        <linkHtml href="javascript:x">no</linkHtml>After</text>
        """)
    let division = try #require(made.value("Composition.section.text.div"))
    let tree = try Tree.xml(division.bytes, names: .empty).tree
    func texts(_ element: Element) -> [String] {
      element.children.flatMap { $0.node.kind == .text ? [$0.value ?? ""] : texts($0) }
    }
    let words = texts(tree.root).flatMap { $0.split(whereSeparator: \.isWhitespace) }
    #expect(words.joined(separator: " ") == "Before Cap One two H bold <tail P Q go no After")
    #expect(division.contains("<ol"))
    #expect(division.contains("colspan=\"2\""))
    #expect(!division.contains("javascript"))
    #expect(tree.root.name == "div")
  }

  @Test("Every leaf is in the ledger once, in document order, with targets that exist")
  func ledger() throws {
    let made = try Fixture(
      section: "99999-9", rich, text: "<text><paragraph ID='t'>words</paragraph></text>")
    func leaves(_ element: Element) -> Int {
      element.children.reduce(0) { count, child in
        switch child.node.kind {
        case .attribute: count + 1
        case .text: count + ((child.value ?? "").allSatisfy(\.isWhitespace) ? 0 : 1)
        default: count + leaves(child)
        }
      }
    }
    let lines = made.ledger.filter { $0.status != .added }
    #expect(lines.count == leaves(made.tree.root))
    #expect(Set(lines.map(\.path)).count == lines.count)
    let places = lines.compactMap { $0.position?.offset }
    #expect(places == places.sorted())
    for line in made.ledger {
      #expect(line.targets.isEmpty == (line.status == .dropped), "\(line.path)")
      #expect(
        line.reason.isEmpty == (line.status == .carried || line.status == .kept), "\(line.path)")
      for target in line.targets { #expect(exists(target, in: made.bundle), "\(target)") }
    }
    #expect(made.fate("observation/code/@code") == .carried)
    #expect(made.fate("observation/code/@foreign") == .kept)
    #expect(made.fate("observation/value/@value") == .carried)
  }

  private func exists(_ path: String, in bundle: Tree) -> Bool {
    var element: Element? = bundle.root
    for part in path.split(separator: ".").dropFirst() {
      let name = part.prefix { $0 != "[" }
      let index = Int(part.drop { $0 != "[" }.dropFirst().dropLast())
      let isShadow = name.hasPrefix("_")
      let found = element?.children.filter {
        $0.name == name.drop { $0 == "_" } && $0.node.flags.contains(.shadow) == isShadow
      }.first
      if let index, let found {
        element = found.children.indices.contains(index) ? found.children[index] : nil
      } else {
        element = found
      }
    }
    return element != nil
  }

  @Test("Fragments become collections")
  func fragments() throws {
    let made = try Fixture(
      document: """
        <observation xmlns="urn:hl7-org:v3" classCode="OBS" moodCode="EVN">
        <code code="X1" codeSystem="1.2.3.4.6"/><statusCode code="completed"/></observation>
        """)
    #expect(made.bundle.root["type"].first?.value == "collection")
    #expect(made.value("Observation.code.coding.code") == "X1")
    #expect(made.codes.contains("CONV-0001"))
    let person = try Fixture(
      document: """
        <recordTarget xmlns="urn:hl7-org:v3"><patientRole><id root="1.2.3.4" extension="p"/><patient>
        <name><family>Sample</family></name></patient></patientRole></recordTarget>
        """)
    #expect(person.value("Patient.name.family") == "Sample")
  }

  @Test("Elements without namespace, and prefixes without declaration, are read")
  func namespaces() throws {
    let made = try Fixture(
      document: """
        <ClinicalDocument><recordTarget><patientRole><id root="1.2.3.4" extension="p"/><patient>
        <name><family>Sample</family></name><sdtc:deceasedInd value="true"/></patient></patientRole></recordTarget>
        </ClinicalDocument>
        """)
    #expect(made.value("Patient.name.family") == "Sample")
    #expect(made.value("Patient.deceasedBoolean") == "true")
    #expect(made.codes.contains("CONV-0002"))
  }

  @Test("Two record targets are two patients, and the first is the subject")
  func severalPatients() throws {
    let made = try Fixture(
      header: """
        <recordTarget><patientRole><id root="1.2.3.4" extension="p2"/><patient>
        <name><family>Other</family></name></patient></patientRole></recordTarget>
        """)
    #expect(made.values("Patient.name.family") == ["Sample", "Other"])
    #expect(made.codes.contains("CONV-0010"))
  }

  @Test("SHA-1 of the published examples (FIPS 180-4)")
  func sha1() {
    func hex(_ text: String) -> String {
      var hash = SHA1()
      for byte in text.utf8 { hash.update(byte) }
      return hash.finish().map { byte in
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
      }.joined()
    }
    #expect(hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d")
    #expect(hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
    #expect(
      hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
        == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
  }
}
