import ClinicalTree

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A Schematron file, read: includes and abstract parts resolved, the patterns of a phase chosen.
struct SchematronRules {
  struct Let {
    let name: String
    let value: String
  }

  enum Piece {
    case text(String)
    case value(String)
    case name
  }

  struct Assert {
    let id: String
    let isReport: Bool
    let test: String
    let message: [Piece]
  }

  struct Rule {
    let context: String
    let lets: [Let]
    let asserts: [Assert]
  }

  struct Pattern {
    let isWarning: Bool
    let lets: [Let]
    let rules: [Rule]
  }

  private(set) var namespaces: [(prefix: String, uri: String)] = []
  private(set) var lets: [Let] = []
  private(set) var patterns: [Pattern] = []
  /// Files that rules open, by the names that the rules use.
  private(set) var others: [String: [UInt8]] = [:]
  /// Files that rules open and that are not there.
  private(set) var missing: [String] = []

  private let folder: String
  private var abstractRules: [String: Element] = [:]
  private var abstractPatterns: [String: Element] = [:]
  private static let depthLimit = 8

  init(path: String, phase: String?) throws(XML.ParsingError) {
    let slash = path.lastIndex(of: "/")
    folder = slash.map { String(path[...$0]) } ?? ""
    guard let data = FileManager.default.contents(atPath: path) else {
      throw XML.ParsingError([Issue(XML.schematronUnusable, "the file cannot be read")])
    }
    var limits = XML.Limits.standard
    limits.depth = 200
    let root = try Tree.xml(Array(data), names: .empty, limits: limits).tree.root
    guard root.name == "schema" else {
      throw XML.ParsingError([Issue(XML.schematronUnusable, "the root is not schema")])
    }
    read(root, phase)
  }

  private mutating func read(_ root: Element, _ phase: String?) {
    let parts = children(of: root, depth: 0)
    for part in parts where part.name == "ns" {
      namespaces.append((part.value(of: "prefix"), part.value(of: "uri")))
    }
    lets = parts.filter { $0.name == "let" }.map(SchematronRules.letting)
    let all = parts.filter { $0.name == "pattern" }
    for pattern in all {
      if pattern.value(of: "abstract") == "true" {
        abstractPatterns[pattern.value(of: "id")] = pattern
      }
      for rule in children(of: pattern, depth: 0)
      where rule.name == "rule" && rule.value(of: "abstract") == "true" {
        abstractRules[rule.value(of: "id")] = rule
      }
    }
    let chosen = phase ?? root.value(of: "defaultPhase")
    var active: [String: Set<String>] = [:]
    for own in parts where own.name == "phase" {
      for part in own.children where part.name == "active" {
        active[part.value(of: "pattern"), default: []].insert(own.value(of: "id"))
      }
    }
    for pattern in all where pattern.value(of: "abstract") != "true" {
      let phases = active[pattern.value(of: "id")] ?? []
      if !chosen.isEmpty, chosen != "#ALL" {
        guard phases.contains(chosen) else { continue }
      } else if !active.isEmpty, phases.isEmpty {
        // Where a file has phases, patterns outside of all of them are switched off.
        continue
      }
      patterns.append(
        self.pattern(
          pattern, isWarning: !phases.isEmpty && phases.allSatisfy(SchematronRules.isWarning)))
    }
    findDocuments()
  }

  private static func isWarning(_ phase: String) -> Bool { phase.lowercased().contains("warning") }

  private static func letting(_ element: Element) -> Let {
    Let(name: element.value(of: "name"), value: element.value(of: "value"))
  }

  /// The parts of an element, includes taken in.
  private func children(of element: Element, depth: Int) -> [Element] {
    element.children.filter { $0.node.kind == .element }.flatMap { child -> [Element] in
      guard child.name == "include", depth < SchematronRules.depthLimit else { return [child] }
      let name = child.value(of: "href")
      guard !name.contains(".."), !name.hasPrefix("/"), !name.contains(":"),
        let data = FileManager.default.contents(atPath: folder + name),
        let root = try? Tree.xml(Array(data), names: .empty).tree.root
      else { return [] }
      return root.name == "schema" ? children(of: root, depth: depth + 1) : [root]
    }
  }

  private func pattern(_ element: Element, isWarning: Bool) -> Pattern {
    var source = element
    var parameters: [(String, String)] = []
    if let abstract = abstractPatterns[element.value(of: "is-a")] {
      source = abstract
      parameters = element.children.filter { $0.name == "param" }
        .map { ("$" + $0.value(of: "name"), $0.value(of: "value")) }
        .sorted { $0.0.count > $1.0.count }
    }
    func filled(_ text: String) -> String {
      parameters.reduce(text) { text, parameter in
        text.split(separator: parameter.0, omittingEmptySubsequences: false)
          .joined(separator: parameter.1)
      }
    }
    let parts = children(of: source, depth: 0)
    return Pattern(
      isWarning: isWarning, lets: parts.filter { $0.name == "let" }.map(SchematronRules.letting),
      rules: parts.filter { $0.name == "rule" && $0.value(of: "abstract") != "true" }.map { rule in
        Rule(
          context: filled(rule.value(of: "context")),
          lets: children(of: rule, depth: 0).filter { $0.name == "let" }
            .map { Let(name: $0.value(of: "name"), value: filled($0.value(of: "value"))) },
          asserts: asserts(of: rule, depth: 0, filled))
      })
  }

