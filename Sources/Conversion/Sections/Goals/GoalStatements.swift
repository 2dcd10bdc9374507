import ClinicalTree
import Definitions

extension Skeleton {
  static let goal = Skeleton(
    .observation, "22.4.121", "OBS", "GOL", status: nil, needs: [.id, .code, .status])
}

extension CDABuilder {
  /// A Goal as a goal observation.
  func goal(_ goal: Cursor, in holder: Draft.Slot, _ context: WritingContext) {
    let observation = open(.goal, in: holder)
    write(goal, as: observation, context) {
      apply(GoalTable.goal, goal, to: observation)
      markAbsent(value(.lifecycleStatus, in: goal))
      markAbsent(value(.description, in: goal))
      for reference in objects(.addresses, in: goal) {
        relation(to: reference, "REFR", from: observation, context)
      }
      for author in draft.children(of: observation) where draft.name(of: author) == .author {
        silent(.time, in: author)
      }
    }
  }

  /// What is to be reached; what its measure says again follows from the code of the goal.
  func target(of goal: Cursor, in observation: Draft.Slot) {
    guard let target = object(.target, in: goal) else { return }
    any(.detail, of: target, in: observation)
    guard let measure = value(.measure, in: target) else { return }
    markAbsent(measure)
    let codes = objects(.coding, in: measure.object).compactMap { leaf(.code, in: $0)?.text }
    let own = objects(.coding, in: object(.description, in: goal)).compactMap {
      leaf(.code, in: $0)?.text
    }
    if codes == own, let object = measure.object, !codes.isEmpty { markStructural(object) }
  }
}
