extension CREST {
  /// A score or a classification as it was computed, with the reason of each point.
  public struct Score: Sendable, Hashable {
    /// An item of a score.
    public struct Item: Sendable, Hashable {
      /// The code of the item.
      public let item: String
      /// What is known of it: a presence, or a number.
      public let value: String
      /// The points that it gives; `nil` where it gives none by itself.
      public let points: Double?
      /// Where in the input that is said; `nil` where nobody says anything.
      public let path: String?
    }

    /// Something about the record of a score that a curator should look at.
    public struct Remark: Sendable, Hashable {
      /// What it is: its kind, which does not change.
      public enum Kind: String, Sendable, CaseIterable {
        /// The stored total is not the one that the items give.
        case storedDiffers = "stored-differs"
        /// A value is not one that the item may have.
        case outOfRange = "out-of-range"
        /// Items are missing.
        case partial
        /// The skin of the trunk or of upper limbs is thick in a form that is called limited.
        case contradictsSubset = "contradicts-subset"
        /// The scale of a visual analogue scale is not stated.
        case scaleNotStated = "scale-not-stated"
      }

      /// What it is.
      public let kind: Kind
      /// In words, without values of the patient.
      public let message: String
      /// Where in the input.
      public let path: String?
    }

    /// Which one.
    public let instrument: Instrument
    /// The patient, as the records refer to them; `nil` where they do not.
    public let patient: String?
    /// The least and the most that the total can be; one number when everything is known, `nil` for what
    /// has no total or cannot be computed.
    public internal(set) var total: ClosedRange<Double>?
    /// Whether a criterion that is enough by itself is fulfilled.
    public internal(set) var sufficient: Bool?
    /// Whether the criteria are fulfilled.
    public internal(set) var classification: Verdict?
    /// The stage by VEDOSS.
    public internal(set) var stage: Criteria.EarlyStage?
    /// What each point is for.
    public internal(set) var items: [Item] = []
    /// When a score that the record states was taken; `nil` for what is computed from the whole record.
    public internal(set) var date: Date?
    /// The total that the record states.
    public internal(set) var stored: Double?
    /// Where the record states it, or the score as a whole.
    public internal(set) var path: String?
    /// What a curator should look at.
    public internal(set) var remarks: [Remark] = []

    init(_ instrument: Instrument, patient: String?) {
      self.instrument = instrument
      self.patient = patient
    }

    /// Compares the stored total with what the items give, and with the range of the instrument.
    mutating func compareWithStored() {
      guard let stored else { return }
      if let range = instrument.range, !range.contains(stored) {
        remark(.outOfRange, "the stored total is not in the range of the instrument", path)
      }
      // Totals are often rounded to two places.
      if let total, stored < total.lowerBound - 0.006 || stored > total.upperBound + 0.006 {
        remark(.storedDiffers, "the stored total is not what the items give", path)
      }
    }

    mutating func remark(_ kind: Remark.Kind, _ message: String, _ path: String?) {
      remarks.append(Remark(kind: kind, message: message, path: path))
    }
  }
}
