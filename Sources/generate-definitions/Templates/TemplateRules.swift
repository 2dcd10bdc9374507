import ClinicalTree

/// The rules of C-CDA's templates as facts: for each the template, the place and the condition, taken
/// from the published Schematron. Texts stay there.
struct TemplateRules {
  /// One rule a line: element, root, extension, id, `E` or `W`, path from the element, condition.
  let lines: [String]
  /// How many tests there are, and how many could be translated.
  let counts: (all: Int, translated: Int)

  /// Rules that contradict their own texts.
  private static let contradictory: Set = ["a-1198-30768-c"]

  init(_ schema: Element) {
    var phases: [String: Set<String>] = [:]
    for phase in schema["phase"] {
      for active in phase["active"] {
        phases[active.string("pattern"), default: []].insert(phase.string("id"))
      }
    }
    let patterns = schema["pattern"]
    var abstract: [String: Element] = [:]
    for rule in patterns.flatMap({ $0["rule"] }) where rule.string("abstract") == "true" {
      abstract[rule.string("id")] = rule
    }
    var lines: [String] = []
    var seen: Set<String> = []
    var all = 0
    var translated = 0
    for pattern in patterns {
      guard let active = phases[pattern.string("id")] else { continue }
      let severity = active.contains("errors") ? "E" : "W"
      for rule in pattern["rule"] where rule.string("abstract") != "true" {
        let contexts = TemplateRules.branches(rule.string("context")).map(TemplateRules.context)
        for own in TemplateRules.asserts(of: rule, abstract, depth: 0) {
          all += 1
          guard !TemplateRules.contradictory.contains(own.string("id")),
            let test = XPathTranslator.condition(own.string("test"))
          else { continue }
          for case let context? in contexts {
            let line = [
              context.element, context.root, context.extension, own.string("id"), severity,
              context.path, test,
            ].joined(separator: "\t")
            if seen.insert(line).inserted { lines.append(line) }
          }
          if !contexts.isEmpty, !contexts.contains(where: { $0 == nil }) { translated += 1 }
        }
      }
    }
    self.lines = lines
    counts = (all, translated)
  }

  /// The assertions of a rule and of the abstract rules that it extends.
  private static func asserts(
    of rule: Element, _ abstract: [String: Element], depth: Int
  ) -> [Element] {
    guard depth < 8 else { return [] }
    return rule["assert"]
      + rule["extends"].compactMap { abstract[$0.string("rule")] }
      .flatMap { asserts(of: $0, abstract, depth: depth + 1) }
  }

  /// The parts of a union.
  private static func branches(_ context: String) -> [String] {
    var parts = [""]
    var depth = 0
    for character in context {
      if character == "[" { depth += 1 }
      if character == "]" { depth -= 1 }
      if character == "|", depth == 0 {
        parts.append("")
      } else {
        parts[parts.count - 1].append(character)
      }
    }
    return parts.map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
  }

  private struct Context {
    let element: String
    let root: String
    /// Empty where there must be none.
    let `extension`: String
    /// The way from the element to what the rule speaks of; empty for the element itself.
    let path: String
  }

  /// Reads `cda:NAME[cda:templateId[@root='…' and @extension='…']]`, with a path behind it or none.
  private static func context(_ text: String) -> Context? {
    let head = "[cda:templateId[@root='"
    guard text.hasPrefix("cda:"), !text.contains("|"), let start = text.firstRange(of: head),
      !text[..<start.lowerBound].contains("/")
    else { return nil }
    let element = String(text[..<start.lowerBound].dropFirst(4))
    var rest = text[start.upperBound...]
    let root = String(rest.prefix { $0 != "'" })
    rest = rest.dropFirst(root.count + 1)
    var version = ""
    if rest.hasPrefix(" and not(@extension)]]") {
      rest = rest.dropFirst(" and not(@extension)]]".count)
    } else if rest.hasPrefix(" and @extension='") {
      rest = rest.dropFirst(" and @extension='".count)
      version = String(rest.prefix { $0 != "'" })
      rest = rest.dropFirst(version.count)
      if rest.hasPrefix("'] and "), rest.hasSuffix("]") {
        // A further condition inside of the same brackets.
        rest = "[" + rest.dropFirst("'] and ".count)
      } else {
        guard rest.hasPrefix("']]") else { return nil }
        rest = rest.dropFirst(3)
      }
    } else {
      return nil
    }
    var path = ""
    if rest.hasPrefix("/") {
      guard let translated = XPathTranslator.path(String(rest.dropFirst())) else { return nil }
      path = translated
    } else if rest.hasPrefix("[") {
      // Further conditions on the element itself.
      guard let translated = XPathTranslator.path("." + rest) else { return nil }
      path = translated
    } else if !rest.isEmpty {
      return nil
    }
    return Context(element: element, root: root, extension: version, path: path)
  }
}
