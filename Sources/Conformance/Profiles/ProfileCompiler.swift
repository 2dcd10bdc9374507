import ClinicalTree
import Definitions
import FHIRPath

/// Compiles profiles: the differential of each laid over what its base profile says.
struct ProfileCompiler {
  private let store: DefinitionStore
  private var faults: [String] = []

  /// How many profiles may stand on each other.
  private static let chainLimit = 30
  /// How many elements a profile may have.
  private static let sizeLimit = 20_000

  init(_ store: DefinitionStore) { self.store = store }

  /// The profile with a canonical URL; `nil` when it is not at hand or is no profile.
  static func profile(_ canonical: String, in store: DefinitionStore) -> Profile? {
    guard let resource = store.find(canonical, type: "StructureDefinition") else { return nil }
    var compiler = ProfileCompiler(store)
    return compiler.compile(resource)
  }

  private mutating func compile(_ resource: Element) -> Profile {
    let type = resource.text("type")
    var chain: [String] = []
    let draft = draft(of: resource, chain: &chain)
    let contexts = resource["context"].map { context in
      let kind = context.text("type")
      return (kind.isEmpty ? "element" : kind, context.value ?? context.text("expression"))
    }
    return Profile(
      url: resource.text("url"), version: resource.text("version"), type: type,
      root: draft.rule(type), contexts: contexts,
      contextInvariants: resource["contextInvariant"].compactMap {
        $0.value.flatMap { try? FHIRPathExpression($0) }
      },
      isModifier: draft.isModifier == true, faults: faults)
  }

  /// What a structure says, with what the ones that it is based on say.
  private mutating func draft(of resource: Element, chain: inout [String]) -> RuleDraft {
    let url = resource.text("url")
    let type = resource.text("type")
    guard !chain.contains(url), chain.count < ProfileCompiler.chainLimit else {
      faults.append("the chain of base definitions does not end")
      return RuleDraft()
    }
    chain.append(url)
    let base = resource.text("baseDefinition")
    let isDerived = resource.text("derivation") != "specialization"
    let differential = resource.first("differential")?["element"] ?? []
    let snapshot = resource.first("snapshot")?["element"] ?? []
    let isBaseKnown =
      base.isEmpty || base == "http://hl7.org/fhir/StructureDefinition/\(type)"
      || store.find(base, type: "StructureDefinition") != nil
    var draft = RuleDraft()
    if !differential.isEmpty && isBaseKnown || snapshot.isEmpty {
      if isDerived, base != "http://hl7.org/fhir/StructureDefinition/\(type)",
        let below = store.find(base, type: "StructureDefinition")
      {
        draft = self.draft(of: below, chain: &chain)
      } else if !isBaseKnown {
        faults.append("the base definition \(base) is not at hand")
      }
      apply(differential, to: &draft, isSnapshot: false)
    } else {
      apply(snapshot, to: &draft, isSnapshot: true)
    }
    return draft
  }

  // MARK: Elements

  private mutating func apply(_ elements: [Element], to root: inout RuleDraft, isSnapshot: Bool) {
    // The slices that the last elements stood in, by path.
    var slices: [String: String] = [:]
    for element in elements.prefix(ProfileCompiler.sizeLimit) {
      let path = element.text("path")
      let names = path.split(separator: ".").map(String.init)
      guard !names.isEmpty else { continue }
      let sliceName = element.first("sliceName")?.value
      for known in slices.keys where known.count >= path.count && known.hasPrefix(path) {
        if known == path || known.hasPrefix(path + ".") { slices[known] = nil }
      }
      if let sliceName { slices[path] = sliceName }
      let steps: [RuleDraft.Step]
      if let id = element.first("id")?.value, id.contains(":") || sliceName == nil,
        let read = ProfileCompiler.steps(ofId: id, path: names)
      {
        steps = read
      } else {
        var prefix = names[0]
        steps = names.dropFirst().map { name in
          prefix += "." + name
          return RuleDraft.Step(name: name, slice: slices[prefix])
        }
      }
      root.change(at: steps[...], id: names[0]) { draft in
        merge(element, into: &draft, isSnapshot: isSnapshot)
      }
    }
  }

