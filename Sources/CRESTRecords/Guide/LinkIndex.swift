import ClinicalTree

/// The codes and words of the guide, laid out for looking up.
struct LinkIndex: @unchecked Sendable {
  // Sound to share: the texts are in an arena that lives as long as the program, and nothing changes.
  static let standard = LinkIndex(CREST.Guide.standard)

  let statements: [CREST.Guide.Statement]
  private let byCode: [Text: [(system: Text, statement: Int, place: Int)]]
  /// The words of each statement, and those beside which they mean something else.
  private let words: [[[UInt8]]]
  private let exceptions: [[[UInt8]]]
  /// The systems of the codes of the guide.
  private let systems: Set<Text>
  private let byID: [Text: Int]
  /// The system of the ids of statements.
  let guideSystem: Text
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
    guideSystem = arena.copy(CREST.guideSystem)
    byID = Dictionary(
      uniqueKeysWithValues: statements.enumerated().map { (arena.copy($1.id), $0) })
    systems = Set(byCode.values.joined().map(\.system))
    let requiring = statements.enumerated().filter { !$1.routes.isEmpty }
    routes = Dictionary(
      uniqueKeysWithValues: requiring.map { number, statement in
        (number, statement.routes.map { (arena.copy($0.system), arena.copy($0.code)) })
      })
    words = statements.map { $0.words.map { Array($0.lowercased().utf8) } }
    exceptions = statements.map { $0.exceptions.map { Array($0.lowercased().utf8) } }
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
  func statements(for code: Text, of system: Text) -> [(statement: Int, place: Int)] {
    guard let entries = byCode[code] else { return [] }
    return entries.filter { $0.system == system }.map { ($0.statement, $0.place) }
  }

  /// The statements that speak of a route, and of this one.
  func statements(forRoute code: Text, of system: Text) -> [Int] {
    routes.filter { $0.value.contains { $0.code == code && $0.system == system } }.map(\.key)
  }

  /// Whether a statement speaks of a route.
  func needsRoute(_ statement: Int) -> Bool { routes[statement] != nil }

  /// The statement with an id.
  func statement(_ id: Text) -> Int? { byID[id] }

  /// Whether the guide has codes of a system, so that a code of it which selects nothing means something else.
  func knows(_ system: Text) -> Bool { systems.contains(system) }

  /// Whether a statement has words beside which its codes mean something else.
  func hasExceptions(_ statement: Int) -> Bool { !exceptions[statement].isEmpty }

  /// Whether a text has words beside which a statement's own mean something else.
  func isException(_ text: Text, to statement: Int) -> Bool {
    isException(LinkIndex.plain(text), to: statement)
  }

  private func isException(_ plain: [UInt8], to statement: Int) -> Bool {
    exceptions[statement].contains { LinkIndex.place(of: $0, in: plain) != nil }
  }

