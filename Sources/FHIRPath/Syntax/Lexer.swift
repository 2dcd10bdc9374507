import ClinicalTree

/// A word of an expression.
struct Token: Sendable {
  enum Kind: Sendable, Hashable {
    case identifier(String)
    /// An identifier in backticks, which is never a keyword.
    case delimited(String)
    case string(String)
    case integer(String)
    case decimal(String)
    case date(String)
    case dateTime(String)
    case time(String)
    /// `$this` and the like, without the `$`.
    case special(String)
    /// `%name`, without the `%`.
    case external(String)
    case symbol(String)
    case end
  }

  let kind: Kind
  let offset: Int
}

/// Cuts an expression into tokens.
struct Lexer {
  private let text: [UInt8]
  private var position = 0

  init(_ text: String) { self.text = Array(text.utf8) }

  static func tokens(of text: String) throws(FHIRPathError) -> [Token] {
    var lexer = Lexer(text)
    var tokens: [Token] = []
    repeat { tokens.append(try lexer.next()) } while tokens.last?.kind != .end
    return tokens
  }

  private func peek(_ ahead: Int = 0) -> UInt8 {
    position + ahead < text.count ? text[position + ahead] : 0
  }

  private func fault(_ message: String, at offset: Int) -> FHIRPathError {
    FHIRPathError(.syntax, message, at: offset)
  }

  private mutating func next() throws(FHIRPathError) -> Token {
    try skipSpace()
    let start = position
    guard position < text.count else { return Token(kind: .end, offset: start) }
    let byte = text[position]
    if Bytes.isLetter(byte) || byte == UInt8(ascii: "_") {
      return Token(kind: .identifier(word()), offset: start)
    }
    if Bytes.isDigit(byte) { return Token(kind: number(), offset: start) }
    switch byte {
    case UInt8(ascii: "'"): return Token(kind: .string(try quoted(byte)), offset: start)
    case UInt8(ascii: "`"), UInt8(ascii: "\""):
      return Token(kind: .delimited(try quoted(byte)), offset: start)
    case UInt8(ascii: "@"): return Token(kind: try dateOrTime(), offset: start)
    case UInt8(ascii: "$"):
      position += 1
      return Token(kind: .special(word()), offset: start)
    case UInt8(ascii: "%"):
      position += 1
      if peek() == UInt8(ascii: "`") || peek() == UInt8(ascii: "'") || peek() == UInt8(ascii: "\"")
      {
        return Token(kind: .external(try quoted(peek())), offset: start)
      }
      let name = word()
      if name.isEmpty { throw fault("% without a name", at: start) }
      return Token(kind: .external(name), offset: start)
    default: return Token(kind: try symbol(), offset: start)
    }
  }

