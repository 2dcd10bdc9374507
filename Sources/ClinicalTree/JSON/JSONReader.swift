extension Tree {
  /// Reads a JSON text.
  ///
  /// What RFC 8259 forbids throws; what FHIR forbids (duplicate names, underscore partners that do not
  /// fit, nulls) is reported beside the tree, and a half surrogate is repaired and reported. Cost is
  /// linear in the size of the text.
  public static func json(
    _ source: [UInt8], names: NameTable, limits: JSON.Limits = .standard
  ) throws(JSON.ParsingError) -> (tree: Tree, issues: [Issue]) {
    guard source.count <= limits.size, source.count < Int(UInt32.max) else {
      throw JSON.ParsingError([
        Issue(JSON.tooLarge, "the text has \(source.count) bytes, the limit is \(limits.size)")
      ])
    }
    var reader = JSONReader(names: names, depth: limits.depth)
    let end = source.withUnsafeBufferPointer { reader.read($0) }
    if let fault = reader.fault {
      var lines = LineTable(source)
      throw JSON.ParsingError([
        Issue(fault.code, fault.message, position: lines.position(of: end))
      ])
    }
    let tree = Tree(
      nodes: reader.nodes, source: source, decoded: reader.decoded, names: reader.names)
    return (tree, reader.issues(in: tree))
  }
}

/// One pass over the bytes with a stack of open arrays and objects.
struct JSONReader {
  private(set) var nodes: [Node] = []
  private(set) var decoded: [UInt8] = []
  private(set) var names: LocalNames
  private(set) var fault: (code: Issue.Code, message: String)?
  private let depth: Int
  private var open: [Int] = []
  /// Nodes to look at again when the tree is whole: what was found, and where.
  private var doubts: [(code: Issue.Code, node: Int, message: String)] = []

  init(names: NameTable, depth: Int) {
    self.names = LocalNames(table: names)
    self.depth = depth
  }

  /// Reads the text; the result is where reading ended, which is the place of the fault if there is one.
  mutating func read(_ source: UnsafeBufferPointer<UInt8>) -> Int {
    guard let start = source.baseAddress else {
      fail(JSON.truncated, "the text is empty")
      return 0
    }
    nodes.reserveCapacity(source.count / 12 + 16)
    let end = start + source.count
    var here = start
    if source.count >= 3, start[0] == 0xEF, start[1] == 0xBB, start[2] == 0xBF { here += 3 }
    skipSpace(&here, end)
    value(&here, start, end, name: .none, flags: [])
    while fault == nil, let container = open.last {
      skipSpace(&here, end)
      guard here < end else {
        fail(JSON.truncated, "the text ends inside \(open.count) open arrays or objects")
        break
      }
      if nodes[container].kind == .array {
        item(&here, start, end, container)
      } else {
        member(&here, start, end, container)
      }
    }
    if fault == nil {
      skipSpace(&here, end)
      if here < end { fail(JSON.trailing, "something follows the value") }
    }
    return here - start
  }

  private mutating func fail(_ code: Issue.Code, _ message: String) {
    if fault == nil { fault = (code, message) }
  }

  // MARK: Structure

  private mutating func item(
    _ here: inout UnsafePointer<UInt8>, _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>,
    _ container: Int
  ) {
    let isFirst = nodes.count == container + 1
    if here[0] == UInt8(ascii: "]") {
      here += 1
      return close(container)
    }
    if !isFirst {
      guard here[0] == UInt8(ascii: ",") else { return fail(JSON.syntax, "expected , or ]") }
      here += 1
      skipSpace(&here, end)
    }
    value(
      &here, start, end, name: nodes[container].name,
      flags: nodes[container].flags.intersection(.shadow))
  }

