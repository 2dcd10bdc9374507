public import ClinicalTree
public import Conformance

extension Validator {
  /// The findings about a document: FHIR by R4, CDA by its schema; see the module Conformance.
  public func issues(in document: ClinicalDocument) -> [Issue] {
    switch document.kind {
    case .ccda: issues(inCDA: document.tree)
    case .fhir, .fhirXML: issues(inFHIR: document.tree)
    case .ndjson: ([document.tree] + document.more).flatMap(issues(inFHIR:))
    case .record: []
    }
  }
}
