import ClinicalTree
import Definitions
import FHIRPath

/// Rules of conformance resources beyond their invariants.
extension FHIRValidation {
  func definitionRules(_ object: Cursor, _ type: Name) {}
}
