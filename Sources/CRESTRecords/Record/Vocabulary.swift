import FHIRModels

// The codes of every closed list of a record, from the verified table of terminology. Where a system has no
// code that was verified, the project's own stands.

extension CREST {
  /// The regions of the body that have codes.
  public enum Region: String, Codable, Sendable, CaseIterable {
    /// A finger.
    case finger
    /// A thumb.
    case thumb
    /// A hand.
    case hand
    /// A wrist.
    case wrist
    /// A forearm.
    case forearm
    /// An elbow.
    case elbow
    /// A shoulder.
    case shoulder
    /// A hip.
    case hip
    /// A buttock.
    case buttock
    /// A thigh.
    case thigh
    /// A knee.
    case knee
    /// A foot.
    case foot
    /// A toe.
    case toe
    /// The trunk.
    case trunk
    /// The face.
    case face
    /// An ear.
    case ear
    /// The back.
    case back
  }

  /// Substances that have codes.
  public enum Substance: String, Codable, Sendable, CaseIterable {
    /// Sodium thiosulfate.
    case sodiumThiosulfate = "sodium-thiosulfate"
    /// A cream or ointment without further words.
    case topicalTreatment = "topical-treatment"
    /// Diltiazem.
    case diltiazem
    /// Colchicine.
    case colchicine
    /// Minocycline.
    case minocycline
    /// Warfarin.
    case warfarin
    /// Alendronate.
    case alendronate
    /// Probenecid.
    case probenecid
    /// Nifedipine.
    case nifedipine
    /// Sildenafil.
    case sildenafil
    /// Omeprazole.
    case omeprazole
    /// Rituximab.
    case rituximab
    /// Infliximab.
    case infliximab
  }

  /// The roles of a care team that have codes.
  enum Role: String, CaseIterable {
    case dermatologist, rheumatologist
  }
}

extension CREST.Presence: Coded {
  var codes: CREST.Codes {
    func status(_ display: String) -> CREST.Codes.Code {
      CREST.Codes.Code(system: CREST.statusSystem, code: rawValue, display: display)
    }
    switch self {
    case .present:
      return CREST.Codes(
        status("Present"),
        alsoRead: [(CREST.snomed, "10828004"), (CREST.yesNo, "Y"), (CREST.interpretation, "POS")])
    case .absent:
      return CREST.Codes(
        status("Absent"),
        alsoRead: [(CREST.snomed, "260385009"), (CREST.yesNo, "N"), (CREST.interpretation, "NEG")])
    case .notAssessed: return CREST.Codes(status("Not assessed"))
    case .unknown: return CREST.Codes(status("Unknown"))
    }
  }
}

extension CREST {
  static let yesNo = "http://terminology.hl7.org/CodeSystem/v2-0136"
  static let interpretation =
    "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
}

extension CREST.Letter: Coded {
  var codes: CREST.Codes {
    switch self {
    case .calcinosis:
      CREST.Codes(
        .local("calcinosis-cutis", "Calcinosis cutis"), .icd10CM("L94.2", "Calcinosis cutis"))
    case .raynaud:
      CREST.Codes(
        .local("raynaud-phenomenon", "Raynaud's phenomenon"),
        .snomed("266261006", "Raynaud's phenomenon"))
    case .esophageal:
      CREST.Codes(
        .local("esophageal-dysfunction", "Esophageal dysfunction"),
        .snomed("266434009", "Esophageal dysmotility"))
    case .sclerodactyly:
      CREST.Codes(
        .local("sclerodactyly", "Sclerodactyly"), .snomed("201051000", "Sclerodactyly"))
    case .telangiectasia:
      CREST.Codes(
        .local("telangiectasia", "Telangiectasia"),
        .snomed("247479008", "Telangiectasia disorder"))
    }
  }
}

