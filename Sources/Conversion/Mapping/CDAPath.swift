import ClinicalTree
import Definitions

/// A path from a statement of CDA to the elements or attributes that a row of a table speaks of.
///
/// Steps are local names; `@name` is an attribute. A step may say what it selects:
/// `[@typeCode=SUBJ]` an attribute, `[code=33999-4]` the code of a child element,
/// `[templateId=2.16.…]` a template. Several selectors of one kind are alternatives when they are
/// joined with `|`: `[code=59408-5|2708-6]`.
struct CDAPath: Sendable {
  struct Step: Sendable {
    let name: Name
    let isAttribute: Bool
    let selectors: [Selector]
  }

  enum Selector: Sendable {
    case attribute(Name, [String])
    case code(Name, [String])
    case template([String])
  }

  let text: String
  let steps: [Step]

  /// Reads a path; one that names what CDA does not have is a fault of the table.
  init(_ text: String) {
    self.text = text
    steps = CDAPath.split(text).map(CDAPath.step)
  }

  /// The steps: separators inside of brackets do not count.
  private static func split(_ text: String) -> [String] {
    var steps: [String] = [""]
    var depth = 0
    for character in text where !text.isEmpty {
      if character == "[" { depth += 1 }
      if character == "]" { depth -= 1 }
      if character == "/" && depth == 0 {
        steps.append("")
      } else {
        steps[steps.count - 1].append(character)
      }
    }
    return steps.filter { !$0.isEmpty && $0 != "." }
  }

  private static func name(_ text: some StringProtocol) -> Name {
    guard let name = NameTable.standard.lookUp(String(text)) else {
      preconditionFailure("CDA has no name \(text)")
    }
    return name
  }

  private static func step(_ text: String) -> Step {
    let parts = text.split(separator: "[").map { $0.hasSuffix("]") ? $0.dropLast() : $0 }
    let isAttribute = parts[0].hasPrefix("@")
    let selectors = parts.dropFirst().map { selector in
      let sides = selector.split(separator: "=", maxSplits: 1)
      let values = sides[1].split(separator: "|").map(String.init)
      if sides[0] == "templateId" { return Selector.template(values) }
      return sides[0].hasPrefix("@")
        ? .attribute(name(sides[0].dropFirst()), values) : .code(name(sides[0]), values)
    }
    return Step(
      name: name(isAttribute ? parts[0].dropFirst() : parts[0]), isAttribute: isAttribute,
      selectors: selectors)
  }
}

extension FHIRBuilder {
  /// Calls the body with each element or attribute that a path leads to, until it says to stop.
  ///
  /// Elements that are converted on their own are passed over. The codes by which a step selected its
  /// element are marked as having done their work when the body has taken something.
  @discardableResult
  func follow(
    _ path: CDAPath, from element: Cursor, step: Int = 0, _ body: (Cursor) -> Bool
  ) -> Bool {
    guard step < path.steps.count else { return body(element) }
    let next = path.steps[step]
    if next.isAttribute {
      return element.attribute(next.name).map(body) ?? true
    }
    for child in element.all(next.name) where use[child.index] != .elsewhere {
      guard next.selectors.allSatisfy({ matches($0, child) }) else { continue }
      let goesOn = follow(path, from: child, step: step + 1, body)
      for selector in next.selectors { markDone(selector, child) }
      if !goesOn { return false }
    }
    return true
  }

  private func matches(_ selector: CDAPath.Selector, _ element: Cursor) -> Bool {
    switch selector {
    case .attribute(let name, let values):
      return element.attribute(name).map { attribute in values.contains { attribute.text == $0 } }
        ?? false
    case .code(let name, let values):
      return element.first(name)?.attribute(.code)
        .map { code in values.contains { code.text == $0 } } ?? false
    case .template(let roots): return element.hasTemplate(roots)
    }
  }

  /// The leaves by which an element was selected say no more.
  private func markDone(_ selector: CDAPath.Selector, _ element: Cursor) {
    switch selector {
    case .attribute(let name, _): element.attribute(name).map(markStructural)
    case .code(let name, _): element.first(name).map(markSelector)
    case .template: break
    }
  }
}

extension Cursor {
  /// Whether an element claims one of these templates, in whatever version.
  func hasTemplate(_ roots: [String]) -> Bool {
    all(.templateId).contains { template in
      template.templateRoot.map { root in roots.contains { root == $0 } } ?? false
    }
  }

  /// The root of the template that a template id names; what a conversion from FHIR made names the one
  /// whose shape it has, where it does not satisfy it.
  var templateRoot: Text? {
    guard let root = attribute(.root)?.text.trimmed else { return nil }
    return root == Conversion.contentOID ? attribute(.`extension`)?.text.trimmed ?? root : root
  }

  /// The code of a child element.
  func code(_ name: Name = .code) -> Text? { first(name)?.attribute(.code)?.text }
}
