public import ClinicalTree

extension CREST {
  /// A record as one page of HTML that a clinician reads in a minute.
  ///
  /// The page needs nothing from elsewhere, runs nothing, and reads on a phone, in the dark and on paper. It
  /// shows what the record holds, names and dates among it, and decides nothing: what nobody assessed is
  /// shown as that, and statements of the guide are called the guide's.
  ///
  /// The same record gives the same bytes.
  public struct Page: Sendable {
    let record: Record
    let scores: [Score]
    let links: [Guide.Link]
    let findings: [Issue]
    let entries: [Entry]
    /// The numbers of the entries that gave the record nothing.
    let leftOver: [Int]

    /// A resource of the document, as far as a page needs it.
    struct Entry: Sendable {
      let path: String
      let type: String
      let words: String
      let date: String
    }

    /// Puts together what a page shows.
    ///
    /// - Parameters:
    ///   - record: What the document means.
    ///   - resources: The resources of the document with their places, in their order.
    ///   - leftOver: The numbers of those that gave the record nothing.
    ///   - scores: The scores of the document.
    ///   - links: Its links to the guide.
    ///   - findings: What a validator found in it.
    public init(
      _ record: Record, resources: [(path: String, resource: Element)] = [],
      leftOver: [Int] = [], scores: [Score] = [], links: [Guide.Link] = [], findings: [Issue] = []
    ) {
      self.record = record
      self.scores = scores
      self.links = links
      self.findings = findings
      self.leftOver = leftOver
      entries = resources.map { Entry($0.path, $0.resource) }
    }

    /// The page, in UTF-8.
    public var html: String {
      Markup.beginning(title: title, style: Self.style)
        + [
          patient, letters, classification, calcinosis, course, measurements, treatment, plan,
          guide, further, findingList,
        ].joined() + Markup.end
    }
  }
}

extension CREST.Page.Entry {
  /// The elements that say what a resource is about, in the order in which they are asked.
  private static let names = [
    "code", "medicationCodeableConcept", "vaccineCode", "type", "category",
  ]
  private static let dates = [
    "effectiveDateTime", "onsetDateTime", "performedDateTime", "occurrenceDateTime", "authoredOn",
    "dateTime", "date", "recordedDate", "issued",
  ]

  init(_ path: String, _ resource: Element) {
    self.path = path
    type = resource["resourceType"].first?.value ?? ""
    let concepts = Self.names.lazy.flatMap { resource[$0] }
    words =
      concepts.compactMap { concept in
        concept["text"].first?.value ?? concept["coding"].compactMap { $0["display"].first?.value }
          .first ?? concept["coding"].compactMap { $0["code"].first?.value }.first
      }.first ?? ""
    date = Self.dates.lazy.compactMap { resource[$0].first?.value }.first ?? ""
  }
}

// MARK: - Parts of HTML

extension CREST.Page {
  /// A section with a heading; nothing where there is nothing to say.
  static func section(_ title: String, _ body: String) -> String {
    body.isEmpty ? "" : "<section><h2>\(Markup.escaped(title))</h2>\n\(body)</section>\n"
  }

  /// A table of texts; columns that no row fills are left out.
  static func table(_ columns: [String], _ rows: [[String]]) -> String {
    if rows.isEmpty { return "" }
    let filled = columns.indices.filter { column in rows.contains { !$0[column].isEmpty } }
    return Markup.table(
      filled.map { columns[$0] },
      rows.map { row in filled.map { cell(row[$0], of: columns[$0]) } }) + "\n"
  }

