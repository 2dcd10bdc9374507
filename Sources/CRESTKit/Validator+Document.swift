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

  /// The same findings, with the entries of a large Bundle shared among tasks.
  public func issues(in document: ClinicalDocument, tasks: Int) async -> [Issue] {
    switch document.kind {
    case .fhir, .fhirXML: await issues(inFHIR: document.tree, tasks: tasks)
    default: issues(in: document)
    }
  }
}
