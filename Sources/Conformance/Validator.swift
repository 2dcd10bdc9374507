public import ClinicalTree

/// Checks documents against the base standards: FHIR R4, or CDA R2 with SDTC extensions.
///
/// A value that is made once and used from many tasks. Nothing outside the document is read.
public struct Validator: Sendable {
  /// Makes a validator for the base standards.
  public init() {}

  /// The findings about a FHIR resource: unknown and missing elements, cardinality, types, formats,
  /// codes of required value sets, repeated fullUrls. Linear in the size of the resource.
  public func issues(inFHIR tree: Tree) -> [Issue] { FHIRStructure.issues(in: tree) }

  /// The findings about a CDA document that HL7's schema `CDA_SDTC.xsd` would have too. Linear in the
  /// size of the document.
  public func issues(inCDA tree: Tree) -> [Issue] { CDAStructure.issues(in: tree) }
}
