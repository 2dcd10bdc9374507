import CLibXML2
public import ClinicalTree

extension XML {
  /// An XML schema, compiled once and used for any number of documents, one at a time.
  public final class Schema {
    private let schema: xmlSchemaPtr

    /// Compiles a schema and what it includes.
    ///
    /// - Parameter path: The root file, such as `CDA_SDTC.xsd`; includes are relative to it.
    /// - Throws: ``ParsingError`` with code `XSD-0002` when libxml2 cannot compile it.
    public init(path: String) throws(ParsingError) {
      xmlInitParser()
      let messages = Messages()
      guard let context = xmlSchemaNewParserCtxt(path) else {
        throw ParsingError([Issue(XML.schemaUnusable, "the schema cannot be read")])
      }
      defer { xmlSchemaFreeParserCtxt(context) }
      xmlSchemaSetParserStructuredErrors(
        context, Messages.collect, Unmanaged.passUnretained(messages).toOpaque())
      guard let schema = xmlSchemaParse(context) else {
        let line = messages.all.first?.line ?? 0
        throw ParsingError([
          Issue(
            XML.schemaUnusable, "the schema does not compile",
            position: SourcePosition(line: line, column: 1, offset: 0))
        ])
      }
      self.schema = schema
    }

    deinit { xmlSchemaFree(schema) }

    /// The violations of a document, in the order in which libxml2 finds them; none when it is valid.
    ///
    /// - Throws: ``ParsingError`` when the document is not well-formed.
    public func issues(in document: [UInt8]) throws(ParsingError) -> [Issue] {
      let options =
        Int32(XML_PARSE_NONET.rawValue | XML_PARSE_BIG_LINES.rawValue)
        | Int32(XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue)
      let parsed = document.withUnsafeBytes { bytes in
        bytes.baseAddress.flatMap {
          xmlReadMemory(
            $0.assumingMemoryBound(to: CChar.self), Int32(bytes.count), nil, nil, options)
        }
      }
      guard let parsed else {
        throw ParsingError([Issue(XML.notWellFormed, "the document is not well-formed")])
      }
      defer { xmlFreeDoc(parsed) }
      guard let context = xmlSchemaNewValidCtxt(schema) else { return [] }
      defer { xmlSchemaFreeValidCtxt(context) }
      let messages = Messages()
      xmlSchemaSetValidStructuredErrors(
        context, Messages.collect, Unmanaged.passUnretained(messages).toOpaque())
      let verdict = xmlSchemaValidateDoc(context, parsed)
      if verdict != 0, messages.all.isEmpty {
        return [Issue(XML.schemaViolation, "the document is invalid")]
      }
      return messages.all.map {
        Issue(
          XML.schemaViolation, "\($0.element): libxml2 \($0.code)",
          position: SourcePosition(line: $0.line, column: 1, offset: 0))
      }
    }
  }

  /// Collects libxml2's messages; their texts quote the document and are not kept.
  private final class Messages {
    var all: [(code: Int32, line: Int, element: String)] = []

    static let collect: xmlStructuredErrorFunc = { context, error in
      guard let context, let error else { return }
      let messages = Unmanaged<Messages>.fromOpaque(context).takeUnretainedValue()
      var line = Int(error.pointee.line)
      var element = "element"
      if let raw = error.pointee.node {
        let node = raw.assumingMemoryBound(to: xmlNode.self)
        line = max(line, Int(xmlGetLineNo(node)))
        if let name = node.pointee.name { element = String(cString: name) }
      }
      messages.all.append((error.pointee.code, line, element))
    }
  }
}
