public import FHIRModels

extension CREST.Score {
  /// Computes every score and classification that resources speak of: the criteria of each patient from
  /// all that is known, and each stored score from its parts.
  ///
  /// Pure, and linear in the size of the resources. What is refuted, denied or answered with no is
  /// absent; what was entered in error or is cancelled counts for nothing.
  ///
  /// - Parameters:
  ///   - resources: The resources, in their order.
  ///   - path: The place of a resource in the input, by its number.
  /// - Returns: The scores of one patient after those of another, in the order in which the patients are
  ///   first met; for each patient the criteria first.
  public static func scores(
    of resources: [R4.Resource], path: (Int) -> String
  ) -> [CREST.Score] {
    var reader = ScoreReader()
    for (number, resource) in resources.enumerated() { reader.read(resource, path(number)) }
    return reader.scores
  }

  /// Computes the scores of a Bundle, with the places of its entries.
  public static func scores(of bundle: R4.Bundle) -> [CREST.Score] {
    let numbers = bundle.entry.indices.filter { bundle.entry[$0].resource != nil }
    return scores(of: bundle.entry.compactMap(\.resource)) {
      "Bundle.entry[\(numbers[$0])].resource"
    }
  }
}

/// A value as scores need it, of an observation or of a component.
private enum ScoreValue {
  case concept(R4.CodeableConcept)
  case number(Double)
  case boolean(Bool)
  case other

  init?(_ value: R4.Observation.Value?) {
    switch value {
    case nil: return nil
    case .codeableConcept(let concept): self = .concept(concept)
    case .boolean(let flag): self = flag.value.map { .boolean($0) } ?? .other
    case .integer(let number): self = number.value.map { .number(Double($0)) } ?? .other
    case .quantity(let quantity): self = ScoreValue(quantity)
    default: self = .other
    }
  }

  init?(_ value: R4.Observation.Component.Value?) {
    switch value {
    case nil: return nil
    case .codeableConcept(let concept): self = .concept(concept)
    case .boolean(let flag): self = flag.value.map { .boolean($0) } ?? .other
    case .integer(let number): self = number.value.map { .number(Double($0)) } ?? .other
    case .quantity(let quantity): self = ScoreValue(quantity)
    default: self = .other
    }
  }

  private init(_ quantity: R4.Quantity) {
    // A value beyond a bound is no value.
    let number = quantity.comparator == nil ? quantity.value?.value?.fhir : nil
    // So is one that no number of the machine can hold.
    let known = number.flatMap(Double.init).flatMap { $0.isFinite ? $0 : nil }
    self = known.map { .number($0) } ?? .other
  }

  var number: Double? { if case .number(let number) = self { number } else { nil } }
}

/// What is known of a patient while resources are read.
private struct PatientEvidence {
  var criteria = CREST.Criteria()
  /// Where the best that is known of an item is said.
  var paths: [CREST.CriterionItem: String] = [:]
  /// Scores that records state, in their order.
  var stored: [CREST.Score] = []
  var isLimited = false

  mutating func note(_ item: CREST.CriterionItem, _ state: CREST.Presence, _ path: String) {
    guard state.outweighs(criteria[item]) || paths[item] == nil else { return }
    criteria[item] = state
    paths[item] = path
  }

  /// What one item says of another: what was seen is there, and what is not there was not seen.
  mutating func imply() {
    if criteria[.objectiveRaynaud] == .present, let path = paths[.objectiveRaynaud] {
      note(.raynaudPhenomenon, .present, path)
    } else if criteria[.raynaudPhenomenon] == .absent, let path = paths[.raynaudPhenomenon] {
      note(.objectiveRaynaud, .absent, path)
    }
  }
}

private struct ScoreReader {
  /// The patients as they are referred to, in the order in which they are met; nothing stands for records
  /// that do not say whose they are.
  private var order: [String] = []
  private var evidence: [String: PatientEvidence] = [:]

  private typealias Codes = CREST.ScoreCodes

  private mutating func with(_ patient: String?, _ body: (inout PatientEvidence) -> Void) {
    let patient = patient ?? ""
    if evidence[patient] == nil {
      order.append(patient)
      evidence[patient] = PatientEvidence()
    }
    body(&evidence[patient, default: PatientEvidence()])
  }

  mutating func read(_ resource: R4.Resource, _ path: String) {
    switch resource {
    case .condition(let condition): read(condition, path)
    case .observation(let observation): read(observation, path)
    default: break
    }
  }

  private static func codings(_ concept: R4.CodeableConcept?) -> [(system: String, code: String)] {
    (concept?.coding ?? []).compactMap { coding in
      coding.code?.value.map { (coding.system?.value ?? "", $0) }
    }
  }

