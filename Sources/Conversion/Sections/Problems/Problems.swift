import ClinicalTree
import Definitions

/// Problem Observation and Condition (conversion guide, "problems").
enum ProblemTable {
  static let condition = Mapping(
    "problem-observation", "observation", templates: ["2.16.840.1.113883.10.20.22.4.4"],
    resource: .Condition,
    [
      .row("identifier", "id", .identifier),
      .row(
        "clinicalStatus", "entryRelationship/observation[code=33999-4]/value",
        .mappedConcept("cf-problem-status")),
      .function("verificationStatus", "@negationInd", "refuted") { builder, indicator, condition in
        guard indicator.text == "true" else { return }
        let coding = builder.draft.addObject(
          .coding, in: builder.draft.addObject(.verificationStatus, in: condition))
        builder.put(
          rule: "http://terminology.hl7.org/CodeSystem/condition-ver-status", .mapped, as: .system,
          in: coding)
        builder.put(Sourced(Text("refuted"), .leaf(indicator)), as: .code, in: coding)
      } toCDA: {
        $0.refuted(.verificationStatus, of: $1, in: $2)
      },
      .function("category", "code", "problem type") { builder, code, condition in
        builder.problemType(code, in: condition)
      } toCDA: {
        $0.problemType(of: $1, in: $2)
      },
      .row("severity", "entryRelationship/observation[code=SEV]/value", .codeableConcept),
      .row("code", "value", .codeableConcept, choice: .problems),
      .row("bodySite", "targetSiteCode", .codeableConcept),
      .row("onset[x]", "effectiveTime", .beginning),
      .function(
        "onset[x]", "entryRelationship/observation[code=445518008|397659008]/value", "age at onset"
      ) {
        builder, value, condition in
        guard builder.draft.first(.onsetDateTime, in: condition) == nil else { return }
        builder.quantity(value, as: .onsetAge, in: condition)
      } toCDA: {
        $0.age(at: .onset, of: $1, in: $2)
      },
      .row("abatement[x]", "effectiveTime/high", .dateTime),
      .function(
        "extension", "entryRelationship/act[code=77975-1]/effectiveTime", "date of diagnosis"
      ) {
        builder, time, condition in
        guard builder.hasTime(time) else { return }
        builder.dateTime(
          time, as: .valueDateTime,
          in: builder.addExtension(
            "http://hl7.org/fhir/StructureDefinition/condition-assertedDate", in: condition))
      } toCDA: { builder, condition, observation in
        guard
          let asserted = builder.extended(
            "http://hl7.org/fhir/StructureDefinition/condition-assertedDate", in: condition)
        else { return }
        let act = builder.relate(.dateOfDiagnosis, to: observation)
        builder.ts(builder.value(.valueDateTime, in: asserted), as: .effectiveTime, in: act)
        builder.markURL(asserted)
      },
      .row("asserter", "informant", .participation),
      .row("note", "entryRelationship/act[code=48767-8]", .annotation),
      .row("text", "text", .narrative),
    ])
}

extension FHIRBuilder {
  /// The kind of problem is a category, unless it says no more than that this is a problem.
  func problemType(_ code: Cursor, in condition: Draft.Slot) {
    if code.attribute(.code).map({ $0.text == "ASSERTION" }) ?? false { return markSelector(code) }
    guard saysSomething(code) else { return }
    if isBareProblem(code) {
      markSelector(code)
      for translation in code.all(.translation) { markSelector(translation) }
      return
    }
    codeableConcept(code, as: .category, in: condition)
  }
}

extension FHIRBuilder {
  /// Whether the kind of a problem is only that it is one, in no words of the sender's own.
  private func isBareProblem(_ code: Cursor) -> Bool {
    code.attribute(.code).map { $0.text == "55607006" } ?? false
      && code.attribute(.displayName) == nil && code.first(.originalText) == nil
      && code.first(.translation) != nil
      && code.all(.translation).allSatisfy {
        $0.attribute(.code).map { $0.text == "75326-9" } ?? false
          && $0.attribute(.displayName) == nil
      }
  }
}

enum ProblemKinds {
  static let all = [
    StatementKind(
      "problem-concern", .act,
      templates: [
        "2.16.840.1.113883.10.20.22.4.3", "2.16.840.1.113883.10.20.1.27",
        "1.3.6.1.4.1.19376.1.5.3.1.4.5.2", "2.16.840.1.113883.10.20.22.4.80",
        "2.16.840.1.113883.10.20.22.4.65", "2.16.840.1.113883.10.20.22.4.34",
        "2.16.840.1.113883.10.20.22.4.33",
        "2.16.840.1.113883.10.20.22.4.51",
      ], sections: ["11450-4"], tables: [ProblemTable.condition], convert: concern),
    StatementKind(
      "problem-observation", .observation,
      templates: [
        "2.16.840.1.113883.10.20.22.4.4", "2.16.840.1.113883.10.20.1.28",
        "1.3.6.1.4.1.19376.1.5.3.1.4.5",
      ], sections: ["11450-4"], tables: [ProblemTable.condition]
    ) { [problem($0, $1, $2, concern: nil)] },
  ]

