import ClinicalTree
import Definitions
import FHIRPath

/// Profiles: each rule is checked on the element that it speaks of, and what no rule speaks of is not
/// looked at again.
extension FHIRValidation {
  private static let probeLimit = 12

  /// Checks an element against a profile.
  func apply(_ profile: Profile, to node: FHIRNode) {
    if !profile.faults.isEmpty, probeDepth == 0 {
      for fault in profile.faults {
        report(Conformance.profileFault, at: node.cursor.index, fault, profile: profile.url)
      }
    }
    let type = FHIRFacts.r4.type(named: profile.type)
    if type != 0, node.type != 0, !facts.type(Int(node.type), is: type) {
      return report(
        Conformance.wrongType, at: node.cursor.index,
        "the profile is for \(profile.type), this is \(facts.title(of: Int(node.type)).string)",
        profile: profile.url)
    }
    within(node) { apply(profile.root, to: node, profile) }
  }

  /// Whether an element conforms to a profile; nothing is reported. `nil` when it is not at hand.
  func conforms(_ node: FHIRNode, to url: String) -> Bool? {
    if let type = Library.baseType(of: url) { return facts.type(Int(node.type), is: type) }
    guard let profile = library.profile(url) else { return nil }
    return probe(node) { self.apply(profile, to: node) }
  }

  /// Whether a check of an element finds no error.
  private func probe(_ node: FHIRNode, _ check: () -> Void) -> Bool {
    // What goes around in circles is taken to conform.
    guard probeDepth < FHIRValidation.probeLimit else { return true }
    let (found, pairs) = (findings, checked)
    findings = FindingList()
    probeDepth += 1
    check()
    let conforms = !findings.hasError
    (findings, checked) = (found, pairs)
    probeDepth -= 1
    return conforms
  }

  /// Checks an element against a rule of a profile.
  func apply(_ rule: Rule, to node: FHIRNode, _ profile: Profile) {
    guard
      checked.insert(Pair(node: node.cursor.index, rule: ObjectIdentifier(rule))).inserted
    else { return }
    values(rule, node, profile)
    types(rule, node, profile)
    if let binding = rule.binding { check(binding, on: node, profile) }
    // To a constraint on a resource inside of another one, `%resource` is the outer one.
    for constraint in rule.constraints { check(constraint, on: node, profile) }
    for control in rule.narrative { check(control, on: node, profile) }
    alternatives(rule, node, profile)
    if rule.children.isEmpty { return }
    within(node) { for child in rule.children { check(child, of: node, profile) } }
  }

  // MARK: Values

  private func values(_ rule: Rule, _ node: FHIRNode, _ profile: Profile) {
    if let fixed = rule.fixed, node.hasValue, !FixedValue.isEqual(fixed, node.cursor) {
      report(
        Conformance.wrongValue, at: node.cursor.index, "the profile fixes another value",
        profile: profile.url)
    }
    if let pattern = rule.pattern, node.hasValue, !FixedValue.contains(pattern, node.cursor) {
      report(
        Conformance.wrongValue, at: node.cursor.index, "not the pattern of the profile",
        profile: profile.url)
    }
    if let length = rule.maxLength, node.cursor.kind == .string,
      node.cursor.text.string.unicodeScalars.count > length
    {
      report(
        Conformance.wrongValue, at: node.cursor.index, "longer than \(length) characters",
        profile: profile.url)
    }
    if let least = rule.minValue { bound(node, least, isLeast: true, profile) }
    if let greatest = rule.maxValue { bound(node, greatest, isLeast: false, profile) }
  }

  private func bound(_ node: FHIRNode, _ limit: Element, isLeast: Bool, _ profile: Profile) {
    guard node.hasValue, let order = Bounds.order(node, limit, now: options.now) else { return }
    if isLeast ? order < 0 : order > 0 {
      report(
        Conformance.wrongValue, at: node.cursor.index,
        isLeast ? "less than the least value" : "more than the greatest value",
        profile: profile.url)
    }
  }

  private func check(_ constraint: Rule.Constraint, on node: FHIRNode, _ profile: Profile) {
    guard let expression = constraint.expression else {
      if probeDepth == 0 {
        report(
          Conformance.uncheckedConstraint, at: node.cursor.index,
          "\(constraint.key) could not be read: \(constraint.fault)", profile: profile.url)
      }
      return
    }
    switch holds(expression, on: node) {
    case .success(true?), .success(nil): break
    case .success(false?):
      report(
        Conformance.brokenConstraint, at: node.cursor.index,
        constraint.human.isEmpty
          ? "\(constraint.key) does not hold: \(expression.text.prefix(200))"
          : "\(constraint.key): \(constraint.human.prefix(200))",
        severity: constraint.isError ? .error : .warning, profile: profile.url,
        constraint: constraint.key)
    case .failure(let error):
      report(
        Conformance.unchecked(error), at: node.cursor.index,
        "\(constraint.key) could not be checked: \(error.message)", profile: profile.url)
    }
  }

  /// An element without a value has one of the extensions that may stand for it.
  private func alternatives(_ rule: Rule, _ node: FHIRNode, _ profile: Profile) {
    guard !rule.valueAlternatives.isEmpty, !node.hasValue else { return }
    let urls = node.cursor.values(.extension).compactMap { $0.property(.url)?.text.string }
    if !rule.valueAlternatives.contains(where: urls.contains) {
      report(
        Conformance.missingByProfile, at: node.cursor.index,
        "\(rule.id): a value, or the extension that may stand for it", profile: profile.url)
    }
  }

  // MARK: Types

