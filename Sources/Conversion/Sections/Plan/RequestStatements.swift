import ClinicalTree
import Definitions

extension Skeleton {
  static func plannedAct(_ mood: StaticString) -> Skeleton {
    Skeleton(.act, "22.4.39:2014-06-09", "ACT", mood, status: nil, needs: [.id, .code, .status])
  }
  static func plannedProcedure(_ mood: StaticString) -> Skeleton {
    Skeleton(
      .procedure, "22.4.41:2014-06-09", "PROC", mood, status: nil, needs: [.id, .code, .status])
  }
  static func plannedObservation(_ mood: StaticString) -> Skeleton {
    Skeleton(
      .observation, "22.4.44:2014-06-09", "OBS", mood, status: nil, needs: [.id, .code, .status])
  }
}

extension CDABuilder {
  /// A ServiceRequest as a planned act, or as what its source had.
  func request(_ request: Cursor, in holder: Draft.Slot, _ context: WritingContext) {
    let mood = mood(of: request)
    let instruction = instruction(of: request, mood, context)
    let skeleton: Skeleton
    switch keptElement(of: request)?.string {
    case "procedure": skeleton = .plannedProcedure(mood)
    case "observation": skeleton = .plannedObservation(mood)
    default: skeleton = instruction == nil ? .plannedAct(mood) : .instruction
    }
    let statement = open(skeleton, in: holder)
    write(request, as: statement, context) {
      requestStatus(request, in: statement)
      if let instruction { done.insert(instruction.key) }
      apply(PlanTable.request, request, to: statement)
      if let leaf = instruction?.leaf {
        let words = child(.text, of: statement)
        let hasWords = words.map { draft.children(of: $0).contains { draft.kind(of: $0) == .text } }
        if let words, hasWords ?? false || refersToWords(of: request) {
          note(.leaf(leaf), words)
        } else {
          text(leaf.sourced, in: element(.text, of: statement))
        }
      }
      markIntent(request, statement)
      markAbsent(value(.code, in: request))
      author(of: request, .requester, .authoredOn, in: statement)
    }
  }

  /// The words of a request that is an instruction itself and not an order with one.
  private func instruction(
    of request: Cursor, _ mood: StaticString, _ context: WritingContext
  ) -> FHIRValue? {
    guard context.isNested || context.section == "69730-0", Text(mood) == "INT",
      keptElement(of: request).map({ $0 == "act" }) ?? true,
      let words = value(.patientInstruction, in: request), let said = words.leaf
    else { return nil }
    // Its narrative must say the same: there is one text.
    guard let div = leaf(.div, in: object(.text, in: request)) else { return words }
    return self.words(ofDiv: div.text) == said.text.trimmed ? words : nil
  }

  /// The mood of a request, by its intent or as its source had it.
  func mood(of request: Cursor) -> StaticString {
    guard let intent = value(.intent, in: request), let leaf = intent.leaf else { return "INT" }
    let written = kept(
      "@moodCode", beside: intent.shadow, leadingTo: leaf, by: "cf-request-intent")?.text
    let code = written ?? maps.sources(of: leaf.text, by: maps.map("cf-request-intent")).first?.code
    return mood(code, of: ["INT", "RQO", "PRP", "PRMS", "ARQ", "APT", "GOL", "EVN"]) ?? "INT"
  }

  /// The one of some moods that a code is.
  func mood(_ code: Text?, of known: [StaticString]) -> StaticString? {
    code.flatMap { code in known.first { code == $0 } }
  }

  func markIntent(_ request: Cursor, _ statement: Draft.Slot) {
    guard let intent = value(.intent, in: request) else { return }
    done.insert(intent.key)
    markAbsent(intent)
    guard let leaf = intent.leaf, let slot = attribute(.moodCode, of: statement) else { return }
    let back = maps.translate(draft.text(of: slot), by: maps.map("cf-request-intent"))
    guard back.map({ $0.code == leaf.text }) ?? false else {
      if use[leaf.index] == .taken { use[leaf.index] = .untouched }
      return
    }
    note(.leaf(leaf), slot)
    note(.leaf(leaf), statement)
    if let written = kept("@moodCode", beside: intent.shadow), written.text == draft.text(of: slot)
    {
      note(.leaf(written), slot)
      markKept("@moodCode", beside: intent.shadow)
    }
  }

  func requestStatus(_ request: Cursor, in statement: Draft.Slot) {
    guard let status = value(.status, in: request), let leaf = status.leaf else { return }
    let element = add(.statusCode, in: statement)
    if mapped(status, "cf-request-status", into: element) {
    } else {
      attribute(.nullFlavor, Sourced(Text("UNK"), .leaf(leaf)), in: element)
      if !(leaf.text == "unknown") { use[leaf.index] = .untouched }
    }
    done.insert(status.key)
  }
}