  /// The items that a concept names, by our codes, those of terminologies, or as letters of CREST.
  private static func items(_ concept: R4.CodeableConcept?) -> [CREST.CriterionItem] {
    let codings = codings(concept)
    let named = codings.compactMap { Codes.item(system: $0.system, code: $0.code) }
    let letters = CREST.Record.letters(concept).compactMap { Codes.letters[$0] }
    return CREST.CriterionItem.allCases.filter { named.contains($0) || letters.contains($0) }
  }

  // MARK: Evidence

  private mutating func read(_ condition: R4.Condition, _ path: String) {
    let verification = Self.codings(condition.verificationStatus).first?.code
    if verification == "entered-in-error" { return }
    let isRefuted = verification == "refuted"
    let items = Self.items(condition.code)
    let kind = CREST.Diagnosis.Kind(condition.code)
    let isLimited =
      !isRefuted && ([.crest, .limitedCutaneous, .limitedSystemicSclerosis].contains(kind))
    guard !items.isEmpty || isLimited else { return }
    with(condition.subject?.reference?.value) { patient in
      for item in items { patient.note(item, isRefuted ? .absent : .present, path) }
      patient.isLimited = patient.isLimited || isLimited
    }
  }

  private mutating func read(_ observation: R4.Observation, _ path: String) {
    let status = observation.status?.value
    if status == "entered-in-error" || status == "cancelled" { return }
    let isDenied = observation.modifierExtension.contains {
      $0.url?.hasSuffix("/cda-negation") ?? false
    }
    let value = ScoreValue(observation.value)
    let instrument = Self.codings(observation.code).lazy
      .compactMap { Codes.instrument(system: $0.system, code: $0.code) }.first
    let answer = Self.answer(value, observation.interpretation, observation.dataAbsentReason)
    var found = Self.items(observation.code).map { ($0, isDenied ? .absent : answer, path) }
    if case .concept(let concept) = value {
      found += Self.items(concept).map { ($0, isDenied ? .absent : .present, path) }
      if let pattern = Self.pattern(concept) {
        found.append((.abnormalNailfoldCapillaries, pattern, path))
      }
    }
    for (number, component) in observation.component.enumerated() {
      let place = path + ".component[\(number)]"
      let value = ScoreValue(component.value)
      let answer = Self.answer(value, component.interpretation, component.dataAbsentReason)
      found += Self.items(component.code).map { ($0, answer, place) }
      if case .concept(let concept) = value, let pattern = Self.pattern(concept) {
        found.append((.abnormalNailfoldCapillaries, pattern, place))
      }
    }
    guard instrument != nil || !found.isEmpty else { return }
    let patient = observation.subject?.reference?.value
    with(patient) { known in
      for (item, state, place) in found { known.note(item, state, place) }
      if let instrument {
        known.stored.append(Self.score(instrument, observation, value, patient, path))
      }
    }
  }

  private static func pattern(_ concept: R4.CodeableConcept) -> CREST.Presence? {
    codings(concept).lazy.filter { $0.system == Codes.patterns }
      .compactMap { Codes.patternStates[$0.code] }.first
  }

  /// What an observation about a finding answers. A number answers nothing by itself.
  private static func answer(
    _ value: ScoreValue?, _ interpretation: [R4.CodeableConcept], _ absent: R4.CodeableConcept?
  ) -> CREST.Presence {
    for code in interpretation.flatMap({ codings($0) }).map(\.code) {
      if code == "POS" { return .present }
      if code == "NEG" { return .absent }
    }
    switch value {
    case .boolean(let flag): return flag ? .present : .absent
    case .concept(let concept): return CREST.Presence(concept) ?? .unknown
    case .number, .other: return .unknown
    case nil:
      let reason = codings(absent).first?.code
      return reason == "not-performed" || reason == "not-asked" ? .notAssessed : .unknown
    }
  }

  // MARK: Stored scores

  /// A score as a record states it, with what its parts give.
  private static func score(
    _ instrument: CREST.Instrument, _ observation: R4.Observation, _ value: ScoreValue?,
    _ patient: String?, _ path: String
  ) -> CREST.Score {
    var score = CREST.Score(instrument, patient: patient)
    score.path = path
    score.date = CREST.Date(observation.effective)
    score.stored = value?.number
    let parts = observation.component.enumerated().map { number, component in
      Part(
        code: codings(component.code).first?.code ?? "",
        systems: Set(codings(component.code).map(\.system)),
        number: ScoreValue(component.value)?.number,
        scale: component.referenceRange.lazy.compactMap { $0.high?.value?.value?.fhir }
          .compactMap(Double.init).first,
        path: path + ".component[\(number)]")
    }
    switch instrument {
    case .mrss: skin(parts, &score)
    case .haqDI: disability(parts, &score)
    case .git2: gastrointestinal(parts, &score)
    case .shaq: scales(parts, &score)
    case .raynaudConditionScore: diary(parts, &score)
    case .acrEULAR2013, .leRoyMedsger2001, .vedoss, .scleroID, .mawdsley, .handCalcinosis: break
    }
    if instrument != .acrEULAR2013 { score.compareWithStored() }
    return score
  }

