import ClinicalTree
import Definitions

/// Coverage Activity with its Policy Activities, and Coverage.
enum CoverageTable {
  static let policy = Mapping(
    "policy-activity", "act", templates: ["2.16.840.1.113883.10.20.22.4.61"], resource: .Coverage,
    [
      .row("identifier", "id", .identifier),
      .row("type", "code", .codeableConcept),
      .function("policyHolder", "participant[@typeCode=HLD]/participantRole", "holder") {
        $0.policyHolder($1, in: $2)
      } toCDA: {
        $0.policyHolder(of: $1, in: $2)
      },
      .row("identifier", "participant[@typeCode=COV]/participantRole/id", .identifier),
      .row("relationship", "participant[@typeCode=COV]/participantRole/code", .codeableConcept),
      .row("period", "participant[@typeCode=COV]/time", .period),
      .row("payor", "performer", .participation),
      .row("text", "text", .narrative),
    ])
}

extension FHIRBuilder {
  /// Who holds the policy: the patient, or somebody around the patient.
  fileprivate func policyHolder(_ role: Cursor, in coverage: Draft.Slot) {
    guard saysSomething(role), draft.first(.policyHolder, in: coverage) == nil else { return }
    let ids = role.all(.id).compactMap { StatementIndex.key(of: $0, arena) }
    if let patient, ids.contains(where: patientIDs.contains) {
      refer(to: patient, as: .policyHolder, in: coverage)
      return
    }
    let holder = addResource(.RelatedPerson, from: role)
    subject(of: holder)
    apply(RoleTables.relatedPerson, role, to: holder.slot)
    refer(to: holder, as: .policyHolder, in: coverage)
  }
}

enum CoverageKinds {
  static let all = [
    StatementKind(
      "coverage-activity", .act,
      templates: ["2.16.840.1.113883.10.20.22.4.60", "2.16.840.1.113883.10.20.1.20"],
      sections: ["48768-6"], tables: [], convert: coverage),
    StatementKind(
      "policy-activity", .act,
      templates: ["2.16.840.1.113883.10.20.22.4.61", "2.16.840.1.113883.10.20.1.26"],
      tables: [CoverageTable.policy]
    ) { [policy($0, $1, $2)] },
  ]

  private static func coverage(
    _ builder: FHIRBuilder, _ act: Cursor, _ context: StatementContext
  ) -> [ResourceHandle] {
    let inner = context.below(act)
    var policies: [ResourceHandle] = []
    for relationship in act.all(.entryRelationship) {
      guard let nested = relationship.first(.act), builder.use[nested.index] != .elsewhere,
        nested.hasTemplate(["2.16.840.1.113883.10.20.22.4.61", "2.16.840.1.113883.10.20.1.26"])
      else { continue }
      builder.markElsewhere(nested)
      let policy = policy(builder, nested, inner)
      if let number = relationship.first(.sequenceNumber),
        let leaf = builder.nonBlank(number.attribute(.value)),
        (Int32(leaf.text.trimmed.string) ?? 0) > 0
      {
        builder.put(Sourced(leaf.text.trimmed, .leaf(leaf)), .number, as: .order, in: policy.slot)
      }
      policies.append(policy)
    }
    guard let first = policies.first else {
      return GeneralStatement.byClass(builder, act, context)
    }
    if let code = act.first(.code), code.attribute(.code).map({ $0.text == "48768-6" }) ?? false {
      builder.markSelector(code)
    }
    if let status = act.first(.statusCode),
      status.attribute(.code).map({ $0.text == "completed" }) ?? false
    {
      builder.markSelector(status)
    }
    builder.relateNested(act, of: first, context)
    builder.keepRemainder(of: act, in: first.slot)
    return policies
  }

  private static func policy(
    _ builder: FHIRBuilder, _ act: Cursor, _ context: StatementContext
  ) -> ResourceHandle {
    builder.resource(CoverageTable.policy, act, context) { coverage in
      // The status of the act says that its record is complete, not whether the cover holds.
      builder.absent(as: .status, in: coverage)
      if let patient = builder.patient {
        builder.refer(to: patient, as: .beneficiary, in: coverage)
      } else {
        builder.absentObject(.beneficiary, in: coverage)
      }
      if builder.draft.first(.payor, in: coverage) == nil {
        builder.absentObject(.payor, in: coverage)
      }
      builder.negated(act, in: coverage)
      if let status = act.first(.statusCode),
        status.attribute(.code).map({ $0.text == "completed" }) ?? false
      {
        builder.markSelector(status)
      }
    }
  }
}
