import ClinicalTree
import Definitions
import FHIRPath

/// Slicing: which slice an element belongs to, and how many each has.
extension FHIRValidation {
  func slices(of rule: Rule, _ values: [FHIRNode], in parent: FHIRNode, _ profile: Profile) {
    if rule.slices.isEmpty { return }
    let slicing = rule.slicing ?? FHIRValidation.extensionSlicing
    var counts = [Int](repeating: 0, count: rule.slices.count)
    var members = [[FHIRNode]](repeating: [], count: rule.slices.count)
    var last = -1
    var hasRest = false
    for (place, value) in values.enumerated() {
      var nearest: String?
      let found = rule.slices.indices.first { number in
        matches(value, place, rule.slices[number].rule, of: rule, slicing, &nearest)
      }
      guard let found else {
        hasRest = true
        if slicing.isClosed {
          let why = nearest.map { " (nearest: \($0))" } ?? ""
          report(
            Conformance.noSlice, at: value.cursor.index,
            "fits none of the slices \(rule.slices.map(\.name).joined(separator: ", "))\(why)",
            profile: profile.url)
        }
        continue
      }
      if slicing.isOrdered, found < last {
        report(
          Conformance.wrongOrder, at: value.cursor.index,
          "\(rule.slices[found].name) stands before \(rule.slices[last].name)",
          profile: profile.url)
      }
      if slicing.isOpenAtEnd, hasRest {
        report(
          Conformance.wrongOrder, at: value.cursor.index,
          "\(rule.slices[found].name) stands behind what is in no slice", profile: profile.url)
      }
      last = max(last, found)
      counts[found] += 1
      members[found].append(value)
    }
    for (number, slice) in rule.slices.enumerated() {
      if let min = slice.rule.min, counts[number] < min {
        report(
          Conformance.missingByProfile, at: parent.cursor.index,
          "\(slice.rule.id): at least \(min), found \(counts[number])", profile: profile.url)
      }
      if let max = slice.rule.max, counts[number] > max {
        report(
          Conformance.tooManyByProfile, at: members[number][max].cursor.index,
          "\(slice.rule.id): at most \(max), found \(counts[number])", profile: profile.url)
      }
      for value in members[number] { apply(slice.rule, to: value, profile) }
      slices(of: slice.rule, members[number], in: parent, profile)
    }
  }

  /// Extensions are sliced by their urls even where a profile does not say so.
  private static let extensionSlicing = Rule.Slicing(
    discriminators: [
      Rule.Discriminator(
        kind: .value, path: "url", expression: try? FHIRPathExpression("url"))
    ], isClosed: false, isOpenAtEnd: false, isOrdered: false)

  // MARK: Matching

  /// Whether an element belongs to a slice, by what the discriminators look at.
  private func matches(
    _ value: FHIRNode, _ place: Int, _ slice: Rule, of rule: Rule, _ slicing: Rule.Slicing,
    _ nearest: inout String?
  ) -> Bool {
    var isDecided = false
    for discriminator in slicing.discriminators {
      let answer =
        discriminator.kind == .position
        ? isPlace(place, of: slice, in: rule) : matches(value, slice, discriminator)
      switch answer {
      case true?: isDecided = true
      case false?:
        nearest = nearest ?? "\(slice.id), by \(discriminator.path)"
        return false
      case nil: break
      }
    }
    return isDecided
  }

  /// Whether an element stands where a slice is: behind the elements that the slices before it must have.
  private func isPlace(_ place: Int, of slice: Rule, in rule: Rule) -> Bool {
    let before = rule.slices.prefix { $0.rule !== slice }
    let start = before.reduce(0) { $0 + ($1.rule.min ?? 0) }
    return place >= start && place - start < slice.max ?? .max
  }

  /// Whether an element has what a slice demands at a discriminator; `nil` when it demands nothing.
  private func matches(
    _ value: FHIRNode, _ slice: Rule, _ discriminator: Rule.Discriminator
  ) -> Bool? {
    guard let expression = discriminator.expression else { return nil }
    let expected = expectations(slice, PathParts(discriminator.path)[...])
    let items = withEvaluator { evaluator in
      (try? evaluator.items(of: expression, on: .node(value))) ?? []
    }
    let nodes = items.compactMap { item in if case .node(let node) = item { node } else { nil } }
    switch discriminator.kind {
    case .exists:
      guard let rule = expected.first(where: { $0.min != nil || $0.max != nil }) else { return nil }
      if rule.max == 0 { return nodes.isEmpty }
      return rule.min ?? 0 > 0 ? !nodes.isEmpty : nil
    case .type:
      let types = expected.compactMap(\.types).first
      guard let types else { return nil }
      return nodes.contains { node in
        types.contains { $0.type != 0 && facts.type(Int(node.type), is: $0.type) }
      }
    case .profile:
      let urls = expected.flatMap { rule in
        (rule.types ?? []).flatMap { $0.profiles.isEmpty ? $0.targetProfiles : $0.profiles }
      }
      guard !urls.isEmpty else { return nil }
      return nodes.contains { node in
        urls.contains { url in
          let outer = facts.kind(of: Int(node.type)) == .resource ? enter(node) : nil
          defer { if let outer { leave(outer) } }
          return conforms(node, to: url) == true
        }
      }
    case .value, .pattern:
      let demanding = expected.filter { self.demands($0) }
      guard !demanding.isEmpty else { return nil }
      return nodes.contains { node in demanding.allSatisfy { has(node, $0) } }
    case .position: return nil
    }
  }

