/// Where a CDA document breaks a rule of its schema, or of a template that it claims.
package struct CDAFault: Sendable {
  /// The node of the document.
  package let node: Int
  /// The root of the template, if the rule is one of a template.
  package let template: String?
  /// The element with which the condition of the rule begins, such as `component`.
  package let part: String?

  package init(node: Int, template: String?, part: String?) {
    self.node = node
    self.template = template
    self.part = part
  }
}

/// What of a CDA document is in question: all of it, or some elements with what is in them and, each by
/// itself, the elements around them.
package struct CDAScope: Sendable {
  private let elements: Set<Int>
  private let around: Set<Int>

  /// The whole document.
  package static let all = CDAScope(of: [0], around: [])

  /// - Parameters:
  ///   - elements: The nodes of elements.
  ///   - around: The nodes of all the elements in which these are.
  package init(of elements: Set<Int>, around: Set<Int>) {
    self.elements = elements
    self.around = around
  }

  /// Whether an element is in question with all that is in it.
  package func isWhole(_ node: Int) -> Bool { elements.contains(node) }

  /// Whether an element, or something in it, is in question.
  package func reaches(_ node: Int) -> Bool { elements.contains(node) || around.contains(node) }
}
