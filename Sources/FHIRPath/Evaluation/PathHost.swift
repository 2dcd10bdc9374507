package import ClinicalTree

/// What an evaluation asks the world outside the expression for.
package protocol PathHost {
  /// The moment that `now()` stands for, as a FHIR dateTime.
  var now: String { get }
  /// The resource that a reference leads to from a place in a document.
  func resolve(_ reference: Text, from place: Cursor?) -> FHIRNode?
  /// Whether an element conforms to a profile; `nil` when the profile is not at hand.
  func conforms(_ node: FHIRNode, to profile: Text) -> Bool?
  /// Whether a code is in a value set; `nil` when that cannot be told.
  func isMember(_ code: Text, of system: Text?, in valueSet: Text) -> Bool?
  /// Whether a code is another one or below it; `nil` when that cannot be told.
  func subsumes(_ code: Text, _ other: Text, in system: Text) -> Bool?
  /// Whether a text is narrative as R4 allows it.
  func isNarrative(_ text: Text) -> Bool
  /// Whether an element of CDA has the template id of a profile; `nil` when it is not at hand.
  func hasTemplateId(_ element: Cursor, of profile: Text) -> Bool?
  /// Shows a collection under a name; the values are made when they are asked for.
  func trace(_ name: String, _ values: () -> [FHIRPathValue])
}

/// A host for expressions that ask for nothing beyond the element that they are evaluated on.
package struct ElementHost: PathHost {
  package let now: String

  package init(now: String) { self.now = now }

  package func resolve(_ reference: Text, from place: Cursor?) -> FHIRNode? { nil }
  package func conforms(_ node: FHIRNode, to profile: Text) -> Bool? { nil }
  package func isMember(_ code: Text, of system: Text?, in valueSet: Text) -> Bool? { nil }
  package func subsumes(_ code: Text, _ other: Text, in system: Text) -> Bool? { nil }
  package func isNarrative(_ text: Text) -> Bool { true }
  package func hasTemplateId(_ element: Cursor, of profile: Text) -> Bool? { nil }
  package func trace(_ name: String, _ values: () -> [FHIRPathValue]) {}
}
