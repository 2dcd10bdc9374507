package import ClinicalTree
import XMLTree

extension Tree {
  /// Writes one element of an XML tree, with the prefixes that the source used and without their
  /// declarations.
  package func writeXML(of element: Cursor, to out: inout ByteBuffer) {
    XMLWriter(tree: self).write(element, to: &out)
  }
}