  /// The steps of an id such as `Observation.component:systolic.value[x]`, when it fits the path.
  private static func steps(ofId id: String, path: [String]) -> [RuleDraft.Step]? {
    let parts = id.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == path.count else { return nil }
    var steps: [RuleDraft.Step] = []
    for (part, name) in zip(parts, path).dropFirst() {
      let pieces = part.split(separator: ":", maxSplits: 1).map(String.init)
      guard let own = pieces.first, own == name else { return nil }
      steps.append(RuleDraft.Step(name: own, slice: pieces.count > 1 ? pieces[1] : nil))
    }
    return steps
  }

  private mutating func merge(_ element: Element, into draft: inout RuleDraft, isSnapshot: Bool) {
    draft.id = element.first("id")?.value ?? element.text("path")
    if let min = Int(element.text("min")) { draft.min = min }
    let max = element.text("max")
    if max == "*" { draft.max = .max } else if let max = Int(max) { draft.max = max }
    let types = element["type"]
    if !types.isEmpty, !isSnapshot || element.text("path").contains(".") {
      draft.types = types.map { type in
        Rule.TypeRule(
          code: type.text("code"), profiles: type["profile"].compactMap(\.value),
          targetProfiles: type["targetProfile"].compactMap(\.value),
          aggregation: type["aggregation"].compactMap(\.value), versioning: type.text("versioning"))
      }
    }
    for child in element.children where !child.node.flags.contains(.shadow) {
      if ProfileCompiler.isChoice(child.name, "fixed") { draft.fixed = child }
      if ProfileCompiler.isChoice(child.name, "pattern") { draft.pattern = child }
      if ProfileCompiler.isChoice(child.name, "minValue") { draft.minValue = child }
      if ProfileCompiler.isChoice(child.name, "maxValue") { draft.maxValue = child }
    }
    if let length = Int(element.text("maxLength")) { draft.maxLength = length }
    if element.text("isModifier") == "true" { draft.isModifier = true }
    if let binding = element.first("binding"), !isMisbound(element) {
      let strength = binding.text("strength")
      let valueSet =
        binding.first("valueSet")?.value ?? binding.choice("valueSet")?.referenceOrValue ?? ""
      draft.binding = Rule.Binding(
        isRequired: strength == "required", isExtensible: strength == "extensible",
        valueSet: valueSet)
    }
    merge(constraints: element["constraint"], into: &draft, isSnapshot: isSnapshot)
    if let slicing = element.first("slicing") { draft.slicing = self.slicing(slicing) }
    for addition in element["extension"] {
      let url = addition.text("url")
      guard let value = addition.choice("value")?.value else { continue }
      if url.hasSuffix("/narrative-language-control") {
        draft.narrative.append(.language(value))
      } else if url.hasSuffix("/narrative-source-control") {
        draft.narrative.append(.source)
      } else if url.hasSuffix("ElementDefinition.valueAlternatives")
        || url.hasSuffix("/elementdefinition-valueAlternatives")
      {
        draft.valueAlternatives.append(value)
      }
    }
  }

  /// R4's vital signs demand units of vital signs of every component, flow rates of oxygen among them;
  /// later versions of FHIR took that back.
  private func isMisbound(_ element: Element) -> Bool {
    element.text("path") == "Observation.component.value[x]"
      && element.tree.root.text("url") == "http://hl7.org/fhir/StructureDefinition/vitalsigns"
  }

  private static func isChoice(_ name: String, _ stem: String) -> Bool {
    name.hasPrefix(stem) && name.dropFirst(stem.count).first?.isUppercase == true
  }

  private mutating func merge(
    constraints: [Element], into draft: inout RuleDraft, isSnapshot: Bool
  ) {
    for constraint in constraints {
      let key = constraint.text("key")
      let text = constraint.text("expression")
      // What the base types say is checked with them.
      if isSnapshot, Invariants.shared.isKnown(key: key, expression: text) { continue }
      guard !text.isEmpty else { continue }
      var expression: FHIRPathExpression?
      var fault = ""
      do { expression = try FHIRPathExpression(text) } catch { fault = error.message }
      draft.constraints[key] = Rule.Constraint(
        key: key, isError: constraint.text("severity") != "warning",
        human: constraint.text("human"), expression: expression,
        fault: fault)
    }
  }

