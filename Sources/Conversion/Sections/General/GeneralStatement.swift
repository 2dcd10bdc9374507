import ClinicalTree
import Definitions

/// A statement that no template tells: by the general rules of CDA, its class, mood and code.
enum GeneralStatement {
  static let observation = Mapping(
    "observation", "observation", resource: .Observation, ObservationRows.all)

  static let basic = Mapping(
    "statement", "act", resource: .Basic,
    [
      .row("identifier", "id", .identifier),
      .row("code", "code", .codeableConcept),
      .row("text", "text", .narrative),
    ])

  /// Converts a statement whose templates no table knows, and says so.
  static func convert(
    _ builder: FHIRBuilder, _ statement: Cursor, _ context: StatementContext
  ) -> [ResourceHandle] {
    builder.report(
      Conversion.unknownStatement, at: statement, "a statement whose templates no table knows")
    return byClass(builder, statement, context)
  }

  /// Converts a statement by its class and mood: what is a goal, an intent or an order was not observed
  /// and has not been done.
  static func byClass(
    _ builder: FHIRBuilder, _ statement: Cursor, _ context: StatementContext
  ) -> [ResourceHandle] {
    switch (statement.name, builder.isEvent(statement)) {
    case (.observation, true):
      return [
        builder.resource(observation, statement, context) {
          builder.completeObservation(statement, context, category: nil, in: $0)
        }
      ]
    case (.observation, false)
    where statement.attribute(.moodCode).map { $0.text == "GOL" } ?? false:
      return [GoalKinds.convert(builder, statement, context)]
    case (.procedure, true): return ProcedureKinds.convert(builder, statement, context)
    case (.observation, false), (.procedure, false), (.act, false):
      return PlanKinds.convert(builder, statement, context)
    case (.encounter, _): return EncounterKinds.convert(builder, statement, context)
    case (.substanceAdministration, _):
      return [MedicationKinds.convert(builder, statement, context)]
    case (.observationMedia, _): return NoteKinds.media(builder, statement, context)
    case (.supply, _): return [SupplyKinds.convert(builder, statement, context)]
    default:
      return [
        builder.resource(basic, statement, context) { resource in
          if builder.isMissing(.code, in: resource) { builder.absentObject(.code, in: resource) }
          builder.recorder(
            of: statement, in: context, as: .author, date: nil, in: resource, type: .Basic)
          builder.negated(statement, in: resource)
        }
      ]
    }
  }
}

extension FHIRBuilder {
  /// Whether a statement says what happened, and not what is planned, asked for or promised.
  func isEvent(_ statement: Cursor) -> Bool {
    statement.attribute(.moodCode).map { $0.text == "EVN" } ?? true
  }

  /// The status that R4 requires, where the source has none that FHIR knows.
  func completeStatus(of type: String, in resource: Draft.Slot) {
    guard draft.first(.status, in: resource) == nil else { return }
    let reason = Reason("R4 requires \(type).status; the source has none that FHIR knows: unknown")
    put(rule: "unknown", reason, as: .status, in: resource)
  }
}
