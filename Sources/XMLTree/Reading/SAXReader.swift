import CLibXML2
import ClinicalTree

/// Receives libxml2's SAX2 events and lays down nodes.
///
/// libxml2 gets its address for the time of one call of ``read(_:)`` and hands it back to each event.
/// (A class would cost a third of the speed in retain counts and exclusivity checks.)
struct SAXReader {
  private(set) var nodes: [Node] = []
  private(set) var decoded: [UInt8] = []
  private(set) var names: LocalNames
  private(set) var qualifiers = [Qualifier(prefix: "", uri: "")]
  private(set) var findings: [(code: Issue.Code, message: String, offset: Int)] = []
  /// Whether the document was read to its end.
  private(set) var isComplete = false

  private let limits: XML.Limits
  private var source: UnsafeBufferPointer<UInt8> = .init(start: nil, count: 0)
  private var context: xmlParserCtxtPtr?
  private var open: [Int] = []
  /// Instructions before and after the root element, and the declaration of XML 1.1; they come last.
  private var outside: [Node] = []
  private var nameCache = PointerMap()
  private var qualifierCache: [QualifierKey: (index: UInt16, flags: Node.Flags)] = [:]
  private var lastQualifier: (key: QualifierKey, value: (index: UInt16, flags: Node.Flags))
  private var undeclared: Set<String> = []
  private var text = PendingText()
  private var hasFailed = false

  /// The address pair that stands for a prefix and a namespace in libxml2's dictionary.
  private struct QualifierKey: Hashable {
    let prefix: UnsafePointer<xmlChar>?
    let uri: UnsafePointer<xmlChar>?
  }

  /// Text that has been read since the last tag: a stretch of the source as long as that is possible.
  private struct PendingText {
    var isEmpty = true
    var start = 0
    var count = 0
    var isDecoded = false
    var place = 0
  }

  init(names: NameTable, limits: XML.Limits) {
    self.names = LocalNames(table: names)
    self.limits = limits
    let key = QualifierKey(prefix: nil, uri: nil)
    lastQualifier = (key, (0, Node.Flags(space: .none)))
    qualifierCache[key] = lastQualifier.value
  }

  /// Reads a document in UTF-8.
  mutating func read(_ document: [UInt8]) {
    document.withUnsafeBufferPointer { bytes in
      source = bytes
      nodes.reserveCapacity(bytes.count / 16 + 16)
      defer { source = .init(start: nil, count: 0) }
      if let place = overfullTag() {
        return report(XML.tooManyAttributes, "more than \(limits.attributes) attributes", at: place)
      }
      parse(bytes)
    }
  }

  private mutating func parse(_ bytes: UnsafeBufferPointer<UInt8>) {
    SAXReader.initialise
    guard
      let start = bytes.baseAddress,
      let context = start.withMemoryRebound(
        to: CChar.self, capacity: bytes.count,
        { xmlCreateMemoryParserCtxt($0, Int32(bytes.count)) })
    else { return report(XML.notWellFormed, "the document cannot be read", at: 0) }
    defer { xmlFreeParserCtxt(context) }
    self.context = context
    // NOENT would be dangerous if a document could define entities; without a DOCTYPE it only keeps
    // libxml2 from writing &amp; in attributes as &#38;.
    let options = [
      XML_PARSE_NONET, XML_PARSE_IGNORE_ENC, XML_PARSE_NOERROR, XML_PARSE_NOENT,
    ]
    xmlCtxtUseOptions(context, Int32(options.reduce(0) { $0 | $1.rawValue }))
    // The context owns the memory of its handler, so ours is copied into it.
    context.pointee.sax.pointee = SAXReader.handler.value
    withUnsafeMutablePointer(to: &self) { reader in
      context.pointee.userData = UnsafeMutableRawPointer(reader)
      xmlParseDocument(context)
    }
    self.context = nil
    for node in outside {
      nodes.append(node)
      nodes[nodes.count - 1].end = UInt32(truncatingIfNeeded: nodes.count)
    }
    isComplete = context.pointee.wellFormed == 1 && !hasFailed && open.isEmpty && !nodes.isEmpty
    if !isComplete && !hasFailed {
      report(XML.notWellFormed, "the document cannot be read", at: 0)
    }
  }

