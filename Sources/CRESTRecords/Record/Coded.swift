import FHIRModels

/// A value of a closed list, with the codes that stand for it in FHIR.
protocol Coded: RawRepresentable, CaseIterable, Hashable, Sendable where RawValue == String {
  /// The codes: those before `alsoRead` are written, all are read.
  var codes: CREST.Codes { get }
}

extension CREST {
  /// The codes of one value.
  struct Codes: Sendable {
    /// A code with the name that its system gives it.
    struct Code: Hashable, Sendable {
      let system: String
      let code: String
      let display: String?

      static func snomed(_ code: String, _ display: String) -> Code {
        Code(system: CREST.snomed, code: code, display: display)
      }

      static func loinc(_ code: String, _ display: String) -> Code {
        Code(system: "http://loinc.org", code: code, display: display)
      }

      static func icd10CM(_ code: String, _ display: String) -> Code {
        Code(system: "http://hl7.org/fhir/sid/icd-10-cm", code: code, display: display)
      }

      static func rxNorm(_ code: String, _ display: String) -> Code {
        Code(
          system: "http://www.nlm.nih.gov/research/umls/rxnorm", code: code, display: display)
      }

      /// A code of the project's own, for what has no verified code of a standard terminology.
      static func local(_ code: String, _ display: String) -> Code {
        Code(system: conceptSystem, code: code, display: display)
      }
    }

    let written: [Code]
    let alsoRead: [(system: String, code: String)]

    init(_ written: Code..., alsoRead: [(system: String, code: String)] = []) {
      self.written = written
      self.alsoRead = alsoRead
    }

    func contains(system: String, code: String) -> Bool {
      written.contains { $0.system == system && $0.code == code }
        || alsoRead.contains { $0.system == system && $0.code == code }
    }

    /// The codes as FHIR writes them.
    var concept: R4.CodeableConcept {
      var concept = R4.CodeableConcept()
      concept.coding = written.map { code in
        var coding = R4.Coding()
        coding.system = R4.Primitive(code.system)
        coding.code = R4.Primitive(code.code)
        coding.display = code.display.map { R4.Primitive($0) }
        return coding
      }
      return concept
    }
  }

  static let snomed = "http://snomed.info/sct"
}

extension Coded {
  /// The codes as FHIR writes them.
  var concept: R4.CodeableConcept { codes.concept }

  /// The value whose code a concept has: its codings in their order.
  init?(_ concept: R4.CodeableConcept?) {
    for coding in concept?.codes ?? [] {
      if let found = Self.allCases.first(where: {
        $0.codes.contains(system: coding.system, code: coding.code)
      }) {
        self = found
        return
      }
    }
    return nil
  }
}

extension R4.CodeableConcept {
  /// The codes with their systems.
  var codes: [(system: String, code: String)] {
    coding.compactMap { coding in coding.code?.value.map { (coding.system?.value ?? "", $0) } }
  }

  /// What it says in words.
  var words: String? { text?.value ?? coding.compactMap { $0.display?.value }.first }

  /// A concept in words alone.
  init(words: String) {
    self.init()
    text = R4.Primitive(words)
  }

  /// A code without a name.
  init(system: String, code: String) {
    self = CREST.Codes(CREST.Codes.Code(system: system, code: code, display: nil)).concept
  }

  /// Whether it has a code of the project's own.
  func isLocal(_ code: String) -> Bool {
    codes.contains { $0.system == CREST.conceptSystem && $0.code == code }
  }
}

extension CREST.Date {
  /// The date of a dateTime of FHIR.
  init?(_ date: R4.Primitive<R4.DateTime>?) {
    guard let text = date?.value?.fhir else { return nil }
    self.init(fhir: text)
  }

  /// When an observation was made, or began to be.
  init?(_ effective: R4.Observation.Effective?) {
    switch effective {
    case .dateTime(let value), .instant(let value): self.init(value)
    case .period(let period): self.init(period.start)
    default: return nil
    }
  }

  /// When a condition began.
  init?(_ onset: R4.Condition.Onset?) {
    switch onset {
    case .dateTime(let value): self.init(value)
    case .period(let period): self.init(period.start)
    default: return nil
    }
  }
}
