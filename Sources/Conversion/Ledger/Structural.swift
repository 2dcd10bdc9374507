import ClinicalTree
import Definitions

/// Leaves that say how to read an element and not what is true of the patient.
enum Structural {
  /// Whether a leaf is a constant of the model or of a template: class and mood codes, templates, types.
  static func isConstant(_ leaf: Cursor) -> Bool {
    guard leaf.kind == .attribute else { return false }
    switch leaf.name {
    case .classCode, .moodCode, .typeCode, .determinerCode, .contextControlCode,
      .contextConductionInd,
      .inversionInd, .type, .schemaLocation, .independentInd, .mediaType, .representation,
      .operator:
      return true
    default:
      return leaf.node.flags.space == .xsi || leaf.node.flags.space == .xml
    }
  }

  /// Whether an element with all that it has is a constant.
  static func isConstantElement(_ name: Name) -> Bool {
    name == .templateId || name == .typeId || name == .realmCode
  }
}
