import ClinicalTree
import Definitions
import FHIRPath

/// The invariants of R4's types, compiled once.
///
/// Some are checked by code of our own and are left out here: `ele-1` and `ext-1` with the structure,
/// `dom-2` to `dom-5` and `ref-1` with references, `bdl-7` with Bundles, `txt-1` and `txt-2` with the
/// narrative.
struct Invariants: Sendable {
  static let shared = Invariants()

  struct Invariant: Sendable {
    let key: String
    let severity: Issue.Severity
    let expression: FHIRPathExpression
  }

  private let all: [Invariant?]
  private let keys: [String: String]
  /// Whether a member or a type has any, by its number.
  private let ofMembers: [Bool]
  private let ofTypes: [Bool]

  private static let own: Set = [
    "ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "ref-1", "bdl-7", "txt-1", "txt-2",
  ]

  /// What R4 itself marks as best practice and no more.
  private static let bestPractice: Set = ["dom-6"]

  /// Invariants whose expressions do not say what their texts say, corrected.
  private static let corrections: [String: String] = [
    // `Boolean` is FHIRPath's own type; the answer is a `boolean` of FHIR.
    "que-7": "operator = 'exists' implies (answer is boolean)",
    // More than one condition, as the text has it, are two and more.
    "que-12": "enableWhen.count() > 1 implies enableBehavior.exists()",
  ]

  private init() {
    var all: [Invariant?] = []
    var keys: [String: String] = [:]
    for number in 0..<FHIRFacts.r4.invariantCount {
      let fact = FHIRFacts.r4.invariant(number)
      let key = fact.key.string
      let text = fact.expression.string
      keys[key] = text
      let expression =
        Invariants.own.contains(key)
        ? nil : try? FHIRPathExpression(Invariants.corrections[key] ?? text)
      all.append(
        expression.map {
          Invariant(
            key: key,
            severity: fact.isError
              ? .error : Invariants.bestPractice.contains(key) ? .information : .warning,
            expression: $0)
        })
    }
    let facts = FHIRFacts.r4
    var ofMembers = [Bool](repeating: false, count: facts.memberCount)
    var ofTypes = [Bool](repeating: false, count: facts.typeCount)
    for type in 1..<facts.typeCount {
      facts.forEachInvariant(ofType: type) { if all[$0] != nil { ofTypes[type] = true } }
    }
    for member in 0..<facts.memberCount {
      facts.forEachInvariant(ofMember: member) { if all[$0] != nil { ofMembers[member] = true } }
    }
    self.all = all
    self.keys = keys
    self.ofMembers = ofMembers
    self.ofTypes = ofTypes
  }

  func hasAny(ofMember member: Int) -> Bool { ofMembers[member] }
  func hasAny(ofType type: Int) -> Bool { ofTypes[type] }

  subscript(number: Int) -> Invariant? { all[number] }

  /// Whether R4 itself has an invariant.
  func isKnown(key: String, expression: String) -> Bool {
    keys[key] == expression || key == "ele-1"
  }
}
