public import ClinicalTree
import Definitions

/// One value of a result.
public struct FHIRPathValue: Sendable {
  /// The type, such as `FHIR.HumanName`, `FHIR.code`, `System.Integer` or `CDA.CD`.
  public let type: String
  /// The element of the document, where the value is one.
  public let element: Element?
  /// The value where it is a single one.
  public let scalar: Scalar?

  /// A value without parts, or a quantity.
  public enum Scalar: Hashable, Sendable {
    case boolean(Bool)
    /// With its digits as written.
    case number(String)
    /// Dates and times among them, without `@`.
    case text(String)
    case quantity(value: String, unit: String)
  }

  init(_ item: Item, _ machine: Machine) {
    let tree = machine.tree
    switch item {
    case .node(let node):
      type = "FHIR." + machine.typeName(of: node).string
      element = tree.map { Element(tree: $0, index: node.cursor.index) }
      scalar = machine.value(of: item).flatMap { $0.isNode ? nil : Scalar($0, machine) }
    case .cda(let cursor, let number):
      type = number > 0 ? "CDA.\(CDAFacts.r2.title(of: Int(number)).string)" : "System.String"
      element = tree.map { Element(tree: $0, index: cursor.index) }
      scalar = machine.value(of: item).flatMap { $0.isNode ? nil : Scalar($0, machine) }
    case .typeInfo(let isFHIR, let name):
      type = isFHIR ? "System.ClassInfo" : "System.SimpleTypeInfo"
      element = nil
      scalar = .text((isFHIR ? "FHIR." : "System.") + name.string)
    default:
      type = "System.\(machine.systemName(of: item))"
      element = nil
      scalar = Scalar(item, machine)
    }
  }
}

extension FHIRPathValue.Scalar {
  init?(_ item: Item, _ machine: Machine) {
    switch item {
    case .boolean(let value): self = .boolean(value)
    case .integer, .decimal: self = .number(machine.asString(item) ?? "")
    case .quantity(let place):
      let quantity = machine.quantities[Int(place)]
      self = .quantity(value: quantity.text.string, unit: quantity.unit.string)
    case .string, .date, .dateTime, .time: self = .text(machine.asString(item) ?? "")
    case .node, .cda, .typeInfo: return nil
    }
  }
}
