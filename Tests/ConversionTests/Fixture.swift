import ClinicalTree
import Conversion
import Definitions
import Testing
import TestSupport
import XMLTree

/// An invented document with the parts that a test gives, and what becomes of it.
struct Fixture {
  let source: String
  let tree: Tree
  let bundle: Tree
  let issues: [ClinicalTree.Issue]
  let ledger: [ConversionLedger.Line]

  /// A document with one section.
  init(
    section code: String = "11450-4", _ entries: String = "",
    text: String = "<text>Invented.</text>",
    header: String = "", options: Conversion.Options = .init()
  ) throws {
    try self.init(
      document: """
        <ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc" \
        xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
        <realmCode code="US"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
        <templateId root="2.16.840.1.113883.10.20.22.1.2" extension="2015-08-01"/>
        <id root="2.16.840.1.113883.19.5" extension="doc"/>
        <code code="34133-9" codeSystem="2.16.840.1.113883.6.1"/><title>Invented</title>
        <effectiveTime value="20260102030405+0100"/>
        <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/><languageCode code="en-US"/>
        <recordTarget><patientRole><id root="2.16.840.1.113883.19.5" extension="p1"/>
        <patient><name><given>Ada</given><family>Sample</family></name>
        <administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/>
        <birthTime value="19700131"/></patient></patientRole></recordTarget>
        \(header)
        <component><structuredBody><component><section>
        <code code="\(code)" codeSystem="2.16.840.1.113883.6.1"/><title>Part</title>\(text)\(entries)
        </section></component></structuredBody></component>
        </ClinicalDocument>
        """, options: options)
  }

  init(document: String, options: Conversion.Options = .init()) throws {
    source = document
    tree = try Tree.xml(document.bytes, names: .standard).tree
    let result = CDAConverter(options: options).convert(tree, keepsLedger: true)
    bundle = result.tree
    issues = result.issues
    var lines: [ConversionLedger.Line] = []
    result.ledger?.forEachLine { lines.append($0) }
    ledger = lines
  }

  /// The resources of a type.
  func resources(_ type: String) -> [Element] {
    bundle.root["entry"].flatMap { $0["resource"] }
      .filter { $0["resourceType"].first?.value == type }
  }

  /// The values at a path that begins with a type: `Condition.code.coding.code`, all of them.
  func values(_ path: String) -> [String] {
    let parts = path.split(separator: ".").map(String.init)
    var found = resources(parts[0])
    for part in parts.dropFirst() { found = found.flatMap { $0[part] } }
    return found.compactMap { $0.value }
  }

  /// The only value at a path, `nil` when there is none or there are several.
  func value(_ path: String) -> String? {
    let all = values(path)
    return all.count == 1 ? all[0] : nil
  }

  /// The values of the project's extensions with a name, below the resources of a type, at any depth.
  func extensions(_ name: String, in type: String) -> [String] {
    func search(_ element: Element) -> [String] {
      if element.node.kind == .array { return element.children.flatMap(search) }
      let own = element["extension"].filter {
        $0["url"].first?.value?.hasSuffix("/" + name) ?? false
      }
      .flatMap { $0.children }
      .filter { $0.name.hasPrefix("value") }.compactMap(\.value)
      return own + element.children.flatMap(search)
    }
    return resources(type).flatMap(search)
  }

  /// The fate of the leaf at the end of a path.
  func fate(_ end: String) -> ConversionLedger.Status? {
    ledger.first { $0.path.hasSuffix(end) }?.status
  }

  /// The codes of the findings.
  var codes: [String] { issues.map(\.code.id) }
}
