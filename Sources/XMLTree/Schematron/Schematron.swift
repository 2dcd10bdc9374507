public import ClinicalTree
import Synchronization

extension XML {
  /// The rules of an ISO Schematron file (ISO/IEC 19757-3) with the query language XPath 1.0.
  ///
  /// Knows phases, abstract rules and patterns, `extends`, includes, `let`, `value-of`, `report`,
  /// `current()` and `document()` for files beside the rules. Read once and used for any number of
  /// documents; documents are checked one at a time.
  public final class Schematron: @unchecked Sendable {
    // Sound to share: everything that changes is used under `lock`.
    private let lock = Mutex(())
    private let rules: SchematronRules
    /// Rules whose context only elements with a certain template can have are tried on these alone.
    private let patterns: [CompiledPattern]
    private let lets: [(name: String, value: XPathExpression)]

    struct CompiledPattern {
      let isWarning: Bool
      let rules: [CompiledRule]
      let lets: [(name: String, value: XPathExpression)]
    }

    struct CompiledRule {
      let contexts: [Context]
      let lets: [(name: String, value: XPathExpression)]
      let asserts: [CompiledAssert]
    }

    struct Context {
      /// The name and the template root that the first step demands, where it does.
      let key: Key?
      let expression: XPathExpression
    }

    struct Key: Hashable {
      let name: String
      let root: String
    }

    struct CompiledAssert {
      let id: String
      let isReport: Bool
      /// `nil` where libxml2 cannot compile it.
      let test: XPathExpression?
      let message: [SchematronRules.Piece]
      let values: [XPathExpression?]
    }

    /// Reads the rules and what they include.
    ///
    /// - Parameters:
    ///   - path: The file of the rules.
    ///   - phase: The phase to check; the default phase of the file, or all patterns, without one.
    /// - Throws: ``ParsingError`` with the code `SCH-0003` for a file that is no Schematron.
    public init(path: String, phase: String? = nil) throws(ParsingError) {
      let rules = try SchematronRules(path: path, phase: phase)
      self.rules = rules
      var cache: [String: XPathExpression] = [:]
      func compile(_ text: String) -> XPathExpression? {
        if let known = cache[text] { return known }
        let made = XPathDocument.compile(text, namespaces: rules.namespaces)
        cache[text] = made
        return made
      }
      func lets(_ list: [SchematronRules.Let]) -> [(name: String, value: XPathExpression)] {
        list.compactMap { own in compile(own.value).map { (own.name, $0) } }
      }
      self.lets = lets(rules.lets)
      patterns = rules.patterns.map { pattern in
        CompiledPattern(
          isWarning: pattern.isWarning,
          rules: pattern.rules.map { rule in
            CompiledRule(
              contexts: SchematronRules.branches(rule.context).compactMap { branch in
                let key = SchematronRules.key(of: branch)
                let text =
                  key != nil
                  ? "self::" + branch : branch.hasPrefix("/") ? branch : "//" + branch
                return compile(text).map { Context(key: key, expression: $0) }
              },
              lets: lets(rule.lets),
              asserts: rule.asserts.map { own in
                CompiledAssert(
                  id: own.id, isReport: own.isReport, test: compile(own.test),
                  message: own.message,
                  values: own.message.map { piece in
                    if case .value(let text) = piece { compile(text) } else { nil }
                  })
              })
          }, lets: lets(pattern.lets))
      }
    }

    /// The failed assertions about a document, in the order of their places.
    ///
    /// Values of the document stand in messages only when they are asked for. Linear in the number of
    /// rules that the templates of the document select.
    public func issues(in document: Tree, showsValues: Bool = false) -> [Issue] {
      lock.withLock { _ in check(document, showsValues) }
    }

    private func check(_ tree: Tree, _ showsValues: Bool) -> [Issue] {
      guard
        let document = XPathDocument(
          tree.source, namespaces: rules.namespaces, others: rules.others)
      else { return [Issue(XML.notWellFormed, "the document is not well-formed")] }
      var run = SchematronRun(document, tree, showsValues)
      for (name, value) in lets { document.setVariable(name, value) }
      for pattern in patterns { run.check(pattern) }
      return run.issues(missing: rules.missing)
    }
  }
}

