import ClinicalTree

/// Chooses what validation needs of definitions: their rules and codes, not the texts that others wrote for
/// people.
enum DefinitionsPack {
  /// The resource without what is for people, `nil` when nothing of it is needed.
  static func stripped(_ resource: Element) -> String? {
    switch resource.string("resourceType") {
    case "StructureDefinition":
      return resource.string("derivation") == "constraint" ? structure(resource) : nil
    case "ValueSet":
      return object(
        resource,
        keeping: [
          "resourceType", "url", "version", "name", "compose", "expansion", "immutable",
        ], but: ["compose": compose, "expansion": expansion])
    case "CodeSystem":
      return object(
        resource,
        keeping: [
          "resourceType", "url", "version", "name", "caseSensitive", "content", "supplements",
          "hierarchyMeaning", "concept",
        ], but: ["concept": concepts])
    case "SearchParameter":
      return object(resource, keeping: ["resourceType", "url", "version", "code", "base", "type"])
    default: return nil
    }
  }

  /// The JSON of an object with some of its properties, some of them changed.
  private static func object(
    _ element: Element, keeping names: Set<String>,
    but changed: [String: (Element) -> String?] = [:]
  ) -> String {
    let members = element.children.compactMap { child -> String? in
      guard names.contains(child.name), !child.node.flags.contains(.shadow) else { return nil }
      let text = changed[child.name].map { $0(child) } ?? child.jsonText
      return text.map { "\"\(child.name)\":\($0)" }
    }
    return "{\(members.joined(separator: ","))}"
  }

  private static func list(_ element: Element, _ item: (Element) -> String) -> String {
    let items = element.node.kind == .array ? element.children : [element]
    return "[\(items.map(item).joined(separator: ","))]"
  }

  // MARK: StructureDefinition

  private static func structure(_ resource: Element) -> String {
    object(
      resource,
      keeping: [
        "resourceType", "url", "version", "name", "kind", "abstract", "type", "baseDefinition",
        "derivation", "context", "contextInvariant", "differential",
      ],
      but: ["differential": { object($0, keeping: ["element"], but: ["element": elements]) }])
  }

  private static func elements(_ element: Element) -> String { list(element, definition) }

  private static let parts: Set<String> = [
    "id", "path", "sliceName", "slicing", "min", "max", "type", "maxLength", "contentReference",
    "isModifier", "binding", "constraint",
  ]

  private static func definition(_ element: Element) -> String {
    let values = element.children.map(\.name).filter { name in
      ["fixed", "pattern", "minValue", "maxValue"].contains { name.hasPrefix($0) }
    }
    return object(
      element, keeping: parts.union(values),
      but: [
        "binding": { object($0, keeping: ["strength", "valueSet"]) },
        "constraint": { list($0, constraint) },
        "slicing": { object($0, keeping: ["discriminator", "ordered", "rules"]) },
      ])
  }

  /// A rule, with its words where they are our own.
  private static func constraint(_ element: Element) -> String {
    let isOurs = element.string("key").hasPrefix("crest-")
    return object(
      element, keeping: Set(["key", "severity", "expression"] + (isOurs ? ["human"] : [])))
  }

  // MARK: ValueSet and CodeSystem

  private static func compose(_ element: Element) -> String? {
    func part(_ element: Element) -> String {
      object(
        element, keeping: ["system", "version", "concept", "filter", "valueSet"],
        but: ["concept": { list($0) { object($0, keeping: ["code", "display"]) } }])
    }
    return object(
      element, keeping: ["include", "exclude"],
      but: ["include": { list($0, part) }, "exclude": { list($0, part) }])
  }

  /// An expansion is needed only where there is no definition to expand.
  private static func expansion(_ element: Element) -> String? {
    func contains(_ element: Element) -> String {
      object(
        element, keeping: ["system", "code", "display", "abstract", "contains"],
        but: ["contains": { list($0, contains) }])
    }
    return object(element, keeping: ["contains"], but: ["contains": { list($0, contains) }])
  }

  private static func concepts(_ element: Element) -> String {
    list(element) { concept in
      object(
        concept, keeping: ["code", "display", "property", "concept"],
        but: ["concept": concepts, "property": properties])
    }
  }

  /// Properties that filters and hierarchies go by.
  private static func properties(_ element: Element) -> String? {
    let used: Set = ["notSelectable", "parent", "subsumedBy", "status", "inactive"]
    let items = (element.node.kind == .array ? element.children : [element])
      .filter { used.contains($0.string("code")) }
    return items.isEmpty ? nil : "[\(items.map(\.jsonText).joined(separator: ","))]"
  }
}
