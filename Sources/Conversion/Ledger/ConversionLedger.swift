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
    var writer = LineWriter(self)
    writer.write(body)
  }
}

private struct LineWriter {
  private let ledger: ConversionLedger
  private var lines: LineTable
  private var sourcePaths: PathWriter
  private var targetPaths: PathWriter
  /// For each source node the first of its records, and for each record the next one.
  private var first: [Int32]
  private var next: [Int32]
  private var rangeOf: [Int32]
  private var aliasOf: [Int32]

  init(_ ledger: ConversionLedger) {
    self.ledger = ledger
    lines = LineTable(ledger.source.source)
    sourcePaths = PathWriter(ledger.source)
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

  mutating func write(_ body: (ConversionLedger.Line) -> Void) {
    for (index, node) in ledger.source.nodes.enumerated() {
      guard isLeaf(index, node) else { continue }
      let (status, targets, reason) = fate(of: index)
      body(
        ConversionLedger.Line(
          path: sourcePaths.path(of: index), position: lines.position(of: Int(node.place)),
          status: status, targets: targets, reason: reason))
    }
    for record in ledger.records.records where record.kind == .added {
      guard let target = place(of: record.slot) else { continue }
      body(
        ConversionLedger.Line(
          path: "", position: nil, status: .added, targets: [target],
          reason: ledger.records.reasons[Int(record.reason)].text))
    }
  }

  private func isLeaf(_ index: Int, _ node: Node) -> Bool {
    switch node.kind {
    case .attribute: true
    case .text: !isBlank(node)
    default: false
    }
  }

  /// Blanks of any kind, those that do not break a line among them.
  private func isBlank(_ node: Node) -> Bool {
    if node.isBlank(in: ledger.source) { return true }
    let storage = ledger.source.storage
    let buffer = node.flags.contains(.decoded) ? storage.decoded : storage.source
    let bytes = buffer[Int(node.offset)..<Int(node.offset + node.length)]
    guard bytes.count <= 64, bytes.contains(0xC2) || bytes.contains(0xE2) || bytes.contains(0xE3)
    else {
      return false
    }
    return String(decoding: bytes, as: UTF8.self).allSatisfy(\.isWhitespace)
  }

  private mutating func place(of slot: Int32) -> String? {
    let node = ledger.places[Int(slot)]
    return node < 0 ? nil : targetPaths.path(of: Int(node))
  }

  /// The best that was done with a leaf, and where.
  private mutating func fate(
    of leaf: Int
  ) -> (status: ConversionLedger.Status, targets: [String], reason: String) {
    var carried: [String] = []
    var kept: [String] = []
    var partly: [String] = []
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
      let other = fate(of: alias.other + leaf - alias.leaves.lowerBound)
      if let place = place(of: alias.reference) {
        switch other.status {
        case .carried: carried += other.targets + [place]
        case .kept: kept += other.targets + [place]
        case .partly:
          partly += other.targets + [place]
          reason = other.reason
        case .dropped, .added:
          if reason.isEmpty { reason = other.reason }
        }
      }
    }
    if !carried.isEmpty { return (.carried, carried + kept, "") }
    if !kept.isEmpty { return (.kept, kept, "") }
    if !partly.isEmpty { return (.partly, partly, reason) }
    return (.dropped, [], reason.isEmpty ? whyDropped(leaf) : reason)
  }

  private func whyDropped(_ leaf: Int) -> String {
    ledger.source.withCursor { root in
      let node = root.at(leaf)
      if node.text.isBlank { return Reason.blank.text }
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
