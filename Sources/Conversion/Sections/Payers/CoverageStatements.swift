import ClinicalTree
import Definitions

extension Skeleton {
  static let coverage = Skeleton(
    .act, "22.4.60:2015-08-01", "ACT", code: .loinc("48768-6"), needs: [.id])
  static let policy = Skeleton(
    .act, "22.4.61:2015-08-01", "ACT", needs: [.id, .code])
}

extension CDABuilder {
  /// A Coverage as a policy in a coverage activity.
  func coverage(_ coverage: Cursor, in holder: Draft.Slot, _ context: WritingContext) {
    let act = open(.coverage, in: holder)
    let policy = relate(.policy, to: act)
    if let relationship = draft.parent(of: policy), let order = leaf(.order, in: coverage) {
      attribute(.value, order.sourced, in: add(.sequenceNumber, in: relationship))
    }
    write(coverage, as: policy, levels: [.act: act], context) {
      apply(CoverageTable.policy, coverage, to: policy)
      markAbsent(value(.status, in: coverage))
      for name in [Name.payor, .beneficiary] { markAbsent(value(name, in: coverage)) }
      if let subscriber = value(.subscriberId, in: coverage), let leaf = subscriber.leaf {
        let role = covered(policy)
        attribute(.extension, leaf.sourced, in: add(.id, in: role))
      }
      for participant in draft.children(of: policy) where draft.name(of: participant) == .performer
      {
        constant(.typeCode, "PRF", in: participant)
      }
    }
  }

  private func covered(_ policy: Draft.Slot) -> Draft.Slot {
    let participants = draft.children(of: policy).filter {
      draft.name(of: $0) == .participant && claimsType("COV", $0)
    }
    let participant =
      participants.first
      ?? {
        let made = add(.participant, in: policy)
        constant(.typeCode, "COV", in: made)
        return made
      }()
    return element(.participantRole, of: participant)
  }

  func policyHolder(of coverage: Cursor, in policy: Draft.Slot) {
    guard let reference = object(.policyHolder, in: coverage), resolve(reference) != nil else {
      return
    }
    let participant = add(.participant, in: policy)
    constant(.typeCode, "HLD", in: participant)
    if !participation(reference, into: participant) { draft.removeLast(participant) }
  }
}
