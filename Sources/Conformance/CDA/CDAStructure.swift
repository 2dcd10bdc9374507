import ClinicalTree
import Definitions

/// The structure of CDA documents: the verdict of the schema CDA_SDTC.xsd, from the facts.
struct CDAStructure {
  private let facts = CDAFacts.r2
  private var findings = FindingList()
  private var ids: Set<Text> = []
  private var match = ContentMatch()
  private let scope: CDAScope
  /// Whether all that the element in hand contains is in question.
  private var isWhole = false

  private init(scope: CDAScope) { self.scope = scope }

  /// The findings about a document, in the order of their places.
  static func issues(in tree: Tree) -> [Issue] { findings(in: tree, .all).issues(in: tree) }

  /// The nodes at which a document, or what of it is in question, breaks a rule.
  static func faults(in tree: Tree, _ scope: CDAScope) -> [CDAFault] {
    findings(in: tree, scope).faults
  }

  private static func findings(in tree: Tree, _ scope: CDAScope) -> FindingList {
    var walk = CDAStructure(scope: scope)
    tree.withCursor { root in
      guard root.name == .ClinicalDocument, root.node.flags.space == .v3 else {
        return walk.findings.add(Conformance.wrongRoot, at: 0, "the root is not ClinicalDocument")
      }
      walk.element(root, walk.facts.clinicalDocument)
    }
    return walk.findings
  }

  private func title(_ type: Int) -> String { facts.title(of: type).string }

  private mutating func element(_ element: Cursor, _ declared: Int) {
    let before = isWhole
    defer { isWhole = before }
    if !isWhole {
      guard scope.reaches(element.index) else { return }
      isWhole = scope.isWhole(element.index)
    }
    var type = declared
    if let named = element.attribute(.type), named.node.flags.space == .xsi {
      let name = named.text.trimmed
      let local =
        name.lastIndex(of: UInt8(ascii: ":")).map { name.slice($0 + 1..<name.count) } ?? name
      let derived = facts.type(named: local)
      guard derived != 0, facts.type(derived, is: declared) else {
        findings.add(
          Conformance.badCDAType, at: named.index, "not a type derived from \(title(declared))")
        return
      }
      type = derived
    }
    if facts.isAbstract(type) {
      findings.add(Conformance.badCDAType, at: element.index, "\(title(type)) needs xsi:type")
      return
    }
    attributes(of: element, type)
    content(of: element, type)
  }

  // MARK: Attributes

  private mutating func attributes(of element: Cursor, _ type: Int) {
    let allowed = facts.attributes(of: type)
    for attribute in element.children {
      guard attribute.kind == .attribute || attribute.kind == .namespace else { break }
      if attribute.kind == .namespace || attribute.node.flags.space == .xsi { continue }
      let space = attribute.node.flags.space
      guard
        let known = allowed.first(where: {
          $0.name == attribute.name && (space == .sdtc) == $0.isSDTC
            && (space == .sdtc || space == .none)
        })
      else {
        findings.add(
          Conformance.unknownCDAAttribute, at: attribute.index,
          "\(title(type)) has no such attribute")
        continue
      }
      let value = attribute.text
      if let fixed = known.fixed, value.trimmed != fixed {
        findings.add(
          Conformance.badCDAValue, at: attribute.index, "only \(fixed.string) is allowed")
      } else if !CDAFormat.isValid(value, type: known.type, facts) {
        findings.add(
          Conformance.badCDAValue, at: attribute.index,
          "not a value of type \(facts.simpleType(known.type).title.string)")
      } else if facts.simpleType(known.type).title == "ID", !ids.insert(value.trimmed).inserted {
        findings.add(Conformance.repeatedID, at: attribute.index, "an ID that stood before")
      }
    }
    for needed in facts.requiredAttributes(of: type) {
      if element.attribute(needed.name) == nil {
        findings.add(
          Conformance.missingCDAAttribute, at: element.index,
          "\(NameTable.standard.string(needed.name)) is required")
      }
    }
  }

  // MARK: Content