  /// A concern and the problems in it: one Condition a problem.
  private static func concern(
    _ builder: FHIRBuilder, _ act: Cursor, _ context: StatementContext
  ) -> [ResourceHandle] {
    // Before R1.1 allergies stood in the same act as problems.
    let kinds = act.all(.entryRelationship).compactMap { $0.first(.observation) }
      .compactMap { StatementKind.kind(of: $0, in: context)?.name }
    if kinds.contains("allergy-observation") { return AllergyKinds.concern(builder, act, context) }
    let inner = context.below(act)
    var conditions: [ResourceHandle] = []
    for relationship in act.all(.entryRelationship) {
      guard let observation = relationship.first(.observation),
        builder.use[observation.index] != .elsewhere,
        observation.attribute(.nullFlavor) == nil,
        StatementKind.kind(of: observation, in: context)?.name == "problem-observation"
      else { continue }
      builder.markElsewhere(observation)
      conditions.append(problem(builder, observation, inner, concern: act))
    }
    guard let first = conditions.first else {
      return GeneralStatement.convert(builder, act, context)
    }
    // What belongs to the concern as a whole stays with its first problem.
    let constants: [StaticString] = [
      "CONC", "29308-4", "46241-6", "11535-2", "10219-4", "10218-6", "59769-0",
    ]
    if act.code().map({ code in constants.contains { code == $0 } }) ?? false {
      act.first(.code).map(builder.markSelector)
    }
    for condition in conditions { builder.encounterDiagnosis(condition, act, context) }
    builder.relateNested(act, of: first, context)
    builder.keepRemainder(of: act, in: first.slot)
    return conditions
  }

  static func problem(
    _ builder: FHIRBuilder, _ observation: Cursor, _ context: StatementContext, concern: Cursor?
  ) -> ResourceHandle {
    let problem = builder.resource(ProblemTable.condition, observation, context) { condition in
      builder.sectionCategory(context, of: condition)
      if builder.hasStatusObservation(observation) {
        builder.repeatsStatus(concern, of: condition)
      } else {
        builder.clinicalStatus(concern, in: condition)
      }
      builder.abatement(observation, in: condition)
      builder.recorder(
        of: observation, in: context, as: .recorder, date: .recordedDate, in: condition,
        type: .Condition)
      builder.implied(observation)
    }
    return problem
  }
}

extension FHIRBuilder {
  /// The category that the section stands for, and the part that a diagnosis has in the encounter of the
  /// document.
  func sectionCategory(_ context: StatementContext, of condition: Draft.Slot) {
    guard let target = maps.translate(context.sectionCode, by: maps.map("cf-problem-category"))
    else { return }
    addCategory(
      target.system, target.code, Reason("the category that the section stands for"), in: condition)
  }

  /// Adds a category that the resource does not have yet.
  @discardableResult
  func addCategory(
    _ system: Text, _ code: Text, _ reason: Reason, in resource: Draft.Slot
  ) -> Draft.Slot {
    for category in draft.children(of: resource) where draft.name(of: category) == .category {
      if let coding = draft.first(.coding, in: category),
        let known = draft.first(.code, in: coding),
        draft.text(of: known) == code
      {
        return known
      }
    }
    let coding = draft.addObject(.coding, in: draft.addObject(.category, in: resource))
    put(Sourced(system, .rule(reason)), as: .system, in: coding)
    return put(Sourced(code, .rule(reason)), as: .code, in: coding)
  }

  /// A diagnosis of the admission, the discharge or an operation belongs to the encounter of the header.
  fileprivate func encounterDiagnosis(
    _ condition: ResourceHandle, _ act: Cursor, _ context: StatementContext
  ) {
    func isOne(_ template: String, _ section: StaticString) -> Bool {
      act.hasTemplate(["2.16.840.1.113883.10.20.22.4." + template])
        || context.sectionCode == section
    }
    let role: StaticString
    if isOne("34", "46241-6") {
      role = "AD"
    } else if isOne("33", "11535-2") {
      role = "DD"
    } else if isOne("65", "10219-4") {
      role = "pre-op"
    } else if isOne("51", "10218-6") {
      role = "post-op"
    } else {
      return
    }
    addCategory(
      Text("http://terminology.hl7.org/CodeSystem/condition-category"), Text("encounter-diagnosis"),
      Reason("the category that the template stands for"), in: condition.slot)
    guard let encompassing else { return }
    if draft.first(.encounter, in: condition.slot) == nil {
      refer(to: encompassing, as: .encounter, in: condition.slot)
    }
    let diagnosis = draft.addObject(.diagnosis, in: encompassing.slot)
    refer(to: condition, as: .condition, in: diagnosis)
    concept(
      "http://terminology.hl7.org/CodeSystem/diagnosis-role", role,
      Reason("the role that the section stands for"), as: .use, in: diagnosis)
  }

