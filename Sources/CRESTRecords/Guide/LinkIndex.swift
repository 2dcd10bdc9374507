import ClinicalTree

/// The codes and words of the guide, laid out for looking up.
struct LinkIndex: @unchecked Sendable {
  // Sound to share: the texts are in an arena that lives as long as the program, and nothing changes.
  static let standard = LinkIndex(CREST.Guide.standard)

  let statements: [CREST.Guide.Statement]
  private let byCode: [Text: [(system: Text, statement: Int, place: Int)]]
  private let words: [(statement: Int, words: [[UInt8]], exceptions: [[UInt8]])]
  /// The routes that statements require, by the number of the statement.
  private let routes: [Int: [(system: Text, code: Text)]]

  /// A record that a statement speaks of.
  struct Found {
    let node: Int
    let resource: String
    let statement: Int
    /// The place of the code in the statement's own list; `nil` for a match by words.
    let code: Int?
  }

  private init(_ guide: CREST.Guide) {
    statements = guide.statements
    let arena = Arena()
    _ = Unmanaged.passRetained(arena)
    var byCode: [Text: [(system: Text, statement: Int, place: Int)]] = [:]
    for (number, statement) in statements.enumerated() {
      for (place, code) in statement.codes.enumerated() {
        byCode[arena.copy(code.code), default: []].append((arena.copy(code.system), number, place))
      }
    }
    self.byCode = byCode
    let requiring = statements.enumerated().filter { !$1.routes.isEmpty }
    routes = Dictionary(
      uniqueKeysWithValues: requiring.map { number, statement in
        (number, statement.routes.map { (arena.copy($0.system), arena.copy($0.code)) })
      })
    words = statements.enumerated().map { number, statement in
      (
        number, statement.words.map { Array($0.lowercased().utf8) },
        statement.exceptions.map { Array($0.lowercased().utf8) }
      )
    }
  }

  func links(in tree: Tree) -> [Found] {
    tree.withCursor { root in
      var collector = LinkCollector(self)
      if root.kind == .element {
        collector.collectCDA(root)
      } else {
        collector.collectFHIR(root, tree)
      }
      return collector.found
    }
  }

  /// The statements that a code selects, with the place of the code in each one's list.
  func statements(for code: Text, _ isSystem: (Text) -> Bool) -> [(statement: Int, place: Int)] {
    guard let entries = byCode[code] else { return [] }
    return entries.filter { isSystem($0.system) }.map { ($0.statement, $0.place) }
  }

  /// The statements that speak of a route, and of this one.
  func statements(forRoute code: Text, _ isSystem: (Text) -> Bool) -> [Int] {
    routes.filter { $0.value.contains { $0.code == code && isSystem($0.system) } }.map(\.key)
  }

  /// Whether a statement speaks of a route.
  func needsRoute(_ statement: Int) -> Bool { routes[statement] != nil }

  /// The statements that the words of a text select.
  func statements(forText text: Text) -> [Int] {
    let plain = text.bytes.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }
    guard plain.count >= 3, !LinkIndex.isDenied(plain), !LinkIndex.isLookAlike(plain) else {
      return []
    }
    return words.filter { statement in
      statement.words.contains { LinkIndex.contains(plain, $0) }
        && !statement.exceptions.contains { LinkIndex.contains(plain, $0) }
    }.map(\.statement)
  }

  /// The ids of the statements that the words of a text select.
  func statementIDs(forWords text: String) -> [String] {
    var text = text
    return text.withUTF8 { bytes in
      guard let start = bytes.baseAddress else { return [] }
      return statements(forText: Text(start, bytes.count)).map { statements[$0].id }
    }
  }

  /// Whether words stand in a text as whole words.
  private static func contains(_ text: [UInt8], _ words: [UInt8]) -> Bool {
    guard text.count >= words.count else { return false }
    func isLetter(_ place: Int) -> Bool {
      guard text.indices.contains(place) else { return false }
      return Bytes.isLetter(text[place]) || text[place] >= 0x80
    }
    return (0...text.count - words.count).contains { start in
      text[start..<start + words.count].elementsEqual(words) && !isLetter(start - 1)
        && !isLetter(start + words.count)
    }
  }

  /// Words that turn a finding into its absence, or into somebody else's.
  private static func isDenied(_ text: [UInt8]) -> Bool {
    let words = [
      "no", "not", "without", "denies", "denied", "absent", "negative", "never", "ruled out",
      "rule out", "r/o", "excluded", "unlikely", "free of", "risk of", "risk for", "screening for",
      "family", "mother", "father", "sister", "brother", "maternal", "paternal",
    ]
    return words.contains { contains(text, Array($0.utf8)) }
  }

  /// Diseases whose names contain those of the guide.
  private static func isLookAlike(_ text: [UInt8]) -> Bool {
    let words = [
      "morphea", "morphoea", "localized scleroderma", "localised scleroderma", "linear scleroderma",
    ]
    return words.contains { contains(text, Array($0.utf8)) }
  }
}

/// Goes through a document and notes which statements speak of which record.
struct LinkCollector {
  private let index: LinkIndex
  private(set) var found: [LinkIndex.Found] = []
  /// The best code of each statement for the record in hand.
  private var codes: [Int: Int] = [:]
  private var hasCodes = false
  private var words: [Int] = []
  /// The statements whose route the record in hand has.
  private var routed: Set<Int> = []
  /// Where the IDs of a CDA document are, once something refers to one.
  var narrativeIDs: [Text: Int]?

  init(_ index: LinkIndex) { self.index = index }

  /// Notes a code of the record in hand.
  mutating func note(code: Text, _ isSystem: (Text) -> Bool) {
    hasCodes = true
    for (statement, place) in index.statements(for: code, isSystem) {
      codes[statement] = min(codes[statement] ?? place, place)
    }
  }

  /// Notes the route of the medicine in hand.
  mutating func note(route code: Text, _ isSystem: (Text) -> Bool) {
    routed.formUnion(index.statements(forRoute: code, isSystem))
  }

  /// Notes a text that stands where a code is missing.
  mutating func note(text: Text) { words += index.statements(forText: text) }

  /// Ends a record: what was noted becomes links, in the order of the guide.
  ///
  /// Statements on diagnostic steps and treatments do not ask whether what the record speaks of is
  /// present, only whether it was done.
  mutating func finish(node: Int, resource: @autoclosure () -> String, isPresent: Bool) {
    defer {
      codes = [:]
      words = []
      routed = []
      hasCodes = false
    }
    var all = codes.map { (statement: $0.key, code: Optional($0.value)) }
    if !hasCodes { all += Set(words).map { ($0, nil) } }
    guard !all.isEmpty else { return }
    let name = resource()
    for link in all.sorted(by: { $0.statement < $1.statement }) {
      let kind = index.statements[link.statement].kind
      guard isPresent || kind == .diagnostic || kind == .treatment else { continue }
      if index.needsRoute(link.statement), !routed.contains(link.statement) { continue }
      found.append(
        LinkIndex.Found(node: node, resource: name, statement: link.statement, code: link.code))
    }
  }
}
