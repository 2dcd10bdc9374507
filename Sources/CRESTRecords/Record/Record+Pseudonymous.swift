extension CREST.Record {
  /// The record without what tells who the patient is, for a registry that knows patients by pseudonyms.
  ///
  /// Names, free text, places and medicines in words, those who care but for their coded roles, items of
  /// scores that are not the instrument's, and identifiers of other systems are left out. Of birth and death
  /// the year is kept, of other dates the day. Deposits keep their ids where these are a letter or two with
  /// a number, and get others that stay the same from record to record. The name of the organisation that
  /// keeps the record stays, as registries work by sites. Whether what remains tells too much is for the
  /// sender to judge.
  ///
  /// - Parameter system: The system whose identifiers are pseudonyms.
  /// - Returns: The record that remains.
  public func pseudonymous(keeping system: String) -> CREST.Record {
    var record = self
    record.patient.identifiers.removeAll { $0.system != system }
    record.patient.given = []
    record.patient.family = nil
    record.patient.birthDate = patient.birthDate.flatMap {
      CREST.Date(fhir: String($0.text.prefix(4)))
    }
    record.manifestations = manifestations.withoutWords
    record.calcinosis?.sites.removeAll { $0.region == nil }
    record.examinations = examinations.map { examination in
      var examination = examination
      examination.site = examination.site?.coded
      examination.note = nil
      return examination
    }
    record.imaging = imaging.map { image in
      var image = image
      image.site = image.site?.coded
      image.conclusion = nil
      return image
    }
    record.biopsies = biopsies.map { biopsy in
      var biopsy = biopsy
      biopsy.site = biopsy.site?.coded
      biopsy.conclusion = nil
      return biopsy
    }
    record.medications = medications.compactMap { medication in
      guard CREST.Substance(rawValue: medication.name) != nil else { return nil }
      var medication = medication
      medication.dosage = nil
      return medication
    }
    record.plan = plan.map { activity in
      var activity = activity
      activity.note = nil
      return activity
    }
    record.careTeam = careTeam.compactMap { member in
      CREST.Role(rawValue: member.role).map { CREST.CareTeamMember(role: $0.rawValue) }
    }
    record.rename(deposits: record.patient.identifiers.first?.value ?? "")
    record.scores = scores.map { score in
      var score = score
      let known = score.instrument.itemCodes
      score.items.removeAll { !known.contains($0.code) }
      return score
    }
    return record.withoutTimes
  }

  /// The record with days in place of points in time. Nothing else in it has their form.
  private var withoutTimes: CREST.Record {
    let text = String(decoding: json(), as: UTF8.self)
    let days = text.replacing(/"(\d{4}-\d{2}-\d{2})T[0-9:.+Z-]*"/) { "\"\($0.1)\"" }
    return (try? CREST.Record(json: Array(days.utf8))) ?? self
  }

  /// Gives deposits ids that tell nothing, and takes words away from what is said of them.
  private mutating func rename(deposits pseudonym: String) {
    func safe(_ id: String) -> String {
      if id.wholeMatch(of: /[A-Za-z]{0,2}-?[0-9]{1,4}|[A-Za-z]|D-[0-9a-f]{1,16}/) != nil {
        return id
      }
      // FNV-1a: the same id of the same patient is the same in every record.
      let hash = (pseudonym + "|" + id).utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
        ($0 ^ UInt64($1)) &* 0x100_0000_01B3
      }
      return "D-" + String(hash, radix: 16)
    }
    lesions = lesions.map { lesion in
      var lesion = lesion
      lesion.id = safe(lesion.id)
      lesion.recurrenceOf = lesion.recurrenceOf.map(safe)
      lesion.site = lesion.site?.coded
      lesion.descriptions = lesion.descriptions.map { seen in
        var seen = seen
        seen.note = nil
        return seen
      }
      return lesion
    }
    complications = complications.map { complication in
      var complication = complication
      complication.lesion = complication.lesion.map(safe)
      return complication
    }
    procedures = procedures.map { procedure in
      var procedure = procedure
      procedure.lesion = procedure.lesion.map(safe)
      procedure.note = nil
      return procedure
    }
  }
}

extension CREST.Instrument {
  /// The codes that its items may have.
  fileprivate var itemCodes: Set<String> {
    switch self {
    case .acrEULAR2013, .leRoyMedsger2001, .vedoss:
      Set(CREST.CriterionItem.allCases.map(\.rawValue))
    case .mrss: Set(CREST.SkinScore.Site.allCases.map(\.rawValue))
    case .haqDI: Set(CREST.HAQCategory.allCases.map(\.rawValue))
    case .git2: Set(CREST.GITScale.allCases.map(\.rawValue))
    case .shaq: Set(CREST.SHAQScale.allCases.map(\.rawValue))
    case .raynaudConditionScore: ["raynaud-condition-day"]
    case .scleroID, .mawdsley, .handCalcinosis: []
    }
  }
}

extension CREST.Date {
  fileprivate var year: CREST.Date? { CREST.Date(fhir: String(text.prefix(4))) }
}

extension CREST.Site {
  /// The site if it is a region with a code.
  fileprivate var coded: CREST.Site? { region.map { CREST.Site($0) } }
}

extension CREST.Manifestations {
  fileprivate var withoutWords: CREST.Manifestations {
    var all = self
    all.calcinosis.note = nil
    all.raynaud.note = nil
    all.esophageal.note = nil
    all.sclerodactyly.note = nil
    all.telangiectasia.note = nil
    if case .present(let onset, let details) = calcinosis.finding {
      let sites = details.sites.compactMap(\.coded)
      all.calcinosis.finding = .present(onset: onset, CREST.CalcinosisDetails(sites: sites))
    }
    if case .present(let onset, let details) = telangiectasia.finding {
      let sites = details.sites.compactMap(\.coded)
      all.telangiectasia.finding = .present(onset: onset, CREST.TelangiectasiaDetails(sites: sites))
    }
    return all
  }
}
