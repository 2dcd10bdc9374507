import ArgumentParser
import ClinicalTree

/// What becomes of findings before they are reported: known ones are left out, and codes may weigh more
/// or less than they do by themselves.
struct FindingRules: Sendable {
  private var accepted: Set<String> = []
  private var severities: [String: Issue.Severity?] = [:]

  var isEmpty: Bool { accepted.isEmpty && severities.isEmpty }

  /// Reads a baseline, which is a report in json, and severities such as `FHIR-0120=warning`.
  init(baseline: String?, severities: [String]) throws {
    for rule in severities {
      let parts = rule.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, parts[1] == "off" || Issue.Severity(rawValue: parts[1]) != nil else {
        throw ValidationError("--severity is a code, = and error, warning, information or off")
      }
      self.severities[parts[0].uppercased()] = .some(Issue.Severity(rawValue: parts[1]))
    }
    guard let baseline else { return }
    do {
      let bytes = try Files.read(baseline, limit: 1 << 30)
      for issue in try Tree.json(bytes, names: .empty).tree.root["issues"] {
        accepted.insert(
          FindingRules.key(
            issue["source"].first?.value ?? "", issue["code"].first?.value ?? "",
            issue["path"].first?.value ?? "", issue["message"].first?.value ?? ""))
      }
    } catch {
      Console.say("\(baseline): no report in json that could serve as a baseline")
      throw Exit.noInput
    }
  }

  /// Lines may move; the place in the document, the code and the message make a finding.
  private static func key(_ source: String, _ code: String, _ path: String, _ message: String)
    -> String
  {
    [source, code, path, message].joined(separator: "\u{0}")
  }

  func applied(to issues: [Issue], of source: String) -> [Issue] {
    if isEmpty { return issues }
    return issues.compactMap { issue in
      let key = FindingRules.key(source, issue.code.id, issue.path, issue.message)
      if accepted.contains(key) { return nil }
      guard let severity = severities[issue.code.id] else { return issue }
      return severity.map { issue.weighing($0) }
    }
  }
}