/// The check of one document.
private struct SchematronRun {
  private let document: XPathDocument
  private let tree: Tree
  private let showsValues: Bool
  private let elements: [XPathNode]
  private var places: [XPathNode: Int] = [:]
  private var candidates: [XML.Schematron.Key: [XPathNode]] = [:]
  private var found: [(place: Int, code: Issue.Code, severity: Issue.Severity, message: String)] =
    []
  private var unevaluated: Set<String> = []

  init(_ document: XPathDocument, _ tree: Tree, _ showsValues: Bool) {
    self.document = document
    self.tree = tree
    self.showsValues = showsValues
    elements = document.elements
    for (place, element) in elements.enumerated() {
      places[element] = place
      guard XPathDocument.name(element) == "templateId",
        let root = XPathDocument.attribute("root", of: element),
        let parent = XPathDocument.parent(of: element)
      else { continue }
      let key = XML.Schematron.Key(name: XPathDocument.name(parent), root: root)
      if candidates[key]?.last != parent { candidates[key, default: []].append(parent) }
    }
  }

  mutating func check(_ pattern: XML.Schematron.CompiledPattern) {
    for (name, value) in pattern.lets { document.setVariable(name, value) }
    // In a pattern a node belongs to the first rule whose context it has.
    var taken: Set<XPathNode> = []
    for rule in pattern.rules {
      for context in rule.contexts {
        for node in nodes(context) where taken.insert(node).inserted {
          check(node, rule, isWarning: pattern.isWarning)
        }
      }
    }
    for (name, _) in pattern.lets { document.setVariable(name, nil) }
  }

  private func nodes(_ context: XML.Schematron.Context) -> [XPathNode] {
    guard let key = context.key else { return document.nodes(context.expression) ?? [] }
    return (candidates[key] ?? []).flatMap { document.nodes(context.expression, at: $0) ?? [] }
  }

  private mutating func check(
    _ node: XPathNode, _ rule: XML.Schematron.CompiledRule, isWarning: Bool
  ) {
    document.current = node
    for (name, value) in rule.lets { document.setVariable(name, value, at: node) }
    defer { for (name, _) in rule.lets { document.setVariable(name, nil) } }
    for own in rule.asserts {
      guard let test = own.test, let holds = document.holds(test, at: node) else {
        unevaluated.insert(own.id)
        continue
      }
      if holds != own.isReport { continue }
      let place = XPathDocument.element(of: node).flatMap { places[$0] } ?? 0
      found.append(
        (
          place, XML.schematronFailure, isWarning ? .warning : .error,
          (own.id.isEmpty ? "" : own.id + ": ") + message(own, node)
        ))
    }
  }

  private func message(_ own: XML.Schematron.CompiledAssert, _ node: XPathNode) -> String {
    zip(own.message, own.values).map { piece, value in
      switch piece {
      case .text(let text): return text
      case .name: return XPathDocument.name(node)
      case .value(let text):
        guard showsValues, let value else { return "{\(text)}" }
        return document.string(value, at: node) ?? ""
      }
    }.joined()
  }

  func issues(missing: [String]) -> [Issue] {
    var lines = LineTable(tree.source)
    var paths = PathWriter(tree)
    let nodes = tree.nodes.indices.filter { tree.nodes[$0].kind == .element }
    let sorted = found.enumerated().sorted { a, b in
      (a.element.place, a.offset) < (b.element.place, b.offset)
    }
    var issues = sorted.map { _, finding in
      let index = finding.place < nodes.count ? nodes[finding.place] : 0
      return Issue(
        finding.code, severity: finding.severity, finding.message, path: paths.path(of: index),
        position: lines.position(of: Int(tree.nodes[index].place)))
    }
    if !unevaluated.isEmpty {
      issues.append(
        Issue(XML.schematronUnchecked, "\(unevaluated.count) rules could not be evaluated"))
    }
    if !missing.isEmpty {
      issues.append(
        Issue(
          XML.schematronUnchecked,
          "rules that need \(missing.joined(separator: ", ")) were not checked"))
    }
    return issues
  }
}