  /// Whether a problem or an allergy states its status itself, in whatever words.
  func hasStatusObservation(_ observation: Cursor) -> Bool {
    observation.all(.entryRelationship).contains { relationship in
      guard let status = relationship.first(.observation),
        status.code().map({ $0 == "33999-4" }) ?? false
      else { return false }
      return status.first(.value)?.attribute(.code) != nil
    }
  }

  /// The status of the concern holds for a problem without a status of its own.
  func clinicalStatus(_ concern: Cursor?, in condition: Draft.Slot) {
    guard isMissing(.clinicalStatus, in: condition), let concern,
      let status = concern.first(.statusCode)
    else { return }
    mappedConcept(status, "cf-condition-clinical-status", as: .clinicalStatus, in: condition)
  }

  /// The status of a concern that says no more than the status of its problem does.
  func repeatsStatus(_ concern: Cursor?, of condition: Draft.Slot) {
    guard let leaf = concern?.first(.statusCode)?.attribute(.code),
      let slot = draft.first(.clinicalStatus, in: condition)
        .flatMap({ draft.first(.coding, in: $0) }).flatMap({ draft.first(.code, in: $0) })
    else { return }
    guard leaf.text == ConcernStatus.code(for: draft.text(of: slot)) else { return }
    note(.leaf(leaf), slot)
    note(.leaf(leaf), condition)
  }

  /// A problem with an end is not active. An unknown end only says so where the status says it too:
  /// senders write `high nullFlavor="UNK"` for problems that go on.
  func abatement(_ observation: Cursor, in condition: Draft.Slot) {
    let status = draft.first(.clinicalStatus, in: condition)
      .flatMap { draft.first(.coding, in: $0) }.flatMap { draft.first(.code, in: $0) }
    let isActive =
      status.map { slot in
        ["active", "recurrence", "relapse"].contains { draft.text(of: slot) == $0 }
      } ?? false
    if draft.first(.abatementDateTime, in: condition) != nil {
      if status == nil, isMissing(.clinicalStatus, in: condition) {
        concept(
          "http://terminology.hl7.org/CodeSystem/condition-clinical", "inactive",
          Reason("R4 requires it of a condition with an end"), as: .clinicalStatus, in: condition)
      }
      if isActive, let status {
        let high = observation.first(.effectiveTime)?.first(.high)?.attribute(.value)
        let kept = draft.text(of: status)
        draft.replace(status, .string, Text("inactive"))
        if let high { note(.partly(high, Reason("a problem with an end is not active")), status) }
        // The status that the source stated stays readable.
        keep(path: Text("statusCode/@code"), content: kept, in: status) {
          note(.rule(Reason("the status that the source states, against its own end date")), $0)
        }
      }
    } else if status != nil, !isActive,
      let flavor = observation.first(.effectiveTime)?.first(.high)?.attribute(.nullFlavor),
      flavor.text == "UNK"
    {
      absent(flavor, as: .abatementDateTime, in: condition)
    }
  }

  /// Marks what the templates fix and every sender writes alike: the status of observations is always
  /// completed where its statement has another status, and helper observations repeat it.
  func implied(_ statement: Cursor) {
    if let status = statement.first(.statusCode), statement.name == .observation {
      markCompleted(status)
    }
    for relationship in statement.all(.entryRelationship) {
      guard let nested = self.statement(in: relationship), use[nested.index] != .elsewhere else {
        continue
      }
      if nested.name == .act, let status = nested.first(.statusCode) { markCompleted(status) }
      // The sig in words has a product that is not applicable, by its template.
      if nested.code().map({ $0 == "76662-6" }) ?? false, let product = nested.first(.consumable) {
        for index in product.index..<product.end where source.at(index).kind == .attribute {
          let leaf = source.at(index)
          if leaf.name == .nullFlavor, leaf.text == "NA" { markStructural(leaf) }
        }
      }
      implied(nested)
    }
  }

  /// That the record of something that was not done is completed says no more than that it was not done.
  func impliedByNegation(_ statement: Cursor) {
    guard statement.attribute(.negationInd).map({ $0.text == "true" }) ?? false,
      let status = statement.first(.statusCode)
    else { return }
    markCompleted(status)
  }

  private func markCompleted(_ status: Cursor) {
    if status.attribute(.code).map({ $0.text == "completed" }) ?? false { markSelector(status) }
  }
}

/// The status of the concern around a problem or an allergy, by the status of what it is about.
enum ConcernStatus {
  static func code(for clinicalStatus: Text) -> StaticString {
    ["inactive", "resolved", "remission"].contains { clinicalStatus == $0 } ? "completed" : "active"
  }
}
