public import FHIRModels

extension CREST {
  /// An examination of the skin.
  public struct Examination: Codable, Sendable, Hashable {
    /// When.
    public var date: Date?
    /// Where.
    public var site: Site?
    /// Whether changes of the skin were seen.
    public var skinChanges: Presence?
    /// Whether deposits were felt.
    public var palpableDeposits: Presence?
    /// What the record says in words.
    public var note: String?

    /// Describes an examination.
    public init(
      date: Date? = nil, site: Site? = nil, skinChanges: Presence? = nil,
      palpableDeposits: Presence? = nil, note: String? = nil
    ) {
      self.date = date
      self.site = site
      self.skinChanges = skinChanges
      self.palpableDeposits = palpableDeposits
      self.note = note
    }
  }

  /// An image and what it shows.
  public struct Imaging: Codable, Sendable, Hashable {
    /// How the image was made.
    public enum Modality: String, Codable, Sendable, CaseIterable {
      /// X-rays.
      case xRay = "x-ray"
      /// Ultrasound.
      case ultrasound
      /// Computed tomography.
      case ct
    }

    /// How far calcium reaches.
    public enum Extent: String, Codable, Sendable, CaseIterable {
      /// At one place.
      case localised
      /// At several places.
      case multiple
      /// Along a limb or the trunk.
      case extensive
    }

    /// How the image was made.
    public var modality: Modality
    /// When.
    public var date: Date?
    /// What part of the body.
    public var site: Site?
    /// Which side.
    public var laterality: Laterality?
    /// Whether calcium is seen.
    public var calcification: Presence
    /// How far it reaches.
    public var extent: Extent?
    /// The conclusion in words.
    public var conclusion: String?

    /// Describes an image.
    public init(
      _ modality: Modality, calcification: Presence, date: Date? = nil, site: Site? = nil,
      laterality: Laterality? = nil, extent: Extent? = nil, conclusion: String? = nil
    ) {
      self.modality = modality
      self.calcification = calcification
      self.date = date
      self.site = site
      self.laterality = laterality
      self.extent = extent
      self.conclusion = conclusion
    }
  }

  /// A measurement of calcium or phosphate in the blood.
  public struct Chemistry: Codable, Sendable, Hashable {
    /// What is measured.
    public enum Analyte: String, Codable, Sendable, CaseIterable {
      /// Total calcium.
      case calcium
      /// Ionised calcium.
      case ionisedCalcium = "ionised-calcium"
      /// Phosphate.
      case phosphate
    }

    /// What is measured.
    public var analyte: Analyte
    /// How much was found.
    public var value: Concentration
    /// When the blood was taken.
    public var date: Date?

    /// Describes a measurement.
    public init(_ analyte: Analyte, _ value: Concentration, date: Date? = nil) {
      self.analyte = analyte
      self.value = value
      self.date = date
    }
  }

  /// A test for an antibody. That it was not tested for is not that it is not there.
  public struct Autoantibody: Codable, Sendable, Hashable {
    /// The antibodies that matter here.
    public enum Target: String, Codable, Sendable, CaseIterable {
      /// Antinuclear antibodies.
      case nuclear = "antinuclear"
      /// Antibodies against centromeres.
      case centromere = "anticentromere"
      /// Antibodies against topoisomerase I (Scl-70).
      case topoisomeraseI = "anti-topoisomerase-i"
      /// Antibodies against RNA polymerase III.
      case rnaPolymeraseIII = "anti-rna-polymerase-iii"
    }

    /// How it was tested for.
    public enum Method: String, Codable, Sendable, CaseIterable {
      /// Indirect immunofluorescence.
      case immunofluorescence
      /// Enzyme-linked immunosorbent assay.
      case elisa
      /// Line blot or immunoblot.
      case lineBlot = "line-blot"
    }