  /// A cell, with the name of its column for narrow screens; dates and numbers stay on one line.
  private static func cell(_ text: String, of column: String) -> String {
    if text.isEmpty { return "<td></td>" }
    let isNumber = text.utf8.first.map(Bytes.isDigit) ?? false && text.utf8.count < 12
    return
      "<td data-column=\"\(Markup.escaped(column))\"\(isNumber ? " class=\"number\"" : "")>\(Markup.escaped(text))</td>"
  }

  /// Names with what is known of them; what is not known is left out.
  static func facts(_ facts: [(name: String, value: String?)]) -> String {
    let known = facts.compactMap { fact in fact.value.map { (fact.name, $0) } }
    if known.isEmpty { return "" }
    return "<dl>"
      + known.map { "<div><dt>\(Markup.escaped($0))</dt><dd>\(Markup.escaped($1))</dd></div>" }
      .joined() + "</dl>\n"
  }

  static func folded(_ summary: String, _ body: String) -> String {
    body.isEmpty
      ? ""
      : "<details><summary>\(Markup.escaped(summary))</summary>\(body)</details>\n"
  }

  /// The name of a value of a closed list.
  static func words(_ value: some Coded) -> String {
    value.codes.written.first?.display ?? plain(value.rawValue)
  }

  private static let abbreviations: Set<Substring> = ["mcp", "rna", "i", "iii", "elisa"]

  /// The name of something that has no codes: its own, with blanks.
  static func plain(_ name: String) -> String {
    name.split(separator: "-").map { abbreviations.contains($0) ? $0.uppercased() : String($0) }
      .joined(separator: " ")
  }

  /// A total, or the bounds of one.
  static func words(_ total: ClosedRange<Double>) -> String {
    let (low, high) = (CREST.Score.text(total.lowerBound), CREST.Score.text(total.upperBound))
    return low == high ? low : "\(low) to \(high)"
  }

  /// A place with its side.
  static func words(_ site: CREST.Site?, _ side: CREST.Laterality? = nil) -> String {
    let side = side.map { $0 == .both ? "both sides" : $0.rawValue }
    let name = site.map { $0.region == nil ? $0.name : plain($0.name) }
    return [name, side].compactMap { $0 }.joined(separator: ", ")
  }

  static let style = """
    :root { --mark: #0b6e6e; --tint: #d9efee; }
    @media (prefers-color-scheme: dark) { :root { --mark: #5fd0c8; --tint: #123a3a; } }
    section { break-inside: avoid; } .number { white-space: nowrap; }
    .wide + .wide { margin-top: 1rem; }
    @media (max-width: 34rem) {
      table, tbody, tr, td { display: block; } th, td:empty { display: none; }
      tr { border-bottom: 1px solid var(--line); padding: .4rem 0; }
      td { border: 0; padding: 0 0 0 7.5rem; text-indent: -7.5rem; }
      td::before { content: attr(data-column); color: var(--soft); display: inline-block;
        width: 7.5rem; text-indent: 0; }
    }
    dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: .5rem 0 1rem; }
    dt { color: var(--soft); font-size: .85rem; } dd { margin: 0; }
    .letters { display: grid; gap: .6rem; padding: 0;
      grid-template-columns: repeat(auto-fit, minmax(min(100%, 10.5rem), 1fr)); }
    @media (max-width: 30rem) { .letters { grid-template-columns: 1fr; } }
    .letters li { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .8rem;
      display: grid; grid-template-columns: auto 1fr; column-gap: .7rem; align-content: start; }
    .letters .initial { font-size: 1.9rem; font-weight: 700; line-height: 1.1; grid-row: span 2; }
    .letters .state { color: var(--soft); font-size: .9rem; }
    .letters .more { grid-column: 1 / -1; font-size: .85rem; margin-top: .3rem; }
    .letters .present { background: var(--tint); border-color: var(--mark); }
    .letters .present .initial, .letters .present .state { color: var(--mark); font-weight: 700; }
    .letters .not-assessed, .letters .unknown { border-style: dashed; }
    .letters .not-assessed .initial, .letters .unknown .initial { color: var(--soft); }
    .charts { display: grid; gap: 1rem 2rem;
      grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); }
    figure { margin: 0; } figcaption { font-size: .9rem; }
    svg { display: block; overflow: visible; }
    svg text { font: 12px system-ui, sans-serif; fill: var(--soft); }
    svg .year { text-anchor: middle; } svg .grid, svg .tick { stroke: var(--line); }
    svg .curve { stroke: var(--mark); stroke-width: 2; }
    svg .span { stroke: var(--mark); stroke-width: 5; stroke-linecap: round; opacity: .3; }
    svg .mark { fill: var(--mark); stroke: var(--paper); stroke-width: 1.5; }
    .sections { padding: 0; } .gap { color: var(--warning); }
    .sections details { color: inherit; } .sections ul { margin: .3rem 0 0; }
    .sections ul li { border: 0; padding: .15rem 0 .15rem 1.2rem; text-indent: -1.2rem; }
    @media print { body { max-width: none; } }

    """
}
