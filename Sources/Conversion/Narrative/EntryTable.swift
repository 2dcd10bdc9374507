import ClinicalTree
import Definitions

extension CDABuilder {
  /// Writes a table with a row for each resource, for people; the result is the IDs of the rows, by the
  /// nodes of what they are about.
  ///
  /// `hasFacts` is whether what is known of the patient stands in the section as well, unless it stands
  /// somewhere already.
  func table(of resources: [Cursor], hasFacts: Bool, in text: Draft.Slot) -> [Int: Text] {
    let own = Set(resources.map(\.index))
    let facts = hasFacts && !hasPatientFacts ? patient.map(factWords) ?? [] : []
    return table(of: resources.map { entryWords(of: $0, besides: own) } + facts, in: text)
  }

  /// Writes a table of rows and of the rows of their parts.
  func table(of rows: [EntryWords], in text: Draft.Slot) -> [Int: Text] {
    guard !rows.isEmpty else { return [:] }
    let table = add(.table, in: text)
    let head = add(.tr, in: add(.thead, in: table))
    for title in ["What", "When", "Details"] as [StaticString] {
      self.text(Sourced(Text(title), .rule(.words)), in: add(.th, in: head))
    }
    let body = add(.tbody, in: table)
    var ids: [Int: Text] = [:]
    for words in rows { row(of: words, depth: 0, in: body, &ids) }
    return ids
  }

  private func row(
    of words: EntryWords, depth: Int, in body: Draft.Slot, _ ids: inout [Int: Text]
  ) {
    let row = add(.tr, in: body)
    let id = newID("row")
    attribute(.ID, Sourced(id, .rule(.words)), in: row)
    ids[words.node] = id
    let what = depth > 0 ? arena.join(Text("– "), words.what) : words.what
    for word in [what, words.when, joined(words.details, "; ")] {
      let cell = add(.td, in: row)
      if !word.isEmpty { text(Sourced(word, .rule(.words)), in: cell) }
    }
    for part in words.parts { self.row(of: part, depth: depth + 1, in: body, &ids) }
  }

  /// Words for a section that has no others, so that nobody takes it for one that was forgotten. Their
  /// style says whose they are, and they are not read back.
  func emptyWords(for section: Cursor?, in text: Draft.Slot) {
    let reason = object(.emptyReason, in: section)
    let code = objects(.coding, in: reason).lazy.compactMap { self.leaf(.code, in: $0)?.text }.first
    let content = add(.content, in: text)
    constant(.styleCode, EmptyWords.style, .words, in: content)
    self.text(Sourced(EmptyWords.words(for: code), .rule(.words)), in: content)
  }

  /// Refers from the statements of what has a row to that; from one that is a part as well to the row of
  /// the part, which has the value.
  func refer(to rows: [Int: Text]) {
    for (node, row) in rows.sorted(by: { $0.key > $1.key }) {
      if let statement = statements[node] { refer(statement, to: row) }
    }
  }

  /// Refers from a statement to its row in a table that was made for it.
  func refer(_ statement: Draft.Slot, to row: Text) {
    guard child(.text, of: statement) == nil,
      shapes.element(.text, in: type(of: statement)) != nil
    else { return }
    let reference = add(.reference, in: add(.text, in: statement))
    attribute(
      .value,
      Sourced(arena.join(Text("#"), row), .rule(Reason("leads to the words of the statement"))),
      in: reference)
  }
}

/// The words of a section that has no others.
enum EmptyWords {
  static let style: StaticString = "xNoInformation"

  private static let byReason: [(code: StaticString, words: StaticString)] = [
    ("nilknown", "None known"), ("notasked", "Not asked"), ("withheld", "Information withheld"),
  ]
  private static let other: StaticString = "No information"

  /// The words for a reason of FHIR's list-empty-reason.
  static func words(for reason: Text?) -> Text {
    let known = byReason.first { known in reason.map { $0 == known.code } ?? false }
    return Text(known?.words ?? other)
  }

  /// Whether the text of a section is these words and nothing else.
  static func isAll(of text: Cursor) -> Bool {
    let parts = text.children.filter { $0.kind == .element || $0.kind == .text && !$0.text.isBlank }
    guard parts.count == 1, let style = parts[0].attribute(.styleCode), style.text == Self.style,
      let words = parts[0].children.first(where: { $0.kind == .text })?.text.trimmed
    else { return false }
    return words == other || byReason.contains { words == $0.words }
  }
}
