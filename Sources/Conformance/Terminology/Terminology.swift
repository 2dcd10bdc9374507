import ClinicalTree
import Definitions
import Synchronization

/// Answers about codes that a validator asks for what it does not hold itself: a terminology server, or
/// a local copy of SNOMED CT or LOINC.
public protocol ExternalTerminology: Sendable {
  /// Whether a system has a code; `nil` when that cannot be told.
  func contains(code: String, system: String) -> Bool?
  /// Whether a value set has a code; `nil` when that cannot be told.
  func contains(code: String, system: String?, valueSet: String) -> Bool?
}

/// The code systems and value sets that are at hand, offline.
final class Terminology: Sendable {
  /// Whether a code is in a set.
  enum Answer: Equatable {
    case member
    case notMember
    /// The set needs a system that is not at hand.
    case unknown(system: String)
  }

  private let store: DefinitionStore
  private let external: (any ExternalTerminology)?
  private let systems = Mutex<[String: CodeSystem?]>([:])
  private let sets = Mutex<[String: ValueSet?]>([:])
  private let answers = Mutex<[String: Answer]>([:])

  init(_ store: DefinitionStore, external: (any ExternalTerminology)?) {
    self.store = store
    self.external = external
  }

  // MARK: Code systems

  func codeSystem(_ url: String) -> CodeSystem? {
    if let known = systems.withLock({ $0[url] }) { return known }
    var found = store.find(url, type: "CodeSystem").map { CodeSystem($0) }
    // A supplement has no codes of its own.
    if let own = found, own.isEmpty { found = own.isComplete ? own : nil }
    systems.withLock { $0[url] = .some(found) }
    return found
  }

  /// Whether a system has a code; `nil` when the system is not at hand in full.
  func contains(_ code: String, in system: String) -> Bool? {
    if let isValid = BuiltInSystems.isValid(code, of: system) { return isValid }
    if let own = codeSystem(system) {
      if own.concept(code) != nil { return true }
      return own.isComplete ? false : nil
    }
    return external?.contains(code: code, system: system)
  }

  /// What is wrong with the display of a code: the one that is expected; `nil` when nothing is.
  func expectedDisplay(of code: String, in system: String, given: String) -> String? {
    guard let concept = codeSystem(system)?.concept(code), let display = concept.display else {
      return nil
    }
    if given == display { return nil }
    let folded = Terminology.folded(given)
    if folded == Terminology.folded(display)
      || concept.designations.contains(where: { Terminology.folded($0) == folded })
    {
      return nil
    }
    return display
  }

