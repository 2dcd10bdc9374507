import ClinicalTree
import Definitions

/// Observations of the social history that US Core puts into the Patient: what they say becomes an
/// extension of the Patient, and the rest of them is kept there.
enum PatientFactTables {
  static let birthSex = table("birth-sex", "76689-9") { builder, value, patient in
    builder.codeExtension(
      value, "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex", in: patient)
  }
  static let sex = table("sex", "46098-0") { builder, value, patient in
    builder.codeExtension(
      value, "http://hl7.org/fhir/us/core/StructureDefinition/us-core-sex", in: patient)
  }
  static let genderIdentity = table("gender-identity", "76691-5") { builder, value, patient in
    builder.conceptExtension(
      value, "http://hl7.org/fhir/us/core/StructureDefinition/us-core-genderIdentity", in: patient)
  }
  static let tribalAffiliation = table("tribal-affiliation", "95370-3") { builder, value, patient in
    let added = builder.addExtension(
      "http://hl7.org/fhir/us/core/StructureDefinition/us-core-tribal-affiliation", in: patient)
    builder.conceptExtension(value, "tribalAffiliation", in: added)
  }

  /// The tables by the LOINC codes of the questions.
  static let all: [(code: StaticString, table: Mapping)] = [
    ("76689-9", birthSex), ("46098-0", sex), ("76691-5", genderIdentity),
    ("95370-3", tribalAffiliation),
  ]

  private static func table(
    _ name: String, _ code: String,
    _ body: @escaping @Sendable (FHIRBuilder, Cursor, Draft.Slot) -> Void
  ) -> Mapping {
    Mapping(
      name, "observation[code=\(code)]", resource: .Patient,
      [.function("extension", "value", name, body)])
  }
}

extension FHIRBuilder {
  /// Puts what an observation says of the patient as a person into the Patient; `false` when it is no
  /// such observation, is denied or has no value.
  func patientFact(_ observation: Cursor) -> Bool {
    guard let patient, let code = observation.code(),
      let table = PatientFactTables.all.first(where: { code == $0.code })?.table,
      let value = observation.first(.value), nonBlank(value.attribute(.code)) != nil,
      observation.attribute(.negationInd).map({ $0.text != Text("true") }) ?? true
    else { return false }
    apply(table, observation, to: patient.slot)
    observation.first(.code).map(markSelector)
    implied(observation)
    keepRemainder(of: observation, in: patient.slot)
    return true
  }

  /// Writes an extension whose value is a code without its system.
  func codeExtension(_ value: Cursor, _ url: StaticString, in parent: Draft.Slot) {
    guard let leaf = codeLeaf(value) else { return }
    put(leaf.sourced, as: .valueCode, in: addExtension(url, in: parent))
    markMapped(value)
  }
}
