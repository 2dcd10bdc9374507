public import ClinicalTree

extension CREST {
  /// What a clinician or a registry means by a record of calcinosis cutis and CREST syndrome.
  ///
  /// The wire form is `R4` resources, which ``resources`` makes and ``init(bundle:)`` reads; this type
  /// cannot express what makes no sense. Its own JSON, by ``json(_:)``, begins with the manifestations.
  ///
  /// ```swift
  /// var record = CREST.Record()
  /// record.patient.identifiers = [.init(system: "https://registry.example/pseudonym", value: "P-17")]
  /// record.diagnosis = .init(.crest, verification: .confirmed, raynaudOnset: "2009")
  /// record.manifestations.raynaud = .present(onset: "2009", .init(triggers: [.cold]))
  /// record.manifestations.calcinosis = .present(.init(sites: [.init(.finger)]))
  /// record.manifestations.telangiectasia = .absent
  /// record.lesions = [.init(id: "L1", site: .init(.thumb), .right, [.init(date: "2026-03", diameter: 4)])]
  /// record.chemistry = [.init(.calcium, .init("2.31", .millimolesPerLitre), date: "2026-03-02")]
  /// let bundle = record.bundle
  /// ```
  public struct Record: Codable, Sendable, Hashable {
    /// The five letters.
    public var manifestations = Manifestations()
    /// Whom the record is about.
    public var patient = Patient()
    /// The disease that was diagnosed.
    public var diagnosis: Diagnosis?
    /// The calcinosis as a disease of its own.
    public var calcinosis: Calcinosis?
    /// What deposits led to.
    public var complications: [Complication] = []
    /// Single deposits of calcium.
    public var lesions: [Lesion] = []
    /// How the skin was examined.
    public var examinations: [Examination] = []
    /// Images and what they show.
    public var imaging: [Imaging] = []
    /// Calcium and phosphate in the blood.
    public var chemistry: [Chemistry] = []
    /// Antibodies in the blood.
    public var autoantibodies: [Autoantibody] = []
    /// Biopsies of the skin.
    public var biopsies: [Biopsy] = []
    /// How the capillaries of the nailfold look.
    public var capillaroscopies: [Capillaroscopy] = []
    /// Medicines and preparations for the skin.
    public var medications: [Medication] = []
    /// What was done about deposits.
    public var procedures: [Procedure] = []
    /// What the patient does or is to do: habits, care of the skin, checks.
    public var plan: [PlannedActivity] = []
    /// Who cares.
    public var careTeam: [CareTeamMember] = []
    /// What the patient agreed to or declined.
    public var consents: [Consent] = []
    /// Scores as they were noted.
    public var scores: [StoredScore] = []

    /// A record that says nothing.
    public init() {}

    /// Reads the JSON of a record; what it leaves out says nothing.
    ///
    /// - Throws: `JSON.ParsingError` for what is not JSON, `DecodingError` for what is no record, dates that
    ///   are none and details of what is not present among it.
    public init(json bytes: [UInt8]) throws {
      self = try JSON.Decoder().decode(Record.self, from: bytes)
    }

    /// The record as JSON.
    public func json(_ layout: JSON.Layout = .compact) -> [UInt8] {
      // Nothing in a record can fail to be encoded.
      (try? JSON.Encoder(layout: layout).encode(self)) ?? []
    }
  }

  /// Whom a record is about.
  public struct Patient: Codable, Sendable, Hashable, Blank {
    /// An identifier and the system that gives it its meaning.
    public struct Identifier: Codable, Sendable, Hashable {
      /// The URI of the system.
      public var system: String?
      /// The identifier.
      public var value: String

      /// Names a patient.
      public init(system: String?, value: String) {
        self.system = system
        self.value = value
      }
    }

    /// The administrative gender (FHIR R4, AdministrativeGender).
    public enum Gender: String, Codable, Sendable, CaseIterable {
      /// Male.
      case male
      /// Female.
      case female
      /// Neither.
      case other
      /// It was asked for and is not known.
      case unknown
    }

    /// Whether the patient is known to live, or to be dead.
    public enum VitalStatus: Codable, Sendable, Hashable {
      /// Alive when the record was made.
      case alive
      /// Dead, since a date that may be known.
      case dead(Date?)

      /// Reads `"alive"`, `"dead"` or the date of death.
      public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        switch try container.decode(String.self) {
        case "alive": self = .alive
        case "dead": self = .dead(nil)
        default: self = .dead(try container.decode(Date.self))
        }
      }