extension CREST.Diagnosis.Kind: Coded {
  var codes: CREST.Codes {
    switch self {
    case .crest:
      CREST.Codes(
        .snomed(
          "31848007",
          "Calcinosis, Raynaud's phenomenon, esophageal dysmotility, sclerodactyly, and telangiectasia syndrome"
        ), .icd10CM("M34.1", "CR(E)ST syndrome"),
        // The form without the oesophagus, two retired codes, and WHO's ICD-10.
        alsoRead: [
          (CREST.snomed, "62382002"), (CREST.snomed, "156453002"), (CREST.snomed, "201442004"),
          ("http://hl7.org/fhir/sid/icd-10", "M34.1"),
        ])
    case .limitedCutaneous:
      CREST.Codes(.snomed("298285004", "Systemic sclerosis with limited cutaneous involvement"))
    case .limitedSystemicSclerosis:
      CREST.Codes(
        .snomed("299276009", "Limited systemic sclerosis"),
        alsoRead: [(CREST.snomed, "128459005")])
    case .diffuseCutaneous:
      CREST.Codes(
        .snomed("128460000", "Systemic sclerosis, diffuse"),
        .local(rawValue, "Systemic sclerosis with diffuse cutaneous involvement"))
    case .sineScleroderma:
      CREST.Codes(.snomed("128461001", "Systemic sclerosis sine scleroderma"))
    case .systemicSclerosis:
      CREST.Codes(
        .snomed("89155008", "Systemic sclerosis"),
        alsoRead: [
          ("http://hl7.org/fhir/sid/icd-10-cm", "M34.9"),
          ("http://hl7.org/fhir/sid/icd-10", "M34.9"),
        ])
    }
  }
}

extension CREST.Calcinosis.Kind: Coded {
  var codes: CREST.Codes {
    CREST.Codes(
      .local(
        rawValue, rawValue.prefix(1).uppercased() + rawValue.dropFirst() + " calcinosis cutis"))
  }
}

extension CREST.Calcinosis.Severity: Coded {
  var codes: CREST.Codes {
    switch self {
    case .mild: CREST.Codes(.snomed("255604002", "Mild"))
    case .moderate: CREST.Codes(.snomed("6736007", "Moderate"))
    case .severe: CREST.Codes(.snomed("24484000", "Severe"))
    }
  }
}

extension CREST.Calcinosis.Cause.Kind: Coded {
  var codes: CREST.Codes {
    switch self {
    case .autoimmune: CREST.Codes(.snomed("85828009", "Autoimmune disease"))
    case .connectiveTissue: CREST.Codes(.snomed("105969002", "Disorder of connective tissue"))
    case .renalFailure: CREST.Codes(.snomed("42399005", "Renal failure syndrome"))
    case .trauma: CREST.Codes(.snomed("417746004", "Traumatic injury"))
    }
  }
}

extension CREST.RaynaudDetails.Trigger: Coded {
  var codes: CREST.Codes {
    switch self {
    case .cold: CREST.Codes(.local("trigger-cold", "Cold"))
    case .stress: CREST.Codes(.local("trigger-stress", "Stress"))
    }
  }
}

extension CREST.RaynaudDetails.Phase: Coded {
  var codes: CREST.Codes {
    switch self {
    case .white: CREST.Codes(.snomed("371251000", "White color"))
    case .blue: CREST.Codes(.local("blue", "Blue"))
    case .red: CREST.Codes(.snomed("371240000", "Red color"))
    }
  }
}

extension CREST.EsophagealDetails.Test: Coded {
  var codes: CREST.Codes {
    switch self {
    case .manometry: CREST.Codes(.local(rawValue, "Esophageal manometry"))
    case .bariumSwallow:
      CREST.Codes(.loinc("30633-2", "RF Esophagus Views W barium contrast PO"))
    case .endoscopy: CREST.Codes(.local(rawValue, "Endoscopy of the esophagus"))
    }
  }
}

extension CREST.EsophagealDetails.Symptom: Coded {
  var codes: CREST.Codes {
    switch self {
    case .dysphagia: CREST.Codes(.snomed("40739000", "Dysphagia"))
    case .reflux: CREST.Codes(.snomed("235595009", "Gastroesophageal reflux disease"))
    }
  }
}

