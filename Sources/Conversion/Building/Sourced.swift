import ClinicalTree

/// A value, with the leaves of the source that it comes from and what of them it still says.
///
/// The only thing that ``FHIRBuilder`` writes. So nothing is invented: a value has an origin in the
/// source, or a rule with a reason. And nothing is lost silently: what no value names as its origin is,
/// by construction, what was not carried.
struct Sourced<Value> {
  let value: Value
  let origin: Origin

  init(_ value: Value, _ origin: Origin) {
    self.value = value
    self.origin = origin
  }

  /// Another value of the same origin that says the same.
  func map<Other>(_ transform: (Value) -> Other) -> Sourced<Other> {
    Sourced<Other>(transform(value), origin)
  }
}

/// Where a value of the target comes from.
struct Origin {
  enum Kind: UInt8 {
    /// The target says all that the leaf said.
    case carried
    /// The leaf is set aside in the target: as an extension or in a narrative.
    case kept
    /// The target says a part of what the leaf said.
    case partly
    /// The value comes from no leaf but from a rule.
    case added
  }

  let kind: Kind
  /// The leaf, and a second one that has the same say in the value; -1 for none.
  let leaf: Int32
  let second: Int32
  let reason: Reason

  static func leaf(_ leaf: Cursor) -> Origin {
    Origin(kind: .carried, leaf: Int32(leaf.index), second: -1, reason: .none)
  }

  static func leaves(_ leaf: Cursor, _ second: Cursor?) -> Origin {
    Origin(
      kind: .carried, leaf: Int32(leaf.index), second: second.map { Int32($0.index) } ?? -1,
      reason: .none)
  }

  static func kept(_ leaf: Cursor) -> Origin {
    Origin(kind: .kept, leaf: Int32(leaf.index), second: -1, reason: .none)
  }

  static func partly(_ leaf: Cursor, _ reason: Reason) -> Origin {
    Origin(kind: .partly, leaf: Int32(leaf.index), second: -1, reason: reason)
  }

  static func rule(_ reason: Reason) -> Origin {
    Origin(kind: .added, leaf: -1, second: -1, reason: reason)
  }
}

extension Cursor {
  /// The value of a leaf, which says all that the leaf says.
  var sourced: Sourced<Text> { Sourced(text, .leaf(self)) }
}

/// Why a value was added, or what of a leaf was lost; the ledger prints it.
struct Reason: Hashable, Sendable {
  let text: String

  init(_ text: String) { self.text = text }

  static let none = Reason("")
  static let structural = Reason(
    "structural: says how to read the element, which the target's place says too")
  static let selects = Reason(
    "structural: a code of the template that selects the row of the table")
  static let implied = Reason(
    "structural: how FHIR identifies, names or leaves out what the place in the document says")
  static let noValue = Reason("the source says that it gives no value")
  static let blank = Reason("empty")
  static let noPlace = Reason("no place in the target")
  static let resourceType = Reason("the type of the resource")
  static let identity = Reason("identity derived from the patient and the source id")
  static let reference = Reason("a reference between resources of this document")
  static let mapped = Reason("fixed by the table for this kind of statement")
  static let template = Reason("fixed by the template of C-CDA")
  static let words = Reason("words for people, made of the entries")
  static let carrier = Reason("holds what only FHIR has an element for")
  static let required = Reason("C-CDA requires it; the source is silent")
}
