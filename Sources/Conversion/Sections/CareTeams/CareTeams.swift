import ClinicalTree
import Definitions

/// Care Team Organizer and CareTeam.
enum CareTeamTable {
  static let team = Mapping(
    "care-team-organizer", "organizer", templates: ["2.16.840.1.113883.10.20.22.4.500"],
    resource: .CareTeam,
    [
      .row("identifier", "id", .identifier),
      .row("status", "statusCode", .mappedCode("cf-care-team-status")),
      .row("category", "component/observation/value", .codeableConcept),
      .row("name", "code/originalText", .string),
      .row("period", "effectiveTime", .period),
      .function("participant", "participant[@typeCode=PPRF]", "leader") {
        $0.teamMember($1, in: $2)
      },
      .function("participant", "component/act/performer", "member") {
        $0.teamMember($1, in: $2)
      } toCDA: {
        $0.teamMembers(of: $1, in: $2)
      },
      .row("text", "text", .narrative),
    ])
}

extension FHIRBuilder {
  fileprivate func teamMember(_ participation: Cursor, in team: Draft.Slot) {
    guard saysSomething(participation) else { return }
    let slot = draft.addObject(.participant, in: team)
    if let function = participation.first(.functionCode), saysSomething(function) {
      codeableConcept(function, as: .role, in: slot)
    }
    let member = facts.member(.member, in: facts.type(named: "CareTeam.participant"))
    self.participation(
      participation, as: .member, in: slot, targets: member.map(facts.targets(of:)) ?? [])
    if let time = participation.first(.time) { period(time, as: .period, in: slot) }
  }
}

enum CareTeamKinds {
  static let all = [
    StatementKind(
      "care-team-organizer", .organizer, templates: ["2.16.840.1.113883.10.20.22.4.500"],
      sections: ["85847-2"], tables: [CareTeamTable.team]
    ) { builder, organizer, context in
      [builder.resource(CareTeamTable.team, organizer, context) { _ in }]
    }
  ]
}
