import FHIRModels

// Who the patient is, the five letters, criteria, and deposits.
extension CREST.Page {
  var title: String {
    let patient = record.patient
    let name = (patient.given + [patient.family].compactMap { $0 }).joined(separator: " ")
    if !name.isEmpty { return name }
    return patient.identifiers.first?.value ?? "A patient"
  }

  // MARK: Patient and diagnosis

  var patient: String {
    let patient = record.patient
    let status: String? =
      switch patient.vitalStatus {
      case .alive: "alive"
      case .dead(let date): "dead" + (date.map { " since \($0)" } ?? "")
      case nil: nil
      }
    let diagnosis = record.diagnosis
    let kind = diagnosis.map { diagnosis in
      ([diagnosis.kind == .crest ? "CREST syndrome" : Self.plain(diagnosis.kind.rawValue)]
        + [diagnosis.verification?.rawValue, diagnosis.status?.rawValue].compactMap { $0 })
        .joined(separator: ", ")
    }
    let identifiers = patient.identifiers.map(\.value).joined(separator: ", ")
    return Self.facts([
      ("Identifier", identifiers.isEmpty ? nil : identifiers),
      ("Born", patient.birthDate?.text), ("Gender", patient.gender?.rawValue), ("Status", status),
      ("Record kept by", patient.managingOrganization),
    ])
      + Self.facts([
        ("Diagnosis", kind ?? "no form of systemic sclerosis in the record"),
        ("Diagnosed", diagnosis?.date?.text), ("Onset", diagnosis?.onset?.text),
        ("Raynaud's phenomenon since", diagnosis?.raynaudOnset?.text),
        ("First other sign", diagnosis?.firstOtherOnset?.text),
      ])
  }

  // MARK: The five letters

  var letters: String {
    let all = record.manifestations
    let items = [
      letter(.calcinosis, all.calcinosis) { Self.sites($0.sites) },
      letter(.raynaud, all.raynaud) { details in
        var lines: [String] = []
        if !details.triggers.isEmpty {
          lines.append("by " + details.triggers.map(\.rawValue).joined(separator: ", "))
        }
        if !details.phases.isEmpty {
          lines.append("turns " + details.phases.map(\.rawValue).joined(separator: ", "))
        }
        if let isObserved = details.isObserved {
          lines.append(isObserved ? "an attack was seen" : "no attack was seen")
        }
        return lines
      },
      letter(.esophageal, all.esophageal) { details in
        details.tests.map { "shown by " + Self.plain($0.rawValue) }
          + details.symptoms.map { Self.plain($0.rawValue) }
      },
      letter(.sclerodactyly, all.sclerodactyly) { details in
        (details.fingers.map { ["fingers, " + Self.plain($0.rawValue)] } ?? [])
          + (details.toes.map { ["thick skin of the toes: " + Self.plain($0.rawValue)] } ?? [])
      },
      letter(.telangiectasia, all.telangiectasia) { Self.sites($0.sites) },
    ]
    let states = CREST.Presence.allCases.compactMap { state -> String? in
      let count = CREST.Letter.allCases.count { all.state(of: $0) == state }
      return count == 0 ? nil : "\(count) \(Self.plain(state.rawValue))"
    }
    let body = "<ul class=\"letters\">\(items.joined())</ul>\n"
    return Self.section("Manifestations: \(states.joined(separator: ", "))", body)
  }

  private static func sites(_ sites: [CREST.Site]) -> [String] {
    sites.isEmpty ? [] : [sites.map { words($0) }.joined(separator: ", ")]
  }

  private func letter<Details>(
    _ letter: CREST.Letter, _ manifestation: CREST.Manifestation<Details>,
    _ describe: (Details) -> [String]
  ) -> String {
    var lines: [String] = []
    if let onset = manifestation.onset { lines.append("since \(onset)") }
    if let details = manifestation.details { lines += describe(details) }
    if let note = manifestation.note { lines.append(note) }
    let state = manifestation.state
    let more = lines.map(Markup.escaped).joined(separator: "<br>")
    return """
      <li class="\(state.rawValue)"><span class="initial" aria-hidden="true">\(letter.rawValue.prefix(1).uppercased())</span>\
      <span>\(Markup.escaped(Self.words(letter)))</span><span class="state">\(Self.plain(state.rawValue))</span>\
      \(more.isEmpty ? "" : "<div class=\"more\">\(more)</div>")</li>

      """
  }

  // MARK: Criteria

