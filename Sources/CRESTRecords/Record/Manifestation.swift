extension CREST {
  /// One of the five letters of CREST: whether it is there, and if so, what is known of it.
  ///
  /// What is not present has no details and no onset: neither can be expressed, nor read.
  public struct Manifestation<Details: ManifestationDetails>: Codable, Sendable, Hashable {
    /// What is known.
    public enum Finding: Sendable, Hashable {
      /// It is there, since a date that may be known.
      case present(onset: Date?, Details)
      /// It was looked for and not found.
      case absent
      /// It was not looked for.
      case notAssessed
      /// Nothing is said about it.
      case unknown
    }

    /// What is known.
    public var finding: Finding
    /// What the record says in words.
    public var note: String?

    /// Describes a manifestation.
    public init(_ finding: Finding, note: String? = nil) {
      self.finding = finding
      self.note = note
    }

    /// A manifestation of which nothing is said.
    public init() { finding = .unknown }

    /// A manifestation that is there.
    public static func present(onset: Date? = nil, _ details: Details = Details()) -> Self {
      Self(.present(onset: onset, details))
    }

    /// One that was looked for and not found.
    public static var absent: Self { Self(.absent) }
    /// One that was not looked for.
    public static var notAssessed: Self { Self(.notAssessed) }
    /// One of which nothing is said.
    public static var unknown: Self { Self(.unknown) }

    /// Whether it is there.
    public var state: Presence {
      switch finding {
      case .present: .present
      case .absent: .absent
      case .notAssessed: .notAssessed
      case .unknown: .unknown
      }
    }

    /// When it began.
    public var onset: Date? {
      if case .present(let onset, _) = finding { onset } else { nil }
    }

    /// What is known of it; `nil` unless it is there.
    public var details: Details? {
      if case .present(_, let details) = finding { details } else { nil }
    }

    init(_ state: Presence, onset: Date?, details: Details, note: String?) {
      finding =
        switch state {
        case .present: .present(onset: onset, details)
        case .absent: .absent
        case .notAssessed: .notAssessed
        case .unknown: .unknown
        }
      self.note = note
    }

    private enum CodingKeys: String, CodingKey {
      case state, onset, details, note
    }

    /// Reads a manifestation.
    ///
    /// - Throws: `DecodingError.dataCorrupted` for an onset or details of what is not present.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      let state = try container.decodeIfPresent(Presence.self, forKey: .state) ?? .unknown
      let onset = try container.decodeIfPresent(Date.self, forKey: .onset)
      let details = try container.decodeIfPresent(Details.self, forKey: .details) ?? Details()
      if state != .present, onset != nil || details != Details() {
        throw DecodingError.dataCorruptedError(
          forKey: onset == nil ? .details : .onset, in: container,
          debugDescription: "said of a manifestation that is not present")
      }
      self.init(
        state, onset: onset, details: details,
        note: try container.decodeIfPresent(String.self, forKey: .note))
    }

    /// Writes the state first.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(state, forKey: .state)
      try container.encodeIfPresent(onset, forKey: .onset)
      if let details, details != Details() { try container.encode(details, forKey: .details) }
      try container.encodeIfPresent(note, forKey: .note)
    }
  }

  /// What is known of a manifestation that is there; without anything it says nothing.
  public protocol ManifestationDetails: Codable, Sendable, Hashable {
    /// Nothing is known.
    init()
  }

  /// Where calcium is in the skin.
  public struct CalcinosisDetails: ManifestationDetails {
    /// The places.
    public var sites: [Site] = []

    /// Nothing is known.
    public init() {}
    /// Calcium at places.
    public init(sites: [Site]) { self.sites = sites }
  }

  /// How Raynaud's phenomenon shows.
  public struct RaynaudDetails: ManifestationDetails {
    /// What brings it on.
    public enum Trigger: String, Codable, Sendable, CaseIterable {
      /// Cold.
      case cold
      /// Stress.
      case stress
    }

    /// The colours that fingers or toes turn.
    public enum Phase: String, Codable, Sendable, CaseIterable {
      /// Pallor.
      case white
      /// Cyanosis.
      case blue
      /// Redness.
      case red
    }

    /// What brings it on.
    public var triggers: [Trigger] = []
    /// The colours in their order.
    public var phases: [Phase] = []
    /// Whether somebody who examines has seen an attack: what the criteria of 2001 call objective.
    public var isObserved: Bool?

    /// Nothing is known.
    public init() {}
    /// Describes attacks.
    public init(triggers: [Trigger] = [], phases: [Phase] = [], isObserved: Bool? = nil) {
      self.triggers = triggers
      self.phases = phases
      self.isObserved = isObserved
    }
  }

  /// How the oesophagus was found not to work.
  public struct EsophagealDetails: ManifestationDetails {
    /// A test of the oesophagus.
    public enum Test: String, Codable, Sendable, CaseIterable {
      /// Pressure was measured.
      case manometry = "esophageal-manometry"
      /// X-rays while barium is swallowed.
      case bariumSwallow = "barium-swallow"
      /// The oesophagus was looked at.
      case endoscopy = "esophageal-endoscopy"
    }

    /// What the patient feels.
    public enum Symptom: String, Codable, Sendable, CaseIterable {
      /// Difficulty in swallowing.
      case dysphagia
      /// Reflux.
      case reflux = "gastroesophageal-reflux"
    }

    /// The tests that showed it.
    public var tests: [Test] = []
    /// What the patient feels.
    public var symptoms: [Symptom] = []

    /// Nothing is known.
    public init() {}
    /// Describes how it was found.
    public init(tests: [Test] = [], symptoms: [Symptom] = []) {
      self.tests = tests
      self.symptoms = symptoms
    }
  }

  /// How far the skin of fingers and toes is thick.
  public struct SclerodactylyDetails: ManifestationDetails {
    /// How far the skin of the fingers is thick.
    public enum Extent: String, Codable, Sendable, CaseIterable {
      /// Distal to the metacarpophalangeal joints, proximal to the proximal interphalangeal joints.
      case distalToMCP = "distal-to-mcp"
      /// Beyond the metacarpophalangeal joints, on both hands: enough for the criteria of 2013.
      case proximalToMCP = "proximal-to-mcp"
    }

    /// How far the skin of the fingers is thick.
    public var fingers: Extent?
    /// Whether the skin of the toes is thick; the criteria of 2013 do not count it.
    public var toes: Presence?

    /// Nothing is known.
    public init() {}
    /// Describes the extent.
    public init(fingers: Extent? = nil, toes: Presence? = nil) {
      self.fingers = fingers
      self.toes = toes
    }
  }

  /// Where small vessels are widened.
  public struct TelangiectasiaDetails: ManifestationDetails {
    /// The places.
    public var sites: [Site] = []

    /// Nothing is known.
    public init() {}
    /// Telangiectasia at places.
    public init(sites: [Site]) { self.sites = sites }
  }

  /// The five manifestations of CREST syndrome. The diagnosis alone says nothing about any of them.
  public struct Manifestations: Codable, Sendable, Hashable {
    /// C: calcium in the skin.
    public var calcinosis = Manifestation<CalcinosisDetails>()
    /// R: Raynaud's phenomenon.
    public var raynaud = Manifestation<RaynaudDetails>()
    /// E: dysfunction of the oesophagus.
    public var esophageal = Manifestation<EsophagealDetails>()
    /// S: sclerodactyly.
    public var sclerodactyly = Manifestation<SclerodactylyDetails>()
    /// T: telangiectasia.
    public var telangiectasia = Manifestation<TelangiectasiaDetails>()

    /// Five manifestations about which nothing is said.
    public init() {}

    /// How many are present.
    public var count: Int {
      Letter.allCases.count { state(of: $0) == .present }
    }

    /// Whether a letter is there.
    public func state(of letter: Letter) -> Presence {
      switch letter {
      case .calcinosis: calcinosis.state
      case .raynaud: raynaud.state
      case .esophageal: esophageal.state
      case .sclerodactyly: sclerodactyly.state
      case .telangiectasia: telangiectasia.state
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
  }
}

extension CREST.Manifestation: Blank {}
extension CREST.Manifestations: Blank {}
