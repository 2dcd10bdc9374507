package import ClinicalTree

/// What building a CDA document needs of its schema: for each type its elements with their order, whether
/// they repeat, and their types.
///
/// Made once from ``CDAFacts``, so that asking costs a look into a dictionary.
package final class CDAShapes: Sendable {
  /// An element that a type allows.
  package struct Element: Sendable {
    /// The place among the elements of the type; elements of one choice that repeats share theirs.
    package let order: Int
    /// Whether the element may stand more than once.
    package let isList: Bool
    package let type: Int
    /// Whether the element must stand, whatever else does.
    package let isRequired: Bool
  }

  /// An element by its local name, in CDA's own namespace and in that of its extensions.
  package struct Pair: Sendable {
    package fileprivate(set) var v3: Element?
    package fileprivate(set) var sdtc: Element?
  }

  /// The elements of each type, few enough to be looked through.
  private let elements: [[(name: Name, pair: Pair)]]
  private let needed: [[Name]]

  /// The shapes of this build.
  package static let r2 = CDAShapes(CDAFacts.r2)

  private init(_ facts: CDAFacts) {
    let elements: [[Name: Pair]] = (0..<facts.typeCount).map { type in
      var table: [Name: Pair] = [:]
      guard let content = facts.content(of: type) else { return table }
      var order = 0
      CDAShapes.collect(
        facts, content, repeats: false, isRequired: true, fixed: nil, &order, &table)
      return table
    }
    self.elements = elements.map { table in
      table.map { ($0.key, $0.value) }.sorted { $0.name.rawValue < $1.name.rawValue }
    }
    needed = elements.map { table in
      table.filter { $0.value.v3?.isRequired ?? false }
        .sorted { ($0.value.v3?.order ?? 0) < ($1.value.v3?.order ?? 0) }.map(\.key)
    }
  }

  private static func collect(
    _ facts: CDAFacts, _ number: Int, repeats: Bool, isRequired: Bool, fixed: Int?,
    _ order: inout Int, _ table: inout [Name: Pair]
  ) {
    let particle = facts.particle(number)
    let isRequired = isRequired && particle.min > 0 && particle.kind != .choice
    let repeats = repeats || particle.max.map { $0 > 1 } ?? true
    switch particle.kind {
    case .element:
      let element = Element(
        order: fixed ?? order, isList: repeats, type: particle.type, isRequired: isRequired)
      order += 1
      if particle.isSDTC {
        if table[particle.name]?.sdtc == nil {
          table[particle.name, default: Pair()].sdtc = element
        }
      } else if table[particle.name]?.v3 == nil {
        table[particle.name, default: Pair()].v3 = element
      }
    case .sequence, .choice:
      // Within a choice that repeats any order is lawful: things stay as they came.
      let fixed = fixed ?? (particle.kind == .choice && repeats ? order : nil)
      for part in facts.parts(of: number) {
        collect(
          facts, part, repeats: repeats, isRequired: isRequired, fixed: fixed, &order, &table)
      }
    case .any: break
    }
  }

  /// An element of a type; `nil` when the type has none of that name.
  package func pair(_ name: Name, in type: Int) -> Pair? {
    guard type < elements.count else { return nil }
    return elements[type].first { $0.name == name }?.pair
  }

  /// An element of a type, of whichever namespace has it.
  package func element(_ name: Name, in type: Int) -> Element? {
    pair(name, in: type).flatMap { $0.v3 ?? $0.sdtc }
  }

  /// The elements that must stand in a type, in their order.
  package func needed(in type: Int) -> [Name] { type < needed.count ? needed[type] : [] }

  /// Whether an element may stand more than once, in either namespace.
  package func isList(_ name: Name, in type: Int) -> Bool {
    guard let pair = pair(name, in: type) else { return false }
    return pair.v3?.isList ?? false || pair.sdtc?.isList ?? false
  }
}