  private mutating func member(
    _ here: inout UnsafePointer<UInt8>, _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>,
    _ container: Int
  ) {
    let isFirst = nodes.count == container + 1
    if here[0] == UInt8(ascii: "}") {
      here += 1
      return close(container)
    }
    if !isFirst {
      guard here[0] == UInt8(ascii: ",") else { return fail(JSON.syntax, "expected , or }") }
      here += 1
      skipSpace(&here, end)
    }
    guard here < end, here[0] == UInt8(ascii: "\"") else {
      return here < end
        ? fail(JSON.syntax, "expected the name of a property")
        : fail(JSON.truncated, "the text ends inside an object")
    }
    guard let key = string(&here, start, end) else { return }
    let bytes =
      key.isDecoded
      ? decoded.withUnsafeBufferPointer { ($0.baseAddress ?? start) + key.offset }
      : start + key.offset
    let isShadow = key.length > 1 && bytes[0] == UInt8(ascii: "_")
    let name = isShadow ? names.name(bytes + 1, key.length - 1) : names.name(bytes, key.length)
    skipSpace(&here, end)
    guard here < end, here[0] == UInt8(ascii: ":") else {
      return here < end
        ? fail(JSON.syntax, "expected :") : fail(JSON.truncated, "the text ends after a name")
    }
    here += 1
    skipSpace(&here, end)
    if isShadow { nodes[container].flags.insert(.hasShadows) }
    let index = nodes.count
    value(&here, start, end, name: name, flags: isShadow ? .shadow : [])
    if fault == nil, nodes[index].kind == .null {
      doubts.append((JSON.nullValue, index, "null is no value of a property"))
    }
  }

  private mutating func value(
    _ here: inout UnsafePointer<UInt8>, _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>,
    name: Name, flags: Node.Flags
  ) {
    guard here < end else {
      return fail(JSON.truncated, "the text ends where a value should begin")
    }
    let place = UInt32(truncatingIfNeeded: here - start)
    switch here[0] {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      guard open.count < depth else {
        return fail(JSON.tooDeep, "more than \(depth) levels of arrays and objects")
      }
      let kind: Node.Kind = here[0] == UInt8(ascii: "{") ? .object : .array
      open.append(nodes.count)
      nodes.append(Node(kind, name: name, place: place, flags: flags))
      here += 1
    case UInt8(ascii: "\""):
      guard let text = string(&here, start, end) else { return }
      append(
        .string, name, UInt32(truncatingIfNeeded: text.offset),
        UInt32(truncatingIfNeeded: text.length), place,
        text.isDecoded ? flags.union(.decoded) : flags.union(.plain))
    case UInt8(ascii: "t"): literal(&here, start, end, "true", .true, name, flags)
    case UInt8(ascii: "f"): literal(&here, start, end, "false", .false, name, flags)
    case UInt8(ascii: "n"): literal(&here, start, end, "null", .null, name, flags)
    default: number(&here, start, end, name, flags)
    }
  }

  @inline(__always)
  private mutating func append(
    _ kind: Node.Kind, _ name: Name, _ offset: UInt32, _ length: UInt32, _ place: UInt32,
    _ flags: Node.Flags
  ) {
    var node = Node(kind, name: name, offset: offset, length: length, place: place, flags: flags)
    node.end = UInt32(truncatingIfNeeded: nodes.count + 1)
    nodes.append(node)
  }

  private mutating func close(_ container: Int) {
    open.removeLast()
    nodes[container].end = UInt32(truncatingIfNeeded: nodes.count)
    if nodes[container].kind == .object { checkNames(container) }
  }

  /// Notes names that stand twice.
  private mutating func checkNames(_ container: Int) {
    var seen: Set<UInt64> = []
    var count = 0
    var filter: UInt64 = 0
    var child = container + 1
    let end = nodes.count
    while child < end {
      let node = nodes[child]
      let isShadow = node.flags.contains(.shadow)
      let key = UInt64(node.name.rawValue) << 1 | (isShadow ? 1 : 0)
      let bit: UInt64 = 1 << ((key &* 0x9E37_79B9_7F4A_7C15) >> 58)
      // Only when the filter says that the name may have been seen is it looked for.
      if filter & bit != 0, isRepeated(key, container, child, count, &seen) {
        doubts.append((JSON.duplicateName, child, "this property stands twice in its object"))
      }
      filter |= bit
      count += 1
      child = Int(node.end)
    }
  }

  private func isRepeated(
    _ key: UInt64, _ container: Int, _ limit: Int, _ count: Int, _ seen: inout Set<UInt64>
  ) -> Bool {
    func property(_ node: Node) -> UInt64 {
      UInt64(node.name.rawValue) << 1 | (node.flags.contains(.shadow) ? 1 : 0)
    }
    if count > 64 {
      // A large object: remember the names instead of looking through all of them each time.
      if seen.isEmpty {
        var child = container + 1
        while child < limit {
          seen.insert(property(nodes[child]))
          child = Int(nodes[child].end)
        }
      }
      return !seen.insert(key).inserted
    }
    var child = container + 1
    while child < limit {
      if property(nodes[child]) == key { return true }
      child = Int(nodes[child].end)
    }
    return false
  }

