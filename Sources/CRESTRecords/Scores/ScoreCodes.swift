extension CREST {
  /// The code systems of scores: what is scored has no verified codes of a standard terminology.
  enum ScoreCodes {
    static let instruments = canonicalBase + "/CodeSystem/score-instrument"
    static let criteria = canonicalBase + "/CodeSystem/classification-item"
    static let sites = canonicalBase + "/CodeSystem/score-site"
    static let items = canonicalBase + "/CodeSystem/score-item"
    static let patterns = canonicalBase + "/CodeSystem/capillaroscopy-pattern"

    /// The patterns of the capillaries of the nailfold, and whether they are those of scleroderma.
    static let patternStates: [String: Presence] = [
      "normal": .absent, "non-specific": .absent, "early": .present, "active": .present,
      "late": .present,
    ]

    /// Codes of other systems for the instruments.
    static func instrument(system: String, code: String) -> Instrument? {
      switch (system, code) {
      case (instruments, _): Instrument(rawValue: code)
      case ("http://loinc.org", "75874-8"): .haqDI
      default: nil
      }
    }

    /// Codes of findings that are items of criteria, those of the five letters apart.
    private static let findings: [String: [String: CriterionItem]] = [
      snomed: [
        "11399002": .pulmonaryArterialHypertension, "697903007": .pulmonaryArterialHypertension,
        "233703007": .interstitialLungDisease, "711379004": .interstitialLungDisease,
      ],
      "http://hl7.org/fhir/sid/icd-10-cm": [
        "I27.21": .pulmonaryArterialHypertension, "J84.9": .interstitialLungDisease,
      ],
      "http://human-phenotype-ontology.org": [
        "HP:0002092": .pulmonaryArterialHypertension, "HP:0006530": .interstitialLungDisease,
        "HP:0031917": .digitalTipUlcers, "HP:0031293": .fingertipPittingScars,
        "HP:0030873": .anticentromere, "HP:0030859": .antiTopoisomerase,
        "HP:0003493": .antinuclearAntibodies,
      ],
      "http://loinc.org": [
        "16137-2": .anticentromere, "16570-4": .anticentromere, "17570-3": .antiTopoisomerase,
        "17569-5": .antiTopoisomerase, "89513-6": .antiRNAPolymerase,
        "81738-7": .antiRNAPolymerase, "8061-4": .antinuclearAntibodies,
      ],
    ]

    static func item(system: String, code: String) -> CriterionItem? {
      system == criteria ? CriterionItem(rawValue: code) : findings[system]?[code]
    }

    /// The items that are letters of CREST as well.
    static let letters: [Letter: CriterionItem] = [
      .raynaud: .raynaudPhenomenon, .sclerodactyly: .sclerodactyly,
      .telangiectasia: .telangiectasia,
    ]
  }
}

extension CREST.Instrument {
  /// The system of the codes of its items.
  var itemSystem: String {
    switch self {
    case .mrss: CREST.ScoreCodes.sites
    case .acrEULAR2013, .leRoyMedsger2001, .vedoss: CREST.ScoreCodes.criteria
    default: CREST.ScoreCodes.items
    }
  }

  /// The profile of its observations, without the words that all begin with.
  var profile: String {
    switch self {
    case .mrss: "mrss"
    case .acrEULAR2013, .leRoyMedsger2001, .vedoss: "classification"
    case .handCalcinosis: "radiograph-score"
    default: "patient-reported"
    }
  }
}
