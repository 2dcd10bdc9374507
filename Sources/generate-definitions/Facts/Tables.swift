import ClinicalTree

/// The rows of `Inputs/code-systems.csv`: which OID and which URI stand for the same system.
enum CodeSystemTable {
  struct Row {
    var oid: String
    var uri: String
    /// See `CodeSystems.Kind`.
    var kind: Int
    var isPreferred: Bool
  }

  static func rows(_ csv: String) -> [Row] {
    csv.split(separator: "\n").dropFirst().map { line in
      let cells = cells(line)
      let kind = ["codesystem": 0, "identifiersystem": 1, "valueset": 2][cells[2]] ?? 3
      return Row(oid: cells[0], uri: cells[1], kind: kind, isPreferred: cells[3] == "yes")
    }
  }

  private static func cells(_ line: Substring) -> [String] {
    line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }
}

/// One ConceptMap resource of `Profiles/`.
struct ConceptMapTable {
  struct Entry {
    var sourceSystem: String
    var source: String
    var targetSystem: String
    var target: String
    var display: String
  }

  var name: String
  var url: String
  var entries: [Entry] = []

  init(_ resource: Element) {
    name = resource.string("id")
    url = resource.string("url")
    for group in resource["group"] {
      for element in group["element"] {
        guard let target = element["target"].first, !target.string("code").isEmpty else { continue }
        entries.append(
          Entry(
            sourceSystem: group.string("source"), source: element.string("code"),
            targetSystem: group.string("target"), target: target.string("code"),
            display: target.string("display")))
      }
    }
  }
}
