import ClinicalTree
import Definitions
import FHIRPath

/// Extensions: that they are defined, stand where they may, and are as they were defined.
extension FHIRValidation {
  func extensionUse(_ value: Cursor, _ member: Int) {
    guard let url = value.property(.url), url.kind == .string, !url.text.isEmpty else { return }
    let text = url.text.string
    let isModifier = facts.name(of: member) == .modifierExtension
    let isNested = path.count > 1 && path[path.count - 2].type == facts.extensionType
    guard ResourceIndex.isAbsolute(url.text) else {
      // Parts of a complex extension have names of their own.
      if !isNested {
        report(Conformance.badIdentifier, at: url.index, "the url of an extension is absolute")
      }
      return
    }
    guard let profile = library.profile(text) else {
      let isExample =
        text.contains("example.org") || text.contains("example.com")
        || text.contains("acme.com")
      // HL7 defines further extensions apart from the versions of FHIR.
      let isHL7 = text.hasPrefix("http://hl7.org/fhir/StructureDefinition/")
      report(
        Conformance.unknownExtension, at: value.index,
        "no package defines the extension \(text)",
        severity: isExample || isHL7 ? .warning : .error)
      return
    }
    guard profile.type == "Extension" else {
      return report(
        Conformance.unknownExtension, at: value.index,
        "\(text) is not the definition of an extension")
    }
    if profile.isModifier != isModifier {
      report(
        Conformance.misplacedExtension, at: value.index,
        isModifier
          ? "the extension is defined as one that modifies nothing"
          : "the extension is defined as one that modifies the meaning of its element")
    }
    if !profile.contexts.isEmpty, !profile.contexts.contains(where: allows) {
      report(
        Conformance.misplacedExtension, at: value.index,
        "allowed on \(profile.contexts.map(\.expression).joined(separator: ", "))",
        profile: profile.url)
    }
    unknownParts(of: value, profile)
    apply(profile, to: FHIRNode(value, type: facts.extensionType))
  }

  /// The parts of a complex extension are those that it defines.
  private func unknownParts(of value: Cursor, _ profile: Profile) {
    guard let slices = profile.root.child("extension")?.slices, !slices.isEmpty else { return }
    let known = slices.compactMap { $0.rule.child("url")?.fixed?.value }
    guard known.count == slices.count else { return }
    for part in value.values(.extension) where part.kind == .object {
      guard let url = part.property(.url), url.kind == .string,
        !ResourceIndex.isAbsolute(url.text)
      else { continue }
      if !known.contains(url.text.string) {
        report(
          Conformance.unknownExtension, at: part.index,
          "the extension has no part of this name", profile: profile.url)
      }
    }
  }

  /// Whether a context of an extension's definition is where the element stands now.
  private func allows(_ context: (kind: String, expression: String)) -> Bool {
    switch context.kind {
    case "extension":
      return surroundingExtensionURL.map { $0 == context.expression } ?? false
    case "fhirpath":
      guard let holder = holderNode, let expression = try? FHIRPathExpression(context.expression)
      else { return true }
      let own = root.at(resource.own)
      let node = FHIRNode(own, type: resourceType)
      return withEvaluator { evaluator in
        guard let items = try? evaluator.items(of: expression, on: .node(node)) else { return true }
        return items.contains { item in
          if case .node(let found) = item { return found.cursor.index == holder }
          if case .boolean(let holds) = item { return holds }
          return false
        }
      }
    default: return elementNames.contains(context.expression)
    }
  }

  /// The element that the extension stands on.
  private var holderNode: Int? {
    guard let current = currentNode else { return nil }
    var holder: Int?
    var position = resource.own
    while position < current {
      let node = root.at(position)
      if node.kind == .object, node.end > current { holder = position }
      position = node.end <= current ? node.end : position + 1
    }
    return holder
  }

  private var surroundingExtensionURL: String? {
    // The extension around this one, found by its place.
    var found: String?
    let holder = root.at(resource.own)
    guard let current = currentNode else { return nil }
    for position in holder.index..<current {
      let node = root.at(position)
      if node.kind == .object, node.end > current, let url = node.property(.url),
        node.name == .extension || node.name == .modifierExtension
      {
        found = url.text.string
      }
    }
    return found
  }

  /// The names by which contexts may speak of the element that the extension stands on.
  private var elementNames: Set<String> {
    let parts = path.dropLast()
    var names: Set<String> = []
    func add(type: Int) {
      var type = type
      while type != 0 {
        names.insert(facts.title(of: type).string)
        type = facts.base(of: type)
      }
      names.insert("Element")
    }
    guard let last = parts.last else {
      add(type: resourceType)
      names.insert("Resource")
      return names
    }
    add(type: last.type)
    // By paths from each element on the way, and from the resource.
    var suffix = ""
    for (place, part) in parts.enumerated().reversed() {
      let own = NameTable.standard.string(facts.name(of: part.member))
      let base = facts.choice(of: part.member).map { NameTable.standard.string($0) }
      var next: [String] = [own + suffix]
      if let base { next += [base + "[x]" + suffix, base + suffix] }
      let above = place == 0 ? resourceType : parts[place - 1].type
      var type = above
      while type != 0 {
        for name in next { names.insert(facts.title(of: type).string + "." + name) }
        type = facts.base(of: type)
      }
      suffix = "." + (base.map { $0 + "[x]" } ?? own) + suffix
    }
    return names
  }
}
