public import ClinicalTree

extension CREST {
  /// What a registry asks of the records of a submission together: whether a patient is in it twice, who
  /// sent what, and how complete it is. The rules about single records are those of the profile
  /// `crest-bundle-submission`.
  ///
  /// Records are added in their order, as they come; what is kept of each is a few words, so that a
  /// submission of any length fits into memory.
  ///
  /// ```swift
  /// var submission = CREST.Submission()
  /// for (number, tree) in trees.enumerated() {
  ///   let entry = submission.add(CREST.Submission.Outline(tree), line: number + 1)
  /// }
  /// ```
  public struct Submission: Sendable {
    /// A record as the submission knows it.
    public struct Entry: Sendable, Hashable {
      /// The number of its patient, from 1, in the order in which patients are met; a mask of the pseudonym.
      public let patient: Int
      /// The number of the record among those of its patient, from 1.
      public let visit: Int
      /// The site that sent it, as the patient's managing organisation is called; empty where none is.
      public let site: String
      /// What is wrong with it beside the others.
      public let issues: [Issue]
    }

    /// What is known of an element of the minimum data set.
    public enum Completeness: String, Sendable, CaseIterable {
      /// It has a value.
      case filled
      /// It is said not to have been assessed.
      case notAssessed = "not-assessed"
      /// It is said to be unknown.
      case unknown
      /// Nothing is said.
      case missing
    }

    /// The elements of the minimum data set.
    public enum Element: String, Sendable, CaseIterable {
      /// The sex.
      case sex
      /// The year of birth.
      case birth
      /// Whether the patient lives.
      case vitalStatus = "vital-status"
      /// The diagnosis.
      case diagnosis
      /// The onset of Raynaud's phenomenon.
      case raynaudOnset = "raynaud-onset"
      /// Calcinosis.
      case calcinosis
      /// Raynaud's phenomenon.
      case raynaud
      /// Dysfunction of the oesophagus.
      case esophageal
      /// Sclerodactyly.
      case sclerodactyly
      /// Telangiectasia.
      case telangiectasia
      /// Antibodies against centromeres.
      case anticentromere
      /// Antibodies against topoisomerase I.
      case antiTopoisomerase = "anti-topoisomerase-i"
      /// Antibodies against RNA polymerase III.
      case antiRNAPolymerase = "anti-rna-polymerase-iii"
      /// The skin score.
      case skinScore = "skin-score"
      /// Capillaroscopy.
      case capillaroscopy
      /// Calcium in the blood.
      case calcium
    }

    /// A cell of the table of completeness.
    public struct Cell: Sendable, Hashable {
      /// The site.
      public let site: String
      /// The year of the record; empty where it has no date.
      public let year: String
      /// The element.
      public let element: Element
      /// What is known of it.
      public let state: Completeness
    }

    private struct Person {
      let number: Int
      let line: Int
      let sex: String?
      let birth: String?
      /// The lines of the visits by their days.
      var visits: [String: Int]
      /// The day of the last visit.
      var last: String
      var records = 0
      /// The places of deposits by their identifiers.
      var sites: [String: String] = [:]
    }

    private var persons: [String: Person] = [:]
    private var lookAlikes: [String: (pseudonym: String, line: Int)] = [:]
    /// How many records have what is known of an element.
    public private(set) var completeness: [Cell: Int] = [:]
    /// How many records each site has sent.
    public private(set) var records: [String: Int] = [:]

    /// An empty submission.
    public init() {}

    /// How many patients were met.
    public var patients: Int { persons.count }

