import ClinicalTree
import Definitions

/// Goal Observation and Goal.
enum GoalTable {
  static let goal = Mapping(
    "goal-observation", "observation", templates: ["2.16.840.1.113883.10.20.22.4.121"],
    resource: .Goal,
    [
      .row("identifier", "id", .identifier),
      .row("lifecycleStatus", "statusCode", .mappedCode("cf-goal-status")),
      .row(
        "achievementStatus",
        "entryRelationship/observation[templateId=2.16.840.1.113883.10.20.22.4.110]/value",
        .codeableConcept),
      .row(
        "priority",
        "entryRelationship/observation[templateId=2.16.840.1.113883.10.20.22.4.143]/value",
        .codeableConcept),
      .row("description", "code", .codeableConcept),
      .function("target.detail[x]", "value", "target") { $0.target($1, in: $2) },
      .function("start[x]", "effectiveTime", "start") { builder, time, goal in
        let point = builder.nonBlank(time.attribute(.value)) != nil ? time : time.first(.low)
        guard let point, builder.draft.first(.startDate, in: goal) == nil else { return }
        builder.date(point, as: .startDate, in: goal)
      },
      .function("target.due[x]", "effectiveTime/high", "due") { builder, high, goal in
        guard builder.nonBlank(high.attribute(.value)) != nil else { return }
        builder.date(high, as: .dueDate, in: builder.draft.object(.target, in: goal))
      },
      .row("expressedBy", "author", .participation),
      .row("note", "entryRelationship/act[code=48767-8]", .annotation),
      .row("text", "text", .narrative),
    ])
}

enum GoalKinds {
  static let all = [
    StatementKind(
      "goal-observation", .observation, templates: ["2.16.840.1.113883.10.20.22.4.121"],
      sections: ["61146-7"], tables: [GoalTable.goal]
    ) { [convert($0, $1, $2)] }
  ]

  static func convert(
    _ builder: FHIRBuilder, _ observation: Cursor, _ context: StatementContext
  ) -> ResourceHandle {
    builder.resource(GoalTable.goal, observation, context) { goal in
      if builder.draft.first(.lifecycleStatus, in: goal) == nil {
        builder.absent(as: .lifecycleStatus, in: goal)
      }
      if builder.isMissing(.description, in: goal) { builder.absentObject(.description, in: goal) }
      builder.negated(observation, in: goal)
      builder.implied(observation)
    }
  }
}

extension FHIRBuilder {
  /// What is to be reached: of what is measured, that is the goal's own code, so much.
  fileprivate func target(_ value: Cursor, in goal: Draft.Slot) {
    guard saysSomething(value) else { return }
    let path = FHIRPath("detail[x]")
    let target = draft.object(.target, in: goal)
    self.value(value, path, in: target)
    // R4 wants to know what a detail measures.
    if let code = draft.first(.description, in: goal), isMissing(.measure, in: target) {
      repeatConcept(code, as: .measure, in: target)
    }
  }

  /// Writes a concept once more, by rule.
  private func repeatConcept(_ concept: Draft.Slot, as name: Name, in parent: Draft.Slot) {
    let reason = Reason("the code of the goal says what its target measures")
    let copy = draft.addObject(name, in: parent)
    for coding in draft.children(of: concept) where draft.name(of: coding) == .coding {
      let slot = draft.addObject(.coding, in: copy)
      for member in draft.children(of: coding) where draft.kind(of: member) == .string {
        put(Sourced(draft.text(of: member), .rule(reason)), as: draft.name(of: member), in: slot)
      }
    }
  }
}
