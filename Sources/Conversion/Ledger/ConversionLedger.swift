package import ClinicalTree
import Definitions

/// What became of every leaf of a source, and where each value of the target comes from.
package struct ConversionLedger: Sendable {
  let source: Tree
  let target: Tree
  /// For each slot of the draft its node in the target.
  let places: [Int32]
  let records: LedgerRecords
  let use: [FHIRBuilder.Use]
  /// Where paths of the source begin, if not at its root.
  var roots: [Int] = []
  /// The nodes that are of the source, in order, where others were joined to it.
  var listed: [Range<Int>]?

  /// What became of a leaf.
  package enum Status: String, Sendable {
    case carried, kept, partly, dropped, added
  }

  /// One line of the ledger.
  package struct Line: Sendable {
    /// The place in the source; empty for a value that comes from no leaf.
    package let path: String
    package let position: SourcePosition?
    package let status: Status
    package let targets: [String]
    package let reason: String
  }

  /// Calls the body with each line: the leaves in document order, then the values that were added.
  package func forEachLine(_ body: (Line) -> Void) {
    var reader = LineReader(self)
    reader.forEach { reader, fate in
      var targets: [String] = []
      for node in fate.targets { targets.append(reader.targetPaths.path(of: Int(node))) }
      body(
        Line(
          path: fate.leaf < 0 ? "" : reader.sourcePaths.path(of: fate.leaf),
          position: reader.position(of: fate.leaf), status: fate.status, targets: targets,
          reason: fate.reason))
    }
  }

  /// The ledger as NDJSON, one line a leaf or added value (`source`, `path`, `line`, `column`, `status`,
  /// `targets`, `reason`).
  /// Every line begins with the name of the source.
  package func appendNDJSON(source: String, to out: inout ByteBuffer) {
    var head = ByteBuffer(capacity: 256)
    head.append("{\"source\":\"")
    JSONWriter.escape(source, to: &head)
    head.append("\"")
    let beginning = head.text
    var reader = LineReader(self)
    reader.forEach { reader, fate in
      out.append(beginning)
      if fate.leaf >= 0 {
        out.append(",\"path\":\"")
        reader.sourcePaths.append(fate.leaf, to: &out)
        out.append(UInt8(ascii: "\""))
        if let position = reader.position(of: fate.leaf) {
          out.append(",\"line\":")
          out.append(decimal: position.line)
          out.append(",\"column\":")
          out.append(decimal: position.column)
        }
      }
      out.append(",\"status\":\"")
      out.append(fate.status.text)
      out.append(UInt8(ascii: "\""))
      if !fate.targets.isEmpty {
        out.append(",\"targets\":[")
        for (number, node) in fate.targets.enumerated() {
          out.append(number == 0 ? "\"" : ",\"" as StaticString)
          reader.targetPaths.append(Int(node), to: &out)
          out.append(UInt8(ascii: "\""))
        }
        out.append(UInt8(ascii: "]"))
      }
      if !fate.reason.isEmpty {
        out.append(",\"reason\":\"")
        JSONWriter.escape(fate.reason, to: &out)
        out.append(UInt8(ascii: "\""))
      }
      out.append("}\n")
    }
  }
}

extension ConversionLedger.Status {
  fileprivate var text: StaticString {
    switch self {
    case .carried: "carried"
    case .kept: "kept"
    case .partly: "partly"
    case .dropped: "dropped"
    case .added: "added"
    }
  }
}

/// Goes through what was noted and says what became of each leaf.
private struct LineReader {
  private let ledger: ConversionLedger
  private var lines: LineTable
  var sourcePaths: PathWriter
  var targetPaths: PathWriter
  /// For each source node the first of its records, and for each record the next one.
  private var first: [Int32]
  private var next: [Int32]
  private var rangeOf: [Int32]
  private var aliasOf: [Int32]
  /// Where a leaf is, by what was done with it; reused for every leaf.
  private var carried: [Int32] = []
  private var kept: [Int32] = []
  private var partly: [Int32] = []

  /// What became of a leaf; of none, -1, for an added value.
  struct Fate {
    let leaf: Int
    let status: ConversionLedger.Status
    /// Nodes of the target.
    let targets: [Int32]
    let reason: String
  }

  init(_ ledger: ConversionLedger) {
    self.ledger = ledger
    lines = LineTable(ledger.source.source)
    sourcePaths = PathWriter(ledger.source, roots: ledger.roots)
    targetPaths = PathWriter(ledger.target)
    let count = ledger.source.nodes.count
    first = Array(repeating: -1, count: count)
    next = Array(repeating: -1, count: ledger.records.records.count)
    for (number, record) in ledger.records.records.enumerated().reversed() where record.leaf >= 0 {
      next[number] = first[Int(record.leaf)]
      first[Int(record.leaf)] = Int32(number)
    }
    rangeOf = Array(repeating: -1, count: count)
    for (number, range) in ledger.records.ranges.enumerated() {
      for leaf in range.leaves where rangeOf[leaf] < 0 { rangeOf[leaf] = Int32(number) }
    }
    aliasOf = Array(repeating: -1, count: count)
    for (number, alias) in ledger.records.aliases.enumerated() {
      for leaf in alias.leaves where aliasOf[leaf] < 0 { aliasOf[leaf] = Int32(number) }
    }
  }

