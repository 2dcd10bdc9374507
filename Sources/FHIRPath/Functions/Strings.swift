import ClinicalTree

// Strings (section 5.6). Lengths and places count characters of Unicode.

extension Machine {
  mutating func strings(_ function: Function, _ call: Call, _ start: Int) throws(FHIRPathError) {
    if function == .join { return try join(call, start) }
    let item = try singleValue(start, call.operation)
    drop(to: start)
    guard let item else {
      for number in 0..<call.count { _ = try value(number, call) }
      return
    }
    guard let text = characters(item) else {
      throw fault(.wrongType, "\(function.rawValue) works on texts", call.operation)
    }
    switch function {
    case .indexOf, .lastIndexOf: try search(function, text, call)
    case .substring: try substring(text, call)
    case .startsWith:
      if let part = try self.text(0, call) { push(Strings.hasPrefix(text, part)) }
    case .endsWith:
      if let part = try self.text(0, call) { push(Strings.hasSuffix(text, part)) }
    case .contains:
      if let part = try self.text(0, call) { push(Strings.find(part, in: text, from: 0) != nil) }
    case .upper: stack.append(string(text.string.uppercased()))
    case .lower: stack.append(string(text.string.lowercased()))
    case .length: stack.append(.integer(text.string.unicodeScalars.count))
    case .toChars:
      for scalar in text.string.unicodeScalars { stack.append(string(String(scalar))) }
    case .trim: stack.append(.string(Strings.trimmed(text)))
    case .split: try split(text, call)
    case .replace: try replace(text, call)
    case .matches, .matchesFull: try matches(text, call, fully: function == .matchesFull)
    case .replaceMatches: try replaceMatches(text, call)
    default: try code(function, text, call)
    }
  }

  private func characters(_ item: Item) -> Text? {
    switch item {
    case .string(let text), .date(let text), .dateTime(let text), .time(let text): text
    case .integer, .decimal: asString(item).map { arena.copy($0) }
    default: nil
    }
  }

  private mutating func join(_ call: Call, _ start: Int) throws(FHIRPathError) {
    var parts: [String] = []
    for item in stack[start...] {
      guard let value = value(of: item) else { continue }
      guard case .string(let text) = value else {
        throw fault(.wrongType, "join works on texts", call.operation)
      }
      parts.append(text.string)
    }
    let isEmpty = stack.count == start
    drop(to: start)
    let separator = call.count > 0 ? try text(0, call)?.string ?? "" : ""
    if !isEmpty { stack.append(string(parts.joined(separator: separator))) }
  }

  private mutating func search(_ function: Function, _ text: Text, _ call: Call)
    throws(FHIRPathError)
  {
    guard let part = try self.text(0, call) else { return }
    let place =
      function == .indexOf
      ? Strings.find(part, in: text, from: 0) : Strings.findLast(part, in: text)
    stack.append(
      .integer(place.map { text.slice(0..<$0).string.unicodeScalars.count } ?? -1))
  }

  private mutating func substring(_ text: Text, _ call: Call) throws(FHIRPathError) {
    guard let start = try integer(0, call) else { return }
    let length = call.count > 1 ? try integer(1, call) : Int.max
    let scalars = text.string.unicodeScalars
    guard start >= 0, start < scalars.count else { return }
    guard let length else { return }
    let rest = scalars.dropFirst(start).prefix(max(0, length))
    stack.append(string(String(rest)))
  }

  private mutating func split(_ text: Text, _ call: Call) throws(FHIRPathError) {
    guard let separator = try self.text(0, call) else { return }
    if separator.isEmpty { return stack.append(.string(text)) }
    var start = 0
    while let place = Strings.find(separator, in: text, from: start) {
      stack.append(.string(text.slice(start..<place)))
      start = place + separator.count
    }
    stack.append(.string(text.slice(start..<text.count)))
  }

  private mutating func replace(_ text: Text, _ call: Call) throws(FHIRPathError) {
    let pattern = try self.text(0, call)
    let substitution = try self.text(1, call)
    guard let pattern, let substitution else { return }
    if pattern.isEmpty {
      // The substitution stands around every character.
      let inner = text.string.unicodeScalars.map { String($0) }.joined(
        separator: substitution.string)
      return stack.append(
        string(substitution.string + inner + (text.isEmpty ? "" : substitution.string)))
    }
    var out = ""
    var start = 0
    while let place = Strings.find(pattern, in: text, from: start) {
      out += text.slice(start..<place).string + substitution.string
      start = place + pattern.count
    }
    stack.append(string(out + text.slice(start..<text.count).string))
  }

  // MARK: Patterns

  private mutating func pattern(_ call: Call) throws(FHIRPathError) -> Pattern? {
    if let known = program.patterns[call.operation] { return known }
    guard let text = try self.text(0, call) else { return nil }
    do { return try Pattern(text.string) } catch {
      throw fault(.unknown, error.message, call.operation)
    }
  }

  private mutating func matches(_ text: Text, _ call: Call, fully: Bool) throws(FHIRPathError) {
    guard let pattern = try pattern(call) else { return }
    let scalars = Array(text.string.unicodeScalars)
    try charge(call.operation, by: scalars.count / 8)
    push(pattern.matches(scalars, fully: fully))
  }

