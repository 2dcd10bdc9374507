extension CREST {
  /// Whether criteria are fulfilled, as far as what is known tells.
  public enum Verdict: String, Codable, Sendable, CaseIterable {
    /// They are, whatever else may turn out.
    case yes
    /// They are not, whatever else may turn out.
    case no
    /// What is not known decides.
    case indeterminate

    /// The verdict of a presence: what was not assessed is not absent.
    init(_ presence: Presence) {
      switch presence {
      case .present: self = .yes
      case .absent: self = .no
      case .notAssessed, .unknown: self = .indeterminate
      }
    }

    /// Both are fulfilled.
    static func && (left: Verdict, right: Verdict) -> Verdict {
      if left == .no || right == .no { return .no }
      return left == .yes && right == .yes ? .yes : .indeterminate
    }

    /// At least one is fulfilled.
    static func || (left: Verdict, right: Verdict) -> Verdict {
      if left == .yes || right == .yes { return .yes }
      return left == .no && right == .no ? .no : .indeterminate
    }
  }

  /// What criteria are asked about. Its code is that of the project's code system `classification-item`.
  public enum CriterionItem: String, Codable, Sendable, CaseIterable {
    /// Thick skin of the fingers of both hands beyond the knuckles: enough by itself.
    case skinThickeningProximalToMCP = "skin-thickening-proximal-to-mcp"
    /// Puffy fingers.
    case puffyFingers = "puffy-fingers"
    /// Thick skin of the fingers up to the knuckles.
    case sclerodactyly
    /// Ulcers at the tips of fingers.
    case digitalTipUlcers = "digital-tip-ulcers"
    /// Pitting scars at the tips of fingers.
    case fingertipPittingScars = "fingertip-pitting-scars"
    /// Telangiectasia.
    case telangiectasia
    /// Capillaries of the nailfold with a scleroderma pattern.
    case abnormalNailfoldCapillaries = "abnormal-nailfold-capillaries"
    /// Pulmonary arterial hypertension.
    case pulmonaryArterialHypertension = "pulmonary-arterial-hypertension"
    /// Interstitial lung disease.
    case interstitialLungDisease = "interstitial-lung-disease"
    /// Raynaud's phenomenon.
    case raynaudPhenomenon = "raynaud-phenomenon"
    /// Antibodies to centromeres.
    case anticentromere = "anticentromere"
    /// Antibodies to topoisomerase I, Scl-70.
    case antiTopoisomerase = "anti-topoisomerase-i"
    /// Antibodies to RNA polymerase III.
    case antiRNAPolymerase = "anti-rna-polymerase-iii"
    /// Antinuclear antibodies.
    case antinuclearAntibodies = "antinuclear-antibodies"
    /// Raynaud's phenomenon that somebody saw or measured.
    case objectiveRaynaud = "objective-raynaud"
    /// Skin of the fingers that is spared, or another disease that explains the picture better.
    case otherExplanation = "other-explanation"
  }

  /// What is known of the items of criteria; an item that nobody speaks of is unknown.
  public struct Criteria: Codable, Sendable, Hashable {
    private var states: [CriterionItem: Presence] = [:]

    /// Criteria of which nothing is known.
    public init() {}

    /// Criteria with items of a state; nothing is known of the others unless `others` says so.
    public init(present items: CriterionItem..., others: Presence = .unknown) {
      if others != .unknown {
        for item in CriterionItem.allCases { states[item] = others }
        states[.otherExplanation] = .absent
      }
      for item in items { states[item] = .present }
    }

    /// Whether an item is there.
    public subscript(item: CriterionItem) -> Presence {
      get { states[item] ?? .unknown }
      set { states[item] = newValue == .unknown ? nil : newValue }
    }

    /// Whether anything is known.
    public var isEmpty: Bool { states.isEmpty }

    func verdict(_ item: CriterionItem) -> Verdict { Verdict(self[item]) }
  }
}
