extension CREST {
  /// Whether something is there. What was not looked for is not absent.
  public enum Presence: String, Codable, Sendable, CaseIterable {
    /// It was found.
    case present
    /// It was looked for and not found.
    case absent
    /// It was not looked for.
    case notAssessed = "not-assessed"
    /// Nothing is said about it.
    case unknown
  }

  /// One of the five letters of CREST.
  public struct Manifestation: Codable, Sendable, Hashable {
    /// Whether it is there.
    public var state: Presence
    /// When it began, with the precision that is known, in FHIR's form.
    public var onset: String?
    /// What the record says in words.
    public var note: String?

    /// Describes a manifestation; nothing is said about it unless a state is given.
    public init(_ state: Presence = .unknown, onset: String? = nil, note: String? = nil) {
      self.state = state
      self.onset = onset
      self.note = note
    }
  }

  /// The five manifestations of CREST syndrome. The diagnosis alone says nothing about any of them.
  public struct Manifestations: Codable, Sendable, Hashable {
    /// C: calcium in the skin.
    public var calcinosis = Manifestation()
    /// R: Raynaud's phenomenon.
    public var raynaud = Manifestation()
    /// E: dysfunction of the oesophagus.
    public var esophageal = Manifestation()
    /// S: sclerodactyly.
    public var sclerodactyly = Manifestation()
    /// T: telangiectasia.
    public var telangiectasia = Manifestation()

    /// Five manifestations about which nothing is said.
    public init() {}

    /// Reads the manifestations; a letter that the JSON leaves out is unknown.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      func letter(_ key: CodingKeys) throws -> Manifestation {
        try container.decodeIfPresent(Manifestation.self, forKey: key) ?? Manifestation()
      }
      calcinosis = try letter(.calcinosis)
      raynaud = try letter(.raynaud)
      esophageal = try letter(.esophageal)
      sclerodactyly = try letter(.sclerodactyly)
      telangiectasia = try letter(.telangiectasia)
    }

    /// How many are present.
    public var count: Int {
      Letter.allCases.count { self[$0].state == .present }
    }

    /// The manifestation of a letter.
    public subscript(letter: Letter) -> Manifestation {
      get {
        switch letter {
        case .calcinosis: calcinosis
        case .raynaud: raynaud
        case .esophageal: esophageal
        case .sclerodactyly: sclerodactyly
        case .telangiectasia: telangiectasia
        }
      }
      set {
        switch letter {
        case .calcinosis: calcinosis = newValue
        case .raynaud: raynaud = newValue
        case .esophageal: esophageal = newValue
        case .sclerodactyly: sclerodactyly = newValue
        case .telangiectasia: telangiectasia = newValue
        }
      }
    }
  }

  /// The letters of CREST.
  public enum Letter: String, Codable, Sendable, CaseIterable {
    /// C.
    case calcinosis
    /// R.
    case raynaud
    /// E.
    case esophageal
    /// S.
    case sclerodactyly
    /// T.
    case telangiectasia

    /// The statement of the guide that names the codes of the finding.
    var statement: String {
      "understanding-crest." + (self == .esophageal ? "esophageal-dysfunction" : rawValue)
    }

    /// The code of the finding in the project's own code system.
    var localCode: (code: String, display: String) {
      switch self {
      case .calcinosis: ("calcinosis-cutis", "Calcinosis cutis")
      case .raynaud: ("raynaud-phenomenon", "Raynaud's phenomenon")
      case .esophageal: ("esophageal-dysfunction", "Esophageal dysfunction")
      case .sclerodactyly: ("sclerodactyly", "Sclerodactyly")
      case .telangiectasia: ("telangiectasia", "Telangiectasia")
      }
    }
  }
}
