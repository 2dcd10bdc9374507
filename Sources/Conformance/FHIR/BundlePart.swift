import ClinicalTree
import Definitions

/// Entries of a Bundle that one task walks.
struct BundlePart: Sendable {
  /// The places of their resources in the tree.
  let resources: [Int]

  /// What the walk over a part finds, to be taken over by the walk over the whole.
  struct Findings: Sendable {
    let list: FindingList
    /// How many findings there are behind each resource.
    let ends: [Int]
    let checked: Set<FHIRValidation.Pair>
    let uncheckedSystems: [String: (node: Int, count: Int)]
    let reachedLimit: Bool
  }

  /// A Bundle of fewer nodes is not worth the sharing.
  private static let least = 50_000

  /// Divides the entries of a Bundle into parts of about the same size; none where that does not pay.
  static func parts(of root: Cursor, count: Int) -> [BundlePart] {
    guard count > 1, root.end - root.index >= least, root.kind == .object,
      root.says(.resourceType, "Bundle")
    else { return [] }
    let size = (root.end - root.index) / count + 1
    var parts: [BundlePart] = []
    var open: [Int] = []
    var start = root.index
    for entry in root.values(.entry) where entry.kind == .object {
      guard let resource = entry.property(.resource), resource.kind == .object else { continue }
      open.append(resource.index)
      if resource.end - start >= size {
        parts.append(BundlePart(resources: open))
        open = []
        start = resource.end
      }
    }
    if !open.isEmpty { parts.append(BundlePart(resources: open)) }
    return parts
  }
}

extension FHIRValidation {
  /// Findings about one resource of a part.
  struct WalkedResource {
    let part: BundlePart.Findings
    let range: Range<Int>
    let isFirst: Bool
  }

  /// Walks the entries of a part and nothing else.
  func findings(in part: BundlePart) -> BundlePart.Findings {
    var ends: [Int] = []
    for place in part.resources {
      resource(root.at(place))
      ends.append(findings.count)
    }
    return BundlePart.Findings(
      list: findings, ends: ends, checked: checked, uncheckedSystems: uncheckedSystems,
      reachedLimit: hasReachedLimit)
  }

  /// Has the findings about a part taken over where its resources stand.
  func expect(_ found: BundlePart.Findings, for part: BundlePart) {
    var start = 0
    for (place, end) in zip(part.resources, found.ends) {
      walked[place] = WalkedResource(
        part: found, range: start..<end, isFirst: place == part.resources[0])
      start = end
    }
  }

  /// Whether a resource was walked as one of a part.
  func takeOver(_ resource: Cursor) -> Bool {
    guard !walked.isEmpty, let known = walked[resource.index] else { return false }
    findings.append(known.part.list, known.range)
    guard known.isFirst else { return true }
    checked.formUnion(known.part.checked)
    for (system, place) in known.part.uncheckedSystems {
      count(place.count, uncheckedIn: system, from: place.node)
    }
    return true
  }
}
