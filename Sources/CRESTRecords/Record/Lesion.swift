public import FHIRModels

extension CREST {
  /// One deposit of calcium, the same over time by its id.
  public struct Lesion: Codable, Sendable, Hashable, Identifiable {
    /// What it looks and feels like.
    public enum Form: String, Codable, Sendable, CaseIterable {
      /// A small raised spot.
      case papule
      /// A lump in the skin.
      case nodule
      /// A lump below the skin.
      case subcutaneousNodule = "subcutaneous-nodule"
    }

    /// Its colour.
    public enum Colour: String, Codable, Sendable, CaseIterable {
      /// White.
      case white
      /// Yellow.
      case yellow
      /// Red.
      case red
    }

    /// How it feels.
    public enum Consistency: String, Codable, Sendable, CaseIterable {
      /// Firm.
      case firm
      /// Soft.
      case soft
    }

    /// What was seen at one time.
    public struct Description: Codable, Sendable, Hashable {
      /// When.
      public var date: Date?
      /// The largest diameter in millimetres, with the digits that were written.
      public var diameter: R4.Decimal?
      /// How many deposits lie together.
      public var count: Int?
      /// What it looks and feels like.
      public var form: Form?
      /// Its colour.
      public var colour: Colour?
      /// How it feels.
      public var consistency: Consistency?
      /// Whether it is tender.
      public var tenderness: Presence?
      /// Whether the skin is swollen.
      public var swelling: Presence?
      /// Whether chalky material drains.
      public var drainage: Presence?
      /// Whether the skin over it is ulcerated.
      public var ulceration: Presence?
      /// Whether it is infected.
      public var infection: Presence?
      /// What the record says in words.
      public var note: String?

      /// Describes a deposit; a count below one says nothing.
      public init(
        date: Date? = nil, diameter: R4.Decimal? = nil, count: Int? = nil, form: Form? = nil,
        colour: Colour? = nil, consistency: Consistency? = nil
      ) {
        self.date = date
        self.diameter = diameter
        self.count = count
        self.form = form
        self.colour = colour
        self.consistency = consistency
      }
    }

    /// The identity of the deposit within the record.
    public var id: String
    /// Where it is.
    public var site: Site?
    /// Left or right, where the site has sides.
    public var laterality: Laterality?
    /// The deposit that was removed at this place before, by its id.
    public var recurrenceOf: String?
    /// What was seen, in the order of the times.
    public var descriptions: [Description] = []

    /// Describes a deposit.
    public init(
      id: String, site: Site? = nil, _ laterality: Laterality? = nil,
      recurrenceOf: String? = nil, _ descriptions: [Description] = []
    ) {
      self.id = id
      self.site = site
      self.laterality = laterality
      self.recurrenceOf = recurrenceOf
      self.descriptions = descriptions
    }
  }

  /// What a deposit led to.
  public struct Complication: Codable, Sendable, Hashable {
    /// The complications that the guide names.
    public enum Kind: String, Codable, Sendable, CaseIterable {
      /// The skin broke.
      case ulceration
      /// The skin was infected.
      case infection
    }

    /// Whether it is over. What is over has, where it is known, an end.
    public enum Course: Codable, Sendable, Hashable {
      /// It is still there.
      case ongoing
      /// It is over, since a date that may be known.
      case over(Date?)

      /// Reads `"ongoing"`, `"over"` or the date of the end.
      public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        switch try container.decode(String.self) {
        case "ongoing": self = .ongoing
        case "over": self = .over(nil)
        default: self = .over(try container.decode(Date.self))
        }
      }

      /// Writes `"ongoing"`, `"over"` or the date of the end.
      public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .ongoing: try container.encode("ongoing")
        case .over(let end): try container.encode(end?.text ?? "over")
        }
      }
    }

    /// Which one.
    public var kind: Kind
    /// When it began.
    public var onset: Date?
    /// Whether it is over.
    public var course: Course?
    /// The deposit, by its id.
    public var lesion: String?

    /// Describes a complication.
    public init(
      _ kind: Kind, onset: Date? = nil, course: Course? = nil, lesion: String? = nil
    ) {
      self.kind = kind
      self.onset = onset
      self.course = course
      self.lesion = lesion
    }
  }
}
