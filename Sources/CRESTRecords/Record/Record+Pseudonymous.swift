extension CREST.Record {
  /// The record without what tells who the patient is, for a registry that knows patients by pseudonyms.
  ///
  /// Names, free text, places and medicines in words, the names of those who care, and identifiers of
  /// other systems are left out; of the birth the year is kept; deposits are numbered. Everything else is
  /// kept, the dates of what was found and done among it: whether these tell too much is for the sender to
  /// judge.
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
    record.number(deposits: lesions)
    return record
  }

  /// Gives deposits numbers in place of their ids, and takes words away from what is said of them.
  private mutating func number(deposits: [CREST.Lesion]) {
    let pairs = deposits.enumerated().map { ($1.id, String($0 + 1)) }
    let numbers = Dictionary(pairs) { first, _ in first }
    lesions = deposits.map { lesion in
      var lesion = lesion
      lesion.id = numbers[lesion.id] ?? ""
      lesion.recurrenceOf = lesion.recurrenceOf.flatMap { numbers[$0] }
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
      complication.lesion = complication.lesion.flatMap { numbers[$0] }
      return complication
    }
    procedures = procedures.map { procedure in
      var procedure = procedure
      procedure.lesion = procedure.lesion.flatMap { numbers[$0] }
      procedure.note = nil
      return procedure
    }
  }
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