extension CREST.SclerodactylyDetails.Extent: Coded {
  // The items of the criteria of 2013, so that scores read them.
  var codes: CREST.Codes {
    switch self {
    case .distalToMCP:
      CREST.Codes(
        .init(system: CREST.ScoreCodes.criteria, code: "sclerodactyly", display: "Sclerodactyly"))
    case .proximalToMCP:
      CREST.Codes(
        .init(
          system: CREST.ScoreCodes.criteria, code: "skin-thickening-proximal-to-mcp",
          display:
            "Skin thickening of the fingers of both hands beyond the metacarpophalangeal joints"))
    }
  }
}

extension CREST.Lesion.Form: Coded {
  var codes: CREST.Codes {
    switch self {
    case .papule: CREST.Codes(.snomed("445328000", "Papule of skin"))
    case .nodule: CREST.Codes(.snomed("95319004", "Skin nodule"))
    case .subcutaneousNodule: CREST.Codes(.snomed("95325000", "Subcutaneous nodule"))
    }
  }
}

extension CREST.Lesion.Colour: Coded {
  var codes: CREST.Codes {
    switch self {
    case .white: CREST.Codes(.snomed("371251000", "White color"))
    case .yellow: CREST.Codes(.snomed("371244009", "Yellow color"))
    case .red: CREST.Codes(.snomed("371240000", "Red color"))
    }
  }
}

extension CREST.Lesion.Consistency: Coded {
  var codes: CREST.Codes {
    switch self {
    case .firm: CREST.Codes(.local("firm", "Firm"))
    case .soft: CREST.Codes(.local("soft", "Soft"))
    }
  }
}

extension CREST.Complication.Kind: Coded {
  var codes: CREST.Codes {
    switch self {
    case .ulceration: CREST.Codes(.snomed("46742003", "Skin ulcer"))
    case .infection: CREST.Codes(.snomed("108365000", "Infection of skin"))
    }
  }
}

extension CREST.Imaging.Modality: Coded {
  var codes: CREST.Codes {
    switch self {
    case .xRay: CREST.Codes(.snomed("363680008", "Radiographic imaging procedure"))
    case .ultrasound: CREST.Codes(.snomed("16310003", "Diagnostic ultrasonography"))
    case .ct: CREST.Codes(.snomed("77477000", "Computerized axial tomography"))
    }
  }
}

extension CREST.Imaging.Extent: Coded {
  var codes: CREST.Codes {
    switch self {
    case .localised: CREST.Codes(.local("extent-localised", "At one place"))
    case .multiple: CREST.Codes(.local("extent-multiple", "At several places"))
    case .extensive: CREST.Codes(.local("extent-extensive", "Along a limb or the trunk"))
    }
  }
}

extension CREST.Chemistry {
  /// The code of a measurement tells mass from amount of substance, and so do the units.
  static func codes(_ analyte: Analyte, _ unit: CREST.Concentration.Unit) -> CREST.Codes {
    switch (analyte, unit) {
    case (.calcium, .milligramsPerDecilitre):
      CREST.Codes(.loinc("17861-6", "Calcium [Mass/volume] in Serum or Plasma"))
    case (.calcium, .millimolesPerLitre):
      CREST.Codes(.loinc("2000-8", "Calcium [Moles/volume] in Serum or Plasma"))
    case (.ionisedCalcium, .milligramsPerDecilitre):
      CREST.Codes(.loinc("17863-2", "Calcium.ionized [Mass/volume] in Serum or Plasma"))
    case (.ionisedCalcium, .millimolesPerLitre):
      CREST.Codes(
        .loinc("1995-0", "Calcium.ionized [Moles/volume] in Serum or Plasma"),
        alsoRead: [("http://loinc.org", "1994-3")])
    case (.phosphate, .milligramsPerDecilitre):
      CREST.Codes(.loinc("2777-1", "Phosphate [Mass/volume] in Serum or Plasma"))
    case (.phosphate, .millimolesPerLitre):
      CREST.Codes(.loinc("14879-1", "Phosphate [Moles/volume] in Serum or Plasma"))
    }
  }

  /// What a code measures. The unit is that of the value, not of the code.
  static func analyte(_ concept: R4.CodeableConcept?) -> Analyte? {
    for (system, code) in concept?.codes ?? [] {
      for analyte in Analyte.allCases {
        let known = CREST.Concentration.Unit.allCases.contains {
          codes(analyte, $0).contains(system: system, code: code)
        }
        if known { return analyte }
      }
    }
    return nil
  }
}

