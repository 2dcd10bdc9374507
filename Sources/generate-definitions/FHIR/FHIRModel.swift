import ClinicalTree

/// The types of a FHIR version, as plain values between the package and what is written from it.
struct FHIRModel {
  enum Kind: Int {
    case primitive, complex, backbone, resource
  }

  struct TypeRow {
    var title: String
    var kind: Kind
    var base: String
    var isAbstract: Bool
    var members: [Member]
    var invariants: [Invariant]
    /// Where the type's own members begin, after the inherited ones.
    var own: Int
  }

  struct Member {
    /// The name in JSON; for a form of a choice the name with its type.
    var name: String
    var type: String
    var min: Int
    /// `nil` without a bound.
    var max: Int?
    var order: Int
    /// The name before the type, for a form of a choice.
    var choice: String?
    var isSummary: Bool
    var isModifier: Bool
    var isAttribute: Bool
    var binding: (isRequired: Bool, valueSet: String)?
    var targets: [String]
    var invariants: [Invariant]
  }

  struct Invariant: Hashable {
    var key: String
    var isError: Bool
    var expression: String
  }

  private(set) var types: [TypeRow] = []

  /// Reads the base types: resources, complex types and primitives, not profiles or extensions.
  init(_ package: FHIRPackage) {
    for structure in package.structures {
      let kind = structure.string("kind")
      let isBase = structure.string("derivation") != "constraint"
      guard isBase, ["resource", "complex-type", "primitive-type"].contains(kind) else { continue }
      read(
        structure, kind == "resource" ? .resource : kind == "primitive-type" ? .primitive : .complex
      )
    }
    types.sort { $0.title < $1.title }
  }

  private mutating func read(_ structure: Element, _ kind: Kind) {
    let elements = structure.first("snapshot")?["element"] ?? []
    guard let root = elements.first else { return }
    let name = root.string("path")
    let base = structure.string("baseDefinition").split(separator: "/").last.map(String.init) ?? ""
    var rows: [String: TypeRow] = [
      name: TypeRow(
        title: name, kind: kind, base: base, isAbstract: structure.string("abstract") == "true",
        members: [], invariants: invariants(root), own: 0)
    ]
    var order: [String: Int] = [:]
    for element in elements.dropFirst() {
      let path = element.string("path")
      guard let dot = path.lastIndex(of: ".") else { continue }
      let parent = String(path[..<dot])
      let last = String(path[path.index(after: dot)...])
      // What is not the element of a row of ours is inside a data type and is described there; the
      // value of a primitive is no member of it in JSON.
      guard rows[parent] != nil, kind != .primitive || last != "value" else { continue }
      order[parent, default: 0] += 1
      let members = self.members(element, path, last, order[parent] ?? 0)
      if members.contains(where: { $0.type == path }) {
        rows[path] = TypeRow(
          title: path, kind: .backbone, base: element["type"].first?.string("code") ?? "",
          isAbstract: false, members: [], invariants: [], own: 0)
      }
      rows[parent]?.members += members
      let origin = element.first("base")?.string("path") ?? path
      if origin != path, let count = rows[parent]?.members.count { rows[parent]?.own = count }
    }
    types += rows.values
  }

  private func members(
    _ element: Element, _ path: String, _ last: String, _ order: Int
  ) -> [Member] {
    let isChoice = last.hasSuffix("[x]")
    let stem = isChoice ? String(last.dropLast(3)) : last
    var codes: [(code: String, targets: [String])] = element["type"].map { type in
      let targets = type["targetProfile"].compactMap { $0.value?.split(separator: "/").last }
      return (FHIRModel.typeName(type), targets.map(String.init))
    }
    let reference = element.string("contentReference")
    if !reference.isEmpty { codes = [(String(reference.dropFirst()), [])] }
    if codes.count == 1, ["BackboneElement", "Element"].contains(codes[0].code) {
      codes = [(path, [])]
    }
    if !isChoice, codes.count > 1 { codes = [codes[0]] }
    // The package says `string` for the id of resources; the specification (resource.html) says `id`.
    if element.first("base")?.string("path") == "Resource.id" { codes = [("id", [])] }
    let max = element.string("max")
    var binding: (isRequired: Bool, valueSet: String)?
    if let found = element.first("binding"),
      ["required", "extensible"].contains(found.string("strength"))
    {
      let valueSet = String(found.string("valueSet").prefix { $0 != "|" })
      binding = (found.string("strength") == "required", valueSet)
    }
    return codes.map { code, targets in
      let isCoded = ["code", "Coding", "CodeableConcept", "Quantity", "string", "uri"].contains(
        code)
      return Member(
        name: isChoice ? stem + code.prefix(1).uppercased() + code.dropFirst() : stem, type: code,
        min: Int(element.string("min")) ?? 0, max: max == "*" ? nil : Int(max), order: order,
        choice: isChoice ? stem : nil, isSummary: element.string("isSummary") == "true",
        isModifier: element.string("isModifier") == "true",
        isAttribute: element["representation"].contains { $0.value == "xmlAttr" },
        binding: isCoded ? binding : nil, targets: targets,
        invariants: invariants(element))
    }
  }

  private static func typeName(_ type: Element) -> String {
    let code = type.string("code")
    guard code.contains("/") else { return code }
    // The types of id, url and of primitive values are those of FHIRPath; the extension has FHIR's.
    let fhir = type["extension"].first {
      $0.string("url").hasSuffix("structuredefinition-fhir-type")
    }
    return fhir?.string("valueUrl") ?? "string"
  }

  private func invariants(_ element: Element) -> [Invariant] {
    element["constraint"].compactMap {
      let expression = $0.string("expression")
      guard !expression.isEmpty else { return nil }
      return Invariant(
        key: $0.string("key"), isError: $0.string("severity") == "error", expression: expression)
    }
  }
}
