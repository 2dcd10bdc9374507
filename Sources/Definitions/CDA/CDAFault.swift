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