    /// Adds a record.
    ///
    /// - Parameters:
    ///   - outline: What the submission needs of it.
    ///   - line: The line of the file that it stands on, or its number.
    /// - Returns: Whose record it is, and what is wrong with it beside those that were added before.
    public mutating func add(_ outline: Outline, line: Int) -> Entry {
      var issues: [Issue] = []
      records[outline.site, default: 0] += 1
      for element in Element.allCases {
        let cell = Cell(
          site: outline.site, year: outline.year, element: element,
          state: outline.states[element] ?? .missing)
        completeness[cell, default: 0] += 1
      }
      // A record without a pseudonym is about somebody of whom nothing more is known.
      let pseudonym = outline.pseudonym ?? "line \(line)"
      var person =
        persons[pseudonym]
        ?? Person(
          number: persons.count + 1, line: line, sex: outline.sex, birth: outline.birth,
          visits: [outline.visit: line], last: outline.visit)
      if person.line != line {
        if person.sex != outline.sex || person.birth != outline.birth {
          issues.append(
            Issue(
              RegistryCodes.contradicting,
              "the pseudonym of line \(person.line) with another sex or birth"))
        } else if let issue = Self.order(of: outline.visit, in: person) {
          issues.append(issue)
        }
        person.visits[outline.visit] = line
        person.last = max(person.last, outline.visit)
      }
      for (lesion, place) in outline.lesions.sorted(by: { $0.key < $1.key }) {
        if let known = person.sites[lesion], known != place {
          issues.append(
            Issue(
              RegistryCodes.movedLesion, "a deposit has another place than in an earlier record"))
        }
        person.sites[lesion] = place
      }
      person.records += 1
      persons[pseudonym] = person
      if let likeness = outline.likeness {
        if let known = lookAlikes[likeness], known.pseudonym != pseudonym {
          issues.append(
            Issue(
              RegistryCodes.lookAlike,
              "sex, birth and the dates of the disease are those of the patient of line \(known.line)"
            ))
        } else {
          lookAlikes[likeness] = (pseudonym, line)
        }
      }
      return Entry(
        patient: person.number, visit: person.records, site: outline.site, issues: issues)
    }

    /// What is wrong with a visit of a patient of whom others are known; further visits are welcome.
    private static func order(of day: String, in person: Person) -> Issue? {
      if day.count == 10, let line = person.visits[day] {
        return Issue(RegistryCodes.sameVisit, "the visit of line \(line) has another record")
      }
      // Days that are known in part may be before or after each other.
      if day.hasPrefix(person.last) || person.last.hasPrefix(day) {
        return Issue(
          RegistryCodes.repeated, "the patient of line \(person.line) has another record")
      }
      return day < person.last
        ? Issue(RegistryCodes.visitOrder, "a visit of an earlier line was later") : nil
    }
  }

  /// The codes of findings about submissions.
  public static let issueCodes = RegistryCodes.all
}

/// The findings about records of a submission beside each other.
enum RegistryCodes {
  static let repeated = Issue.Code(
    "SUBM-0101", "A patient has several records", severity: .warning,
    explanation:
      "Two records of a submission have the same pseudonym, and nothing tells their visits apart. One of them may be a duplicate.",
    repair: "Send the records of a patient as one, or check that they are of different visits.")
  static let contradicting = Issue.Code(
    "SUBM-0102", "A pseudonym stands for two people",
    explanation:
      "Two records have the same pseudonym and differ in sex or in the year of birth, so they are hardly of the same person.",
    repair: "Correct the pseudonym, the sex or the birth.")
  static let movedLesion = Issue.Code(
    "SUBM-0103", "A deposit has moved",
    explanation:
      "A deposit keeps its identifier over time and with it its place. Two records give it different places.",
    repair: "Give a new deposit a new identifier, or correct the place.")
  static let lookAlike = Issue.Code(
    "SUBM-0104", "Two pseudonyms may stand for the same person", severity: .warning,
    explanation:
      "Two records with different pseudonyms agree in sex, birth and in the exact dates of the disease.",
    repair: "Check whether the patient was given two pseudonyms.")
  static let visitOrder = Issue.Code(
    "SUBM-0105", "Visits are not in their order", severity: .warning,
    explanation:
      "The records of a patient come in the order of their visits. This one is of a visit before the last one.",
    repair: "Sort the records of each patient, or correct the dates of observations.")
  static let sameVisit = Issue.Code(
    "SUBM-0106", "A visit has two records",
    explanation:
      "Two records with the same pseudonym have their last observation on the same day. One of them is a duplicate, or a part of the other.",
    repair: "Send a visit as one record.")

  static let all = [repeated, contradicting, movedLesion, lookAlike, visitOrder, sameVisit]
}
