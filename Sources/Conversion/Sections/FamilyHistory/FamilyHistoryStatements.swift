import ClinicalTree
import Definitions

extension Skeleton {
  static let familyHistory = Skeleton(
    .organizer, "22.4.45:2015-08-01", "CLUSTER", status: nil, needs: [.id, .status])
  static let familyObservation = Skeleton(
    .observation, "22.4.46:2015-08-01", "OBS", needs: [.id, .value("CD")])
}

extension CDABuilder {
  /// A FamilyMemberHistory as an organizer about a relative.
  func familyHistory(_ history: Cursor, in holder: Draft.Slot, _ context: WritingContext) {
    let organizer = open(.familyHistory, in: holder)
    write(history, as: organizer, context) {
      apply(FamilyHistoryTable.history, history, to: organizer)
      let status = child(.statusCode, of: organizer)
      if status == nil {
        constant(.code, "completed", .template, in: add(.statusCode, in: organizer))
      }
      if status != nil, let leaf = leaf(.status, in: history) { note(.leaf(leaf), organizer) }
      markAbsent(value(.status, in: history))
      markAbsent(value(.relationship, in: history))
      let relative = relatedSubject(organizer)
      constant(.classCode, "PRS", in: relative)
      silent(.code, in: relative)
      if let person = child(.subject, of: relative) {
        silent(.administrativeGenderCode, in: person)
      }
      let conditions = objects(.condition, in: history)
      for condition in conditions { self.condition(condition, in: organizer) }
      if conditions.isEmpty {
        let observation = open(.familyObservation, in: add(.component, in: organizer))
        familyCode(observation)
      }
    }
  }

  private func relatedSubject(_ organizer: Draft.Slot) -> Draft.Slot {
    let subject = element(.subject, of: organizer)
    return element(.relatedSubject, of: subject)
  }

  private func condition(_ condition: Cursor, in organizer: Draft.Slot) {
    let observation = open(.familyObservation, in: add(.component, in: organizer))
    let before = done
    done = []
    apply(FamilyHistoryTable.condition, condition, to: observation)
    age(at: .onset, of: condition, in: observation)
    markAbsent(value(.code, in: condition))
    if let death = value(.contributedToDeath, in: condition), let leaf = death.leaf,
      leaf.text == "true"
    {
      let nested = relate(.causeOfDeath, to: observation)
      let element = add(.value, in: nested)
      constant(.type, "CD", in: element)
      let written = kept("@code", beside: death.shadow)
      let code =
        written.map { Sourced($0.text, .leaves($0, leaf)) }
        ?? Sourced(Text("419099009"), .leaf(leaf))
      attribute(.code, code, in: element)
      constant(.codeSystem, "2.16.840.1.113883.6.96", in: element)
      markKept("@code", beside: death.shadow)
    }
    negation(of: condition, in: observation)
    restore(condition, [.observation: [observation]])
    familyCode(observation)
    done = before
  }

  /// The template wants a code with a translation.
  private func familyCode(_ observation: Draft.Slot) {
    let code =
      child(.code, of: observation)
      ?? {
        let made = add(.code, in: observation)
        constant(.code, "ASSERTION", in: made)
        constant(.codeSystem, "2.16.840.1.113883.5.4", in: made)
        return made
      }()
    silent(.translation, in: code)
  }

  func relative(of history: Cursor, in organizer: Draft.Slot) {
    guard let born = value(.bornDate, in: history) ?? choice(.born, in: history)?.value else {
      return deceasedRelative(history, organizer)
    }
    let relative = relatedSubject(organizer)
    let person = element(.subject, of: relative)
    if born.leaf != nil { ts(born, as: .birthTime, in: person) }
    deceasedRelative(history, organizer)
  }

  private func deceasedRelative(_ history: Cursor, _ organizer: Draft.Slot) {
    guard let (value, type) = choice(.deceased, in: history) else { return }
    let relative = relatedSubject(organizer)
    let person = element(.subject, of: relative)
    switch type.string {
    case "Boolean":
      if let leaf = value.leaf {
        attribute(.value, leaf.sourced, in: add(.deceasedInd, in: person))
      }
    case "Date":
      constant(.value, "true", Reason("a date of death"), in: add(.deceasedInd, in: person))
      ts(value, as: .deceasedTime, in: person)
    default: break
    }
  }
}
