import FHIRModels

// What happened and was measured, treatment and plans.
extension CREST.Page {
  // MARK: Course

  /// Signs, complications, studies and treatments that have a date, in rows.
  var course: String {
    func event(_ date: CREST.Date?, _ words: String) -> TimeLine.Event? {
      date.map { TimeLine.Event(date: $0, words: words) }
    }
    let diagnosis = record.diagnosis
    let all = record.manifestations
    let signs = [
      event(diagnosis?.raynaudOnset ?? all.raynaud.onset, "Raynaud's phenomenon"),
      event(diagnosis?.firstOtherOnset, "first other sign"),
      event(all.calcinosis.onset ?? record.calcinosis?.onset, "calcinosis"),
      event(all.esophageal.onset, "esophageal dysfunction"),
      event(all.sclerodactyly.onset, "sclerodactyly"),
      event(all.telangiectasia.onset, "telangiectasia"), event(diagnosis?.date, "diagnosis"),
    ]
    let complications = record.complications.map { event($0.onset, Self.words($0.kind)) }
    let studies =
      record.imaging.map { event($0.date, Self.words($0.modality)) }
      + record.biopsies.map { event($0.date, "biopsy") }
      + record.capillaroscopies.map { event($0.date, "capillaroscopy") }
      + record.examinations.map { event($0.date, "examination") }
    // What was not done is no event.
    let done = record.procedures.filter { $0.status != .notDone && $0.status != .preparation }
    let treatments =
      done.map { event($0.date, Self.words($0.kind)) }
      + record.medications.map { event($0.date, Self.words($0)) }
    let rows = [
      ("Disease", signs), ("Complications", complications), ("Studies", studies),
      ("Treatment", treatments),
    ].map { name, events in (name: name, events: events.compactMap { $0 }) }
      .filter { !$0.events.isEmpty }
    let dates = rows.flatMap { $0.events.map(\.date) }
    guard dates.count > 1, let line = TimeLine(dates) else { return "" }
    let list = rows.flatMap { row in
      row.events.sorted { $0.date.text < $1.date.text }.map { [$0.date.text, row.name, $0.words] }
    }
    return Self.section(
      "Course",
      "<figure>\(line.rows("Course of the disease", rows))</figure>\n"
        + Self.folded("As a table", Self.table(["date", "", "what"], list)))
  }

  // MARK: Measurements

  private struct Series {
    let name: String
    let unit: String
    let range: ClosedRange<Double>?
    var points: [TimeLine.Point] = []
    /// Values without a date, which no time line can show.
    var undated: [String] = []
  }

  /// The series of values that the record has: one for each unit, as values are never converted.
  private var series: [Series] {
    var all: [Series] = []
    func add(
      _ name: String, _ unit: String, _ range: ClosedRange<Double>?, _ date: CREST.Date?,
      _ value: Double, _ text: String
    ) {
      var place = all.firstIndex { $0.name == name && $0.unit == unit }
      if place == nil {
        all.append(Series(name: name, unit: unit, range: range))
        place = all.count - 1
      }
      guard let place else { return }
      if let date {
        all[place].points.append(TimeLine.Point(date: date, value: value, text: text))
      } else {
        all[place].undated.append(text)
      }
    }
    for measured in record.chemistry {
      let text = measured.value.value.fhir
      guard let number = Double(text) else { continue }
      let unit = measured.value.unit.rawValue
      add(
        Self.plain(measured.analyte.rawValue), unit, nil, measured.date, number, "\(text) \(unit)")
    }
    for score in scores where score.classification == nil && score.instrument != .shaq {
      let computed = score.total.flatMap { $0.lowerBound == $0.upperBound ? $0.lowerBound : nil }
      guard let value = score.stored ?? computed else { continue }
      let range = score.instrument.range.flatMap { $0.upperBound < 1000 ? $0 : nil }
      add(
        Self.words(score.instrument), "", range, score.date, value, CREST.Score.text(value))
    }
    return all
  }

  var measurements: String {
    let series = series
    let line = TimeLine(series.flatMap { $0.points.map(\.date) })
    let charts = series.map { series -> String in
      let newest = series.points.max { $0.date.text < $1.date.text }
      let latest = newest.map { "\($0.text), \($0.date)" }
      let undated = series.undated.map { "\($0), without a date" }
      let values = ([latest].compactMap { $0 } + undated).joined(separator: "; ")
      let drawing = line.flatMap { line in
        series.points.isEmpty
          ? nil
          : line.curve("\(series.name) \(series.unit)", series.points, range: series.range)
      }
      let name = series.name.prefix(1).uppercased() + series.name.dropFirst()
      return
        "<figure><figcaption><b>\(Markup.escaped(name))</b> \(Markup.escaped(values))</figcaption>\(drawing ?? "")</figure>\n"
    }.joined()
    let rows = series.flatMap { series in
      series.points.map { [series.name, $0.date.text, $0.text] }
    }
    let stated = scores.filter { $0.classification == nil }.map { score in
      [
        Self.words(score.instrument), score.date?.text ?? "",
        score.stored.map(CREST.Score.text) ?? "", score.total.map(Self.words) ?? "",
        String(score.items.count),
      ]
    }
    let remarks = scores.filter { $0.classification == nil }.flatMap { score in
      score.remarks.map {
        "<p class=\"gap\">\(Markup.escaped(Self.words(score.instrument) + ": " + $0.message))</p>"
      }
    }.joined()
    return Self.section(
      "Measurements and scores",
      (charts.isEmpty ? "" : "<div class=\"charts\">\(charts)</div>\n") + remarks
        + Self.folded("As a table", Self.table(["what", "date", "value"], rows))
        + Self.table(["score", "date", "stated", "computed", "items known"], stated)
    ) + tests
  }

