extension CREST.Criteria {
  /// The additive categories of the ACR/EULAR criteria of 2013 with the weights of their items; of a
  /// category only the highest counts.
  public static let categories: [[(item: CREST.CriterionItem, points: Int)]] = [
    [(.puffyFingers, 2), (.sclerodactyly, 4)],
    [(.digitalTipUlcers, 2), (.fingertipPittingScars, 3)],
    [(.telangiectasia, 2)],
    [(.abnormalNailfoldCapillaries, 2)],
    [(.pulmonaryArterialHypertension, 2), (.interstitialLungDisease, 2)],
    [(.raynaudPhenomenon, 3)],
    [(.anticentromere, 3), (.antiTopoisomerase, 3), (.antiRNAPolymerase, 3)],
  ]

  /// From how many points on somebody is classified.
  public static let threshold = 9

  /// The least and the most points that the additive items can have: what is not known counts nothing, or
  /// as if it were there. The sufficient criterion is none of them.
  public var points: ClosedRange<Int> {
    func sum(_ counts: (CREST.Presence) -> Bool) -> Int {
      Self.categories.reduce(0) { sum, category in
        sum + (category.filter { counts(self[$0.item]) }.map(\.points).max() ?? 0)
      }
    }
    return sum { $0 == .present }...sum { $0 != .absent }
  }

  /// Whether the criterion that is enough by itself is fulfilled; `nil` where that is not known.
  public var isSufficient: Bool? {
    switch verdict(.skinThickeningProximalToMCP) {
    case .yes: true
    case .no: false
    case .indeterminate: nil
    }
  }

  /// Whether somebody is classified as having systemic sclerosis (ACR/EULAR 2013): a classification for
  /// research, no diagnosis. Another explanation that is known rules it out.
  public var classification: CREST.Verdict {
    if self[.otherExplanation] == .present { return .no }
    let points = points
    let additive: CREST.Verdict =
      points.lowerBound >= Self.threshold
      ? .yes : points.upperBound < Self.threshold ? .no : .indeterminate
    return verdict(.skinThickeningProximalToMCP) || additive
  }

  /// Whether somebody has limited systemic sclerosis by LeRoy and Medsger (2001): Raynaud's phenomenon
  /// that somebody saw with abnormal capillaries or a selective antibody, or one that is only told with
  /// both.
  ///
  /// The criteria ask for a titre of 1:100 or more; antibodies of a lower one must not be given as present.
  public var limitedSystemicSclerosis: CREST.Verdict {
    let capillaries = verdict(.abnormalNailfoldCapillaries)
    let antibody =
      verdict(.anticentromere) || verdict(.antiTopoisomerase) || verdict(.antiRNAPolymerase)
    let seen = verdict(.objectiveRaynaud) && (capillaries || antibody)
    let told =
      (verdict(.raynaudPhenomenon) || verdict(.objectiveRaynaud)) && capillaries && antibody
    return seen || told
  }

  /// How far somebody is on the way that VEDOSS describes to a very early diagnosis.
  public enum EarlyStage: String, Codable, Sendable, CaseIterable {
    /// Three red flags, and capillaries or a specific antibody as well.
    case veryEarly = "very-early"
    /// Three red flags.
    case suspected
    /// A red flag is absent.
    case no
    /// What is not known decides.
    case indeterminate
  }

  /// The red flags of VEDOSS: Raynaud's phenomenon, puffy fingers, antinuclear antibodies.
  public static let redFlags: [CREST.CriterionItem] = [
    .raynaudPhenomenon, .puffyFingers, .antinuclearAntibodies,
  ]

  /// The second step of VEDOSS.
  public static let secondStep: [CREST.CriterionItem] = [
    .abnormalNailfoldCapillaries, .anticentromere, .antiTopoisomerase,
  ]

  /// The stage by VEDOSS (2014).
  public var earlyStage: EarlyStage {
    let flags = Self.redFlags.map(verdict)
    if flags.contains(.no) { return .no }
    guard flags.allSatisfy({ $0 == .yes }) else { return .indeterminate }
    return Self.secondStep.contains { self[$0] == .present } ? .veryEarly : .suspected
  }
}
