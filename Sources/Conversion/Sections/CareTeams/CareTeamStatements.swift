import ClinicalTree
import Definitions

extension Skeleton {
  static let careTeam = Skeleton(
    .organizer, "22.4.500:2022-06-01", "CLUSTER", code: .loinc("86744-0"), status: nil,
    needs: [.id, .status, .low])
  fileprivate static let careTeamMember = Skeleton(
    .act, "22.4.500.1:2022-06-01", "PCPR", code: .loinc("85847-2"), needs: [])
  fileprivate static let careTeamType = Skeleton(
    .observation, "22.4.500.2:2019-07-01", "OBS", code: .loinc("86744-0"), needs: [.value("CD")])
}

extension CDABuilder {
  /// A CareTeam as an organizer with an act for each member.
  func careTeam(_ team: Cursor, in holder: Draft.Slot, _ context: WritingContext) {
    let organizer = open(.careTeam, in: holder)
    write(team, as: organizer, context) {
      if let name = leaf(.name, in: team), let code = child(.code, of: organizer) {
        text(name.sourced, in: add(.originalText, in: code))
        done.insert(name.index)
      }
      for category in values(.category, in: team) {
        let observation = open(.careTeamType, in: add(.component, in: organizer))
        if cd(category, as: .value, type: "CD", in: observation) != nil {
          done.insert(category.key)
        }
      }
      apply(CareTeamTable.team, team, to: organizer)
    }
  }

  func teamMembers(of team: Cursor, in organizer: Draft.Slot) {
    for participant in objects(.participant, in: team) {
      guard let member = object(.member, in: participant) else { continue }
      let act = open(.careTeamMember, in: add(.component, in: organizer))
      let performer = add(.performer, in: act)
      guard participation(member, into: performer) else {
        draft.remove(performer)
        continue
      }
      if let role = value(.role, in: participant) { cd(role, as: .functionCode, in: performer) }
      if let period = object(.period, in: participant) {
        let time = add(.time, in: performer)
        if !ivlTS(period, into: time) { draft.removeLast(time) }
      }
    }
  }
}
