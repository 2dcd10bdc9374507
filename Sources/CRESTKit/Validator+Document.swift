import CRESTRecords
public import ClinicalTree
public import Conformance

extension Validator {
  /// The findings about a document: FHIR by R4, CDA by its schema; see the module Conformance. A record is
  /// checked as the FHIR that it becomes, by the profile `crest-bundle-record`; places are those of the FHIR,
  /// and of the record itself where it is none.
  public func issues(in document: ClinicalDocument) -> [Issue] {
    switch document.kind {
    case .ccda: issues(inCDA: document.tree)
    case .fhir, .fhirXML: issues(inFHIR: document.tree)
    case .ndjson: document.trees.flatMap(issues(inFHIR:))
    case .record: issues(inRecord: document)
    }
  }

  private func issues(inRecord document: ClinicalDocument) -> [Issue] {
    do {
      let bundle = try Converter().convert(document, to: .fhir)
      // The registry's profile has the rules of the other one.
      let isSubmission = options.profiles.contains(CREST.submissionProfile)
      let validator = isSubmission ? self : adding(profiles: [CREST.recordProfile])
      return validator.issues(inFHIR: bundle.tree).map { issue in
        // Nobody has the text that its positions are in.
        var issue = issue
        issue.position = nil
        return issue
      }
    } catch .notARecord(let issues) {
      return issues
    } catch {
      return []
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
