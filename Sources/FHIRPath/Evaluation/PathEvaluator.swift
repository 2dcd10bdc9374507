import ClinicalTree

/// Evaluates many expressions on the elements of one document.
package struct PathEvaluator {
  private var machine: Machine

  package init(host: any PathHost, limits: PathLimits = PathLimits()) {
    machine = Machine(host: host, limits: limits)
  }

  /// Says which resource the elements that follow are in, and which one contains it.
  package mutating func enter(resource: FHIRNode, root: FHIRNode) {
    machine.resource = .node(resource)
    machine.rootResource = .node(root)
  }

  /// The expression as a condition; `nil` when it gives nothing.
  ///
  /// - Throws: ``FHIRPathError`` when the evaluation fails or reaches a limit.
  @inline(__always)
  package mutating func condition(
    _ expression: FHIRPathExpression, on item: Item
  ) throws(FHIRPathError) -> Bool? {
    try machine.condition(expression.program, on: item)
  }

  /// What the expression gives; the items live as long as the evaluator.
  package mutating func items(
    of expression: FHIRPathExpression, on item: Item
  ) throws(FHIRPathError) -> [Item] {
    let range = try machine.evaluate(expression.program, on: item)
    return Array(machine.stack[range])
  }

  /// The value of an item as one of FHIRPath's own types.
  package func value(of item: Item) -> Item? { machine.value(of: item) }
}