  private static let initialise: Void = xmlInitParser()

  /// The place of a start tag with more attributes than the limit, which would cost libxml2 time that
  /// grows with their square. Only stretches without a `>` that are long enough are looked at.
  private func overfullTag() -> Int? {
    let suspicious = limits.attributes * 4
    guard source.count > suspicious, let start = source.baseAddress else { return nil }
    var from = 0
    while from < source.count {
      let end = crest_nextIndex(start, 0x3E, from, source.count)
      if end - from > suspicious {
        let stretch = source[from..<end]
        if let tag = stretch.lastIndex(of: UInt8(ascii: "<")),
          stretch[tag...].lazy.filter({ $0 == UInt8(ascii: "=") }).count > limits.attributes,
          tag + 1 < end, stretch[tag + 1] != UInt8(ascii: "!"),
          stretch[tag + 1] != UInt8(ascii: "?"),
          quotedEquals(stretch[tag...]) > limits.attributes
        {
          return tag
        }
      }
      from = end + 1
    }
    return nil
  }

  /// How many attributes a tag seems to have: equals signs that a quote follows.
  private func quotedEquals(_ tag: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
    var count = 0
    var quote: UInt8 = 0
    for byte in tag {
      if quote == 0, byte == 0x22 || byte == 0x27 {
        quote = byte
        count += 1
      } else if byte == quote {
        quote = 0
      }
    }
    return count
  }

  // MARK: Places and findings

  /// Where libxml2 is in the document.
  private var offset: Int {
    guard let input = context?.pointee.input else { return 0 }
    return Int(input.pointee.consumed) + (input.pointee.cur - input.pointee.base)
  }

  /// The stretch of the source that libxml2's pointer shows, if it points into its copy of it.
  @inline(__always)
  private func sourceOffset(_ start: UnsafePointer<xmlChar>) -> Int? {
    guard let input = context.unsafelyUnwrapped.pointee.input else { return nil }
    guard start >= input.pointee.base, start < input.pointee.end else { return nil }
    return Int(input.pointee.consumed) + (start - input.pointee.base)
  }

  private mutating func report(_ code: Issue.Code, _ message: String, at offset: Int) {
    findings.append((code, message, offset))
    if code != XML.undeclaredPrefix && code != XML.namespaceFault { hasFailed = true }
  }

  private mutating func stop(_ code: Issue.Code, _ message: String) {
    if !hasFailed { report(code, message, at: min(offset, source.count)) }
    xmlStopParser(context)
  }

  /// What was found, with lines and columns.
  func issues(in text: [UInt8]) -> [Issue] {
    if findings.isEmpty { return [] }
    var lines = LineTable(text)
    return findings.map { Issue($0.code, $0.message, position: lines.position(of: $0.offset)) }
  }

  // MARK: Events

  fileprivate mutating func startElement(
    _ localName: UnsafePointer<xmlChar>, _ prefix: UnsafePointer<xmlChar>?,
    _ uri: UnsafePointer<xmlChar>?, _ namespaceCount: Int,
    _ namespaces: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?, _ attributeCount: Int,
    _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
  ) {
    flushText()
    guard open.count < limits.depth else {
      return stop(XML.tooDeep, "more than \(limits.depth) levels of elements")
    }
    // libxml2 stands at the end of the tag, in which there can be no second `<`.
    let place = crest_lastIndex(source.baseAddress, 0x3C, min(offset, source.count))
    let start = UInt32(truncatingIfNeeded: max(place, 0))
    let (qualifier, flags) = qualify(prefix, uri, isAttribute: false)
    open.append(nodes.count)
    nodes.append(
      Node(.element, name: intern(localName), place: start, flags: flags, qualifier: qualifier))
    if let namespaces, namespaceCount > 0 {
      for index in 0..<namespaceCount {
        declare(namespaces[index * 2], namespaces[index * 2 + 1], at: start)
      }
    }
    guard let attributes else { return }
    var last = max(place, 0)
    for index in 0..<attributeCount {
      let parts = attributes + index * 5
      guard let name = parts[0], let value = parts[3], let end = parts[4] else { continue }
      last = addAttribute(name, parts[1], parts[2], value, end - value, after: last)
    }
  }

