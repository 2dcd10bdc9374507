import ClinicalTree
import Definitions
import FHIRPath
import Synchronization

/// The rules of C-CDA's templates, by the template ids that elements claim.
final class TemplateTable: Sendable {
  static let shared = TemplateTable()

  final class Rule: Sendable {
    let id: String
    let isError: Bool
    /// The way from the element with the template to what the rule speaks of; `nil` for itself.
    let path: FHIRPathExpression?
    let condition: FHIRPathExpression

    init(
      id: String, isError: Bool, path: FHIRPathExpression?, condition: FHIRPathExpression
    ) {
      self.id = id
      self.isError = isError
      self.path = path
      self.condition = condition
    }

    /// The element with which the condition begins, for a rule about the element with the template.
    var part: String? {
      guard path == nil else { return nil }
      return String(condition.text.drop { $0 == "(" }.prefix { $0.isLetter })
    }
  }

  /// Where the rules of a template stand in the facts: the ends of their lines behind its name, which is
  /// the element, the root and the version with tabs behind them.
  private let lines: [String: [Range<Int>]]
  private let compiled = Mutex<[String: [Rule]]>([:])

  private init() {
    var lines: [String: [Range<Int>]] = [:]
    let facts = Facts.templates
    var (start, tabs, rest) = (0, 0, 0)
    var name = ""
    var last = 0..<0
    for place in 0..<facts.count {
      switch facts[place] {
      case UInt8(ascii: "\t") where tabs < 3:
        tabs += 1
        if tabs == 3 { rest = place + 1 }
      case UInt8(ascii: "\n"):
        if tabs == 3 {
          // Most lines are of the template of the line before.
          if last.isEmpty || !(facts.slice(last) == facts.slice(start..<rest)) {
            name = facts.slice(start..<rest).string
            last = start..<rest
          }
          lines[name, default: []].append(rest..<place)
        }
        (start, tabs) = (place + 1, 0)
      default: break
      }
    }
    self.lines = lines
  }

  /// The rules for an element that claims a template; those of the version that it names.
  func rules(for element: Text, root: Text, version: Text) -> [Rule] {
    let key = "\(element.string)\t\(root.string)\t\(version.string)\t"
    if let known = compiled.withLock({ $0[key] }) { return known }
    let rules = (lines[key] ?? []).compactMap { line -> Rule? in
      let fields = Facts.templates.slice(line).string
        .split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 4, let condition = try? FHIRPathExpression(fields[3]) else {
        return nil
      }
      let path = fields[2].isEmpty ? nil : try? FHIRPathExpression(fields[2])
      return Rule(id: fields[0], isError: fields[1] == "E", path: path, condition: condition)
    }
    compiled.withLock { $0[key] = rules }
    return rules
  }
}

/// Checks the elements of a document by the templates that they claim.
struct CDATemplates {
  private var findings = FindingList()
  private let evaluator = PathEvaluator(
    host: ElementHost(now: "2000-01-01T00:00:00Z"))

  /// Whether rules that only warn are left out.
  private let errorsOnly: Bool
  /// The rules of the templates that the document claims, as far as they have been asked for.
  private var rules: [Claim: [TemplateTable.Rule]] = [:]

  /// A template as an element claims it.
  private struct Claim: Hashable {
    let element: Name
    let root: Text
    let version: Text
  }

  private init(errorsOnly: Bool) { self.errorsOnly = errorsOnly }

  static func issues(in tree: Tree) -> [Issue] {
    var walk = CDATemplates(errorsOnly: false)
    tree.withCursor { walk.check($0) }
    return walk.findings.issues(in: tree)
  }

  /// The nodes at which a document, or what of it is in question, breaks a rule of a template that it
  /// claims.
  static func faults(in tree: Tree, _ scope: CDAScope) -> [CDAFault] {
    var walk = CDATemplates(errorsOnly: true)
    tree.withCursor { walk.check($0, scope) }
    return walk.findings.faults
  }

  private mutating func check(_ root: Cursor, _ scope: CDAScope = .all) {
    var position = 0
    while position < root.end {
      let element = root.at(position)
      if scope.isWhole(position) {
        for position in position..<element.end { check(element: root.at(position)) }
        position = element.end
      } else if scope.reaches(position) {
        check(element: element)
        position += 1
      } else {
        position = element.end
      }
    }
  }

  private mutating func check(element: Cursor) {
    guard element.kind == .element, element.first(.templateId) != nil else { return }
    for template in element.all(.templateId) where template.node.flags.space == .v3 {
      guard let id = template.attribute(.root) else { continue }
      let version = template.attribute(.extension)?.text ?? .empty
      check(element, id.text, version)
    }
  }

  private mutating func check(_ element: Cursor, _ root: Text, _ version: Text) {
    for rule in rules(for: element, root, version) {
      var items: [Item] = [.cda(element, type: 0)]
      if let path = rule.path {
        items = (try? evaluator.items(of: path, on: .cda(element, type: 0))) ?? []
      }
      for item in items {
        guard case .cda(let place, _) = item else { continue }
        check(place, rule, root, version)
      }
    }
  }

  private mutating func rules(
    for element: Cursor, _ root: Text, _ version: Text
  ) -> [TemplateTable.Rule] {
    let claim = Claim(element: element.name, root: root, version: version)
    if let known = rules[claim] { return known }
    let found = TemplateTable.shared.rules(for: element.nameText, root: root, version: version)
      .filter { $0.isError || !errorsOnly }
    rules[claim] = found
    return found
  }

  private mutating func check(
    _ place: Cursor, _ rule: TemplateTable.Rule, _ root: Text, _ version: Text
  ) {
    let holds: Bool?
    do { holds = try evaluator.condition(rule.condition, on: .cda(place, type: 0)) } catch {
      return findings.add(
        Conformance.unchecked(error), at: place.index,
        "\(rule.id) could not be checked: \(error.message)")
    }
    if holds == true { return }
    let template = version.isEmpty ? root.string : "\(root.string):\(version.string)"
    findings.add(
      Conformance.brokenTemplate, at: place.index,
      "template \(template), rule \(rule.id): \(rule.condition.text)",
      severity: rule.isError ? .error : .warning, profile: "urn:hl7ii:\(template)",
      part: rule.part)
  }
}
