import ClinicalTree

/// A report as SARIF 2.1.0: one run, a result a finding, a rule a code.
final class SARIFReport: ReportForm {
  let beginning =
    "{\"$schema\":\"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json\","
    + "\"version\":\"2.1.0\",\"runs\":[{\"columnKind\":\"unicodeCodePoints\",\"results\":["
  private let comma = Comma()
  private var rules: [Issue.Code] = []
  private var places: [String: Int] = [:]

  func open(_ source: String, number: Int) -> String { "" }
  func close() -> String { "" }

  func issues(of part: InputReport) -> String {
    part.issues.map { comma.next + result($0, part.source) }.joined()
  }

  func end(_ counts: ReportWriter) -> String {
    let driver = JSONText.object([
      ("name", "\"crest\""), ("version", "\"0.1.0\""),
      ("rules", JSONText.array(rules.map(SARIFReport.rule))),
    ])
    return "],\"tool\":{\"driver\":\(driver)}}]}\n"
  }

  private func result(_ issue: Issue, _ source: String) -> String {
    let number: Int
    if let known = places[issue.code.id] {
      number = known
    } else {
      number = rules.count
      places[issue.code.id] = number
      rules.append(issue.code)
    }
    let region = issue.position.map { position in
      JSONText.object([
        ("startLine", String(position.line)), ("startColumn", String(position.column)),
        ("byteOffset", String(position.offset)),
      ])
    }
    let physical = JSONText.object([
      ("artifactLocation", JSONText.object([("uri", JSONText.string(SARIFReport.uri(source)))])),
      ("region", region),
    ])
    let logical = JSONText.array([
      JSONText.object([("fullyQualifiedName", JSONText.string(issue.path))])
    ])
    let location = JSONText.object([
      ("physicalLocation", physical), ("logicalLocations", issue.path.isEmpty ? nil : logical),
    ])
    return JSONText.object([
      ("ruleId", JSONText.string(issue.code.id)), ("ruleIndex", String(number)),
      ("level", JSONText.string(SARIFReport.level(issue.severity))),
      ("message", JSONText.object([("text", JSONText.string(issue.message))])),
      ("locations", JSONText.array([location])),
      (
        "partialFingerprints",
        JSONText.object([
          ("crestFinding/v1", JSONText.string(SARIFReport.fingerprint(issue, source)))
        ])
      ),
    ])
  }

  private static func rule(_ code: Issue.Code) -> String {
    func text(_ text: String) -> String { JSONText.object([("text", JSONText.string(text))]) }
    return JSONText.object([
      ("id", JSONText.string(code.id)), ("shortDescription", text(code.title)),
      ("fullDescription", text(code.explanation)), ("help", text(code.repair)),
      (
        "defaultConfiguration",
        JSONText.object([("level", JSONText.string(level(code.severity)))])
      ),
    ])
  }

  private static func level(_ severity: Issue.Severity) -> String {
    severity == .information ? "note" : severity.rawValue
  }

  /// What stays the same when lines move: the input, the place in the document and the code.
  private static func fingerprint(_ issue: Issue, _ source: String) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in "\(source)\u{0}\(issue.path)\u{0}\(issue.code.id)\u{0}\(issue.message)".utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }

  /// A path as a reference of RFC 3986.
  private static func uri(_ path: String) -> String {
    path.utf8.map { byte in
      let isFree =
        Bytes.isLetter(byte) || Bytes.isDigit(byte) || "-._~/".utf8.contains(byte)
      if isFree { return String(UnicodeScalar(byte)) }
      let digits = String(byte, radix: 16, uppercase: true)
      return "%" + (digits.count == 1 ? "0" : "") + digits
    }.joined()
  }
}