  mutating func forEach(_ body: (inout LineReader, Fate) -> Void) {
    let all = ledger.source.nodes.indices
    for range in ledger.listed ?? [all] {
      for index in range where isLeaf(ledger.source.nodes[index]) { body(&self, fate(of: index)) }
    }
    for record in ledger.records.records where record.kind == .added {
      guard let target = place(of: record.slot) else { continue }
      let reason = ledger.records.reasons[Int(record.reason)].text
      body(&self, Fate(leaf: -1, status: .added, targets: [target], reason: reason))
    }
  }

  /// Where a leaf stands in the text of the source.
  mutating func position(of leaf: Int) -> SourcePosition? {
    leaf < 0 ? nil : lines.position(of: Int(ledger.source.nodes[leaf].place))
  }

  private func isLeaf(_ node: Node) -> Bool {
    switch node.kind {
    case .attribute, .string, .number, .true, .false: true
    case .text: !isBlank(node)
    default: false
    }
  }

  /// Blanks of any kind, those that do not break a line among them.
  private func isBlank(_ node: Node) -> Bool {
    if node.isBlank(in: ledger.source) { return true }
    guard node.length <= 64 else { return false }
    let storage = ledger.source.storage
    let buffer = node.flags.contains(.decoded) ? storage.decoded : storage.source
    let bytes = buffer[Int(node.offset)..<Int(node.offset + node.length)]
    guard let lead = bytes.first(where: { !Bytes.isSpace($0) }), lead >= 0x80 else { return false }
    return String(decoding: bytes, as: UTF8.self).allSatisfy(\.isWhitespace)
  }

  private func place(of slot: Int32) -> Int32? {
    let node = ledger.places[Int(slot)]
    return node < 0 ? nil : node
  }

  /// The best that was done with a leaf, and where.
  private mutating func fate(of leaf: Int) -> Fate {
    carried.removeAll(keepingCapacity: true)
    kept.removeAll(keepingCapacity: true)
    partly.removeAll(keepingCapacity: true)
    let reason = collect(leaf)
    if !carried.isEmpty {
      return Fate(leaf: leaf, status: .carried, targets: carried + kept, reason: "")
    }
    if !kept.isEmpty { return Fate(leaf: leaf, status: .kept, targets: kept, reason: "") }
    if !partly.isEmpty { return Fate(leaf: leaf, status: .partly, targets: partly, reason: reason) }
    let why = reason.isEmpty ? whyDropped(origin(of: leaf)) : reason
    return Fate(leaf: leaf, status: .dropped, targets: [], reason: why)
  }

  /// The leaf that a leaf is the same as, or itself.
  private func origin(of leaf: Int) -> Int {
    guard aliasOf[leaf] >= 0 else { return leaf }
    let alias = ledger.records.aliases[Int(aliasOf[leaf])]
    return origin(of: alias.other + leaf - alias.leaves.lowerBound)
  }

  /// Collects where a leaf is; the result is the reason for what is only partly there.
  private mutating func collect(_ leaf: Int) -> String {
    var reason = ""
    var record = first[leaf]
    while record >= 0 {
      let found = ledger.records.records[Int(record)]
      if let place = place(of: found.slot) {
        switch found.kind {
        case .carried: carried.append(place)
        case .kept: kept.append(place)
        case .partly:
          partly.append(place)
          reason = ledger.records.reasons[Int(found.reason)].text
        case .added: break
        }
      }
      record = next[Int(record)]
    }
    if rangeOf[leaf] >= 0 {
      let range = ledger.records.ranges[Int(rangeOf[leaf])]
      if let place = place(of: range.slot) { kept.append(place) }
    }
    if aliasOf[leaf] >= 0 {
      let alias = ledger.records.aliases[Int(aliasOf[leaf])]
      let more = [alias.reference, alias.resource].compactMap { $0 < 0 ? nil : place(of: $0) }
      let before = (carried.count, kept.count, partly.count)
      let other = collect(alias.other + leaf - alias.leaves.lowerBound)
      // The reference to what stands elsewhere is a place of the leaf as well.
      if carried.count > before.0 {
        carried += more
      } else if kept.count > before.1 {
        kept += more
      } else if partly.count > before.2 {
        partly += more
      }
      if reason.isEmpty { reason = other }
    }
    return reason
  }

  private func whyDropped(_ leaf: Int) -> String {
    ledger.source.withCursor { root in
      let node = root.at(leaf)
      if node.text.isBlank { return Reason.blank.text }
      if node.kind != .attribute, node.kind != .text {
        let isImplied = ledger.use[leaf] == .structural
        return isImplied ? Reason.implied.text : Reason.noPlace.text
      }
      if Structural.isConstant(node) || isInConstant(leaf, root) { return Reason.structural.text }
      if node.kind == .attribute, node.name == .nullFlavor { return Reason.noValue.text }
      return ledger.use[leaf] == .structural ? Reason.selects.text : Reason.noPlace.text
    }
  }

  private func isInConstant(_ leaf: Int, _ root: Cursor) -> Bool {
    var index = leaf - 1
    while index >= 0, root.at(index).kind != .element { index -= 1 }
    return index >= 0 && root.at(index).end > leaf
      && Structural.isConstantElement(root.at(index).name)
  }
}