  private func asserts(of rule: Element, depth: Int, _ filled: (String) -> String) -> [Assert] {
    children(of: rule, depth: 0).flatMap { part -> [Assert] in
      switch part.name {
      case "assert", "report":
        return [
          Assert(
            id: part.value(of: "id"), isReport: part.name == "report",
            test: filled(part.value(of: "test")), message: SchematronRules.message(part))
        ]
      case "extends":
        guard depth < SchematronRules.depthLimit, let other = abstractRules[part.value(of: "rule")]
        else { return [] }
        return asserts(of: other, depth: depth + 1, filled)
      default: return []
      }
    }
  }

  private static func message(_ element: Element) -> [Piece] {
    var pieces: [Piece] = []
    for child in element.children {
      switch child.node.kind {
      case .text:
        let words = (child.value ?? "").split(whereSeparator: \.isWhitespace)
        let text = words.joined(separator: " ")
        if !text.isEmpty { pieces.append(.text(pieces.isEmpty ? text : " " + text)) }
      case .element:
        if child.name == "value-of" { pieces.append(.value(child.value(of: "select"))) }
        if child.name == "name" { pieces.append(.name) }
        if child.name == "emph" || child.name == "span" { pieces.append(.text(" " + child.text)) }
      default: break
      }
    }
    return pieces
  }

  /// Reads the files that rules open, and takes out the rules whose files are not there.
  private mutating func findDocuments() {
    func names(in text: String) -> [String] {
      var found: [String] = []
      var rest = text[...]
      while let place = rest.firstRange(of: "document(") {
        rest = rest[place.upperBound...]
        guard let quote = rest.first, quote == "'" || quote == "\"" else { continue }
        found.append(String(rest.dropFirst().prefix { $0 != quote }))
      }
      return found
    }
    let tests = patterns.flatMap { $0.rules.flatMap { $0.asserts.map(\.test) } }
    for name in Set(tests.flatMap(names)).sorted() {
      if !name.contains(".."), !name.hasPrefix("/"), !name.contains(":"),
        let data = FileManager.default.contents(atPath: folder + name)
      {
        others[name] = Array(data)
      } else {
        missing.append(name)
      }
    }
    if missing.isEmpty { return }
    patterns = patterns.map { pattern in
      Pattern(
        isWarning: pattern.isWarning, lets: pattern.lets,
        rules: pattern.rules.map { rule in
          Rule(
            context: rule.context, lets: rule.lets,
            asserts: rule.asserts.filter { own in
              !names(in: own.test).contains(where: missing.contains)
            })
        })
    }
  }

  // MARK: Contexts

  /// The parts of a union, without a look into brackets and quotes.
  static func branches(_ context: String) -> [String] {
    var parts = [""]
    var depth = 0
    var quote: Character?
    for character in context {
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "'" || character == "\"" {
        quote = character
      } else if character == "(" || character == "[" {
        depth += 1
      } else if character == ")" || character == "]" {
        depth -= 1
      } else if character == "|", depth == 0 {
        parts.append("")
        continue
      }
      parts[parts.count - 1].append(character)
    }
    return parts.map { part in
      let start = part.drop(while: \.isWhitespace)
      return String(start.reversed().drop(while: \.isWhitespace).reversed())
    }.filter { !$0.isEmpty }
  }

  /// The name and the root of a context that begins `name[templateId[@root='…'`, so that only elements
  /// with that template can have it.
  static func key(of branch: String) -> XML.Schematron.Key? {
    guard let bracket = branch.firstIndex(of: "[") else { return nil }
    let step = branch[..<bracket]
    guard !step.contains("/"), !step.contains("*"), !step.contains("("), !step.contains("@") else {
      return nil
    }
    let name = step.split(separator: ":").last.map(String.init) ?? ""
    let rest = branch[branch.index(after: bracket)...]
    let marks = ["cda:templateId[@root='", "templateId[@root='"]
    guard let mark = marks.first(where: rest.hasPrefix) else { return nil }
    let root = rest.dropFirst(mark.count).prefix { $0 != "'" }
    // The first predicate demands the template unless it offers something else instead.
    var depth = 1
    var predicate = ""
    for character in rest {
      if character == "[" { depth += 1 }
      if character == "]" { depth -= 1 }
      if depth == 0 { break }
      predicate.append(character)
    }
    return predicate.contains(" or ") || predicate.contains("|")
      ? nil : XML.Schematron.Key(name: name, root: String(root))
  }
}

extension Element {
  /// The value of an attribute, empty where there is none.
  fileprivate func value(of name: String) -> String {
    children.first { $0.node.kind == .attribute && $0.name == name }?.value ?? ""
  }
}
