import ClinicalTree

/// Lists the codes of value sets as far as the package's own code systems go.
struct ValueSetExpander {
  struct Code: Hashable, Comparable {
    let system: String
    let code: String

    static func < (a: Code, b: Code) -> Bool { (a.system, a.code) < (b.system, b.code) }
  }

  private let package: FHIRPackage
  private var systems: [String: CodeSystem] = [:]

  private struct CodeSystem {
    var codes: [String] = []
    var parents: [String: Set<String>] = [:]
  }

  init(_ package: FHIRPackage) { self.package = package }

  /// The codes of a value set, `nil` when some of them are not in the package.
  mutating func codes(of url: String, visited: Set<String> = []) -> Set<Code>? {
    let url = String(url.prefix { $0 != "|" })
    guard !visited.contains(url), let set = package.valueSets[url],
      let compose = set.first("compose")
    else { return nil }
    var codes: Set<Code> = []
    for include in compose["include"] {
      guard let part = part(include, visited.union([url])) else { return nil }
      codes.formUnion(part)
    }
    for exclude in compose["exclude"] {
      guard let part = part(exclude, visited.union([url])) else { return nil }
      codes.subtract(part)
    }
    return codes
  }

  private mutating func part(_ include: Element, _ visited: Set<String>) -> Set<Code>? {
    let url = include.string("system")
    var codes: Set<Code>?
    if !url.isEmpty {
      let listed = include["concept"].map { Code(system: url, code: $0.string("code")) }
      if listed.isEmpty {
        guard let system = system(url) else { return nil }
        var chosen = Set(system.codes)
        for filter in include["filter"] {
          guard let matching = matching(filter, in: system) else { return nil }
          chosen.formIntersection(matching)
        }
        codes = Set(chosen.map { Code(system: url, code: $0) })
      } else {
        codes = Set(listed)
      }
    }
    for other in include["valueSet"] {
      guard let more = self.codes(of: other.value ?? "", visited: visited) else { return nil }
      codes = codes.map { $0.intersection(more) } ?? more
    }
    return codes
  }

  private func matching(_ filter: Element, in system: CodeSystem) -> Set<String>? {
    let value = filter.string("value")
    func descendants() -> Set<String> {
      var found: Set<String> = [value]
      var grew = true
      while grew {
        let more = system.codes.filter {
          !found.contains($0) && !found.isDisjoint(with: system.parents[$0] ?? [])
        }
        grew = !more.isEmpty
        found.formUnion(more)
      }
      return found
    }
    switch (filter.string("property"), filter.string("op")) {
    case ("concept", "is-a"), ("code", "is-a"): return descendants()
    case ("concept", "descendent-of"), ("code", "descendent-of"):
      return descendants().subtracting([value])
    case ("concept", "is-not-a"), ("code", "is-not-a"):
      return Set(system.codes).subtracting(descendants())
    default: return nil
    }
  }

  private mutating func system(_ url: String) -> CodeSystem? {
    if let known = systems[url] { return known }
    guard let resource = package.codeSystems[url], resource.string("content") == "complete" else {
      return nil
    }
    var system = CodeSystem()
    func add(_ concepts: [Element], below parent: String?) {
      for concept in concepts {
        let code = concept.string("code")
        system.codes.append(code)
        var parents = Set(
          concept["property"].filter { $0.string("code") == "subsumedBy" }
            .map { $0.string("valueCode") })
        if let parent { parents.insert(parent) }
        system.parents[code, default: []].formUnion(parents)
        add(concept["concept"], below: code)
      }
    }
    add(resource["concept"], below: nil)
    systems[url] = system
    return system
  }
}
