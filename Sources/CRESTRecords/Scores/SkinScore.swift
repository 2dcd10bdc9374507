extension CREST {
  /// The modified Rodnan skin score: the thickness of the skin at 17 sites, each from 0 to 3.
  public struct SkinScore: Codable, Sendable, Hashable {
    /// A site. Its code is that of the project's code system `score-site`.
    public enum Site: String, Codable, Sendable, CaseIterable {
      /// The fingers of the right hand.
      case rightFingers = "right-fingers"
      /// The fingers of the left hand.
      case leftFingers = "left-fingers"
      /// The right hand.
      case rightHand = "right-hand"
      /// The left hand.
      case leftHand = "left-hand"
      /// The right forearm.
      case rightForearm = "right-forearm"
      /// The left forearm.
      case leftForearm = "left-forearm"
      /// The right upper arm.
      case rightUpperArm = "right-upper-arm"
      /// The left upper arm.
      case leftUpperArm = "left-upper-arm"
      /// The face.
      case face
      /// The chest.
      case chest
      /// The abdomen.
      case abdomen
      /// The right thigh.
      case rightThigh = "right-thigh"
      /// The left thigh.
      case leftThigh = "left-thigh"
      /// The right lower leg.
      case rightLeg = "right-leg"
      /// The left lower leg.
      case leftLeg = "left-leg"
      /// The right foot.
      case rightFoot = "right-foot"
      /// The left foot.
      case leftFoot = "left-foot"
    }

    /// The sites that are spared where the skin is thick only beyond elbows and knees, and in the face.
    public static let proximal: Set<Site> = [
      .rightUpperArm, .leftUpperArm, .chest, .abdomen, .rightThigh, .leftThigh,
    ]

    /// What a site may have.
    public static let grades = 0...3

    private var values: [Site: Int] = [:]

    /// A score of which no site is known.
    public init() {}

    /// The grade of a site; `nil` where it is not known. One that is not from 0 to 3 is not taken.
    public subscript(site: Site) -> Int? {
      get { values[site] }
      set { values[site] = newValue.flatMap { Self.grades.contains($0) ? $0 : nil } }
    }

    /// The least and the most that the total can be, 0 to 51: one number when all 17 sites are known.
    public var total: ClosedRange<Int> {
      let sum = values.values.reduce(0, +)
      return sum...(sum + Self.grades.upperBound * (Site.allCases.count - values.count))
    }

    /// The sites that contradict a limited cutaneous form.
    public var proximalSites: [Site] {
      Site.allCases.filter { Self.proximal.contains($0) && values[$0] ?? 0 > 0 }
    }
  }
}