  private func types(_ rule: Rule, _ node: FHIRNode, _ profile: Profile) {
    guard let allowed = rule.types, !allowed.isEmpty, node.type != 0 else { return }
    let own = Int(node.type)
    // Types of FHIRPath itself, and those of logical models, say nothing here.
    let fitting = allowed.filter { type in
      type.type == 0 || facts.type(own, is: type.type) || facts.kind(of: own) == .backbone
    }
    guard !fitting.isEmpty else {
      return report(
        Conformance.wrongType, at: node.cursor.index,
        "a \(facts.title(of: own).string), allowed are \(allowed.map(\.code).joined(separator: ", "))",
        profile: profile.url)
    }
    if fitting.allSatisfy({ !$0.profiles.isEmpty }) {
      follow(fitting.flatMap(\.profiles), node, profile)
    }
    if own == facts.reference { targets(fitting, node, profile) }
  }

  /// The value follows the profile of its type, or one of several.
  private func follow(_ urls: [String], _ node: FHIRNode, _ profile: Profile) {
    let url = urls[0]
    if urls.count == 1 {
      if Library.baseType(of: url) != nil { return }
      guard let other = library.profile(url) else {
        return report(
          Conformance.unknownProfile, at: node.cursor.index, "\(url) is not at hand",
          profile: profile.url)
      }
      // An extension is checked against its own definition wherever it stands.
      if node.type == Int32(facts.extensionType), !options.isBaseOnly, probeDepth == 0,
        node.cursor.property(.url).map({ $0.text == other.url }) ?? false
      {
        return
      }
      return apply(other, to: node)
    }
    var isOpen = false
    for url in urls {
      switch conforms(node, to: url) {
      case true?: return
      case nil: isOpen = true
      case false?: break
      }
    }
    if isOpen { return }
    report(
      Conformance.noProfileFits, at: node.cursor.index,
      "none of \(urls.joined(separator: ", "))", profile: profile.url)
  }

  /// What a reference leads to is of an allowed type, and follows an allowed profile.
  private func targets(_ types: [Rule.TypeRule], _ node: FHIRNode, _ profile: Profile) {
    let cursor = node.cursor
    guard cursor.kind == .object, let reference = cursor.property(.reference),
      reference.kind == .string
    else { return }
    let isContained = reference.text.hasPrefix("#")
    let found = resolve(reference.text, from: cursor.index)
    aggregation(types, isContained, isFound: found != nil, at: cursor.index, profile)
    let targets = types.flatMap { zip($0.targetProfiles, $0.targetTypes) }
    guard !targets.isEmpty else { return }
    if let found {
      var isOpen = false
      for (url, known) in targets {
        let base = known ?? baseType(ofTarget: url)
        if let base, !facts.type(Int(found.type), is: base) { continue }
        if known != nil { return }
        let outer = enter(found)
        let answer = conforms(found, to: url)
        leave(outer)
        switch answer {
        case true?: return
        case nil: isOpen = true
        case false?: break
        }
      }
      if isOpen { return }
      let names = targets.map { url, _ in url.split(separator: "/").last.map(String.init) ?? url }
      return report(
        Conformance.targetByProfile, at: reference.index,
        "leads to nothing that follows \(names.joined(separator: ", "))", profile: profile.url)
    }
    guard let type = FHIRValidation.type(namedIn: reference.text) else { return }
    let bases = targets.map { url, known in known ?? baseType(ofTarget: url) }
    if bases.contains(where: { $0 == nil }) { return }
    if !bases.contains(where: { $0.map { facts.type(type, is: $0) } ?? true }) {
      report(
        Conformance.targetByProfile, at: reference.index,
        "leads to a \(facts.title(of: type).string), which is not allowed", profile: profile.url)
    }
  }

  private func aggregation(
    _ types: [Rule.TypeRule], _ isContained: Bool, isFound: Bool, at place: Int, _ profile: Profile
  ) {
    let modes = Set(types.flatMap(\.aggregation))
    guard !modes.isEmpty else { return }
    let isBundle = root.says(.resourceType, "Bundle")
    let mode = isContained ? "contained" : isFound && isBundle ? "bundled" : "referenced"
    if !modes.contains(mode), !(mode == "bundled" && modes.contains("referenced")) {
      report(
        Conformance.targetByProfile, at: place,
        "the reference is \(mode), allowed is \(modes.sorted().joined(separator: ", "))",
        profile: profile.url)
    }
  }

  /// The type that the profile of a target is for; `nil` when it is not at hand.
  private func baseType(ofTarget url: String) -> Int? {
    guard let profile = library.profile(url) else { return nil }
    let type = facts.type(named: profile.type)
    return type == 0 ? nil : type
  }

  // MARK: Children

  private func check(_ child: Rule.Child, of node: FHIRNode, _ profile: Profile) {
    let values = withEvaluator { $0.members(child.step, of: node) }
    let rule = child.rule
    if let min = rule.min, values.count < min {
      report(
        Conformance.missingByProfile, at: node.cursor.index,
        "\(rule.id): at least \(min), found \(values.count)", profile: profile.url)
    }
    if let max = rule.max, values.count > max {
      report(
        Conformance.tooManyByProfile, at: values[max].cursor.index,
        "\(rule.id): at most \(max), found \(values.count)", profile: profile.url)
    }
    for value in values { apply(rule, to: value, profile) }
    slices(of: rule, values, in: node, profile)
  }

  /// Runs a body with the resource that an element is, where it is one, as the current one.
  private func within(_ node: FHIRNode, _ body: () -> Void) {
    guard node.type != 0, facts.kind(of: Int(node.type)) == .resource,
      resource.own != node.cursor.index
    else { return body() }
    let outer = enter(node)
    body()
    leave(outer)
  }
}
