import ClinicalTree
import Definitions
import FHIRFormats

extension Skeleton {
  static let problemConcern = Skeleton(
    .act, "22.4.3:2015-08-01", "ACT", code: .concern, status: nil, needs: [.id, .status, .low])
  static let problemObservation = Skeleton(
    .observation, "22.4.4:2015-08-01", "OBS", needs: [.id, .code, .low, .value("CD")],
    relation: "SUBJ")
  static let encounterDiagnosis = Skeleton(
    .act, "22.4.80:2015-08-01", "ACT", code: .loinc("29308-4"), status: nil, needs: [])
  static let healthConcern = Skeleton(
    .act, "22.4.132:2015-08-01", "ACT", code: .loinc("75310-3"), status: nil,
    needs: [.id, .status])

  /// The acts around the diagnoses of a visit or an operation, by the codes of their sections.
  fileprivate static let diagnoses: [(section: StaticString, skeleton: Skeleton)] = [
    (
      "46241-6",
      Skeleton(.act, "22.4.34:2015-08-01", "ACT", code: .loinc("46241-6"), status: nil, needs: [])
    ),
    (
      "11535-2",
      Skeleton(.act, "22.4.33:2015-08-01", "ACT", code: .loinc("11535-2"), status: nil, needs: [])
    ),
    (
      "10219-4",
      Skeleton(.act, "22.4.65:2015-08-01", "ACT", code: .loinc("10219-4"), status: nil, needs: [])
    ),
    (
      "10218-6",
      Skeleton(.act, "22.4.51:2015-08-01", "ACT", code: .loinc("10218-6"), status: nil, needs: [])
    ),
  ]
}

extension Skeleton {
  /// Whether the template asks for a status.
  fileprivate var hasStatus: Bool {
    needs.contains { need in
      if case .status = need { true } else { false }
    }
  }
}

extension CDABuilder {
  /// A Condition as a problem in the act that its section wants.
  func problem(_ condition: Cursor, in holder: Draft.Slot, _ context: WritingContext) {
    if context.section == "75310-3", objects(.coding, in: object(.code, in: condition)).isEmpty {
      return concernInWords(condition, in: holder, context)
    }
    let skeleton: Skeleton
    if context.isNested {
      skeleton = .encounterDiagnosis
    } else if let diagnosis = Skeleton.diagnoses.first(where: { context.section == $0.section }) {
      skeleton = diagnosis.skeleton
    } else {
      skeleton = context.section == "75310-3" ? .healthConcern : .problemConcern
    }
    let act = open(skeleton, in: holder)
    let observation = relate(
      .problemObservation, to: act,
      type: Sourced(
        Text(skeleton.element == .act && context.section == "75310-3" ? "REFR" : "SUBJ"),
        .rule(.template)))
    write(condition, as: observation, levels: [.act: act], context) {
      if skeleton.hasStatus { concernStatus(condition, act) }
      apply(ProblemTable.condition, condition, to: observation)
      if let onset = object(.onsetPeriod, in: condition),
        child(.effectiveTime, of: observation) == nil
      {
        ts(value(.start, in: onset), as: .low, in: add(.effectiveTime, in: observation))
      }
      markCategories(of: condition, in: observation, context)
      if child(.code, of: observation) == nil { bareProblem(observation) }
      author(of: condition, .recorder, .recordedDate, in: observation)
      for evidence in objects(.evidence, in: condition) {
        for detail in objects(.detail, in: evidence) {
          relation(to: detail, "SPRT", from: observation, context)
        }
      }
    }
  }

  /// A health concern of which only words are known.
  private func concernInWords(
    _ condition: Cursor, in holder: Draft.Slot, _ context: WritingContext
  ) {
    let act = open(.healthConcern, in: holder)
    write(condition, as: act, context) {
      concernStatus(condition, act)
      if let status = value(.clinicalStatus, in: condition) { done.insert(status.key) }
      apply(HealthConcernTable.concern, condition, to: act)
      markCategories(of: condition, in: act, context)
      author(of: condition, .recorder, .recordedDate, in: act)
    }
  }

  /// A health concern that refers to a problem by its id.
  func concern(about condition: Cursor, in entry: Draft.Slot) -> Bool {
    let act = open(.healthConcern, in: entry)
    let holder = add(.entryRelationship, in: act)
    constant(.typeCode, "REFR", in: holder)
    guard self.reference(to: condition, in: holder) else { return false }
    // That it is a concern is what its place says.
    for category in values(.category, in: condition) {
      for coding in objects(.coding, in: category.object)
      where leaf(.code, in: coding).map({ $0.text == "health-concern" }) ?? false {
        note(coding, saidBy: act)
      }
    }
    return true
  }

  private func bareProblem(_ observation: Draft.Slot) {
    let code = add(.code, in: observation)
    let reason = Reason("the kind of problem where none is stated")
    constant(.code, "55607006", reason, in: code)
    constant(.codeSystem, "2.16.840.1.113883.6.96", reason, in: code)
    let translation = add(.translation, in: code)
    constant(.code, "75326-9", reason, in: translation)
    constant(.codeSystem, "2.16.840.1.113883.6.1", reason, in: translation)
  }