  /// Adds an attribute that stands behind an offset; the result is where its value begins.
  private mutating func addAttribute(
    _ name: UnsafePointer<xmlChar>, _ prefix: UnsafePointer<xmlChar>?,
    _ uri: UnsafePointer<xmlChar>?, _ value: UnsafePointer<xmlChar>, _ length: Int, after last: Int
  ) -> Int {
    if length > limits.textSize {
      stop(XML.textTooLong, "an attribute of \(length) bytes")
      return last
    }
    var (qualifier, flags): (UInt16, Node.Flags) =
      prefix == nil ? (0, []) : qualify(prefix, uri, isAttribute: true)
    let start: Int
    let place: Int
    if let offset = sourceOffset(value) {
      start = offset
      place = offset
    } else {
      start = decoded.count
      place = valuePlace(of: name, after: last)
      decoded.append(contentsOf: UnsafeBufferPointer(start: value, count: length))
      flags.insert(.decoded)
    }
    var node = Node(
      .attribute, name: intern(name), offset: UInt32(truncatingIfNeeded: start),
      length: UInt32(truncatingIfNeeded: length), place: UInt32(truncatingIfNeeded: place),
      flags: flags, qualifier: qualifier)
    node.end = UInt32(truncatingIfNeeded: nodes.count + 1)
    nodes.append(node)
    qualifier = 0
    return place
  }

  /// Where the value of an attribute begins that libxml2 had to decode: behind the name and a quote.
  private func valuePlace(of name: UnsafePointer<xmlChar>, after last: Int) -> Int {
    let end = min(offset, source.count)
    let length = Int(xmlStrlen(name))
    var quote: UInt8 = 0
    // The search begins at the tag, or inside the value of the attribute before.
    if last > 0, source[last - 1] == 0x22 || source[last - 1] == 0x27 { quote = source[last - 1] }
    var nameEnd = 0
    for index in last..<max(last, end) {
      let byte = source[index]
      if quote != 0 {
        if byte == quote { quote = 0 }
      } else if byte == 0x22 || byte == 0x27 {
        if nameEnd - length >= last,
          Bytes.areEqual(source.baseAddress.unsafelyUnwrapped + (nameEnd - length), name, length)
        {
          return index + 1
        }
        quote = byte
      } else if byte != UInt8(ascii: "="), !Bytes.isSpace(byte) {
        nameEnd = index + 1
      }
    }
    return last
  }

  private mutating func declare(
    _ prefix: UnsafePointer<xmlChar>?, _ uri: UnsafePointer<xmlChar>?, at place: UInt32
  ) {
    let length = uri.map { Int(xmlStrlen($0)) } ?? 0
    var node = Node(
      .namespace, name: prefix.map { intern($0) } ?? .none,
      offset: UInt32(truncatingIfNeeded: decoded.count),
      length: UInt32(truncatingIfNeeded: length), place: place, flags: .decoded)
    decoded.append(contentsOf: UnsafeBufferPointer(start: uri, count: length))
    node.end = UInt32(truncatingIfNeeded: nodes.count + 1)
    nodes.append(node)
  }

  fileprivate mutating func endElement() {
    flushText()
    guard let last = open.popLast() else { return }
    nodes[last].end = UInt32(truncatingIfNeeded: nodes.count)
  }