  private static func plain(_ text: Text) -> [UInt8] {
    text.bytes.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }
  }

  /// The statements that the words of a text select.
  func statements(forText text: Text) -> [Int] {
    let plain = LinkIndex.plain(text)
    guard plain.count >= 3, !LinkIndex.isLookAlike(plain), !LinkIndex.isDenied(plain) else {
      return []
    }
    return words.indices.filter { statement in
      words[statement].contains { word in
        LinkIndex.place(of: word, in: plain).map { !LinkIndex.isDenied(plain, before: $0) } ?? false
      } && !isException(plain, to: statement)
    }
  }

  /// The ids of the statements that the words of a text select.
  func statementIDs(forWords text: String) -> [String] {
    var text = text
    return text.withUTF8 { bytes in
      guard let start = bytes.baseAddress else { return [] }
      return statements(forText: Text(start, bytes.count)).map { statements[$0].id }
    }
  }

  /// Where words first stand in a text as whole words.
  private static func place(of words: [UInt8], in text: [UInt8]) -> Int? {
    guard text.count >= words.count else { return nil }
    func isLetter(_ place: Int) -> Bool {
      guard text.indices.contains(place) else { return false }
      return Bytes.isLetter(text[place]) || text[place] >= 0x80
    }
    return (0...text.count - words.count).first { start in
      text[start..<start + words.count].elementsEqual(words) && !isLetter(start - 1)
        && !isLetter(start + words.count)
    }
  }

  private static func contains(_ text: [UInt8], anyOf words: [String]) -> Bool {
    words.contains { place(of: Array($0.utf8), in: text) != nil }
  }

  /// Words that turn what a text says into its absence, or into somebody else's, wherever they stand.
  private static func isDenied(_ text: [UInt8]) -> Bool {
    contains(
      text,
      anyOf: [
        "denies", "denied", "absent", "negative", "never", "none", "nil", "ruled out", "excluded",
        "unlikely", "family history", "family hx", "fhx", "fh", "mother", "father", "sister",
        "brother", "aunt", "uncle", "cousin", "grandmother", "grandfather", "maternal", "paternal",
      ])
  }

  /// Words that deny what stands behind them: "no calcinosis", but "CT without contrast".
  private static func isDenied(_ text: [UInt8], before place: Int) -> Bool {
    contains(
      Array(text[..<place]),
      anyOf: [
        "no", "not", "without", "rule out", "r/o", "free of", "risk of", "risk for",
        "screening for", "evaluate for", "family",
      ])
  }

  /// Diseases whose names contain those of the guide.
  private static func isLookAlike(_ text: [UInt8]) -> Bool {
    let words = [
      "morphea", "morphoea", "localized scleroderma", "localised scleroderma", "linear scleroderma",
    ]
    return contains(text, anyOf: words)
  }
}

/// Goes through a document and notes which statements speak of which record.
struct LinkCollector {
  let index: LinkIndex
  private(set) var found: [LinkIndex.Found] = []
  /// The best code of each statement for the record in hand.
  private var codes: [Int: Int] = [:]
  private var words: [Int] = []
  /// The statements whose route the record in hand has.
  private var routed: Set<Int> = []
  /// Where the IDs of a CDA document are, once something refers to one.
  var narrativeIDs: [Text: Int]?

  init(_ index: LinkIndex) { self.index = index }

  /// Notes a concept of the record in hand: its codes and, where none is of a system that the guide knows,
  /// its words.
  ///
  /// - Parameters:
  ///   - all: The codes.
  ///   - texts: The words of the concept; asked for only where they matter.
  mutating func note(
    codes all: [(system: Text, code: Text)], texts: (inout LinkCollector) -> [Text]
  ) {
    let matches = all.flatMap { index.statements(for: $0.code, of: $0.system) }
    let isKnown = all.contains { index.knows($0.system) }
    let said =
      !isKnown || matches.contains { index.hasExceptions($0.statement) } ? texts(&self) : []
    for (statement, place) in matches
    where !said.contains(where: { index.isException($0, to: statement) }) {
      codes[statement] = min(codes[statement] ?? place, place)
    }
    if !isKnown { for text in said { note(text: text) } }
  }

  /// Notes a link that is written in the record in hand.
  mutating func note(statement id: Text) {
    if let statement = index.statement(id) { words.append(statement) }
  }

  /// Notes the route of the medicine in hand.
  mutating func note(route code: Text, of system: Text) {
    routed.formUnion(index.statements(forRoute: code, of: system))
  }

  /// Notes a text that stands where a code is missing.
  mutating func note(text: Text) { words += index.statements(forText: text) }

  /// Ends a record of something that was not done, or not looked for: nothing speaks of it.
  mutating func drop() {
    codes = [:]
    words = []
    routed = []
  }

  /// Ends a record: what was noted becomes links, in the order of the guide.
  ///
  /// Statements on diagnostic steps and treatments do not ask whether what the record speaks of is
  /// present, only whether it was done.
  mutating func finish(node: Int, resource: @autoclosure () -> String, isPresent: Bool) {
    defer { drop() }
    var all = codes.map { (statement: $0.key, code: Optional($0.value)) }
    all += Set(words).filter { codes[$0] == nil }.map { ($0, nil) }
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
