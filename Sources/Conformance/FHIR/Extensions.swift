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
    let contexts = profile.contexts + (FHIRValidation.furtherContexts[profile.url] ?? [])
    if !profile.contexts.isEmpty, !contexts.contains(where: allows) {
      report(
        Conformance.misplacedExtension, at: value.index,
        "allowed on \(profile.contexts.map(\.expression).joined(separator: ", "))",
        profile: profile.url)
    }
    unknownParts(of: value, profile)
    apply(profile, to: FHIRNode(value, type: facts.extensionType))
  }

  /// Where R4's own definitions use extensions, although those of the extensions do not say so.
  private static let furtherContexts: [String: [(kind: String, expression: String)]] = {
    let places = [
      "structuredefinition-fhir-type": ["ElementDefinition.type"],
      "regex": ["ElementDefinition.type"],
      "structuredefinition-normative-version": [
        "ElementDefinition", "CodeSystem", "ValueSet", "OperationDefinition",
      ],
      "valueset-concept-comments": ["CodeSystem.concept"],
    ]
    let base = "http://hl7.org/fhir/StructureDefinition/"
    return Dictionary(
      uniqueKeysWithValues: places.map { name, places in
        (base + name, places.map { ("element", $0) })
      })
  }()

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
      guard let places = places(of: context.expression) else { return true }
      return places.contains(path.dropLast().last?.node ?? resource.own)
    default: return elementNames.contains(context.expression)
    }
  }

  /// Where in the resource the expression of a context leads; `nil` when it says nothing about places.
  ///
  /// Evaluated once a resource: a resource may hold any number of extensions.
  private func places(of expression: String) -> Set<Int>? {
    if contextPlaces.resource != resource.own { contextPlaces = (resource.own, [:]) }
    if let known = contextPlaces.known[expression] { return known }
    let found = (try? FHIRPathExpression(expression)).flatMap { expression in
      withEvaluator { evaluator -> Set<Int>? in
        let own = FHIRNode(root.at(resource.own), type: resourceType)
        guard let items = try? evaluator.items(of: expression, on: .node(own)) else { return nil }
        var places: Set<Int> = []
        for item in items {
          if case .node(let node) = item { places.insert(node.cursor.index) }
          if case .boolean(true) = item { return nil }
        }
        return places
      }
    }
    contextPlaces.known[expression] = .some(found)
    return found
  }

  /// The url of the nearest extension around this one.
  private var surroundingExtensionURL: String? {
    let outer = path.dropLast().last { $0.type == facts.extensionType }
    return outer.flatMap { root.at($0.node).property(.url)?.text.string }
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