  /// The status of a concern: the one that was kept, or the one that follows from the clinical status.
  func concernStatus(_ resource: Cursor, _ act: Draft.Slot) {
    guard let stated = clinicalStatus(ofConcern: resource) else { return }
    let status = add(.statusCode, in: act)
    let map = "cf-condition-clinical-status"
    guard isOf("http://terminology.hl7.org/CodeSystem/condition-clinical", stated.coding) else {
      return
    }
    // A problem with an end whose source called it active.
    if stated.leaf.text == "inactive",
      let written = kept("statusCode/@code", beside: stated.code.shadow),
      maps.translate(written.text, by: maps.map(map)) != nil
    {
      return concernStatus(written, "statusCode/@code", stated, in: status)
    }
    if let written = kept("@code", beside: stated.code.shadow, leadingTo: stated.leaf, by: map) {
      concernStatus(written, "@code", stated, in: status)
      return note(.leaf(stated.leaf), act)
    }
    followingStatus(stated, in: status)
  }

  /// The clinical status of a resource.
  struct ClinicalStatus {
    let concept: FHIRValue
    let coding: Cursor
    let code: FHIRValue
    let leaf: Cursor
  }

  /// The clinical status that the status of a concern is of; `nil` where the source had one apart from it.
  func clinicalStatus(ofConcern resource: Cursor) -> ClinicalStatus? {
    guard let concept = value(.clinicalStatus, in: resource),
      let coding = object(.coding, in: concept.object), let code = value(.code, in: coding),
      let leaf = code.leaf, !keptPaths(of: resource).contains(where: { $0 == "act/statusCode" })
    else { return nil }
    return ClinicalStatus(concept: concept, coding: coding, code: code, leaf: leaf)
  }

  /// Writes the status of a concern as it was kept beside the clinical status.
  func concernStatus(
    _ written: Cursor, _ path: StaticString, _ stated: ClinicalStatus, in status: Draft.Slot
  ) {
    attribute(.code, Sourced(written.text, .leaves(written, stated.leaf)), in: status)
    markKept(path, beside: stated.code.shadow)
    done.insert(stated.concept.key)
    if let system = leaf(.system, in: stated.coding) { note(.leaf(system), status) }
  }

  /// Writes the status of a concern that follows from the clinical status.
  func followingStatus(_ stated: ClinicalStatus, in status: Draft.Slot) {
    attribute(
      .code,
      Sourced(
        Text(ConcernStatus.code(for: stated.leaf.text)),
        .rule(Reason("follows from the clinical status"))),
      in: status)
  }

  /// The kind of problem: the first category that is not that of a section.
  func problemType(of condition: Cursor, in observation: Draft.Slot) {
    for category in values(.category, in: condition) where !done.contains(category.key) {
      guard let concept = category.object, !isSectionCategory(concept) else { continue }
      if child(.code, of: observation) == nil, cd(category, as: .code, in: observation) != nil {
        done.insert(category.key)
      }
    }
  }

  private func isSectionCategory(_ concept: Cursor) -> Bool {
    objects(.coding, in: concept).contains { coding in
      leaf(.system, in: coding).map {
        $0.text == "http://terminology.hl7.org/CodeSystem/condition-category"
          || $0.text == "http://hl7.org/fhir/us/core/CodeSystem/condition-category"
      } ?? false
    }
  }

  /// Categories that the place of a condition says again when it is read.
  func markCategories(
    of condition: Cursor, in statement: Draft.Slot, _ context: WritingContext
  ) {
    let implied = maps.translate(context.section, by: maps.map("cf-problem-category"))
    for category in values(.category, in: condition) where !done.contains(category.key) {
      guard let concept = category.object, isSectionCategory(concept),
        let coding = object(.coding, in: concept), let code = leaf(.code, in: coding)
      else { continue }
      let isDiagnosis =
        code.text == "encounter-diagnosis"
        && (context.isNested || Skeleton.diagnoses.contains { context.section == $0.section })
      let isConcern =
        code.text == "health-concern"
        && (context.section == "75310-3" || concerns.contains(condition.index))
      if implied.map({ $0.code == code.text }) ?? false || isDiagnosis || isConcern {
        note(code, saidBy: statement)
        note(leaf(.system, in: coding), saidBy: statement)
      }
    }
  }

  /// A status of refutation as the negation of the statement.
  func refuted(_ name: Name, of resource: Cursor, in statement: Draft.Slot) {
    for coding in objects(.coding, in: object(name, in: resource)) {
      guard let code = leaf(.code, in: coding), code.text == "refuted" else { continue }
      attribute(.negationInd, Sourced(Text("true"), .leaf(code)), in: statement)
      markStructural(leaf(.system, in: coding))
    }
  }

  /// An age as an observation of its own.
  func age(at stem: Name, of resource: Cursor, in statement: Draft.Slot) {
    guard let (value, type) = choice(stem, in: resource), type == "Age" || type == "String",
      !done.contains(value.key)
    else { return }
    if type == "String" {
      // A number without a unit.
      guard let leaf = value.leaf, leaf.text.isJSONNumber else { return }
      let observation = relate(.age, to: statement)
      let slot = add(.value, in: observation)
      constant(.type, "PQ", in: slot)
      attribute(.value, leaf.sourced, in: slot)
    } else {
      let observation = relate(.age, to: statement)
      pq(value, as: .value, type: "PQ", in: observation)
    }
    done.insert(value.key)
  }

  /// The URL of an extension whose value has been written.
  func markURL(_ extended: Cursor) { markStructural(value(.url, in: extended)?.node) }
}
