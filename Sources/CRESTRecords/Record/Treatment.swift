extension CREST {
  /// A medicine, or a preparation for the skin.
  public struct Medication: Codable, Sendable, Hashable {
    /// How it gets to where it acts.
    public enum Route: String, Codable, Sendable, CaseIterable {
      /// On the skin.
      case topical
      /// Into the deposit.
      case intralesional
      /// Into a vein.
      case intravenous
      /// By mouth.
      case oral
    }

    /// Who says so.
    public enum Source: String, Codable, Sendable, CaseIterable {
      /// It was prescribed.
      case prescribed
      /// The patient, or somebody else, reports that it is taken.
      case reported
    }

    /// How it stands (FHIR R4, medicationrequest-status).
    public enum Status: String, Codable, Sendable, CaseIterable {
      /// It is used.
      case active
      /// It is paused.
      case onHold = "on-hold"
      /// It was used as long as it was meant to be.
      case completed
      /// It was ended before that.
      case stopped
      /// Nobody knows.
      case unknown
    }

    /// The name; `sodium-thiosulfate`, `topical-treatment` and the names of ``Substance`` have codes.
    public var name: String
    /// How it gets to where it acts; nothing is assumed where it is not told.
    public var route: Route?
    /// Who says so.
    public var source: Source
    /// How it stands.
    public var status: Status
    /// When it was prescribed or reported.
    public var date: Date?
    /// How it is taken, in words.
    public var dosage: String?

    /// Describes a medicine by its name.
    public init(
      _ name: String, route: Route? = nil, source: Source = .prescribed,
      status: Status = .active, date: Date? = nil, dosage: String? = nil
    ) {
      self.name = name
      self.route = route
      self.source = source
      self.status = status
      self.date = date
      self.dosage = dosage
    }

    /// Describes a medicine whose substance has a code.
    public init(
      _ substance: Substance, route: Route? = nil, source: Source = .prescribed,
      status: Status = .active, date: Date? = nil, dosage: String? = nil
    ) {
      self.init(
        substance.rawValue, route: route, source: source, status: status, date: date,
        dosage: dosage)
    }
  }

  /// Something that was done about deposits.
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

    /// How it stands (FHIR R4, event-status).
    public enum Status: String, Codable, Sendable, CaseIterable {
      /// It is being prepared.
      case preparation
      /// It is being done.
      case inProgress = "in-progress"
      /// It was not done.
      case notDone = "not-done"
      /// It is paused.
      case onHold = "on-hold"
      /// It was ended before it was done.
      case stopped
      /// It was done.
      case completed
      /// Nobody knows.
      case unknown
    }

    /// What came of it.
    public enum Outcome: String, Codable, Sendable, CaseIterable {
      /// Nothing of the deposit is left.
      case removed
      /// Some of it is left.
      case partlyRemoved = "partly-removed"
      /// It is as it was.
      case unchanged
    }

    /// What was done.
    public var kind: Kind
    /// How it stands.
    public var status: Status
    /// When it was done.
    public var date: Date?
    /// The deposit that it was done to, by its id.
    public var lesion: String?
    /// What came of it.
    public var outcome: Outcome?
    /// What the record says in words.
    public var note: String?

    /// Describes a procedure.
    public init(
      _ kind: Kind, status: Status = .completed, date: Date? = nil, lesion: String? = nil,
      outcome: Outcome? = nil, note: String? = nil
    ) {
      self.kind = kind
      self.status = status
      self.date = date
      self.lesion = lesion
      self.outcome = outcome
      self.note = note
    }
  }

  /// Something that the patient does or is to do.
  public struct PlannedActivity: Codable, Sendable, Hashable {
    /// What the guide names.
    public enum Kind: String, Codable, Sendable, CaseIterable {
      /// A diet; which one is said in words.
      case diet
      /// Drinking enough.
      case hydration
      /// Keeping the skin from injury and pressure.
      case skinProtection = "skin-protection"
      /// Gentle care of the skin.
      case skinCare = "skin-care"
      /// Exercise.
      case exercise
      /// Ways of managing stress.
      case stressManagement = "stress-management"
      /// A check of the skin.
      case monitoring
    }

    /// How it stands (FHIR R4, care-plan-activity-status).
    public enum Status: String, Codable, Sendable, CaseIterable {
      /// It is not yet planned.
      case notStarted = "not-started"
      /// There is a date for it.
      case scheduled
      /// It is being done.
      case inProgress = "in-progress"
      /// It is paused.
      case onHold = "on-hold"
      /// It was done.
      case completed
      /// It was given up before it began.
      case cancelled
      /// It was given up.
      case stopped
      /// Nobody knows.
      case unknown
    }

    /// What.
    public var kind: Kind
    /// How it stands.
    public var status: Status
    /// When it begins, or is to be done.
    public var date: Date?
    /// What the record says in words.
    public var note: String?

    /// Describes an activity.
    public init(_ kind: Kind, status: Status, date: Date? = nil, note: String? = nil) {
      self.kind = kind
      self.status = status
      self.date = date
      self.note = note
    }
  }

  /// Somebody who cares for the patient.
  public struct CareTeamMember: Codable, Sendable, Hashable {
    /// The role; `dermatologist` and `rheumatologist` have codes.
    public var role: String
    /// The name.
    public var name: String?

    /// Names a member.
    public init(role: String, name: String? = nil) {
      self.role = role
      self.name = name
    }
  }

  /// What the patient agreed to or declined.
  public struct Consent: Codable, Sendable, Hashable {
    /// What it is about (FHIR R4, consentscope).
    public enum Scope: String, Codable, Sendable, CaseIterable {
      /// A treatment whose risks were discussed, such as an operation.
      case treatment
      /// The use of the record by a registry.
      case research
    }

    /// What was decided.
    public enum Decision: String, Codable, Sendable, CaseIterable {
      /// The patient agreed.
      case permit
      /// The patient declined.
      case deny
    }

    /// What it is about.
    public var scope: Scope
    /// What was decided.
    public var decision: Decision
    /// When.
    public var date: Date?

    /// Describes a consent.
    public init(_ scope: Scope, _ decision: Decision, date: Date? = nil) {
      self.scope = scope
      self.decision = decision
      self.date = date
    }
  }
}