  private struct Part {
    let code: String
    let systems: Set<String>
    let number: Double?
    /// The upper end of the scale, where it is stated.
    let scale: Double?
    let path: String
  }

  private static func item(_ part: Part, points: Double?) -> CREST.Score.Item {
    CREST.Score.Item(
      item: part.code, value: part.number.map(CREST.Score.text) ?? "unknown", points: points,
      path: part.path)
  }

  private static func skin(_ parts: [Part], _ score: inout CREST.Score) {
    var skin = CREST.SkinScore()
    for part in parts {
      guard let site = CREST.SkinScore.Site(rawValue: part.code) else { continue }
      let grade = part.number.flatMap { Int(exactly: $0) }
      skin[site] = grade
      if part.number != nil, skin[site] == nil {
        score.remark(.outOfRange, "a grade of the skin is 0, 1, 2 or 3", part.path)
      }
      score.items.append(item(part, points: skin[site].map(Double.init)))
    }
    guard !score.items.isEmpty else { return }
    score.total = Double(skin.total.lowerBound)...Double(skin.total.upperBound)
    if skin.total.count > 1 {
      score.remark(.partial, "not all of the 17 sites are known", score.path)
    }
  }

  private static func disability(_ parts: [Part], _ score: inout CREST.Score) {
    var grades: [CREST.HAQCategory: Double] = [:]
    for part in parts {
      guard let category = CREST.HAQCategory(rawValue: part.code) else { continue }
      score.items.append(item(part, points: nil))
      guard let number = part.number else { continue }
      if (0...3).contains(number) {
        grades[category] = number
      } else {
        score.remark(.outOfRange, "a category is graded from 0 to 3", part.path)
      }
    }
    score.total = CREST.HAQCategory.index(of: grades).map { $0...$0 }
    if !score.items.isEmpty, score.total == nil {
      score.remark(.partial, "six of the eight categories must be known", score.path)
    }
  }

  private static func gastrointestinal(_ parts: [Part], _ score: inout CREST.Score) {
    var values: [CREST.GITScale: Double] = [:]
    for part in parts {
      guard let scale = CREST.GITScale(rawValue: part.code) else { continue }
      score.items.append(item(part, points: nil))
      guard let number = part.number else { continue }
      if !scale.range.contains(number) {
        score.remark(.outOfRange, "not in the range of the scale", part.path)
      }
      values[scale] = number
    }
    score.total = CREST.GITScale.total(of: values).map { $0...$0 }
    if !score.items.isEmpty, score.total == nil {
      score.remark(.partial, "the total needs the six scales without constipation", score.path)
    }
  }

  private static func scales(_ parts: [Part], _ score: inout CREST.Score) {
    for part in parts where CREST.SHAQScale(rawValue: part.code) != nil {
      score.items.append(item(part, points: nil))
      guard let number = part.number else { continue }
      guard let scale = part.scale else {
        score.remark(.scaleNotStated, "the end of the scale, 3 or 100, is not stated", part.path)
        continue
      }
      if number < 0 || number > scale {
        score.remark(.outOfRange, "not on the scale that is stated", part.path)
      }
    }
  }

  private static func diary(_ parts: [Part], _ score: inout CREST.Score) {
    let days = parts.filter { $0.code == "raynaud-condition-day" }
    for day in days {
      score.items.append(item(day, points: nil))
      if let number = day.number, !(0...10).contains(number) {
        score.remark(.outOfRange, "a day is from 0 to 10", day.path)
      }
    }
    let known = days.compactMap(\.number).filter { (0...10).contains($0) }
    if !known.isEmpty {
      let mean = known.reduce(0, +) / Double(known.count)
      score.total = mean...mean
    }
  }

  // MARK: Results

  /// Records without a patient are of the one that all others are of.
  private mutating func joinNameless() {
    let named = order.filter { !$0.isEmpty }
    guard named.count == 1, let nameless = evidence.removeValue(forKey: "") else { return }
    let only = named[0]
    with(only) { patient in
      for item in CREST.CriterionItem.allCases {
        if let path = nameless.paths[item] { patient.note(item, nameless.criteria[item], path) }
      }
      patient.stored += nameless.stored
      patient.isLimited = patient.isLimited || nameless.isLimited
    }
    order = named
  }