  // MARK: Scalars

  private mutating func literal(
    _ here: inout UnsafePointer<UInt8>, _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>,
    _ word: StaticString, _ kind: Node.Kind, _ name: Name, _ flags: Node.Flags
  ) {
    let length = word.utf8CodeUnitCount
    guard end - here >= length, Bytes.areEqual(here, word.utf8Start, length) else {
      return fail(JSON.syntax, "expected a value")
    }
    let place = UInt32(truncatingIfNeeded: here - start)
    append(kind, name, place, UInt32(truncatingIfNeeded: length), place, flags)
    here += length
  }

  private mutating func number(
    _ here: inout UnsafePointer<UInt8>, _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>,
    _ name: Name, _ flags: Node.Flags
  ) {
    let first = here
    var at = here
    func digits() -> Bool {
      let before = at
      while at < end, Bytes.isDigit(at[0]) { at += 1 }
      return at > before
    }
    if at[0] == UInt8(ascii: "-") { at += 1 }
    var isNumber = at < end
    if isNumber, at[0] == UInt8(ascii: "0") { at += 1 } else { isNumber = digits() }
    if isNumber, at < end, at[0] == UInt8(ascii: ".") {
      at += 1
      isNumber = digits()
    }
    if isNumber, at < end, at[0] | 0x20 == UInt8(ascii: "e") {
      at += 1
      if at < end, at[0] == UInt8(ascii: "+") || at[0] == UInt8(ascii: "-") { at += 1 }
      isNumber = digits()
    }
    here = at
    guard isNumber else {
      return at < end
        ? fail(JSON.syntax, "expected a value")
        : fail(JSON.truncated, "the text ends inside a number")
    }
    let place = UInt32(truncatingIfNeeded: first - start)
    append(.number, name, place, UInt32(truncatingIfNeeded: at - first), place, flags)
  }