  fileprivate mutating func characters(_ start: UnsafePointer<xmlChar>, _ length: Int) {
    guard !open.isEmpty, length > 0 else { return }
    let position = sourceOffset(start) ?? copiedFrom(start, length)
    if text.isEmpty {
      text = PendingText(
        isEmpty: false, place: position ?? max(0, min(offset, source.count) - length))
      if let position {
        text.start = position
        text.count = length
        return checkLength()
      }
      text.isDecoded = true
      text.start = decoded.count
    } else if !text.isDecoded {
      if let position, position == text.start + text.count {
        text.count += length
        return checkLength()
      }
      // The text is no longer one stretch of the source: move what there is.
      let old = source[text.start..<text.start + text.count]
      text.start = decoded.count
      text.isDecoded = true
      decoded.append(contentsOf: old)
    }
    decoded.append(contentsOf: UnsafeBufferPointer(start: start, count: length))
    text.count += length
    checkLength()
  }

  /// Where a stretch that libxml2 handed over in a buffer of its own stands in the source, if it is
  /// there as it is. libxml2's place is behind it, or before its last character.
  private func copiedFrom(_ start: UnsafePointer<xmlChar>, _ length: Int) -> Int? {
    guard let base = source.baseAddress else { return nil }
    let here = offset
    for candidate in [
      here - length, here - length + 1, here - length + 2, here - length + 3,
      here - length + 4,
    ]
    where candidate >= 0 && candidate + length <= source.count
      && Bytes.areEqual(base + candidate, start, length)
    {
      return candidate
    }
    return nil
  }

  private mutating func checkLength() {
    if text.count > limits.textSize {
      stop(XML.textTooLong, "a text of more than \(limits.textSize) bytes")
    }
  }

  private mutating func flushText() {
    guard !text.isEmpty else { return }
    var node = Node(
      .text, name: .none, offset: UInt32(truncatingIfNeeded: text.start),
      length: UInt32(truncatingIfNeeded: text.count),
      place: UInt32(truncatingIfNeeded: text.place), flags: text.isDecoded ? .decoded : [])
    node.end = UInt32(truncatingIfNeeded: nodes.count + 1)
    nodes.append(node)
    text.isEmpty = true
  }

  fileprivate mutating func instruction(
    _ target: UnsafePointer<xmlChar>, _ data: UnsafePointer<xmlChar>?
  ) {
    let length = data.map { Int(xmlStrlen($0)) } ?? 0
    var node = Node(
      .instruction, name: intern(target), offset: UInt32(truncatingIfNeeded: decoded.count),
      length: UInt32(truncatingIfNeeded: length),
      place: UInt32(truncatingIfNeeded: min(offset, source.count)), flags: .decoded)
    decoded.append(contentsOf: UnsafeBufferPointer(start: data, count: length))
    if open.isEmpty { return outside.append(node) }
    flushText()
    node.end = UInt32(truncatingIfNeeded: nodes.count + 1)
    nodes.append(node)
  }

  /// The declaration says more than that this is XML only where it is of version 1.1.
  fileprivate mutating func startDocument() {
    guard let version = context?.pointee.version, String(cString: version) == "1.1" else { return }
    let data = "version=\"1.1\""
    outside.append(
      Node(
        .instruction, name: names.name(Text("xml").start, 3),
        offset: UInt32(truncatingIfNeeded: decoded.count), length: UInt32(data.utf8.count),
        place: 0,
        flags: .decoded))
    decoded.append(contentsOf: data.utf8)
  }

  fileprivate mutating func doctype() {
    stop(XML.doctype, "a DOCTYPE is refused")
  }

  fileprivate mutating func error(_ error: xmlError) {
    let place = min(offset, source.count)
    if error.domain == Int32(XML_FROM_NAMESPACE.rawValue) {
      if error.code == Int32(XML_NS_ERR_UNDEFINED_NAMESPACE.rawValue) { return }
      report(
        XML.namespaceFault, "a rule of namespaces is broken (libxml2 \(error.code))", at: place)
      return
    }
    guard !hasFailed, error.level.rawValue >= XML_ERR_ERROR.rawValue else { return }
    if isBadUTF8(at: place) {
      return report(XML.badEncoding, "bytes that are not UTF-8", at: place)
    }
    let (code, message) = SAXReader.meaning(of: error.code)
    report(code, message, at: place)
  }