  var scores: [CREST.Score] {
    var reader = self
    reader.joinNameless()
    return reader.order.flatMap { patient -> [CREST.Score] in
      guard var evidence = reader.evidence[patient] else { return [] }
      evidence.imply()
      return Self.scores(of: evidence, patient.isEmpty ? nil : patient)
    }
  }

  private static func scores(of evidence: PatientEvidence, _ patient: String?) -> [CREST.Score] {
    let isStored = evidence.stored.contains { $0.instrument == .acrEULAR2013 }
    var scores: [CREST.Score] = []
    if !evidence.criteria.isEmpty || isStored {
      scores = [
        classification(evidence, patient), limited(evidence, patient), early(evidence, patient),
      ]
    }
    for var score in evidence.stored {
      switch score.instrument {
      case .acrEULAR2013, .leRoyMedsger2001, .vedoss: continue
      case .mrss where evidence.isLimited:
        contradictions(&score)
      default: break
      }
      scores.append(score)
    }
    return scores
  }

  private static func contradictions(_ score: inout CREST.Score) {
    for item in score.items {
      guard let site = CREST.SkinScore.Site(rawValue: item.item), item.points ?? 0 > 0,
        CREST.SkinScore.proximal.contains(site)
      else { continue }
      score.remark(
        .contradictsSubset, "thick skin at a site that a limited form spares", item.path)
    }
  }

  private static func classification(
    _ evidence: PatientEvidence, _ patient: String?
  ) -> CREST.Score {
    var score = CREST.Score(.acrEULAR2013, patient: patient)
    let points = evidence.criteria.points
    score.total = Double(points.lowerBound)...Double(points.upperBound)
    score.sufficient = evidence.criteria.isSufficient
    score.classification = evidence.criteria.classification
    score.items = [
      item(.skinThickeningProximalToMCP, evidence, nil), item(.otherExplanation, evidence, nil),
    ]
    for category in CREST.Criteria.categories {
      // Of a category only the highest counts.
      let best = category.filter { evidence.criteria[$0.item] == .present }.max {
        $0.points < $1.points
      }
      score.items += category.map { name, points in
        item(name, evidence, best?.item == name ? points : 0)
      }
    }
    if let stored = evidence.stored.first(where: { $0.instrument == .acrEULAR2013 }) {
      score.stored = stored.stored
      score.path = stored.path
      score.compareWithStored()
    }
    return score
  }

  private static func limited(_ evidence: PatientEvidence, _ patient: String?) -> CREST.Score {
    var score = CREST.Score(.leRoyMedsger2001, patient: patient)
    score.classification = evidence.criteria.limitedSystemicSclerosis
    let items: [CREST.CriterionItem] = [
      .objectiveRaynaud, .raynaudPhenomenon, .abnormalNailfoldCapillaries, .anticentromere,
      .antiTopoisomerase, .antiRNAPolymerase,
    ]
    score.items = items.map { item($0, evidence, nil) }
    return score
  }

  private static func early(_ evidence: PatientEvidence, _ patient: String?) -> CREST.Score {
    var score = CREST.Score(.vedoss, patient: patient)
    let stage = evidence.criteria.earlyStage
    score.stage = stage
    score.classification =
      switch stage {
      case .veryEarly: .yes
      case .no: .no
      case .indeterminate: .indeterminate
      case .suspected:
        CREST.Criteria.secondStep.allSatisfy { evidence.criteria[$0] == .absent }
          ? .no : .indeterminate
      }
    score.items = (CREST.Criteria.redFlags + CREST.Criteria.secondStep).map {
      item($0, evidence, nil)
    }
    return score
  }

  private static func item(
    _ item: CREST.CriterionItem, _ evidence: PatientEvidence, _ points: Int?
  ) -> CREST.Score.Item {
    CREST.Score.Item(
      item: item.rawValue, value: evidence.criteria[item].rawValue,
      points: points.map(Double.init), path: evidence.paths[item])
  }
}

extension CREST.Score {
  /// A number with at most three places and without zeros at its end.
  public static func text(_ number: Double) -> String {
    guard abs(number) < 1e15 else { return number.isFinite ? String(number) : "unknown" }
    let scaled = Int((number * 1000).rounded())
    let whole = String(abs(scaled) / 1000)
    var fraction = String(abs(scaled) % 1000)
    while fraction.count < 3 { fraction = "0" + fraction }
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return (scaled < 0 ? "-" : "") + (fraction.isEmpty ? whole : whole + "." + fraction)
  }
}
