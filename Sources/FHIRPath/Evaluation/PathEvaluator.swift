import ClinicalTree
import Definitions

/// Evaluates many expressions on the elements of one document.
package final class PathEvaluator {
  private var machine: Machine

  package init(host: any PathHost, limits: PathLimits = PathLimits()) {
    machine = Machine(host: host, limits: limits)
  }

  /// Says which resource the elements that follow are in, and which one contains it.
  package func enter(resource: FHIRNode, root: FHIRNode) {
    machine.resource = .node(resource)
    machine.rootResource = .node(root)
  }

  /// The expression as a condition; `nil` when it gives nothing.
  ///
  /// - Throws: ``FHIRPathError`` when the evaluation fails or reaches a limit.
  @inline(__always)
  package func condition(
    _ expression: FHIRPathExpression, on item: Item
  ) throws(FHIRPathError) -> Bool? {
    try machine.condition(expression.program, on: item)
  }

  /// What the expression gives; the items live as long as the evaluator.
  package func items(
    of expression: FHIRPathExpression, on item: Item
  ) throws(FHIRPathError) -> [Item] {
    let range = try machine.evaluate(expression.program, on: item)
    return Array(machine.stack[range])
  }

  /// The members of an element with a name, arrays taken apart and partners joined.
  package func members(_ member: MemberStep, of node: FHIRNode) -> [FHIRNode] {
    let start = machine.stack.count
    machine.push(member.step, of: .node(node))
    defer { machine.drop(to: start) }
    return machine.stack[start...].compactMap { item in
      if case .node(let node) = item { node } else { nil }
    }
  }

  /// Whether two items are equal as FHIRPath has it.
  package func areEqual(_ a: Item, _ b: Item) -> Bool? { machine.equal(a, b) }

  /// The value of an item as one of FHIRPath's own types.
  package func value(of item: Item) -> Item? { machine.value(of: item) }
}

/// The name of a member, looked up once.
package struct MemberStep: Sendable {
  let step: PathStep
  private let arena: SharedArena

  /// A name such as `code`; that of a choice element without `[x]` stands for all its forms.
  package init(_ name: String) {
    arena = SharedArena()
    let number = NameTable.standard.lookUp(name) ?? .none
    step = PathStep(
      name: number, spelling: arena.copy(name), isChoice: PathModel.shared.isChoice(number),
      type: 0)
  }
}

/// Memory for the text of one name.
private final class SharedArena: @unchecked Sendable {
  // Sound to share: written once, before anyone else sees it.
  private var bytes: UnsafeMutableBufferPointer<UInt8>?

  func copy(_ text: String) -> Text {
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, text.utf8.count))
    _ = buffer.initialize(from: text.utf8)
    bytes = buffer
    return Text(UnsafePointer(buffer.baseAddress.unsafelyUnwrapped), text.utf8.count)
  }

  deinit { bytes?.deallocate() }
}
