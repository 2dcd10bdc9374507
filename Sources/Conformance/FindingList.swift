import ClinicalTree
import Definitions

/// Findings about nodes of one tree, turned into issues with paths and places at the end.
struct FindingList: Sendable {
  private struct Finding: Sendable {
    let code: Issue.Code
    let severity: Issue.Severity
    let node: Int
    let message: String
    let profile: String?
    /// The element with which a condition begins.
    let part: String?
    /// The key of a constraint of a profile.
    let constraint: String?
  }

  private var all: [Finding] = []
  /// After so many findings of a severity the rest of that severity is not listed, so that no number of
  /// notes hides an error.
  private static let limit = 1_000
  private var counts: [Issue.Severity: Int] = [:]
  private var isCut = false
  private(set) var hasError = false

  mutating func add(
    _ code: Issue.Code, at node: Int, _ message: String,
    severity: Issue.Severity? = nil, profile: String? = nil, part: String? = nil,
    constraint: String? = nil
  ) {
    add(
      Finding(
        code: code, severity: severity ?? code.severity, node: node, message: message,
        profile: profile, part: part, constraint: constraint))
  }

  /// How many findings are listed.
  var count: Int { all.count }

  /// Adds some of the findings of another list behind those of this one.
  mutating func append(_ other: FindingList, _ range: Range<Int>) {
    for finding in other.all[range] { add(finding) }
    isCut = isCut || other.isCut
  }

  private mutating func add(_ finding: Finding) {
    if finding.severity == .error { hasError = true }
    let count = counts[finding.severity, default: 0]
    guard count < FindingList.limit else {
      isCut = true
      return
    }
    counts[finding.severity] = count + 1
    all.append(finding)
  }

  /// The errors: where they are, and the root of the template of C-CDA whose rule is broken, if it is one.
  var faults: [CDAFault] {
    all.filter { $0.severity == .error }.map { finding in
      let template = finding.profile?.split(separator: ":").dropFirst(2).first.map(String.init)
      return CDAFault(node: finding.node, template: template, part: finding.part)
    }
  }

  func issues(in tree: Tree) -> [Issue] {
    if all.isEmpty { return [] }
    var lines = LineTable(tree.source)
    var paths = PathWriter(tree, marksShadows: false)
    let nodes = tree.nodes
    let sorted = all.enumerated().sorted {
      let (a, b) = ($0.element, $1.element)
      return (nodes[a.node].place, a.code.id, $0.offset) < (
        nodes[b.node].place, b.code.id, $1.offset
      )
    }
    var issues: [Issue] = []
    var last: Finding?
    for (_, finding) in sorted {
      // Rules that several profiles share say the same once.
      if let last, last.code == finding.code, last.node == finding.node,
        last.message == finding.message
      {
        continue
      }
      last = finding
      var issue = Issue(
        finding.code, severity: finding.severity, finding.message,
        path: paths.path(of: finding.node),
        position: lines.position(of: Int(nodes[finding.node].place)))
      issue.profile = finding.profile
      issue.constraint = finding.constraint
      issues.append(issue)
    }
    if isCut {
      issues.append(
        Issue(
          Conformance.cut,
          "more than \(FindingList.limit) findings of one severity; the rest is not listed"))
    }
    return issues
  }
}