  /// The rules of a slice for what a path leads to.
  private func expectations(_ rule: Rule, _ path: ArraySlice<PathParts.Part>) -> [Rule] {
    guard let part = path.first else {
      // What the profile of its type says holds as well.
      return [rule] + profiles(of: rule).map(\.root)
    }
    var found: [Rule] = []
    switch part {
    case .member(let name):
      for own in [rule] + profiles(of: rule).map(\.root) {
        guard let child = own.child(name) else { continue }
        found += expectations(child, path.dropFirst())
        // A single type slice of a choice element is that element.
        for slice in child.slices where child.slicing != nil {
          for part in [slice] + slice.rule.slices {
            found += expectations(part.rule, path.dropFirst())
          }
        }
      }
    case .extension(let url):
      for own in [rule] + profiles(of: rule).map(\.root) {
        for slice in own.child("extension")?.slices ?? [] where isExtension(slice.rule, url) {
          for part in [slice] + slice.rule.slices {
            found += expectations(part.rule, path.dropFirst())
          }
        }
      }
    case .resolve:
      let targets = (rule.types ?? []).flatMap(\.targetProfiles)
      if path.count == 1 {
        // Which types and profiles the target may have.
        found.append(FHIRValidation.target(rule, targets, library))
      }
      if targets.count == 1, let profile = library.profile(targets[0]) {
        found += expectations(profile.root, path.dropFirst())
      }
    case .ofType: found = expectations(rule, path.dropFirst())
    }
    return found
  }

  private func isExtension(_ rule: Rule, _ url: String) -> Bool {
    (rule.types ?? []).flatMap(\.profiles).contains(url) || rule.child("url")?.fixed?.value == url
  }

  /// A rule about the target of a reference.
  private static func target(_ rule: Rule, _ urls: [String], _ library: Library) -> Rule {
    let types = urls.map { url in
      let type = Library.baseType(of: url).map { FHIRFacts.r4.title(of: $0).string }
      return Rule.TypeRule(
        code: type ?? library.profile(url)?.type ?? "", profiles: [url])
    }
    return Rule(
      id: rule.id, min: nil, max: nil, types: types.isEmpty ? nil : types, fixed: nil, pattern: nil,
      minValue: nil, maxValue: nil, maxLength: nil, binding: nil, constraints: [], slicing: nil,
      slices: [], children: [])
  }

  /// The profiles of a rule's only type.
  private func profiles(of rule: Rule) -> [Profile] {
    guard let types = rule.types, types.count == 1 else { return [] }
    return types[0].profiles.count == 1 ? types[0].profiles.compactMap(library.profile) : []
  }

  /// Whether a rule demands a value anywhere.
  private func demands(_ rule: Rule) -> Bool {
    rule.fixed != nil || rule.pattern != nil || rule.binding?.isRequired == true
      || rule.children.contains { demands($0.rule) || $0.rule.slices.contains { demands($0.rule) } }
  }

  /// Whether an element has the values that a rule demands.
  private func has(_ node: FHIRNode, _ rule: Rule) -> Bool {
    if let fixed = rule.fixed, !FixedValue.isEqual(fixed, node.cursor) { return false }
    if let pattern = rule.pattern, !FixedValue.contains(pattern, node.cursor) { return false }
    if let binding = rule.binding, binding.isRequired, rule.fixed == nil, rule.pattern == nil {
      let isMember = codes(of: node).contains { code, system in
        library.terminology.isMember(code, system: system, of: binding.valueSet) == .member
      }
      if !isMember { return false }
    }
    return rule.children.allSatisfy { child in
      let values = withEvaluator { $0.members(child.step, of: node) }
      if demands(child.rule), !values.contains(where: { has($0, child.rule) }) {
        // What may be missing demands nothing when it is.
        return values.isEmpty && child.rule.min ?? 0 == 0 && child.rule.fixed == nil
          && child.rule.pattern == nil && child.rule.children.isEmpty
      }
      return child.rule.slices.allSatisfy { slice in
        slice.rule.min ?? 0 == 0 || !demands(slice.rule)
          || values.contains { has($0, slice.rule) }
      }
    }
  }
}

/// The parts of a discriminator's path (profiling.html, restricted FHIRPath).
private struct PathParts {
  enum Part {
    case member(String)
    case `extension`(String)
    case resolve
    case ofType
  }

  private var parts: [Part] = []

  init(_ path: String) {
    var rest = path[...]
    while !rest.isEmpty {
      if rest.hasPrefix("extension("), let end = rest.firstIndex(of: ")") {
        parts.append(.extension(rest[..<end].dropFirst(10).filter { $0 != "'" && $0 != "\"" }))
        rest = rest[rest.index(after: end)...].drop { $0 == "." }
        continue
      }
      let end = rest.firstIndex(of: ".") ?? rest.endIndex
      let name = rest[..<end]
      switch name {
      case "$this": break
      case "resolve()": parts.append(.resolve)
      default:
        if name.hasPrefix("ofType(") {
          parts.append(.ofType)
        } else {
          parts.append(.member(String(name)))
        }
      }
      rest = rest[end...].drop { $0 == "." }
    }
  }

  subscript(_: UnboundedRange) -> ArraySlice<Part> { parts[...] }
}
