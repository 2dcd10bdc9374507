extension CREST {
  /// An instrument. Its code is that of the project's code system `score-instrument`.
  public enum Instrument: String, Codable, Sendable, CaseIterable {
    /// ACR/EULAR criteria of 2013.
    case acrEULAR2013 = "acr-eular-2013"
    /// LeRoy and Medsger's criteria of 2001.
    case leRoyMedsger2001 = "leroy-medsger-2001"
    /// Very early diagnosis of systemic sclerosis.
    case vedoss
    /// The modified Rodnan skin score.
    case mrss
    /// The disability index of the Health Assessment Questionnaire.
    case haqDI = "haq-di"
    /// Visual analogue scales of the scleroderma HAQ, each by itself.
    case shaq
    /// The UCLA SCTC gastrointestinal tract questionnaire 2.0.
    case git2 = "git-2.0"
    /// The Raynaud condition score.
    case raynaudConditionScore = "raynaud-condition-score"
    /// The EULAR scleroderma impact of disease questionnaire: stored and checked for its range.
    case scleroID = "scleroid"
    /// The Mawdsley calcinosis questionnaire: stored.
    case mawdsley = "mawdsley-calcinosis-questionnaire"
    /// The SCTC radiographic score of calcinosis of the hands: stored and checked for its sign.
    case handCalcinosis = "sctc-hand-calcinosis-score"

    /// The range of a total, where the sources state one.
    public var range: ClosedRange<Double>? {
      switch self {
      case .acrEULAR2013: 0...19
      case .mrss: 0...51
      case .haqDI: 0...3
      case .git2: 0...2.84
      case .raynaudConditionScore, .scleroID: 0...10
      case .handCalcinosis: 0...Double.greatestFiniteMagnitude
      case .leRoyMedsger2001, .vedoss, .shaq, .mawdsley: nil
      }
    }
  }

  /// The eight categories of the HAQ, each from 0 to 3. Its code is that of `score-item`.
  public enum HAQCategory: String, Codable, Sendable, CaseIterable {
    /// Dressing and grooming.
    case dressing = "haq-dressing"
    /// Rising.
    case arising = "haq-arising"
    /// Eating.
    case eating = "haq-eating"
    /// Walking.
    case walking = "haq-walking"
    /// Hygiene.
    case hygiene = "haq-hygiene"
    /// Reach.
    case reach = "haq-reach"
    /// Grip.
    case grip = "haq-grip"
    /// Activities.
    case activities = "haq-activities"

    /// The disability index: the mean of the categories, of which at least six must be known; `nil`
    /// otherwise, and where one is not from 0 to 3.
    public static func index(of grades: [HAQCategory: Double]) -> Double? {
      guard grades.count >= 6, grades.values.allSatisfy({ (0...3).contains($0) }) else {
        return nil
      }
      // In the order of the cases, so that the sum does not depend on the table's.
      return allCases.compactMap { grades[$0] }.reduce(0, +) / Double(grades.count)
    }
  }

  /// The scales of the UCLA SCTC GIT 2.0. Its code is that of `score-item`.
  public enum GITScale: String, Codable, Sendable, CaseIterable {
    /// Reflux.
    case reflux = "git-reflux"
    /// Distension and bloating.
    case distention = "git-distention"
    /// Soilage.
    case soilage = "git-soilage"
    /// Diarrhoea.
    case diarrhea = "git-diarrhea"
    /// Social functioning.
    case social = "git-social-functioning"
    /// Emotional well-being.
    case emotional = "git-emotional-wellbeing"
    /// Constipation, which is not part of the total.
    case constipation = "git-constipation"

    /// What the scale may have.
    public var range: ClosedRange<Double> {
      switch self {
      case .diarrhea: 0...2
      case .constipation: 0...2.5
      default: 0...3
      }
    }

    /// The total: the mean of the six scales without constipation; `nil` where one is missing or out of
    /// its range.
    public static func total(of values: [GITScale: Double]) -> Double? {
      let parts = allCases.filter { $0 != .constipation }
      let found = parts.compactMap { scale in
        values[scale].flatMap { scale.range.contains($0) ? $0 : nil }
      }
      return found.count == parts.count ? found.reduce(0, +) / Double(parts.count) : nil
    }
  }

  /// The visual analogue scales of the scleroderma HAQ, which are not summed. Its code is that of
  /// `score-item`.
  public enum SHAQScale: String, Codable, Sendable, CaseIterable {
    /// Pain.
    case pain = "shaq-pain"
    /// The intestine.
    case intestinal = "shaq-intestinal"
    /// Breathing.
    case breathing = "shaq-breathing"
    /// Raynaud's phenomenon.
    case raynaud = "shaq-raynaud"
    /// Ulcers of the fingers.
    case fingerUlcers = "shaq-finger-ulcers"
    /// The disease as a whole.
    case overall = "shaq-overall"
  }
}
