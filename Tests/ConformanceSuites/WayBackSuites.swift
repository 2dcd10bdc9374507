import CRESTKit
import ClinicalTree
import TestSupport
import Testing

@Suite(
  "FHIR to C-CDA", .enabled(if: Place.corpora != nil, "CREST_CORPORA names no test material"))
struct WayBackSuites {
  static let documents = Place.corpus("ccda", ".xml", ".ccda", ".cda")
  static let examples = Place.corpus("fhir/r4-examples", ".json")

  /// The patient of what has none.
  private let options: Converter.Options

  init() throws {
    let patient = #"{"resourceType":"Patient","name":[{"family":"Sample","given":["Ada"]}]}"#
    options = .init(keepsLedger: true, patient: try ClinicalDocument(parsing: patient.bytes))
  }

  @Test("What a document becomes goes back to C-CDA by our rules", arguments: documents)
  func back(file: CorpusFile) throws {
    guard let document = try? ClinicalDocument(parsing: file.bytes), document.kind == .ccda else {
      return
    }
    let first = try Converter().convert(document, to: .fhir)
    try check(Converter(options: options).convert(ClinicalDocument(parsing: first.data), to: .ccda))
  }

  @Test("An example of R4 becomes C-CDA by our rules", arguments: examples)
  func example(file: CorpusFile) throws {
    guard let source = try? ClinicalDocument(parsing: file.bytes) else { return }
    for document in source.split().documents {
      try check(Converter(options: options).convert(document, to: .ccda))
    }
  }

  /// A document that our validator has nothing against, and a ledger that lists every leaf once.
  private func check(_ output: Converter.Output) throws {
    let result = try ClinicalDocument(parsing: output.data)
    let errors = Validator().issues(in: result).filter { $0.severity == .error }
    #expect(errors.map(\.brief) == [])
    var places: Set<String> = []
    output.ledger?.forEachLine { line in
      switch line.status {
      case .added: #expect(!line.reason.isEmpty)
      case .carried, .kept: #expect(!line.targets.isEmpty)
      case .partly, .dropped: #expect(!line.reason.isEmpty)
      }
      if line.status != .added { #expect(places.insert(line.path).inserted, "\(line.path) twice") }
    }
  }

  @Test("Of what the documents become, nearly all comes back from C-CDA")
  func roundTrip() throws {
    var (all, lost) = (0, 0)
    // One in eight, so that the suite stays short.
    for (number, file) in Self.documents.enumerated() where number.isMultiple(of: 8) {
      guard let document = try? ClinicalDocument(parsing: file.bytes), document.kind == .ccda else {
        continue
      }
      let first = try Converter().convert(document, to: .fhir)
      let back = try Converter(options: options)
        .convert(ClinicalDocument(parsing: first.data), to: .ccda)
      let second = try Converter().convert(ClinicalDocument(parsing: back.data), to: .fhir)
      let (before, after) = (contents(first.tree), contents(second.tree))
      all += before.values.reduce(0, +)
      for (content, count) in before {
        lost += max(0, count - after[content, default: 0])
      }
    }
    #expect(Double(lost) < 0.01 * Double(all), "\(lost) of \(all)")
  }

  /// What a Bundle says, without ids, references and narrative, and how often.
  private func contents(_ tree: Tree) -> [String: Int] {
    var found: [String: Int] = [:]
    func search(_ element: Element, _ path: String) {
      switch element.node.kind {
      case .array: for item in element.children { search(item, path) }
      case .object:
        for child in element.children {
          let name = tree.string(child.node.name)
          if ["id", "fullUrl", "reference", "div", "timestamp"].contains(name) { continue }
          search(child, path + "." + name)
        }
      default: if let value = element.value { found[path + "=" + value, default: 0] += 1 }
      }
    }
    search(tree.root, "")
    return found
  }
}