  private func slicing(_ element: Element) -> Rule.Slicing {
    Rule.Slicing(
      discriminators: element["discriminator"].map { discriminator in
        let path = discriminator.text("path")
        return Rule.Discriminator(
          kind: Rule.Discriminator.Kind(rawValue: discriminator.text("type")) ?? .value,
          path: path, expression: try? FHIRPathExpression(path.isEmpty ? "$this" : path))
      },
      isClosed: element.text("rules") == "closed",
      isOpenAtEnd: element.text("rules") == "openAtEnd",
      isOrdered: element.text("ordered") == "true")
  }
}

extension Element {
  /// The reference of a Reference, or the value of anything else.
  fileprivate var referenceOrValue: String { value ?? text("reference") }
}

/// A rule while it is collected from differentials.
struct RuleDraft {
  /// A step from an element to one of its children, and to a slice of that.
  struct Step {
    let name: String
    let slice: String?
  }

  var id = ""
  var min: Int?
  var max: Int?
  var types: [Rule.TypeRule]?
  var fixed: Element?
  var pattern: Element?
  var minValue: Element?
  var maxValue: Element?
  var maxLength: Int?
  var isModifier: Bool?
  var binding: Rule.Binding?
  var constraints: [String: Rule.Constraint] = [:]
  var slicing: Rule.Slicing?
  var narrative: [Rule.NarrativeControl] = []
  var valueAlternatives: [String] = []
  private var slices: [(name: String, rule: RuleDraft)] = []
  private var children: [(name: String, rule: RuleDraft)] = []

  /// Changes the rule at the end of some steps, which is made where it is not there.
  mutating func change(
    at steps: ArraySlice<Step>, id: String, _ body: (inout RuleDraft) -> Void
  ) {
    if self.id.isEmpty { self.id = id }
    guard let step = steps.first else { return body(&self) }
    let (name, typeSlice) = RuleDraft.split(step.name, in: id)
    let place: Int
    if let found = children.firstIndex(where: { $0.name == name }) {
      place = found
    } else {
      children.append((name, RuleDraft()))
      place = children.count - 1
    }
    let ownId = id + "." + step.name
    let slice = step.slice ?? typeSlice
    guard let slice else {
      return children[place].rule.change(at: steps.dropFirst(), id: ownId, body)
    }
    if children[place].rule.id.isEmpty { children[place].rule.id = ownId }
    // A slice of a slice is one of the first one's own.
    let names = slice.split(separator: "/").map(String.init)
    children[place].rule.change(
      slice: names[...], at: steps.dropFirst(), id: ownId, isTyped: typeSlice != nil, body)
  }

  private mutating func change(
    slice names: ArraySlice<String>, at steps: ArraySlice<Step>, id: String, isTyped: Bool,
    _ body: (inout RuleDraft) -> Void
  ) {
    guard let name = names.first else { return change(at: steps, id: id, body) }
    let place: Int
    if let found = slices.firstIndex(where: { $0.name == name }) {
      place = found
    } else {
      var rule = RuleDraft()
      if isTyped {
        // `valueQuantity` in a path is the form of value[x] with that type.
        rule.types = [
          Rule.TypeRule(code: RuleDraft.type(ofForm: name))
        ]
        if slicing == nil { slicing = RuleDraft.typeSlicing }
      }
      slices.append((name, rule))
      place = slices.count - 1
    }
    slices[place].rule.change(
      slice: names.dropFirst(), at: steps, id: id + ":" + name, isTyped: false, body)
  }

  private static let typeSlicing = Rule.Slicing(
    discriminators: [
      Rule.Discriminator(
        kind: .type, path: "$this", expression: try? FHIRPathExpression("$this"))
    ], isClosed: false, isOpenAtEnd: false, isOrdered: false)

