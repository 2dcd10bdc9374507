extension CREST {
  /// The codes that records are written with, and further ones that are read.
  enum Codes {
    struct Entry {
      let system: String
      let code: String
      let display: String?
    }

    static let snomed = "http://snomed.info/sct"

    static func diagnosis(_ kind: Diagnosis.Kind) -> Entry {
      switch kind {
      case .crest:
        Entry(
          system: "http://hl7.org/fhir/sid/icd-10-cm", code: "M34.1", display: "CR(E)ST syndrome")
      case .limitedSystemicSclerosis:
        Entry(system: snomed, code: "299276009", display: "Limited systemic sclerosis")
      case .systemicSclerosis:
        Entry(system: snomed, code: "89155008", display: "Systemic sclerosis")
      }
    }

    /// Which disease a code stands for, retired codes that old records have among them.
    static func diagnosis(system: String, code: String) -> Diagnosis.Kind? {
      switch (system, code) {
      case (snomed, "31848007"), (snomed, "62382002"), (snomed, "156453002"), (snomed, "201442004"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "M34.1"), ("http://hl7.org/fhir/sid/icd-10", "M34.1"):
        .crest
      case (snomed, "299276009"), (snomed, "298285004"), (snomed, "128459005"):
        .limitedSystemicSclerosis
      case (snomed, "89155008"), ("http://hl7.org/fhir/sid/icd-10-cm", "M34.9"),
        ("http://hl7.org/fhir/sid/icd-10", "M34.9"):
        .systemicSclerosis
      default: nil
      }
    }

    static func procedure(_ kind: Procedure.Kind) -> Entry {
      switch kind {
      case .excision:
        Entry(
          system: conceptSystem, code: "excision-of-calcinosis",
          display: "Excision of a deposit of calcium in the skin")
      case .curettage:
        Entry(
          system: conceptSystem, code: "curettage-of-calcinosis",
          display: "Curettage of a deposit of calcium in the skin")
      case .laser:
        Entry(
          system: conceptSystem, code: "laser-therapy-of-calcinosis",
          display: "Laser therapy of deposits of calcium in the skin")
      case .woundCare: Entry(system: snomed, code: "225358003", display: "Wound care")
      }
    }

    static func procedure(system: String, code: String) -> Procedure.Kind? {
      switch (system, code) {
      case (conceptSystem, "excision-of-calcinosis"), (snomed, "40862005"), (snomed, "35646002"):
        .excision
      case (conceptSystem, "curettage-of-calcinosis"): .curettage
      case (conceptSystem, "laser-therapy-of-calcinosis"): .laser
      case (snomed, "225358003"), (snomed, "226007004"), (snomed, "182531007"): .woundCare
      default: nil
      }
    }

    /// The signs of a lesion, each with its code.
    nonisolated(unsafe) static let signs:
      [(path: WritableKeyPath<Lesion, Presence?>, system: String, code: String, display: String)] =
        [
          (\.drainage, conceptSystem, "chalky-drainage", "Drainage of chalky material"),
          (\.tenderness, snomed, "278999000", "Skin tenderness"),
          (\.ulceration, snomed, "46742003", "Skin ulcer"),
        ]

    static func display(_ state: Presence) -> String {
      switch state {
      case .present: "Present"
      case .absent: "Absent"
      case .notAssessed: "Not assessed"
      case .unknown: "Unknown"
      }
    }

    static func display(_ kind: Calcinosis.Kind) -> String {
      kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst() + " calcinosis cutis"
    }
  }
}
