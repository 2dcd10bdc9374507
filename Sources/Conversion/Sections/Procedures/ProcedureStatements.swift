import ClinicalTree
import Definitions

extension Skeleton {
  static let procedure = Skeleton(
    .procedure, "22.4.14:2014-06-09", "PROC", status: nil, needs: [.id, .code, .status])
  static let procedureAct = Skeleton(
    .act, "22.4.12:2014-06-09", "ACT", status: nil, needs: [.id, .code, .status, .time])
}

extension CDABuilder {
  /// A Procedure as a procedure activity, or as an act where its source had one.
  func procedure(_ procedure: Cursor, in holder: Draft.Slot, _ context: WritingContext) {
    let isAct = keptElement(of: procedure).map { $0 == "act" } ?? false
    let activity = open(isAct ? .procedureAct : .procedure, in: holder)
    write(procedure, as: activity, context) {
      procedureStatus(procedure, in: activity)
      apply(ProcedureTable.procedure, procedure, to: activity)
      author(of: procedure, .recorder, nil, in: activity)
      markAbsent(value(.code, in: procedure))
    }
  }

  private func procedureStatus(_ procedure: Cursor, in activity: Draft.Slot) {
    guard let status = value(.status, in: procedure), let leaf = status.leaf else { return }
    let element = add(.statusCode, in: activity)
    done.insert(status.key)
    if leaf.text == "not-done", let written = kept("@code", beside: status.shadow) {
      attribute(.code, Sourced(written.text, .leaves(written, leaf)), in: element)
      markKept("@code", beside: status.shadow)
    } else if leaf.text == "not-done" {
      attribute(.negationInd, Sourced(Text("true"), .leaf(leaf)), in: activity)
      // The status of an act that did not take place is what the sender kept, or nothing.
      constant(.code, "completed", Reason("the negation says that it was not done"), in: element)
    } else if mapped(status, "cf-procedure-status", into: element) {
      note(.leaf(leaf), activity)
    } else {
      attribute(
        .nullFlavor, Sourced(Text(leaf.text == "unknown" ? "UNK" : "OTH"), .leaf(leaf)), in: element
      )
      if !(leaf.text == "unknown") { use[leaf.index] = .untouched }
    }
  }

  func usedDevices(of procedure: Cursor, in activity: Draft.Slot) {
    for reference in objects(.usedReference, in: procedure) {
      guard let device = resolve(reference), ResourceTable.type(of: device) == .Device else {
        continue
      }
      let participant = add(.participant, in: activity)
      constant(.typeCode, "DEV", in: participant)
      participation(reference, into: participant)
      productInstance(participant)
    }
  }

  /// A device that was used: Product Instance wants to know what it is and who is behind it.
  func productInstance(_ participant: Draft.Slot) {
    guard let role = child(.participantRole, of: participant) else { return }
    claim(Skeleton.Template(root: "2.16.840.1.113883.10.20.22.4.37", version: ""), on: role)
    silent(.id, in: role)
    silent(.code, in: element(.playingDevice, of: role))
    let scope = element(.scopingEntity, of: role)
    silent(.id, in: scope)
  }

  func locations(of procedure: Cursor, in activity: Draft.Slot) {
    guard let reference = object(.location, in: procedure) else { return }
    location(reference, in: activity)
  }

  /// A place as a participant.
  func location(_ reference: Cursor, in statement: Draft.Slot) {
    let participant = add(.participant, in: statement)
    constant(.typeCode, "LOC", in: participant)
    guard participation(reference, into: participant) else { return draft.removeLast(participant) }
    if let role = child(.participantRole, of: participant) {
      constant(.classCode, "SDLOC", in: role)
      claim(Skeleton.Template(root: "2.16.840.1.113883.10.20.22.4.32", version: ""), on: role)
      silent(.code, in: role)
      if let entity = child(.playingEntity, of: role) { constant(.classCode, "PLC", in: entity) }
    }
  }
}