  private mutating func content(of element: Cursor, _ type: Int) {
    let start = match.children.count
    defer { match.drop(to: start) }
    for child in element.children {
      if child.kind == .element {
        match.add(child)
      } else if child.kind == .text, !facts.isMixed(type), !child.text.isBlank {
        findings.add(Conformance.textInCDAElement, at: child.index, "\(title(type)) has no text")
      }
    }
    let end = match.children.count
    guard let content = facts.content(of: type) else {
      if start < end {
        findings.add(
          Conformance.unknownCDAElement, at: match.children[start].index,
          "\(title(type)) has no elements")
      }
      return
    }
    if match.isWhole(content, from: start) {
      for number in start..<end { self.element(match.children[number], match.types[number]) }
      return
    }
    let (place, expectation) = match.failure(of: content, from: start)
    if place < end {
      findings.add(
        Conformance.unknownCDAElement, at: match.children[place].index,
        "not expected in \(title(type)) here" + expectation)
    } else {
      findings.add(
        Conformance.missingCDAElement, at: element.index,
        "\(title(type)) ends too early" + expectation)
    }
    // The children are looked at all the same, each by the type that its name has here.
    for number in start..<end {
      let type = facts.elementType(match.children[number].name, in: type)
      if type != 0 { self.element(match.children[number], type) }
    }
  }
}

/// Matches the children of an element with a content model.
///
/// The models of CDA are deterministic, so what comes next decides the way and nothing is tried twice.
/// One serves a whole walk: the children of an element stand behind those of the elements around it.
private struct ContentMatch {
  private let facts = CDAFacts.r2
  private(set) var children: [Cursor] = []
  /// The types of the children that have been matched.
  private(set) var types: [Int] = []
  /// The first child that could not be matched, and what could have stood there; only looked for when
  /// something is known to be wrong.
  private var failure: (place: Int, expected: [Name])?

  mutating func add(_ child: Cursor) {
    children.append(child)
    types.append(0)
  }

  mutating func drop(to start: Int) {
    children.removeSubrange(start...)
    types.removeSubrange(start...)
  }

  /// Whether all children from one on match a content model.
  mutating func isWhole(_ content: Int, from start: Int) -> Bool {
    particle(content, from: start) == children.count
  }

  /// The first child that does not match, and words for what could have stood there.
  mutating func failure(of content: Int, from start: Int) -> (place: Int, expectation: String) {
    failure = (start, [])
    defer { failure = nil }
    _ = particle(content, from: start)
    let (place, expected) = failure ?? (start, [])
    if expected.isEmpty { return (place, "") }
    let names = expected.prefix(4).map { NameTable.standard.string($0) }
    return (
      place, "; expected " + names.joined(separator: ", ") + (expected.count > 4 ? ", …" : "")
    )
  }

  private mutating func expect(_ name: Name?, at place: Int) {
    guard let known = failure, place >= known.place else { return }
    if place > known.place { failure = (place, []) }
    if let name, !(failure?.expected.contains(name) ?? true) { failure?.expected.append(name) }
  }

  /// Where a particle with all its repetitions ends, `nil` when it does not match.
  private mutating func particle(_ number: Int, from start: Int) -> Int? {
    let particle = facts.particle(number)
    var count = 0
    var place = start
    while particle.max.map({ count < $0 }) ?? true {
      guard let next = once(number, particle, from: place) else { break }
      count += 1
      // What matches nothing could do so for ever; its minimum is fulfilled.
      if next == place {
        count = max(count, particle.min)
        break
      }
      place = next
    }
    return count >= particle.min ? place : nil
  }

  private mutating func once(_ number: Int, _ particle: CDAFacts.Particle, from start: Int) -> Int?
  {
    switch particle.kind {
    case .element:
      guard start < children.count, children[start].name == particle.name,
        children[start].node.flags.space == (particle.isSDTC ? .sdtc : .v3)
      else {
        expect(particle.name, at: start)
        return nil
      }
      types[start] = particle.type
      expect(nil, at: start + 1)
      return start + 1
    case .any:
      return start < children.count ? start + 1 : nil
    case .sequence:
      var place = start
      for part in facts.parts(of: number) {
        guard let next = self.particle(part, from: place) else { return nil }
        place = next
      }
      return place
    case .choice:
      var isEmptyAllowed = false
      for part in facts.parts(of: number) {
        if let next = self.particle(part, from: start) {
          if next > start { return next }
          isEmptyAllowed = true
        }
      }
      return isEmptyAllowed ? start : nil
    }
  }
}
