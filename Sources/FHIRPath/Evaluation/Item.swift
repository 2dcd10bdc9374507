package import ClinicalTree

/// One value of a collection while an expression is evaluated; owns nothing, so that copying is free.
package enum Item {
  /// An element of FHIR.
  case node(FHIRNode)
  /// An element, attribute or text of CDA with its type in the facts of CDA (0 for a simple value).
  case cda(Cursor, type: Int32)
  case boolean(Bool)
  case integer(Int)
  case decimal(Text)
  case string(Text)
  case date(Text)
  case dateTime(Text)
  case time(Text)
  /// The place of a quantity among those that the machine has made.
  case quantity(Int32)
  /// What `type()` gives.
  case typeInfo(isFHIR: Bool, Text)

  /// Whether the item is an element of a document.
  var isNode: Bool {
    switch self {
    case .node, .cda: true
    default: false
    }
  }
}

/// An element of FHIR: its value, its partner with id and extensions, or both.
package struct FHIRNode {
  /// The value, or the partner where there is no value.
  package let cursor: Cursor
  /// The partner that begins with an underscore in JSON; -1 when there is none.
  package let shadow: Int32
  /// The type in the facts, 0 when it is unknown.
  package let type: Int32
  package let hasValue: Bool

  package init(_ cursor: Cursor, type: Int, shadow: Int = -1, hasValue: Bool = true) {
    self.cursor = cursor
    self.shadow = Int32(truncatingIfNeeded: shadow)
    self.type = Int32(truncatingIfNeeded: type)
    self.hasValue = hasValue
  }
}

/// A quantity with its unit.
struct PathQuantity {
  let value: ExactDecimal
  /// The value as it was written.
  let text: Text
  /// A unit of UCUM, or the word of a calendar duration.
  let unit: Text
  let calendar: CalendarUnit?
}
