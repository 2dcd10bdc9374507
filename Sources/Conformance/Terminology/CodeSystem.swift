import ClinicalTree

/// A code system that is at hand.
final class CodeSystem: Sendable {
  struct Concept: Sendable {
    let code: String
    let display: String?
    /// The displays in other languages, and those of supplements.
    let designations: [String]
    /// The concepts that this one is below.
    let parents: [String]
    let isSelectable: Bool
    let properties: [(code: String, value: String)]
  }

  let url: String
  let version: String
  /// Whether all of its codes are here.
  let isComplete: Bool
  private let isCaseSensitive: Bool
  private let concepts: [String: Concept]

  init(_ resource: Element) {
    url = resource.text("url")
    version = resource.text("version")
    isComplete = resource.text("content") == "complete"
    isCaseSensitive = resource.text("caseSensitive") != "false"
    var concepts: [String: Concept] = [:]
    let ignoresCase = resource.text("caseSensitive") == "false"
    func add(_ element: Element, parent: String?) {
      let code = element.text("code")
      let properties = element["property"].map { property in
        (property.text("code"), property.choice("value")?.codeOrValue ?? "")
      }
      var parents = properties.filter { $0.0 == "parent" || $0.0 == "subsumedBy" }.map(\.1)
      if let parent { parents.append(parent) }
      let isNotSelectable = properties.contains {
        ($0.0 == "notSelectable" || $0.0 == "abstract") && $0.1 == "true"
      }
      concepts[ignoresCase ? code.lowercased() : code] = Concept(
        code: code, display: element.first("display")?.value,
        designations: element["designation"].map { $0.text("value") }, parents: parents,
        isSelectable: !isNotSelectable, properties: properties)
      for child in element["concept"] { add(child, parent: code) }
    }
    for concept in resource["concept"] { add(concept, parent: nil) }
    self.concepts = concepts
  }

  var isEmpty: Bool { concepts.isEmpty }

  func concept(_ code: String) -> Concept? {
    concepts[isCaseSensitive ? code : code.lowercased()]
  }

  /// Whether a code is another one or below it.
  func isA(_ code: String, _ ancestor: String, depth: Int = 0) -> Bool {
    if code == ancestor { return true }
    guard depth < 64, let concept = concept(code) else { return false }
    return concept.parents.contains { isA($0, ancestor, depth: depth + 1) }
  }

  /// All codes that are in use.
  var codes: [Concept] { Array(concepts.values) }
}

extension Element {
  /// The code of a Coding, or the value of anything else.
  fileprivate var codeOrValue: String { value ?? text("code") }
}