  private mutating func skipSpace() throws(FHIRPathError) {
    while position < text.count {
      if Bytes.isSpace(text[position]) {
        position += 1
      } else if peek() == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "/") {
        while position < text.count, text[position] != 0x0A { position += 1 }
      } else if peek() == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
        let start = position
        position += 2
        while !(peek() == UInt8(ascii: "*") && peek(1) == UInt8(ascii: "/")) {
          guard position < text.count else { throw fault("a comment without end", at: start) }
          position += 1
        }
        position += 2
      } else {
        return
      }
    }
  }

  private mutating func word() -> String {
    let start = position
    while Bytes.isLetter(peek()) || Bytes.isDigit(peek()) || peek() == UInt8(ascii: "_") {
      position += 1
    }
    return String(decoding: text[start..<position], as: UTF8.self)
  }

  private mutating func digits() { while Bytes.isDigit(peek()) { position += 1 } }

  private mutating func number() -> Token.Kind {
    let start = position
    digits()
    var isDecimal = false
    if peek() == UInt8(ascii: "."), Bytes.isDigit(peek(1)) {
      isDecimal = true
      position += 1
      digits()
    }
    let number = String(decoding: text[start..<position], as: UTF8.self)
    // A long integer, which is an integer of ours.
    if !isDecimal, peek() == UInt8(ascii: "L"), !Bytes.isLetter(peek(1)) { position += 1 }
    return isDecimal ? .decimal(number) : .integer(number)
  }

  private mutating func symbol() throws(FHIRPathError) -> Token.Kind {
    for symbol in ["<=", ">=", "!=", "!~"] {
      if text[position...].starts(with: symbol.utf8) {
        position += 2
        return .symbol(symbol)
      }
    }
    let byte = text[position]
    guard "()[]{}.,+-*/&|<>=~".utf8.contains(byte) else {
      throw fault("a character that has no meaning here", at: position)
    }
    position += 1
    return .symbol(String(UnicodeScalar(byte)))
  }

  /// The text between two quotes, with its escapes resolved.
  private mutating func quoted(_ quote: UInt8) throws(FHIRPathError) -> String {
    let start = position
    position += 1
    var out: [UInt8] = []
    while true {
      guard position < text.count else { throw fault("a text without its end quote", at: start) }
      let byte = text[position]
      position += 1
      if byte == quote { break }
      guard byte == UInt8(ascii: "\\") else {
        out.append(byte)
        continue
      }
      let escaped = peek()
      position += 1
      switch escaped {
      case UInt8(ascii: "n"): out.append(0x0A)
      case UInt8(ascii: "r"): out.append(0x0D)
      case UInt8(ascii: "t"): out.append(0x09)
      case UInt8(ascii: "f"): out.append(0x0C)
      case UInt8(ascii: "u"): out += try unicode(at: position - 2)
      case UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "'"), UInt8(ascii: "\""),
        UInt8(ascii: "`"):
        out.append(escaped)
      default: throw fault("an escape that FHIRPath does not know", at: position - 2)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  private mutating func unicode(at start: Int) throws(FHIRPathError) -> [UInt8] {
    guard let first = hexadecimal() else { throw fault("four hexadecimal digits", at: start) }
    var scalar = first
    if (0xD800..<0xDC00).contains(first), peek() == UInt8(ascii: "\\"), peek(1) == UInt8(ascii: "u")
    {
      position += 2
      guard let second = hexadecimal(), (0xDC00..<0xE000).contains(second) else {
        throw fault("the second half of a surrogate pair", at: start)
      }
      scalar = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
    }
    guard let value = Unicode.Scalar(scalar) else { throw fault("no character", at: start) }
    return Array(String(value).utf8)
  }

  private mutating func hexadecimal() -> UInt32? {
    guard position + 4 <= text.count else { return nil }
    let digits = text[position..<position + 4]
    guard digits.allSatisfy({ Bytes.isDigit($0) || ($0 | 0x20) &- 0x61 < 6 }) else { return nil }
    position += 4
    return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  // MARK: Dates

  private mutating func take(_ count: Int) -> Bool {
    for ahead in 0..<count where !Bytes.isDigit(peek(ahead)) { return false }
    position += count
    return true
  }

  private mutating func take(_ byte: UInt8, before digits: Int) -> Bool {
    guard peek() == byte, Bytes.isDigit(peek(1)) else { return false }
    position += 1
    return take(digits)
  }

  private mutating func dateOrTime() throws(FHIRPathError) -> Token.Kind {
    let start = position
    position += 1
    if peek() == UInt8(ascii: "T") {
      position += 1
      guard clock() else { throw fault("not a time", at: start) }
      let time = String(decoding: text[start + 2..<position], as: UTF8.self)
      if zone() { throw fault("a time alone has no offset", at: start) }
      return .time(time)
    }
    guard take(4) else { throw fault("not a date", at: start) }
    let hyphen = UInt8(ascii: "-")
    if take(hyphen, before: 2) { _ = take(hyphen, before: 2) }
    guard peek() == UInt8(ascii: "T") else {
      return .date(String(decoding: text[start + 1..<position], as: UTF8.self))
    }
    position += 1
    if clock() { _ = zone() }
    return .dateTime(String(decoding: text[start + 1..<position], as: UTF8.self))
  }

  /// `hh[:mm[:ss[.fff]]]`
  private mutating func clock() -> Bool {
    guard take(2) else { return false }
    let colon = UInt8(ascii: ":")
    if take(colon, before: 2), take(colon, before: 2), peek() == UInt8(ascii: "."),
      Bytes.isDigit(peek(1))
    {
      position += 1
      digits()
    }
    return true
  }

  private mutating func zone() -> Bool {
    if peek() == UInt8(ascii: "Z") {
      position += 1
      return true
    }
    guard peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-"), Bytes.isDigit(peek(1)),
      Bytes.isDigit(peek(2)), peek(3) == UInt8(ascii: ":"), Bytes.isDigit(peek(4)),
      Bytes.isDigit(peek(5))
    else { return false }
    position += 6
    return true
  }
}
