public import ClinicalTree
import Definitions

extension CREST {
  /// What a clinician or a registry means by a record of calcinosis cutis and CREST syndrome.
  ///
  /// The wire form is `R4` resources, which ``resources`` makes and ``init(bundle:)`` reads; this type
  /// cannot express what makes no sense. Its own JSON, by ``json(_:)``, begins with the manifestations.
  public struct Record: Codable, Sendable, Hashable {
    /// The five letters.
    public var manifestations = Manifestations()
    /// Whom the record is about.
    public var patient = Patient()
    /// The disease that was diagnosed.
    public var diagnosis: Diagnosis?
    /// The calcinosis as a disease of its own.
    public var calcinosis: Calcinosis?
    /// Single deposits of calcium.
    public var lesions: [Lesion] = []
    /// What was done about them.
    public var procedures: [Procedure] = []

    /// A record that says nothing.
    public init() {}

    /// Reads a record; what its JSON leaves out says nothing.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      manifestations =
        try container.decodeIfPresent(Manifestations.self, forKey: .manifestations) ?? .init()
      patient = try container.decodeIfPresent(Patient.self, forKey: .patient) ?? .init()
      diagnosis = try container.decodeIfPresent(Diagnosis.self, forKey: .diagnosis)
      calcinosis = try container.decodeIfPresent(Calcinosis.self, forKey: .calcinosis)
      lesions = try container.decodeIfPresent([Lesion].self, forKey: .lesions) ?? []
      procedures = try container.decodeIfPresent([Procedure].self, forKey: .procedures) ?? []
    }

    /// Reads the JSON of a record.
    ///
    /// - Throws: `JSON.ParsingError` for what is not JSON, `DecodingError` for what is no record.
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
  public struct Patient: Codable, Sendable, Hashable {
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

    /// Identifiers.
    public var identifiers: [Identifier] = []
    /// Given names.
    public var given: [String] = []
    /// The family name.
    public var family: String?
    /// The administrative gender: male, female, other or unknown.
    public var gender: String?
    /// The date of birth with the precision that is known.
    public var birthDate: String?

    /// A patient of whom nothing is known.
    public init() {}

    /// Reads a patient; what the JSON leaves out says nothing.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      identifiers = try container.decodeIfPresent([Identifier].self, forKey: .identifiers) ?? []
      given = try container.decodeIfPresent([String].self, forKey: .given) ?? []
      family = try container.decodeIfPresent(String.self, forKey: .family)
      gender = try container.decodeIfPresent(String.self, forKey: .gender)
      birthDate = try container.decodeIfPresent(String.self, forKey: .birthDate)
    }
  }

  /// The disease that was diagnosed.
  public struct Diagnosis: Codable, Sendable, Hashable {
    /// Which disease of the scleroderma family.
    public enum Kind: String, Codable, Sendable, CaseIterable {
      /// CREST syndrome.
      case crest
      /// Systemic sclerosis with limited involvement of the skin.
      case limitedSystemicSclerosis = "limited-systemic-sclerosis"
      /// Systemic sclerosis without further words.
      case systemicSclerosis = "systemic-sclerosis"
    }

    /// Which disease.
    public var kind: Kind
    /// The clinical status in FHIR's words.
    public var status: String?
    /// When it began.
    public var onset: String?

    /// Describes a diagnosis.
    public init(_ kind: Kind, status: String? = nil, onset: String? = nil) {
      self.kind = kind
      self.status = status
      self.onset = onset
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

    /// How the deposits come about, where it is known.
    public var kind: Kind?
    /// The clinical status in FHIR's words.
    public var status: String?
    /// When it began.
    public var onset: String?
    /// Where it is, in words or codes' displays.
    public var sites: [String] = []

    /// Describes a calcinosis.
    public init(
      kind: Kind? = nil, status: String? = nil, onset: String? = nil, sites: [String] = []
    ) {
      self.kind = kind
      self.status = status
      self.onset = onset
      self.sites = sites
    }

    /// Reads a calcinosis; what the JSON leaves out says nothing.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      kind = try container.decodeIfPresent(Kind.self, forKey: .kind)
      status = try container.decodeIfPresent(String.self, forKey: .status)
      onset = try container.decodeIfPresent(String.self, forKey: .onset)
      sites = try container.decodeIfPresent([String].self, forKey: .sites) ?? []
    }
  }

  /// One deposit of calcium, the same over time by its id.
  public struct Lesion: Codable, Sendable, Hashable, Identifiable {
    /// The identity of the deposit within the record.
    public var id: String
    /// Where it is.
    public var site: String?
    /// Left or right, where the site has sides.
    public var laterality: Laterality?
    /// The largest diameter in millimetres, with the digits that were written.
    public var diameter: String?
    /// When it was described.
    public var date: String?
    /// Whether chalky material drains.
    public var drainage: Presence?
    /// Whether it is tender.
    public var tenderness: Presence?
    /// Whether the skin over it is ulcerated.
    public var ulceration: Presence?

    /// The sides of the body.
    public enum Laterality: String, Codable, Sendable, CaseIterable {
      /// The left side.
      case left
      /// The right side.
      case right
    }

    /// Describes a deposit.
    public init(id: String) { self.id = id }
  }

  /// Something that was done.
  public struct Procedure: Codable, Sendable, Hashable {
    /// What was done.
    public enum Kind: String, Codable, Sendable, CaseIterable {
      /// Deposits were cut out.
      case excision
      /// Deposits were scraped out.
      case curettage
      /// A laser was used.
      case laser
      /// A wound was cared for.
      case woundCare = "wound-care"
    }

    /// What was done.
    public var kind: Kind
    /// The status in FHIR's words.
    public var status: String
    /// When it was done.
    public var date: String?
    /// The deposit that it was done to, by its id.
    public var lesion: String?

    /// Describes a procedure.
    public init(
      _ kind: Kind, status: String = "completed", date: String? = nil, lesion: String? = nil
    ) {
      self.kind = kind
      self.status = status
      self.date = date
      self.lesion = lesion
    }
  }
}