  /// Reads a string from its opening quote on; `nil` when there is a fault.
  private mutating func string(
    _ here: inout UnsafePointer<UInt8>, _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> (offset: Int, length: Int, isDecoded: Bool)? {
    here += 1
    let first = here
    var copyFrom: Int?
    var at = here
    while true {
      at = JSONReader.skipPlain(at, end)
      guard at < end else {
        here = at
        fail(JSON.truncated, "the text ends inside a string")
        return nil
      }
      let byte = at[0]
      if byte == UInt8(ascii: "\"") { break }
      if byte == UInt8(ascii: "\\") {
        // From the first escape on, the string is copied.
        if copyFrom == nil { copyFrom = decoded.count }
        decoded.append(contentsOf: UnsafeBufferPointer(start: here, count: at - here))
        here = at
        guard escape(&at, start, end) else {
          here = at
          return nil
        }
        here = at
      } else if byte < 0x20 {
        here = at
        fail(JSON.controlCharacter, "a control character of code \(byte) in a string")
        return nil
      } else {
        let length = Bytes.utf8Length(at, end)
        guard length > 0 else {
          here = at
          fail(JSON.badUTF8, "a byte that is not UTF-8")
          return nil
        }
        at += length
      }
    }
    if let copyFrom {
      decoded.append(contentsOf: UnsafeBufferPointer(start: here, count: at - here))
      here = at + 1
      return (copyFrom, decoded.count - copyFrom, true)
    }
    here = at + 1
    return (first - start, at - first, false)
  }

  /// Skips printable ASCII other than a quote or a backslash, eight bytes at a time.
  @inline(__always)
  private static func skipPlain(
    _ from: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8> {
    var at = from
    let low: UInt64 = 0x0101_0101_0101_0101
    let high: UInt64 = 0x8080_8080_8080_8080
    while end - at >= 8 {
      let word = UnsafeRawPointer(at).loadUnaligned(as: UInt64.self)
      let quote = word ^ (low &* 0x22)
      let backslash = word ^ (low &* 0x5C)
      // The high bit of each byte that is a quote, a backslash, below 0x20 or above 0x7F.
      let found =
        ((quote &- low) & ~quote) | ((backslash &- low) & ~backslash)
        | ((word &- low &* 0x20) & ~word) | word
      let bits = found & high
      if bits != 0 { return at + bits.trailingZeroBitCount / 8 }
      at += 8
    }
    while at < end {
      let byte = at[0]
      if byte < 0x20 || byte == 0x22 || byte == 0x5C || byte >= 0x80 { break }
      at += 1
    }
    return at
  }

  private mutating func escape(
    _ at: inout UnsafePointer<UInt8>, _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> Bool {
    guard end - at >= 2 else {
      fail(JSON.truncated, "the text ends inside an escape")
      return false
    }
    let simple: UInt8
    switch at[1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): simple = at[1]
    case UInt8(ascii: "b"): simple = 0x08
    case UInt8(ascii: "f"): simple = 0x0C
    case UInt8(ascii: "n"): simple = 0x0A
    case UInt8(ascii: "r"): simple = 0x0D
    case UInt8(ascii: "t"): simple = 0x09
    case UInt8(ascii: "u"): return unicodeEscape(&at, start, end)
    default:
      fail(JSON.badEscape, "an escape that JSON does not know")
      return false
    }
    decoded.append(simple)
    at += 2
    return true
  }

  private mutating func unicodeEscape(
    _ at: inout UnsafePointer<UInt8>, _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> Bool {
    func unit(_ from: UnsafePointer<UInt8>) -> UInt32? {
      guard end - from >= 6, from[0] == UInt8(ascii: "\\"), from[1] == UInt8(ascii: "u") else {
        return nil
      }
      var unit: UInt32 = 0
      for index in 2..<6 {
        guard let digit = Character(UnicodeScalar(from[index])).hexDigitValue,
          from[index] < 0x80
        else { return nil }
        unit = unit << 4 | UInt32(digit)
      }
      return unit
    }
    guard let first = unit(at) else {
      fail(JSON.badEscape, "\\u without four hexadecimal digits")
      return false
    }
    at += 6
    if let scalar = UnicodeScalar(first) {
      decoded.append(contentsOf: Array(String(Character(scalar)).utf8))
    } else if first < 0xDC00, let second = unit(at), 0xDC00..<0xE000 ~= second,
      let scalar = UnicodeScalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    {
      at += 6
      decoded.append(contentsOf: Array(String(Character(scalar)).utf8))
    } else {
      decoded.append(contentsOf: [0xEF, 0xBF, 0xBD])
      doubts.append((JSON.loneSurrogate, nodes.count, "half of a surrogate pair"))
    }
    return true
  }

  @inline(__always)
  private func skipSpace(_ here: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) {
    while here < end, Bytes.isSpace(here[0]) { here += 1 }
  }

  // MARK: What FHIR asks of the whole

  /// The issues beside the tree: names that stand twice, nulls, partners that do not fit.
  func issues(in tree: Tree) -> [Issue] {
    let all = doubts + shadowDoubts()
    guard !all.isEmpty else { return [] }
    var lines = LineTable(tree.source)
    var paths = PathWriter(tree)
    return all.sorted { $0.node < $1.node }.compactMap { doubt in
      guard doubt.node < nodes.count else { return nil }
      return Issue(
        doubt.code, doubt.message, path: paths.path(of: doubt.node),
        position: lines.position(of: Int(nodes[doubt.node].place)))
    }
  }

  private func shadowDoubts() -> [(code: Issue.Code, node: Int, message: String)] {
    var out: [(code: Issue.Code, node: Int, message: String)] = []
    for (index, node) in nodes.enumerated() where node.flags.contains(.hasShadows) {
      var child = index + 1
      while child < Int(node.end) {
        if nodes[child].flags.contains(.shadow),
          let message = shadowFault(child, in: index)
        {
          out.append((JSON.shadowMismatch, child, message))
        }
        child = Int(nodes[child].end)
      }
    }
    return out
  }

  private func shadowFault(_ shadow: Int, in object: Int) -> String? {
    func count(_ index: Int) -> Int {
      var count = 0
      var child = index + 1
      while child < Int(nodes[index].end) {
        count += 1
        child = Int(nodes[child].end)
      }
      return count
    }
    guard nodes[shadow].kind == .object || nodes[shadow].kind == .array else {
      return "an underscore property is an object, or an array of objects and nulls"
    }
    var child = object + 1
    while child < Int(nodes[object].end) {
      let node = nodes[child]
      if node.name == nodes[shadow].name, !node.flags.contains(.shadow) {
        if (node.kind == .array) != (nodes[shadow].kind == .array) {
          return "the property and its partner are not both lists"
        }
        if node.kind == .array, count(child) != count(shadow) {
          return "the lists have \(count(child)) and \(count(shadow)) places"
        }
        return nil
      }
      child = Int(node.end)
    }
    return nil
  }
}