  /// libxml2 reports bytes that are not UTF-8 as one of several errors, depending on where they stand.
  private func isBadUTF8(at place: Int) -> Bool {
    guard place < source.count, source[place] >= 0x80 else { return false }
    let character = source[place..<min(place + 4, source.count)]
    return String(decoding: character, as: UTF8.self).unicodeScalars.first == "\u{FFFD}"
  }

  // MARK: Names

  @inline(__always)
  private mutating func intern(_ name: UnsafePointer<xmlChar>) -> Name {
    if let known = nameCache[name] { return Name(known) }
    let made = names.name(name, Int(xmlStrlen(name)))
    nameCache.insert(name, made.rawValue)
    return made
  }

  @inline(__always)
  private mutating func qualify(
    _ prefix: UnsafePointer<xmlChar>?, _ uri: UnsafePointer<xmlChar>?, isAttribute: Bool
  ) -> (index: UInt16, flags: Node.Flags) {
    let key = QualifierKey(prefix: prefix, uri: uri)
    if key == lastQualifier.key { return lastQualifier.value }
    let value = qualifierCache[key] ?? makeQualifier(key)
    lastQualifier = (key, value)
    return value
  }

  private mutating func makeQualifier(_ key: QualifierKey) -> (index: UInt16, flags: Node.Flags) {
    let prefix = key.prefix.map { String(cString: $0) } ?? ""
    let uri = key.uri.map { String(cString: $0) } ?? ""
    var flags = Node.Flags(space: Namespace(uri: uri))
    if key.uri == nil, !prefix.isEmpty {
      if undeclared.insert(prefix).inserted {
        report(
          XML.undeclaredPrefix,
          "a prefix of \(prefix.utf8.count) letters is not declared: "
            + (Self.usualPrefixes.contains(prefix) ? prefix : "not one that CDA uses"), at: offset)
      }
      let usual: Namespace = prefix == "xsi" ? .xsi : prefix == "sdtc" ? .sdtc : .none
      flags = Node.Flags(space: usual).union(.undeclared)
    }
    guard qualifiers.count < Int(UInt16.max) else {
      stop(XML.tooManyAttributes, "more than \(qualifiers.count) namespaces")
      return (0, flags)
    }
    let value = (UInt16(qualifiers.count), flags)
    qualifiers.append(Qualifier(prefix: prefix, uri: uri))
    qualifierCache[key] = value
    return value
  }

  private static let usualPrefixes: Set<String> = [
    "xsi", "sdtc", "voc", "cda", "hl7", "n1", "n2", "n3",
  ]
}

// MARK: - What libxml2's errors mean

