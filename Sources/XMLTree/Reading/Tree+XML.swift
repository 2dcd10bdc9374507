import CLibXML2
public import ClinicalTree

extension Tree {
  /// Reads an XML document in UTF-8, UTF-16, UTF-32, ISO 8859-1, windows-1252 or another encoding that
  /// iconv knows; the tree's source is its UTF-8 form.
  ///
  /// What is not well-formed throws, and so does a DOCTYPE. An undeclared prefix, or another fault of
  /// namespaces, is reported beside the tree. Attributes become children of their element, before
  /// texts and elements; comments disappear without parting the text around them; processing
  /// instructions stay. Cost is linear in the size of the document.
  public static func xml(
    _ source: [UInt8], names: NameTable, limits: XML.Limits = .standard
  ) throws(XML.ParsingError) -> (tree: Tree, issues: [Issue]) {
    func refuse(_ code: Issue.Code, _ message: String, at offset: Int = 0) -> XML.ParsingError {
      var lines = LineTable(source)
      return XML.ParsingError([Issue(code, message, position: lines.position(of: offset))])
    }
    guard source.count <= limits.size else {
      throw refuse(
        XML.tooLarge, "the document has \(source.count) bytes, the limit is \(limits.size)")
    }
    let text: [UInt8]
    switch Encoding.utf8(source) {
    case .success(let converted): text = converted
    case .failure(.unknown): throw refuse(XML.unknownEncoding, "the declared encoding is not known")
    case .failure(.badBytes): throw refuse(XML.badEncoding, "the bytes do not fit the encoding")
    }
    guard text.count <= limits.size else {
      throw refuse(XML.tooLarge, "the document has \(text.count) bytes as UTF-8")
    }
    if text.allSatisfy(Bytes.isSpace) { throw refuse(XML.empty, "the document is empty") }
    var reader = SAXReader(names: names, limits: limits)
    reader.read(text)
    var issues = reader.issues(in: text)
    if Encoding.isMisdeclared(source, text) {
      issues.append(
        Issue(
          XML.misdeclared, "the declaration names another encoding",
          position: SourcePosition(line: 1, column: 1, offset: 0)))
    }
    guard reader.isComplete else { throw XML.ParsingError(issues) }
    let tree = Tree(
      nodes: reader.nodes, source: text, decoded: reader.decoded, names: reader.names,
      qualifiers: reader.qualifiers)
    return (tree, issues)
  }
}
