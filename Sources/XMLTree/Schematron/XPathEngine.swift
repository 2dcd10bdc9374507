import CLibXML2

/// A compiled expression of XPath 1.0.
final class XPathExpression {
  fileprivate let compiled: xmlXPathCompExprPtr
  let text: String

  fileprivate init(_ compiled: xmlXPathCompExprPtr, _ text: String) {
    self.compiled = compiled
    self.text = text
  }

  deinit { xmlXPathFreeCompExpr(compiled) }
}

typealias XPathNode = UnsafeMutablePointer<xmlNode>

/// A document in libxml2's own tree, and the evaluation of expressions on it.
///
/// Work is counted by libxml2 itself, so that no expression runs for ever.
final class XPathDocument {
  private let document: xmlDocPtr
  fileprivate let context: xmlXPathContextPtr
  /// What `current()` gives.
  var current: XPathNode?
  /// Documents that `document()` may open, by their names.
  private let others: [String: xmlDocPtr]

  /// How many operations one expression may take.
  private static let operationLimit: UInt = 5_000_000

  /// Reads UTF-8; fails for what is not well-formed.
  init?(_ bytes: [UInt8], namespaces: [(prefix: String, uri: String)], others: [String: [UInt8]]) {
    guard let parsed = XPathDocument.parse(bytes) else { return nil }
    guard let context = xmlXPathNewContext(parsed) else {
      xmlFreeDoc(parsed)
      return nil
    }
    document = parsed
    self.context = context
    self.others = others.compactMapValues(XPathDocument.parse)
    context.pointee.opLimit = XPathDocument.operationLimit
    for (prefix, uri) in namespaces { xmlXPathRegisterNs(context, prefix, uri) }
    context.pointee.userData = Unmanaged.passUnretained(self).toOpaque()
    xmlXPathRegisterFunc(context, "current", XPathDocument.currentFunction)
    xmlXPathRegisterFunc(context, "document", XPathDocument.documentFunction)
    xmlSetStructuredErrorFunc(nil, nil)
    context.pointee.error = { _, _ in }
  }

  deinit {
    xmlXPathFreeContext(context)
    for other in others.values { xmlFreeDoc(other) }
    xmlFreeDoc(document)
  }

  private static func parse(_ bytes: [UInt8]) -> xmlDocPtr? {
    let options =
      Int32(XML_PARSE_NONET.rawValue | XML_PARSE_BIG_LINES.rawValue)
      | Int32(XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue)
    return bytes.withUnsafeBytes { buffer in
      buffer.baseAddress.flatMap {
        xmlReadMemory(
          $0.assumingMemoryBound(to: CChar.self), Int32(buffer.count), nil, "UTF-8", options)
      }
    }
  }

  private static let currentFunction: xmlXPathFunction = { parser, _ in
    guard let parser, let data = parser.pointee.context?.pointee.userData else { return }
    let own = Unmanaged<XPathDocument>.fromOpaque(data).takeUnretainedValue()
    valuePush(parser, xmlXPathNewNodeSet(own.current))
  }

  private static let documentFunction: xmlXPathFunction = { parser, count in
    guard let parser, let data = parser.pointee.context?.pointee.userData else { return }
    let own = Unmanaged<XPathDocument>.fromOpaque(data).takeUnretainedValue()
    var name = ""
    for _ in 0..<count {
      guard let text = xmlXPathPopString(parser) else { continue }
      name = String(cString: text)
      crest_xmlFree(text)
    }
    let found = own.others[name]
    valuePush(
      parser,
      xmlXPathNewNodeSet(
        found.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: xmlNode.self) }))
  }

  // MARK: Evaluation

  /// Compiles an expression; `nil` for what is none.
  static func compile(
    _ text: String, namespaces: [(prefix: String, uri: String)]
  ) -> XPathExpression? {
    guard let context = xmlXPathNewContext(nil) else { return nil }
    defer { xmlXPathFreeContext(context) }
    for (prefix, uri) in namespaces { xmlXPathRegisterNs(context, prefix, uri) }
    context.pointee.error = { _, _ in }
    return xmlXPathCtxtCompile(context, text).map { XPathExpression($0, text) }
  }

  private func prepare(_ node: XPathNode?) {
    context.pointee.node = node ?? xmlDocGetRootElement(document)
    context.pointee.opCount = 0
  }

  /// Whether an expression holds at a node; `nil` when it cannot be evaluated.
  func holds(_ expression: XPathExpression, at node: XPathNode) -> Bool? {
    prepare(node)
    switch xmlXPathCompiledEvalToBoolean(expression.compiled, context) {
    case 1: return true
    case 0: return false
    default: return nil
    }
  }

  /// The nodes that an expression gives, in no special order; `nil` when it cannot be evaluated.
  func nodes(_ expression: XPathExpression, at node: XPathNode? = nil) -> [XPathNode]? {
    prepare(node)
    guard let result = xmlXPathCompiledEval(expression.compiled, context) else { return nil }
    defer { xmlXPathFreeObject(result) }
    guard result.pointee.type == XPATH_NODESET else { return nil }
    guard let set = result.pointee.nodesetval else { return [] }
    return (0..<Int(set.pointee.nodeNr)).compactMap { set.pointee.nodeTab[$0] }
  }

  /// The text that an expression gives.
  func string(_ expression: XPathExpression, at node: XPathNode) -> String? {
    prepare(node)
    guard let result = xmlXPathCompiledEval(expression.compiled, context) else { return nil }
    defer { xmlXPathFreeObject(result) }
    guard let text = xmlXPathCastToString(result) else { return nil }
    defer { crest_xmlFree(text) }
    return String(cString: text)
  }

  /// Gives a name the value of an expression; takes the name back without one.
  func setVariable(_ name: String, _ expression: XPathExpression?, at node: XPathNode? = nil) {
    prepare(node)
    let value = expression.flatMap { xmlXPathCompiledEval($0.compiled, context) }
    xmlXPathRegisterVariable(context, name, value)
  }

  // MARK: Nodes

  /// The elements of the document in their order.
  var elements: [XPathNode] {
    var found: [XPathNode] = []
    var node = xmlDocGetRootElement(document)
    while let here = node {
      if here.pointee.type == XML_ELEMENT_NODE { found.append(here) }
      if let child = here.pointee.children, here.pointee.type == XML_ELEMENT_NODE {
        node = child
        continue
      }
      var next = here
      while next.pointee.next == nil {
        guard let parent = next.pointee.parent, parent.pointee.type == XML_ELEMENT_NODE else {
          return found
        }
        next = parent
      }
      node = next.pointee.next
    }
    return found
  }

  static func name(_ node: XPathNode) -> String {
    node.pointee.name.map { String(cString: $0) } ?? ""
  }

  /// The value of an attribute without a namespace.
  static func attribute(_ name: String, of node: XPathNode) -> String? {
    guard let text = xmlGetNoNsProp(node, name) else { return nil }
    defer { crest_xmlFree(text) }
    return String(cString: text)
  }

  static func parent(of node: XPathNode) -> XPathNode? { node.pointee.parent }

  /// The element that a node is, or belongs to.
  static func element(of node: XPathNode) -> XPathNode? {
    node.pointee.type == XML_ELEMENT_NODE ? node : node.pointee.parent
  }
}