  private mutating func replaceMatches(_ text: Text, _ call: Call) throws(FHIRPathError) {
    let pattern = try pattern(call)
    let substitution = try self.text(1, call)
    guard let pattern, let substitution else { return }
    let scalars = Array(text.string.unicodeScalars)
    try charge(call.operation, by: scalars.count)
    if case .string(let empty)? = try value(0, call), empty.isEmpty {
      return stack.append(.string(text))
    }
    stack.append(
      string(
        pattern.replacingMatches(
          in: scalars, with: Array(substitution.string.unicodeScalars))))
  }

  // MARK: Codes

  private mutating func code(_ function: Function, _ text: Text, _ call: Call)
    throws(FHIRPathError)
  {
    guard let name = try self.text(0, call) else { return }
    let result: String?
    switch (function, name.string) {
    case (.encode, "base64"): result = Strings.base64(text, isURL: false)
    case (.encode, "urlbase64"): result = Strings.base64(text, isURL: true)
    case (.encode, "hex"): result = Strings.hexadecimal(text)
    case (.decode, "base64"), (.decode, "urlbase64"): result = Strings.fromBase64(text)
    case (.decode, "hex"): result = Strings.fromHexadecimal(text)
    case (.escape, "html"): result = Strings.escapedHTML(text)
    case (.unescape, "html"): result = Strings.unescapedHTML(text)
    case (.escape, "json"):
      var out = ByteBuffer(capacity: text.count + 16)
      JSONWriter.escape(text.string, to: &out)
      result = out.text.string
    case (.unescape, "json"): result = Strings.unescapedJSON(text)
    default: throw fault(.unknown, "\(function.rawValue) does not know this format", call.operation)
    }
    if let result { stack.append(string(result)) }
  }
}

/// Work on texts that needs nothing of an evaluation.
private enum Strings {
  static func hasPrefix(_ text: Text, _ part: Text) -> Bool {
    text.count >= part.count && text.slice(0..<part.count) == part
  }

  static func hasSuffix(_ text: Text, _ part: Text) -> Bool {
    text.count >= part.count && text.slice(text.count - part.count..<text.count) == part
  }

  static func find(_ part: Text, in text: Text, from start: Int) -> Int? {
    if part.count > text.count { return nil }
    var place = start
    while place + part.count <= text.count {
      if text.slice(place..<place + part.count) == part { return place }
      place += 1
    }
    return nil
  }

  static func findLast(_ part: Text, in text: Text) -> Int? {
    var place = text.count - part.count
    while place >= 0 {
      if text.slice(place..<place + part.count) == part { return place }
      place -= 1
    }
    return nil
  }

  static func trimmed(_ text: Text) -> Text { text.trimmed }

  private static let digits = Array("0123456789abcdef".utf8)
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func hexadecimal(_ text: Text) -> String {
    String(
      decoding: text.bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  static func fromHexadecimal(_ text: Text) -> String? {
    guard text.count % 2 == 0 else { return nil }
    var out: [UInt8] = []
    for place in stride(from: 0, to: text.count, by: 2) {
      guard let byte = UInt8(text.slice(place..<place + 2).string, radix: 16) else { return nil }
      out.append(byte)
    }
    return String(validating: out, as: UTF8.self)
  }

  static func base64(_ text: Text, isURL: Bool) -> String {
    var out: [UInt8] = []
    for place in stride(from: 0, to: text.count, by: 3) {
      let count = min(3, text.count - place)
      var bits = 0
      for index in 0..<3 { bits = bits << 8 | (index < count ? Int(text[place + index]) : 0) }
      for index in 0..<4 {
        let letter = alphabet[bits >> (18 - index * 6) & 63]
        out.append(index <= count ? letter : UInt8(ascii: "="))
      }
    }
    let encoded = String(decoding: out, as: UTF8.self)
    guard isURL else { return encoded }
    return String(encoded.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
  }

  static func fromBase64(_ text: Text) -> String? {
    var out: [UInt8] = []
    var bits = 0
    var count = 0
    for byte in text.bytes where byte != UInt8(ascii: "=") {
      let letter = byte == UInt8(ascii: "-") ? 0x2B : byte == UInt8(ascii: "_") ? 0x2F : byte
      guard let value = alphabet.firstIndex(of: letter) else { return nil }
      bits = (bits << 6 | value) & 0xFFFFFF
      count += 6
      if count >= 8 {
        count -= 8
        out.append(UInt8(bits >> count & 0xFF))
      }
    }
    return String(validating: out, as: UTF8.self)
  }

  private static let entities: [(character: Character, name: String)] = [
    ("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#39;"),
  ]

  static func escapedHTML(_ text: Text) -> String {
    text.string.map { character in
      entities.first { $0.character == character }?.name ?? String(character)
    }.joined()
  }

  static func unescapedHTML(_ text: Text) -> String {
    var rest = text.string[...]
    var out = ""
    while let place = rest.firstIndex(of: "&") {
      out += rest[..<place]
      rest = rest[place...]
      if let entity = entities.first(where: { rest.hasPrefix($0.name) }) {
        out.append(entity.character)
        rest = rest.dropFirst(entity.name.count)
      } else {
        out.append("&")
        rest = rest.dropFirst()
      }
    }
    return out + rest
  }

  static func unescapedJSON(_ text: Text) -> String? {
    // Quotes that are not escaped stand for themselves, so that a part of a string is read too.
    var source = Array("\"".utf8)
    var isEscaped = false
    for byte in text.bytes {
      if byte == UInt8(ascii: "\""), !isEscaped { source.append(UInt8(ascii: "\\")) }
      isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
      source.append(byte)
    }
    source.append(UInt8(ascii: "\""))
    return try? Tree.json(source, names: .empty).tree.root.value
  }
}
