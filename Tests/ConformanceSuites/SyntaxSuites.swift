import ClinicalTree
import Definitions
import TestSupport
import Testing
import XMLTree

@Suite("Syntax", .enabled(if: Place.corpora != nil, "CREST_CORPORA names no test material"))
struct SyntaxSuites {
  /// Characters that XML 1.1 allows by reference, or wants written as one; libxml2 knows XML 1.0.
  static let xml11: Set<String> = ["037", "043", "045", "053", "054"]

  @Test(
    "JSONTestSuite: what must be read is read, what must not is refused",
    arguments: Place.corpus("json/test_parsing", ".json"))
  func json(file: CorpusFile) {
    let isRead: Bool
    do {
      isRead = try Tree.json(file.bytes, names: .standard).issues.isEmpty
    } catch {
      isRead = false
      #expect(error.issues.first?.position != nil)
    }
    let name = file.name
    // FHIR forbids duplicate names, which JSON itself allows.
    if name.hasPrefix("y_"), !name.contains("duplicated") { #expect(isRead) }
    if name.hasPrefix("n_") { #expect(!isRead) }
  }

  @Test(
    "W3C: what is well-formed is read",
    arguments: Place.corpus("xml/accept", ".xml")
      + Place.corpus("xml/accept-without-namespaces", ".xml"))
  func accepted(file: CorpusFile) {
    #expect(throws: Never.self) { try Tree.xml(file.bytes, names: .standard) }
  }

  @Test(
    "W3C: what is not well-formed is refused at a place",
    arguments: Place.corpus("xml/reject", ".xml"))
  func rejected(file: CorpusFile) {
    do {
      // Faults of namespaces are told, and the document is read all the same.
      let issues = try Tree.xml(file.bytes, names: .standard).issues
      #expect(!issues.isEmpty)
    } catch {
      #expect(error.issues.first?.position != nil)
    }
  }

  @Test(
    "W3C: a canonical document comes back unchanged",
    arguments: Place.corpus("xml/canonical", ".xml"))
  func canonical(file: CorpusFile) throws {
    if file.name.hasPrefix("eduni__xml-1.1__out__"),
      Self.xml11.contains(String(file.name.dropLast(4).suffix(3)))
    {
      return
    }
    var bytes = file.bytes
    // One ends with a line end that the canonical form does not have.
    if bytes.last == 0x0A { bytes.removeLast() }
    let isUnchanged = try Tree.xml(bytes, names: .standard).tree.xml(.canonical) == bytes
    #expect(isUnchanged)
  }
}