extension SAXReader {
  /// libxml2's messages quote the document, so its error numbers are put into our own words.
  fileprivate static func meaning(of number: Int32) -> (Issue.Code, String) {
    switch xmlParserErrors(rawValue: UInt32(number)) {
    case XML_ERR_DOCUMENT_EMPTY: (XML.notWellFormed, "a document begins with <")
    case XML_ERR_TAG_NOT_FINISHED: (XML.truncated, "the document ends inside an element")
    case XML_ERR_DOCUMENT_END: (XML.notWellFormed, "something follows the root element")
    case XML_ERR_TAG_NAME_MISMATCH: (XML.notWellFormed, "an end tag does not match its start tag")
    case XML_ERR_INVALID_ENCODING, XML_I18N_CONV_FAILED:
      (XML.badEncoding, "bytes that are not UTF-8")
    case XML_ERR_UNKNOWN_ENCODING, XML_ERR_UNSUPPORTED_ENCODING:
      (XML.unknownEncoding, "the declared encoding is not known")
    case XML_ERR_UNDECLARED_ENTITY, XML_WAR_UNDECLARED_ENTITY:
      (XML.entity, "an entity that is not defined")
    case XML_ERR_ENTITYREF_SEMICOL_MISSING, XML_ERR_NAME_REQUIRED:
      (XML.notWellFormed, "a name, or the end of a reference, is missing")
    case XML_ERR_ATTRIBUTE_REDEFINED: (XML.notWellFormed, "an attribute stands twice in one tag")
    case XML_ERR_ATTRIBUTE_WITHOUT_VALUE, XML_ERR_ATTRIBUTE_NOT_STARTED,
      XML_ERR_ATTRIBUTE_NOT_FINISHED:
      (XML.notWellFormed, "an attribute without a value in quotes")
    case XML_ERR_LT_IN_ATTRIBUTE: (XML.notWellFormed, "a < inside an attribute")
    case XML_ERR_INVALID_CHAR, XML_ERR_INVALID_CHARREF:
      (XML.notWellFormed, "a character that XML does not allow")
    case XML_ERR_COMMENT_NOT_FINISHED, XML_ERR_CDATA_NOT_FINISHED, XML_ERR_PI_NOT_FINISHED:
      (XML.truncated, "a comment, CDATA section or instruction without an end")
    case XML_ERR_GT_REQUIRED, XML_ERR_SPACE_REQUIRED:
      (XML.notWellFormed, "a tag is not well-formed")
    case XML_ERR_RESERVED_XML_NAME, XML_ERR_XMLDECL_NOT_FINISHED, XML_ERR_VERSION_MISSING,
      XML_ERR_XMLDECL_NOT_STARTED, XML_ERR_STANDALONE_VALUE:
      (XML.notWellFormed, "the XML declaration is not well-formed or not at the beginning")
    case XML_ERR_INTERNAL_ERROR: (XML.tooDeep, "a limit of libxml2 was reached")
    case XML_ERR_ATTRIBUTE_NOT_STARTED: (XML.textTooLong, "an attribute is too long")
    case XML_ERR_NO_MEMORY: (XML.textTooLong, "a part is too large for libxml2")
    default: (XML.notWellFormed, "not well-formed (libxml2 \(number))")
    }
  }
}

// MARK: - The bridge from C

extension SAXReader {
  /// A handler with our functions; copied into each context and never changed.
  private struct Handler: @unchecked Sendable {
    // Sound to share: only function pointers, written once.
    let value: xmlSAXHandler
  }

  private static let handler = Handler(value: makeHandler())

  private static func makeHandler() -> xmlSAXHandler {
    var handler = xmlSAXHandler()
    handler.initialized = UInt32(XML_SAX2_MAGIC)
    handler.startElementNs = {
      context, name, prefix, uri, namespaceCount, namespaces, count, _, attributes in
      guard let name else { return }
      reader(context).pointee.startElement(
        name, prefix, uri, Int(namespaceCount), namespaces, Int(count), attributes)
    }
    handler.endElementNs = { context, _, _, _ in reader(context).pointee.endElement() }
    handler.characters = { context, start, length in
      guard let start else { return }
      reader(context).pointee.characters(start, Int(length))
    }
    handler.ignorableWhitespace = handler.characters
    handler.cdataBlock = handler.characters
    handler.processingInstruction = { context, target, data in
      guard let target else { return }
      reader(context).pointee.instruction(target, data)
    }
    handler.startDocument = { context in reader(context).pointee.startDocument() }
    handler.internalSubset = { context, _, _, _ in reader(context).pointee.doctype() }
    handler.serror = { context, error in
      guard let error else { return }
      reader(context).pointee.error(error.pointee)
    }
    return handler
  }
}

/// The reader that `parse` put into a context; it is alive until the parsing returns.
@inline(__always)
private func reader(_ context: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<SAXReader> {
  context.unsafelyUnwrapped.assumingMemoryBound(to: SAXReader.self)
}