    /// Which antibody.
    public var target: Target
    /// Positive is present, negative absent.
    public var result: Presence
    /// The titre as the number after `1:`, such as 320.
    public var titre: Int?
    /// How it was tested for.
    public var method: Method?
    /// When the blood was taken.
    public var date: Date?

    /// Describes a test.
    public init(
      _ target: Target, _ result: Presence, titre: Int? = nil, method: Method? = nil,
      date: Date? = nil
    ) {
      self.target = target
      self.result = result
      self.titre = titre
      self.method = method
      self.date = date
    }
  }

  /// A biopsy of the skin.
  public struct Biopsy: Codable, Sendable, Hashable {
    /// When it was taken.
    public var date: Date?
    /// From where.
    public var site: Site?
    /// Whether calcium was found in the tissue.
    public var calcium: Presence
    /// The conclusion in words.
    public var conclusion: String?

    /// Describes a biopsy.
    public init(
      calcium: Presence, date: Date? = nil, site: Site? = nil, conclusion: String? = nil
    ) {
      self.calcium = calcium
      self.date = date
      self.site = site
      self.conclusion = conclusion
    }
  }

  /// How the capillaries of the nailfold look.
  public struct Capillaroscopy: Codable, Sendable, Hashable {
    /// The patterns of Cutolo. Its code is that of the project's code system `capillaroscopy-pattern`.
    public enum Pattern: String, Codable, Sendable, CaseIterable {
      /// Normal.
      case normal
      /// Changes that are not those of scleroderma.
      case nonSpecific = "non-specific"
      /// The early pattern of scleroderma.
      case early
      /// The active pattern of scleroderma.
      case active
      /// The late pattern of scleroderma.
      case late
    }

    /// The pattern.
    public var pattern: Pattern
    /// When.
    public var date: Date?

    /// Describes what was seen.
    public init(_ pattern: Pattern, date: Date? = nil) {
      self.pattern = pattern
      self.date = date
    }
  }

  /// A score as it was noted, with its items. What they give is computed by ``Score``.
  public struct StoredScore: Codable, Sendable, Hashable {
    /// What is known of an item.
    public enum Value: Codable, Sendable, Hashable {
      /// Points or a grade.
      case number(R4.Decimal)
      /// Whether a criterion is fulfilled.
      case presence(Presence)

      /// Reads a number or the name of a presence.
      public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let state = try? container.decode(Presence.self) {
          self = .presence(state)
        } else {
          self = .number(try container.decode(R4.Decimal.self))
        }
      }

      /// Writes a number or the name of a presence.
      public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let number): try container.encode(number)
        case .presence(let state): try container.encode(state)
        }
      }
    }

    /// One item.
    public struct Item: Codable, Sendable, Hashable {
      /// Its code; see ``Instrument/items``.
      public var code: String
      /// What is known of it.
      public var value: Value
      /// The end of the scale, for a visual analogue scale: 3 or 100.
      public var scale: R4.Decimal?

      /// Describes an item.
      public init(_ code: String, _ value: Value, scale: R4.Decimal? = nil) {
        self.code = code
        self.value = value
        self.scale = scale
      }
    }

    /// Which score.
    public var instrument: Instrument
    /// When it was taken.
    public var date: Date?
    /// The total that was noted.
    public var total: R4.Decimal?
    /// The items that were noted.
    public var items: [Item] = []

    /// Describes a score.
    public init(
      _ instrument: Instrument, date: Date? = nil, total: R4.Decimal? = nil, items: [Item] = []
    ) {
      self.instrument = instrument
      self.date = date
      self.total = total
      self.items = items
    }

    /// The grades of the skin.
    public init(_ skin: SkinScore, date: Date? = nil, total: R4.Decimal? = nil) {
      self.init(
        .mrss, date: date, total: total,
        items: SkinScore.Site.allCases.compactMap { site in
          skin[site].map { Item(site.rawValue, .number(R4.Decimal(integerLiteral: $0))) }
        })
    }
  }
}
