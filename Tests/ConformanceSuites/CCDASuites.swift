import CRESTKit
import ClinicalTree
import Definitions
import FHIRModels
import TestSupport
import Testing
import XMLTree

@Suite(
  "C-CDA documents", .enabled(if: Place.corpora != nil, "CREST_CORPORA names no test material"))
struct CCDASuites {
  static let documents = Place.corpus("ccda", ".xml", ".ccda", ".cda")

  @Test("A document converts soundly", arguments: documents)
  func conversion(file: CorpusFile) throws {
    guard let document = try? ClinicalDocument(parsing: file.bytes), document.kind == .ccda else {
      return
    }
    let output = try Converter(options: .init(keepsLedger: true)).convert(document, to: .fhir)
    let bundle = output.tree.root
    let entries = bundle["entry"]

    let urls = Set(entries.compactMap { $0["fullUrl"].first?.value })
    #expect(urls.count == entries.count)
    for reference in references(in: bundle) { #expect(urls.contains(reference)) }

    let (_, findings) = R4.Resource.reading(output.tree)
    #expect(findings.map(\.brief) == [])
    let result = try ClinicalDocument(parsing: output.data)
    let errors = Validator().issues(in: result).filter { $0.severity == .error }
      .filter { issue in !Self.faultsOfSources.contains { issue.message.hasPrefix($0) } }
      // Vital signs in units of a vendor's own, or without a time: R4's profiles want both.
      .filter { !($0.profile ?? "").hasPrefix("http://hl7.org/fhir/StructureDefinition/") }
    #expect(errors.map(\.brief) == [])

    var places: Set<String> = []
    var last = -1
    var isOrdered = true
    output.ledger?.forEachLine { line in
      guard line.status != .added else { return }
      #expect(places.insert(line.path).inserted, "\(line.path) stands twice")
      let offset = line.position?.offset ?? -1
      isOrdered = isOrdered && offset >= last
      last = offset
    }
    #expect(isOrdered)
    #expect(places.count == leaves(of: document.tree.root))
  }

  /// What is wrong with a result because it is wrong with the source, which is carried as it is.
  static let faultsOfSources = [
    // Codes that the code systems they claim do not have.
    "not a code of",
    // Periods that end before they begin; documents without an id or a time.
    "per-1", "bdl-9", "bdl-10",
    // Sections of published examples that hold "..." instead of their content.
    "cmp-1",
    // Organizations of published examples without a name and an id.
    "org-1",
    // Links within the narrative that lead nowhere in the source either.
    "a link within the narrative",
    // Guarantors, which no resource of R4 that the section becomes has a place for.
    "no link leads from the Composition",
  ]

  private func references(in element: Element) -> [String] {
    element["reference"].compactMap(\.value).filter { !$0.hasPrefix("#") }
      + element.children.flatMap(references)
  }

  private func leaves(of element: Element) -> Int {
    element.children.reduce(0) { count, child in
      switch child.node.kind {
      case .attribute: count + 1
      case .text: count + ((child.value ?? "").allSatisfy(\.isWhitespace) ? 0 : 1)
      default: count + leaves(of: child)
      }
    }
  }

  @Test("No word of a section's narrative is lost, glued or moved", arguments: documents)
  func narrative(file: CorpusFile) throws {
    guard let document = try? ClinicalDocument(parsing: file.bytes), document.kind == .ccda,
      document.tree.root.name == "ClinicalDocument"
    else { return }
    let bundle = try Converter().convert(document, to: .fhir).tree.root
    let sources = sections(below: document.tree.root).map(\.self).map { section in
      words(section["text"])
    }.filter { !$0.isEmpty }
    let composition = bundle["entry"].first.flatMap { $0["resource"].first }
    let targets = composition.map { narratives(of: $0) } ?? []
    #expect(sources.count == targets.count)
    for (source, target) in zip(sources, targets) { #expect(source == target) }
  }

  private func sections(below element: Element) -> [Element] {
    element.children.flatMap { child -> [Element] in
      guard child.node.kind == .element else { return [] }
      return (child.name == "section" ? [child] : []) + sections(below: child)
    }
  }

  private func narratives(of composition: Element) -> [[String]] {
    composition["section"].flatMap { section -> [[String]] in
      let division = section["text"].first?["div"].first?.value ?? ""
      let own =
        (try? Tree.xml(division.bytes, names: .standard)).map { words([$0.tree.root]) } ?? []
      return (own.isEmpty ? [] : [own]) + narratives(of: section)
    }
  }

  private func words(_ elements: [Element]) -> [String] {
    elements.flatMap { element in
      element.children.flatMap { child -> [String] in
        switch child.node.kind {
        case .text: (child.value ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
        case .element: words([child])
        default: []
        }
      }
    }
  }
}