  private static func folded(_ text: String) -> String {
    text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  // MARK: Value sets

  func hasValueSet(_ url: String) -> Bool { valueSet(url) != nil }

  func valueSet(_ canonical: String) -> ValueSet? {
    if let known = sets.withLock({ $0[canonical] }) { return known }
    let found = store.find(canonical, type: "ValueSet").map { ValueSet($0) }
    sets.withLock { $0[canonical] = .some(found) }
    return found
  }

  /// Whether a code is in a value set; without a system any system of the set will do.
  func isMember(_ code: String, system: String?, of valueSet: String) -> Answer {
    let key = "\(valueSet)\u{0}\(system ?? "")\u{0}\(code)"
    if let known = answers.withLock({ $0[key] }) { return known }
    var visited: Set<String> = []
    var answer = membership(code, system, valueSet, &visited)
    if case .unknown = answer,
      let told = external?.contains(code: code, system: system, valueSet: valueSet)
    {
      answer = told ? .member : .notMember
    }
    answers.withLock { cache in
      if cache.count > 100_000 { cache.removeAll() }
      cache[key] = answer
    }
    return answer
  }

  private func membership(
    _ code: String, _ system: String?, _ url: String, _ visited: inout Set<String>
  ) -> Answer {
    guard visited.insert(url).inserted else { return .notMember }
    defer { visited.remove(url) }
    guard let set = valueSet(url) else { return .unknown(system: url) }
    var answer = Answer.notMember
    for part in set.includes {
      switch contains(part, code, system, &visited) {
      case .member:
        let isExcluded = set.excludes.contains {
          contains($0, code, system, &visited) == .member
        }
        if !isExcluded { return .member }
      case .unknown(let system): answer = .unknown(system: system)
      case .notMember: break
      }
    }
    return answer
  }

  private func contains(
    _ part: ValueSet.Part, _ code: String, _ system: String?, _ visited: inout Set<String>
  ) -> Answer {
    var answer = Answer.member
    for other in part.valueSets {
      switch membership(code, system, other, &visited) {
      case .notMember: return .notMember
      case .unknown(let system): answer = .unknown(system: system)
      case .member: break
      }
    }
    guard let own = part.system else { return part.valueSets.isEmpty ? .notMember : answer }
    if let system, system != own { return .notMember }
    if let codes = part.codes { return codes.contains(code) ? answer : .notMember }
    if part.filters.isEmpty {
      switch contains(code, in: own) {
      case true?: return answer
      case false?: return .notMember
      case nil: return .unknown(system: own)
      }
    }
    guard let definition = codeSystem(own), definition.isComplete else {
      return .unknown(system: own)
    }
    guard definition.concept(code) != nil else { return .notMember }
    for filter in part.filters {
      guard let holds = filter.holds(for: code, in: definition, self) else {
        return .unknown(system: own)
      }
      if !holds { return .notMember }
    }
    return answer
  }

  /// Whether a code is another one or below it; `nil` when the system is not at hand.
  func subsumes(_ ancestor: String, _ code: String, in system: String) -> Bool? {
    guard let own = codeSystem(system), own.isComplete else { return nil }
    return own.isA(code, ancestor)
  }
}

/// A value set as it is defined.
struct ValueSet: Sendable {
  struct Part: Sendable {
    let system: String?
    let valueSets: [String]
    /// The codes that are listed, `nil` where they are not.
    let codes: Set<String>?
    let filters: [Filter]
  }

  struct Filter: Sendable {
    let property: String
    let operation: String
    let value: String
  }

  let includes: [Part]
  let excludes: [Part]
  let name: String

  init(_ resource: Element) {
    name = resource.text("name")
    if let compose = resource.first("compose") {
      includes = compose["include"].map(Part.init)
      excludes = compose["exclude"].map(Part.init)
      return
    }
    // Without a definition the expansion has to do.
    var codes: [String: Set<String>] = [:]
    func add(_ contains: Element) {
      if contains.text("abstract") != "true" {
        codes[contains.text("system"), default: []].insert(contains.text("code"))
      }
      for inner in contains["contains"] { add(inner) }
    }
    for contains in resource.first("expansion")?["contains"] ?? [] { add(contains) }
    includes = codes.sorted { $0.key < $1.key }.map {
      Part(system: $0.key, valueSets: [], codes: $0.value, filters: [])
    }
    excludes = []
  }
}

extension ValueSet.Part {
  fileprivate init(_ element: Element) {
    system = element.first("system")?.value
    valueSets = element["valueSet"].compactMap(\.value)
    let listed = element["concept"].map { $0.text("code") }
    codes = listed.isEmpty ? nil : Set(listed)
    filters = element["filter"].map {
      ValueSet.Filter(
        property: $0.text("property"), operation: $0.text("op"), value: $0.text("value"))
    }
  }
}

extension ValueSet.Filter {
  /// Whether a code passes the filter; `nil` for an operation that is not known.
  func holds(for code: String, in system: CodeSystem, _ terminology: Terminology) -> Bool? {
    guard let concept = system.concept(code) else { return false }
    let own =
      property == "code"
      ? [concept.code]
      : property == "display"
        ? [concept.display ?? ""]
        : property == "parent"
          ? concept.parents : concept.properties.filter { $0.code == property }.map(\.value)
    switch operation {
    case "is-a": return system.isA(code, value)
    case "descendent-of": return code != value && system.isA(code, value)
    case "is-not-a": return !system.isA(code, value)
    case "generalizes": return system.isA(value, code)
    case "=": return own.contains(value)
    case "in": return own.contains { value.split(separator: ",").map(String.init).contains($0) }
    case "not-in":
      return !own.contains { value.split(separator: ",").map(String.init).contains($0) }
    case "exists": return own.isEmpty == (value == "false")
    default: return nil
    }
  }
}