  private var tests: String {
    let antibodies = record.autoantibodies.map { test in
      [
        Self.plain(test.target.rawValue), Self.answer(test.result),
        test.titre.map { "1:\($0)" } ?? "", test.method.map { Self.plain($0.rawValue) } ?? "",
        test.date?.text ?? "",
      ]
    }
    let scales = scores.filter { $0.instrument == .shaq }.flatMap { score in
      score.items.map {
        [
          Self.words(score.instrument), Self.plain(String($0.item.dropFirst("shaq-".count))),
          $0.value, score.date?.text ?? "",
        ]
      }
    }
    return Self.section(
      "Antibodies", Self.table(["antibody", "result", "titre", "method", "date"], antibodies))
      + Self.section(
        "Scales of the patient", Self.table(["instrument", "scale", "value", "date"], scales))
      + Self.section("Studies", studies)
  }

  private var studies: String {
    let rows =
      record.examinations.map { examination in
        [
          "examination", examination.date?.text ?? "", Self.words(examination.site),
          [
            examination.skinChanges.map { "changes of the skin: \(Self.plain($0.rawValue))" },
            examination.palpableDeposits.map { "deposits felt: \(Self.plain($0.rawValue))" },
            examination.note,
          ].compactMap { $0 }.joined(separator: "; "),
        ]
      }
      + record.imaging.map { image in
        [
          Self.words(image.modality), image.date?.text ?? "",
          Self.words(image.site, image.laterality),
          [
            "calcification: \(Self.plain(image.calcification.rawValue))",
            image.extent.map { Self.plain($0.rawValue) }, image.conclusion,
          ].compactMap { $0 }.joined(separator: "; "),
        ]
      }
      + record.biopsies.map { biopsy in
        [
          "biopsy", biopsy.date?.text ?? "", Self.words(biopsy.site),
          (["calcium: \(Self.plain(biopsy.calcium.rawValue))", biopsy.conclusion] as [String?])
            .compactMap { $0 }.joined(separator: "; "),
        ]
      }
      + record.capillaroscopies.map {
        ["capillaroscopy", $0.date?.text ?? "", "", "pattern: \(Self.plain($0.pattern.rawValue))"]
      }
    return Self.table(["study", "date", "site", "what was found"], rows)
  }

  /// A medicine by its name; one in words keeps them as they are.
  private static func words(_ medication: CREST.Medication) -> String {
    CREST.Substance(rawValue: medication.name).map { plain($0.rawValue) } ?? medication.name
  }

  private static func words(_ modality: CREST.Imaging.Modality) -> String {
    switch modality {
    case .xRay: "X-ray"
    case .ultrasound: "ultrasound"
    case .ct: "CT"
    }
  }

  private static func answer(_ result: CREST.Presence) -> String {
    switch result {
    case .present: "positive"
    case .absent: "negative"
    case .notAssessed: "not tested"
    case .unknown: "unknown"
    }
  }

  // MARK: Treatment and plan

  var treatment: String {
    let medications = record.medications.map { medication in
      [
        Self.words(medication), medication.route?.rawValue ?? "",
        Self.plain(medication.status.rawValue), medication.source.rawValue,
        medication.date?.text ?? "", medication.dosage ?? "",
      ]
    }
    let procedures = record.procedures.map { procedure in
      [
        Self.words(procedure.kind), procedure.date?.text ?? "",
        Self.plain(procedure.status.rawValue), procedure.lesion ?? "",
        [procedure.outcome.map { Self.plain($0.rawValue) }, procedure.note].compactMap { $0 }
          .joined(separator: "; "),
      ]
    }
    return Self.section(
      "Treatment",
      Self.table(["medicine", "route", "status", "source", "date", "dosage"], medications)
        + Self.table(["procedure", "date", "status", "deposit", "outcome"], procedures))
  }

  var plan: String {
    let activities = record.plan.map {
      [
        Self.plain($0.kind.rawValue), Self.plain($0.status.rawValue), $0.date?.text ?? "",
        $0.note ?? "",
      ]
    }
    let team = record.careTeam.map { member in
      [
        CREST.Role(rawValue: member.role).map { Self.plain($0.rawValue) } ?? member.role,
        member.name ?? "",
      ]
    }
    let consents = record.consents.map {
      [$0.scope.rawValue, $0.decision == .permit ? "agreed" : "declined", $0.date?.text ?? ""]
    }
    return Self.section(
      "Plan, care team and consent",
      Self.table(["activity", "status", "date", "words"], activities)
        + Self.table(["role", "name"], team)
        + Self.table(["consent to", "decision", "date"], consents))
  }
}