extension CREST.Autoantibody.Target: Coded {
  // Codes that name a method which the record need not have are read, not written.
  var codes: CREST.Codes {
    func item(_ display: String) -> CREST.Codes.Code {
      let code = self == .nuclear ? "antinuclear-antibodies" : rawValue
      return CREST.Codes.Code(system: CREST.ScoreCodes.criteria, code: code, display: display)
    }
    let loinc = "http://loinc.org"
    switch self {
    case .nuclear:
      return CREST.Codes(
        item("Antinuclear antibodies"), .loinc("8061-4", "Nuclear Ab [Presence] in Serum"),
        alsoRead: [(loinc, "5048-4")])
    case .centromere:
      return CREST.Codes(
        item("Anticentromere antibodies"),
        .loinc("16137-2", "Centromere Ab [Presence] in Serum"),
        alsoRead: [(loinc, "16570-4"), (loinc, "8068-9")])
    case .topoisomeraseI:
      return CREST.Codes(
        item("Anti-topoisomerase I antibodies"),
        alsoRead: [(loinc, "17570-3"), (loinc, "17569-5"), (loinc, "27416-7")])
    case .rnaPolymeraseIII:
      return CREST.Codes(
        item("Anti-RNA polymerase III antibodies"),
        alsoRead: [(loinc, "89513-6"), (loinc, "81738-7"), (loinc, "79182-2")])
    }
  }
}

extension CREST.Autoantibody.Method: Coded {
  var codes: CREST.Codes {
    switch self {
    case .immunofluorescence:
      CREST.Codes(.local("method-immunofluorescence", "Indirect immunofluorescence"))
    case .elisa:
      CREST.Codes(.local("method-elisa", "Enzyme-linked immunosorbent assay"))
    case .lineBlot: CREST.Codes(.local("method-line-blot", "Line blot or immunoblot"))
    }
  }
}

extension CREST.Capillaroscopy.Pattern: Coded {
  var codes: CREST.Codes {
    let display =
      switch self {
      case .normal: "Normal"
      case .nonSpecific: "Non-specific changes"
      case .early: "Scleroderma pattern, early"
      case .active: "Scleroderma pattern, active"
      case .late: "Scleroderma pattern, late"
      }
    return CREST.Codes(
      .init(system: CREST.ScoreCodes.patterns, code: rawValue, display: display))
  }
}

extension CREST.Substance: Coded {
  var codes: CREST.Codes {
    switch self {
    case .sodiumThiosulfate:
      CREST.Codes(
        .local(rawValue, "Sodium thiosulfate"),
        .init(system: "http://www.whocc.no/atc", code: "V03AB06", display: "thiosulfate"))
    case .topicalTreatment:
      CREST.Codes(
        .local("topical-treatment-of-calcinosis", "Topical treatment of calcinosis cutis"))
    case .diltiazem: CREST.Codes(.rxNorm("3443", "Diltiazem"))
    case .colchicine: CREST.Codes(.rxNorm("2683", "Colchicine"))
    case .minocycline: CREST.Codes(.rxNorm("6980", "Minocycline"))
    case .warfarin: CREST.Codes(.rxNorm("11289", "Warfarin"))
    case .alendronate: CREST.Codes(.rxNorm("46041", "Alendronate"))
    case .probenecid: CREST.Codes(.rxNorm("8698", "Probenecid"))
    case .nifedipine: CREST.Codes(.rxNorm("7417", "Nifedipine"))
    case .sildenafil: CREST.Codes(.rxNorm("136411", "sildenafil"))
    case .omeprazole: CREST.Codes(.rxNorm("7646", "Omeprazole"))
    case .rituximab: CREST.Codes(.rxNorm("121191", "rituximab"))
    case .infliximab: CREST.Codes(.rxNorm("191831", "infliximab"))
    }
  }
}