      /// Writes `"alive"`, `"dead"` or the date of death.
      public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .alive: try container.encode("alive")
        case .dead(let date): try container.encode(date?.text ?? "dead")
        }
      }
    }

    /// Identifiers, a pseudonym among them.
    public var identifiers: [Identifier] = []
    /// Given names.
    public var given: [String] = []
    /// The family name.
    public var family: String?
    /// The administrative gender.
    public var gender: Gender?
    /// The date of birth with the precision that is known.
    public var birthDate: Date?
    /// Whether the patient lives.
    public var vitalStatus: VitalStatus?
    /// The name of the organisation that keeps the record: the site, to a registry.
    public var managingOrganization: String?

    /// A patient of whom nothing is known.
    public init() {}
  }

  /// The clinical status of a disease (FHIR R4, condition-clinical).
  public enum ClinicalStatus: String, Codable, Sendable, CaseIterable {
    /// There are signs of it.
    case active
    /// It came back.
    case recurrence
    /// It came back after a remission.
    case relapse
    /// There are none now.
    case inactive
    /// There are none now, and it may come back.
    case remission
    /// It is over.
    case resolved
  }

  /// The disease that was diagnosed.
  public struct Diagnosis: Codable, Sendable, Hashable {
    /// Which disease of the scleroderma family. Terminologies keep these apart, and so does the record.
    public enum Kind: String, Codable, Sendable, CaseIterable {
      /// CREST syndrome.
      case crest
      /// Systemic sclerosis with limited involvement of the skin.
      case limitedCutaneous = "limited-cutaneous-systemic-sclerosis"
      /// Limited systemic sclerosis, without a word on the skin.
      case limitedSystemicSclerosis = "limited-systemic-sclerosis"
      /// Systemic sclerosis with diffuse involvement of the skin.
      case diffuseCutaneous = "diffuse-cutaneous-systemic-sclerosis"
      /// Systemic sclerosis without involvement of the skin.
      case sineScleroderma = "systemic-sclerosis-sine-scleroderma"
      /// Systemic sclerosis without further words.
      case systemicSclerosis = "systemic-sclerosis"
    }

    /// How sure the diagnosis is (FHIR R4, condition-ver-status). What is refuted is no diagnosis.
    public enum Verification: String, Codable, Sendable, CaseIterable {
      /// There is not enough to confirm it.
      case unconfirmed
      /// It is the one that is worked with.
      case provisional
      /// It is one of several.
      case differential
      /// It is confirmed.
      case confirmed
    }

    /// Which disease.
    public var kind: Kind
    /// How sure it is.
    public var verification: Verification?
    /// The clinical status.
    public var status: ClinicalStatus?
    /// When it began, where the sign is not told.
    public var onset: Date?
    /// When Raynaud's phenomenon began.
    public var raynaudOnset: Date?
    /// When the first other sign was seen.
    public var firstOtherOnset: Date?
    /// When the diagnosis was made.
    public var date: Date?

    /// Describes a diagnosis.
    public init(
      _ kind: Kind, verification: Verification? = nil, status: ClinicalStatus? = nil,
      onset: Date? = nil, raynaudOnset: Date? = nil, firstOtherOnset: Date? = nil,
      date: Date? = nil
    ) {
      self.kind = kind
      self.verification = verification
      self.status = status
      self.onset = onset
      self.raynaudOnset = raynaudOnset
      self.firstOtherOnset = firstOtherOnset
      self.date = date
    }
  }

  /// Calcinosis cutis as a disease.
  public struct Calcinosis: Codable, Sendable, Hashable {
    /// How the deposits come about.
    public enum Kind: String, Codable, Sendable, CaseIterable {
      /// In damaged tissue, with normal calcium and phosphate.
      case dystrophic
      /// With raised calcium or phosphate.
      case metastatic
      /// Without a known cause.
      case idiopathic
      /// After a treatment.
      case iatrogenic
    }

    /// How bad it is.
    public enum Severity: String, Codable, Sendable, CaseIterable {
      /// Mild.
      case mild
      /// Moderate.
      case moderate
      /// Severe.
      case severe
    }

    /// What it comes from.
    public struct Cause: Codable, Sendable, Hashable {
      /// The causes that the guide names.
      public enum Kind: String, Codable, Sendable, CaseIterable {
        /// An autoimmune disease.
        case autoimmune = "autoimmune-disease"
        /// A disorder of connective tissue.
        case connectiveTissue = "connective-tissue-disorder"
        /// Kidney failure.
        case renalFailure = "renal-failure"
        /// An injury.
        case trauma
      }

      /// Which one.
      public var kind: Kind
      /// When it began or happened.
      public var onset: Date?

      /// Describes a cause.
      public init(_ kind: Kind, onset: Date? = nil) {
        self.kind = kind
        self.onset = onset
      }
    }

    /// How the deposits come about, where it is known.
    public var kind: Kind?
    /// What it comes from.
    public var causes: [Cause] = []
    /// How bad it is.
    public var severity: Severity?
    /// The clinical status.
    public var status: ClinicalStatus?
    /// When it began.
    public var onset: Date?
    /// Where it is.
    public var sites: [Site] = []

    /// Describes a calcinosis.
    public init(
      kind: Kind? = nil, causes: [Cause] = [], severity: Severity? = nil,
      status: ClinicalStatus? = nil, onset: Date? = nil, sites: [Site] = []
    ) {
      self.kind = kind
      self.causes = causes
      self.severity = severity
      self.status = status
      self.onset = onset
      self.sites = sites
    }
  }
}
