public import ClinicalTree
import Definitions

extension CREST.Submission {
  /// What a submission needs to know of a record.
  public struct Outline: Sendable {
    /// The first identifier of the patient, with its system.
    public private(set) var pseudonym: String?
    /// The managing organisation, by its identifier or its name.
    public private(set) var site = ""
    /// The day of the last observation, report or procedure as far as it is known: the visit that the
    /// record is of.
    public private(set) var visit = ""
    /// The year of the last observation, or of the record.
    public private(set) var year = ""
    private(set) var sex: String?
    private(set) var birth: String?
    private(set) var states: [Element: Completeness] = [:]
    /// The places of deposits by their identifiers.
    private(set) var lesions: [String: String] = [:]
    private var dates: [String] = []

    /// Reads what is needed of a record; linear in its size.
    ///
    /// - Parameter record: A Bundle; anything else is a record about which nothing is known.
    public init(_ record: Tree) {
      record.withCursor { root in
        guard root.kind == .object else { return }
        if let timestamp = root.property(.timestamp) { note(year: timestamp.text) }
        var last = ""
        var organizations: [String: String] = [:]
        for entry in root.values(.entry) {
          guard let resource = entry.property(.resource), resource.kind == .object,
            let type = resource.property(.resourceType)?.text
          else { continue }
          if type == "Patient" {
            read(patient: resource)
          } else if type == "Organization", let name = resource.property(.name)?.text.string {
            let id = resource.property(.id)?.text.string ?? ""
            organizations["Organization/" + id] = name
            if let url = entry.property(.fullUrl)?.text.string { organizations[url] = name }
          } else if type == "Observation" {
            read(observation: resource)
            if let date = resource.property(.effectiveDateTime)?.text.string {
              last = max(last, date)
            }
          } else if type == "Procedure" || type == "DiagnosticReport" {
            let name = type == "Procedure" ? Name.performedDateTime : .effectiveDateTime
            if let date = resource.property(name)?.text.string { last = max(last, date) }
          } else if type == "Condition" {
            read(condition: resource)
          } else if type == "BodyStructure" {
            read(deposit: resource)
          }
        }
        site = organizations[site] ?? site
        visit = String(last.prefix(10))
        if !last.isEmpty { year = String(last.prefix(4)) }
      }
    }

    /// What two records of the same person would agree in; `nil` where too little is known.
    var likeness: String? {
      guard let sex, let birth, dates.count >= 2 else { return nil }
      return ([sex, birth] + dates.sorted()).joined(separator: "|")
    }

    private mutating func note(year date: Text) { year = String(date.string.prefix(4)) }

    private mutating func read(patient: Cursor) {
      if let identifier = patient.values(.identifier).first(where: { _ in true }) {
        let value = identifier.property(.value)?.text.string
        let system = identifier.property(.system)?.text.string ?? ""
        pseudonym = value.map { system + "|" + $0 }
      }
      sex = patient.property(.gender)?.text.string
      birth = patient.property(.birthDate)?.text.string
      states[.sex] = sex.map { $0 == "unknown" ? .unknown : .filled }
      states[.birth] = birth.map { _ in .filled }
      if patient.property(.deceasedBoolean) != nil || patient.property(.deceasedDateTime) != nil {
        states[.vitalStatus] = .filled
      }
      if let organization = patient.property(.managingOrganization) {
        let named =
          organization.property(.identifier)?.property(.value) ?? organization.property(.display)
          ?? organization.property(.reference)
        site = named?.text.string ?? ""
      }
    }

    private static func codes(_ concept: Cursor?) -> [(system: Text, code: Text)] {
      guard let concept, concept.kind == .object else { return [] }
      return concept.values(.coding).compactMap { coding in
        coding.property(.code).map { (coding.property(.system)?.text ?? .empty, $0.text) }
      }
    }

    private static let elements: [String: Element] = [
      "calcinosis-cutis": .calcinosis, "raynaud-phenomenon": .raynaud,
      "esophageal-dysfunction": .esophageal, "sclerodactyly": .sclerodactyly,
      "telangiectasia": .telangiectasia, "anticentromere": .anticentromere,
      "anti-topoisomerase-i": .antiTopoisomerase, "anti-rna-polymerase-iii": .antiRNAPolymerase,
      "mrss": .skinScore, "nailfold-capillaroscopy": .capillaroscopy, "17861-6": .calcium,
      "2000-8": .calcium,
    ]

    private mutating func read(observation: Cursor) {
      for (_, code) in Self.codes(observation.property(.code)) {
        guard let element = Self.elements[code.string] else { continue }
        let state = Self.state(of: observation)
        // Of several records of one thing the one that says most counts.
        let order: [Completeness] = [.missing, .unknown, .notAssessed, .filled]
        let known = states[element] ?? .missing
        if order.firstIndex(of: state) ?? 0 > order.firstIndex(of: known) ?? 0 {
          states[element] = state
        }
      }
    }

    private static func state(of observation: Cursor) -> Completeness {
      for (_, code) in codes(observation.property(.dataAbsentReason)) {
        return code == "not-performed" || code == "not-asked" ? .notAssessed : .unknown
      }
      for (_, code) in codes(observation.property(.valueCodeableConcept)) {
        if code == "not-assessed" { return .notAssessed }
        if code == "unknown" { return .unknown }
      }
      return .filled
    }

    private mutating func read(condition: Cursor) {
      let codes = Self.codes(condition.property(.code))
      let isDiagnosis = codes.contains { code in
        let (system, value) = (code.system.string, code.code.string)
        return CREST.Diagnosis.Kind.allCases.contains {
          $0.codes.contains(system: system, code: value)
        }
      }
      guard isDiagnosis else { return }
      states[.diagnosis] = .filled
      if let date = condition.property(.recordedDate)?.text.string { dates.append("d" + date) }
      for added in condition.values(.extension) {
        guard let url = added.property(.url)?.text, let date = added.property(.valueDateTime)?.text
        else { continue }
        if url.hasSuffix("/onset-raynaud") {
          states[.raynaudOnset] = .filled
          dates.append("r" + date.string)
        } else if url.hasSuffix("/onset-first-non-raynaud") {
          dates.append("o" + date.string)
        }
      }
    }

    private mutating func read(deposit: Cursor) {
      guard
        let id = deposit.values(.identifier).lazy.compactMap({ $0.property(.value)?.text.string })
          .first
      else { return }
      let place = Self.codes(deposit.property(.location)).map { $0.code.string }
      let side = deposit.values(.locationQualifier).flatMap { Self.codes($0) }
        .map { $0.code.string }
      let text = deposit.property(.location)?.property(.text)?.text.string ?? ""
      lesions[id] = (place + side + [text]).joined(separator: "|")
    }
  }
}