extension CREST.Medication.Route: Coded {
  var codes: CREST.Codes {
    let nci = "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl"
    switch self {
    case .topical:
      return CREST.Codes(.snomed("6064005", "Topical route"), alsoRead: [(nci, "C38304")])
    case .intralesional:
      return CREST.Codes(.local("intralesional-route", "Intralesional route"))
    case .intravenous:
      return CREST.Codes(.snomed("47625008", "Intravenous route"), alsoRead: [(nci, "C38276")])
    case .oral:
      return CREST.Codes(.snomed("26643006", "Oral route"), alsoRead: [(nci, "C38288")])
    }
  }
}

extension CREST.Procedure.Kind: Coded {
  var codes: CREST.Codes {
    switch self {
    case .excision:
      CREST.Codes(
        .local("excision-of-calcinosis", "Excision of a deposit of calcium in the skin"),
        alsoRead: [(CREST.snomed, "40862005"), (CREST.snomed, "35646002")])
    case .curettage:
      CREST.Codes(
        .local("curettage-of-calcinosis", "Curettage of a deposit of calcium in the skin"))
    case .laser:
      CREST.Codes(
        .local("laser-therapy-of-calcinosis", "Laser therapy of deposits of calcium in the skin"))
    case .woundCare:
      CREST.Codes(
        .snomed("225358003", "Wound care"),
        alsoRead: [(CREST.snomed, "226007004"), (CREST.snomed, "182531007")])
    }
  }
}

extension CREST.Procedure.Outcome: Coded {
  var codes: CREST.Codes {
    switch self {
    case .removed: CREST.Codes(.local("deposit-removed", "Deposit removed"))
    case .partlyRemoved: CREST.Codes(.local("deposit-partly-removed", "Deposit partly removed"))
    case .unchanged: CREST.Codes(.local("deposit-unchanged", "Deposit unchanged"))
    }
  }
}

extension CREST.PlannedActivity.Kind: Coded {
  var codes: CREST.Codes {
    switch self {
    case .diet: CREST.Codes(.local("diet-for-calcinosis", "Diet for calcinosis cutis"))
    case .hydration: CREST.Codes(.local("hydration", "Hydration"))
    case .skinProtection: CREST.Codes(.local("protection-of-skin", "Protection of the skin"))
    case .skinCare: CREST.Codes(.snomed("225360001", "Skin care"))
    case .exercise: CREST.Codes(.snomed("229065009", "Exercise therapy"))
    case .stressManagement: CREST.Codes(.local("stress-management", "Management of stress"))
    case .monitoring:
      CREST.Codes(.local("monitoring-of-calcinosis", "Monitoring of calcinosis cutis"))
    }
  }
}

extension CREST.Role: Coded {
  var codes: CREST.Codes {
    switch self {
    case .dermatologist: CREST.Codes(.local("dermatology-care", "Care by a dermatologist"))
    case .rheumatologist: CREST.Codes(.local("rheumatology-care", "Care by a rheumatologist"))
    }
  }
}

extension CREST.Laterality: Coded {
  var codes: CREST.Codes {
    switch self {
    case .left: CREST.Codes(.snomed("7771000", "Left"))
    case .right: CREST.Codes(.snomed("24028007", "Right"))
    case .both: CREST.Codes(.snomed("51440002", "Right and left"))
    }
  }
}

extension CREST.Region: Coded {
  var codes: CREST.Codes {
    let code =
      switch self {
      case .finger: ("7569003", "Finger structure")
      case .thumb: ("76505004", "Thumb structure")
      case .hand: ("85562004", "Hand structure")
      case .wrist: ("8205005", "Wrist region structure")
      case .forearm: ("14975008", "Forearm structure")
      case .elbow: ("127949000", "Elbow region structure")
      case .shoulder: ("16982005", "Shoulder region structure")
      case .hip: ("29836001", "Hip region structure")
      case .buttock: ("46862004", "Buttock structure")
      case .thigh: ("68367000", "Thigh structure")
      case .knee: ("72696002", "Knee region structure")
      case .foot: ("56459004", "Foot structure")
      case .toe: ("29707007", "Toe structure")
      case .trunk: ("22943007", "Trunk structure")
      case .face: ("89545001", "Face structure")
      case .ear: ("117590005", "Ear structure")
      case .back: ("77568009", "Back structure, excluding neck")
      }
    return CREST.Codes(.snomed(code.0, code.1))
  }
}
