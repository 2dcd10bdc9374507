import ClinicalTree
import Definitions

/// A statement that no table knows: by the general rules of CDA an Observation, or a Basic resource with
/// its codes; everything else of it is kept.
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

  static func convert(
    _ builder: FHIRBuilder, _ statement: Cursor, _ context: StatementContext
  ) -> [ResourceHandle] {
    builder.report(
      Conversion.unknownStatement, at: statement, "a statement whose templates no table knows")
    // What is a goal, an intent or an order was not observed.
    if statement.name == .observation, builder.isEvent(statement) {
      return [
        builder.resource(observation, statement, context) {
          builder.completeObservation(statement, context, category: nil, in: $0)
        }
      ]
    }
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

extension FHIRBuilder {
  /// Whether a statement says what happened, and not what is planned, asked for or promised.
  func isEvent(_ statement: Cursor) -> Bool {
    statement.attribute(.moodCode).map { $0.text == "EVN" } ?? true
  }
}