  /// The name of an element in a path and, where it is a form of a choice element, the form. The parent
  /// is the id of the element around it.
  private static func split(_ name: String, in parent: String) -> (String, String?) {
    if name.hasSuffix("[x]") { return (name, nil) }
    guard let number = NameTable.standard.lookUp(name), let stem = FormNames.shared.stem(number)
    else { return (name, nil) }
    // `Device.property.valueQuantity` is no form of anything.
    let path = parent.split(separator: ".").map { $0.prefix { $0 != ":" } }.joined(separator: ".")
    let type = FHIRFacts.r4.type(named: path)
    if type != 0, let member = FHIRFacts.r4.member(number, in: type),
      FHIRFacts.r4.choice(of: member) == nil
    {
      return (name, nil)
    }
    return (NameTable.standard.string(stem) + "[x]", name)
  }

  private static func type(ofForm name: String) -> String {
    guard let number = NameTable.standard.lookUp(name), let stem = FormNames.shared.stem(number)
    else { return "" }
    let suffix = String(name.dropFirst(NameTable.standard.string(stem).count))
    let lower = suffix.prefix(1).lowercased() + suffix.dropFirst()
    let isPrimitive =
      NameTable.standard.lookUp(lower).map {
        let type = FHIRFacts.r4.type(named: $0)
        return type != 0 && FHIRFacts.r4.kind(of: type) == .primitive
      } ?? false
    return isPrimitive ? lower : suffix
  }

  /// Takes the types of slices from the element that this one is a slice of: what is said of the type of
  /// `action.extension:kind` holds for `action:first.extension:kind`.
  private mutating func adoptTypes(from shared: RuleDraft) {
    for place in slices.indices {
      if let other = shared.slices.first(where: { $0.name == slices[place].name }) {
        if slices[place].rule.types == nil { slices[place].rule.types = other.rule.types }
        slices[place].rule.adoptTypes(from: other.rule)
      }
    }
    for place in children.indices {
      if let other = shared.children.first(where: { $0.name == children[place].name }) {
        children[place].rule.adoptTypes(from: other.rule)
      }
    }
  }

  func rule(_ id: String) -> Rule {
    let slices = slices.map { name, rule in
      var rule = rule
      rule.adoptTypes(from: self)
      for place in rule.slices.indices where rule.slices[place].rule.types == nil {
        rule.slices[place].rule.types = rule.types
      }
      return (name: name, rule: rule)
    }
    return Rule(
      id: self.id.isEmpty ? id : self.id, min: min, max: max, types: types, fixed: fixed,
      pattern: pattern, minValue: minValue, maxValue: maxValue, maxLength: maxLength,
      binding: binding,
      constraints: constraints.sorted { $0.key < $1.key }.map(\.value), slicing: slicing,
      slices: slices.map { Rule.Slice(name: $0.name, rule: $0.rule.rule(id + ":" + $0.name)) },
      children: children.map { child in
        let isChoice = child.name.hasSuffix("[x]")
        let name = isChoice ? String(child.name.dropLast(3)) : child.name
        return Rule.Child(
          name: name, isChoice: isChoice, step: MemberStep(name),
          rule: child.rule.rule(id + "." + child.name))
      }, narrative: narrative, valueAlternatives: valueAlternatives)
  }
}

/// The names of the forms of choice elements, such as `valueQuantity`, and what they are forms of.
struct FormNames: Sendable {
  static let shared = FormNames()
  private let stems: [Name?]

  private init() {
    let facts = FHIRFacts.r4
    var stems = [Name?](repeating: nil, count: NameTable.standard.count)
    for type in 1..<facts.typeCount {
      for member in facts.members(of: type) {
        guard let choice = facts.choice(of: member) else { continue }
        stems[Int(facts.name(of: member).rawValue)] = choice
      }
    }
    self.stems = stems
  }

  func stem(_ name: Name) -> Name? {
    Int(name.rawValue) < stems.count ? stems[Int(name.rawValue)] : nil
  }
}