  var classification: String {
    let computed = scores.filter { $0.classification != nil }.map { score in
      var verdict = [score.classification?.rawValue]
      if let total = score.total { verdict.append(Self.words(total) + " points") }
      if let stored = score.stored { verdict.append("stated \(CREST.Score.text(stored))") }
      if score.sufficient == true { verdict.append("by the sufficient criterion") }
      verdict.append(score.stage.map { "stage \(Self.plain($0.rawValue))" })
      func items(_ states: CREST.Presence...) -> String? {
        let names = states.map(\.rawValue)
        let found = score.items.filter { names.contains($0.value) }.map { Self.plain($0.item) }
        return found.isEmpty ? nil : found.joined(separator: ", ")
      }
      return Self.facts([
        (Self.words(score.instrument), verdict.compactMap { $0 }.joined(separator: ", ")),
        ("Present", items(.present)), ("Absent", items(.absent)),
        ("Not known", items(.notAssessed, .unknown)),
      ]) + score.remarks.map { "<p class=\"gap\">\(Markup.escaped($0.message))</p>" }.joined()
    }
    return Self.section("Classification, for research and not for diagnosis", computed.joined())
  }

  static func words(_ instrument: CREST.Instrument) -> String {
    switch instrument {
    case .acrEULAR2013: "ACR/EULAR 2013"
    case .leRoyMedsger2001: "LeRoy and Medsger 2001"
    case .vedoss: "VEDOSS"
    case .mrss: "Modified Rodnan skin score"
    case .haqDI: "HAQ disability index"
    case .shaq: "Scleroderma HAQ scales"
    case .git2: "UCLA SCTC GIT 2.0"
    case .raynaudConditionScore: "Raynaud condition score"
    case .scleroID: "ScleroID"
    case .mawdsley: "Mawdsley calcinosis questionnaire"
    case .handCalcinosis: "SCTC hand calcinosis score"
    }
  }

  // MARK: Calcinosis and deposits

  var calcinosis: String {
    let disease = record.calcinosis
    let causes = disease?.causes.map { cause in
      Self.words(cause.kind) + (cause.onset.map { " (\($0))" } ?? "")
    }
    let sites = disease.flatMap { Self.sites($0.sites).first }
    let facts = Self.facts([
      ("Type", disease?.kind.map { Self.words($0) }),
      ("Severity", disease?.severity.map { Self.words($0) }),
      ("Causes", causes.flatMap { $0.isEmpty ? nil : $0.joined(separator: ", ") }),
      ("Status", disease?.status?.rawValue), ("Since", disease?.onset?.text), ("Sites", sites),
    ])
    let complications = record.complications.map { complication in
      let course: String =
        switch complication.course {
        case .ongoing: "ongoing"
        case .over(let date): "over" + (date.map { ", \($0)" } ?? "")
        case nil: ""
        }
      return [
        Self.words(complication.kind), complication.onset?.text ?? "", course,
        complication.lesion ?? "",
      ]
    }
    return Self.section(
      "Calcinosis cutis",
      facts + deposits + Self.table(["complication", "since", "course", "deposit"], complications))
  }

  private var deposits: String {
    let rows = record.lesions.flatMap { lesion -> [[String]] in
      let place = Self.words(lesion.site, lesion.laterality)
      let origin = lesion.recurrenceOf.map { "came back after \($0)" } ?? ""
      if lesion.descriptions.isEmpty { return [[lesion.id, place, "", "", "", origin]] }
      return lesion.descriptions.enumerated().map { number, seen in
        [
          number == 0 ? lesion.id : "", number == 0 ? place : "", seen.date?.text ?? "",
          seen.diameter.map { "\($0.fhir) mm" } ?? "", seen.count.map(String.init) ?? "",
          (Self.words(seen) + (number == 0 && !origin.isEmpty ? [origin] : []))
            .joined(separator: ", "),
        ]
      }
    }
    return Self.table(["deposit", "site", "seen", "diameter", "count", "what was found"], rows)
  }

  private static func words(_ seen: CREST.Lesion.Description) -> [String] {
    func sign(_ state: CREST.Presence?, _ name: String) -> String? {
      switch state {
      case .present: name
      case .absent: "no \(name)"
      case .notAssessed: "\(name) not assessed"
      case .unknown: "\(name) unknown"
      case nil: nil
      }
    }
    return [
      seen.consistency?.rawValue, seen.colour?.rawValue, seen.form.map { plain($0.rawValue) },
      sign(seen.tenderness, "tenderness"), sign(seen.swelling, "swelling"),
      sign(seen.drainage, "drainage"), sign(seen.ulceration, "ulceration"),
      sign(seen.infection, "infection"), seen.note,
    ].compactMap { $0 }
  }
}
