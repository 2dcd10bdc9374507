package import ClinicalTree
import Definitions
import XMLTree

extension Tree {
  /// Writes one element of an XML tree, with the prefixes that the source used, without their
  /// declarations and without the white space between elements.
  package func writeXML(of element: Cursor, to out: inout ByteBuffer) {
    XMLWriter(tree: self, keepsLayout: false).write(element, to: &out)
  }
}

extension Tree {
  /// Reads one element that stands alone, with the prefixes of CDA documents and without declarations;
  /// `nil` when it is not well-formed.
  package static func xmlFragment(_ text: Text) -> Tree? {
    (try? Tree.xml(Array(text.bytes), names: .standard))?.tree
  }
}
