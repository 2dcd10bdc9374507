package import ClinicalTree

/// The formats of CDA's simple types: those of XML Schema, enumerations, and the patterns of its data
/// types.
package enum CDAFormat {
  /// A form of values, looked up once by the name or the pattern that the schema has for it.
  package enum Form: Sendable {
    case anything, noSpace, notEmpty, oid, uuid, ruid, timestamp
    case trueOrFalse, boolean, integer, decimal, double, base64
    case name, names, token, tokens
    case atLeast(Double)

    init(builtIn title: String) {
      self =
        switch title {
        case "boolean": .boolean
        case "integer": .integer
        case "decimal": .decimal
        case "double": .double
        case "base64Binary": .base64
        case "ID", "IDREF": .name
        case "IDREFS": .names
        case "NMTOKEN": .token
        case "NMTOKENS": .tokens
        default: .anything
        }
    }

    init(pattern: String) { self = CDAFormat.patterns[pattern] ?? .anything }

    init(minimum: String) {
      self = minimum == "length 1" ? .notEmpty : Double(minimum).map { .atLeast($0) } ?? .anything
    }
  }

  /// The patterns of CDA's data types.
  package static let patterns: [String: Form] = [
    "true|false": .trueOrFalse, "[^\\s]+": .noSpace, "[0-2](\\.(0|[1-9][0-9]*))*": .oid,
    "[0-9a-zA-Z]{8}-[0-9a-zA-Z]{4}-[0-9a-zA-Z]{4}-[0-9a-zA-Z]{4}-[0-9a-zA-Z]{12}": .uuid,
    "[A-Za-z][A-Za-z0-9\\-]*": .ruid,
    "[0-9]{1,8}|([0-9]{9,14}|[0-9]{14,14}\\.[0-9]+)([+\\-][0-9]{1,4})?": .timestamp,
  ]

  package static func isValid(_ value: Text, type number: Int, _ facts: CDAFacts) -> Bool {
    let type = facts.simpleType(number)
    switch type.kind {
    case .builtIn: return isOf(type.form, value.trimmed)
    case .enumeration: return facts.enumeration(number, has: value.trimmed)
    case .pattern:
      // A type derived from token, as `cs` is, has its white space collapsed first.
      let isText = facts.simpleType(type.base).title == "string"
      return isOf(type.form, isText ? value : value.trimmed)
        && (isText || isValid(value, type: type.base, facts))
    case .union:
      return facts.parts(ofSimpleType: number).contains { isValid(value, type: $0, facts) }
    case .list:
      return value.words.allSatisfy { word in
        facts.parts(ofSimpleType: number).allSatisfy { isValid(word, type: $0, facts) }
      }
    case .minimum: return isValid(value, type: type.base, facts) && isOf(type.form, value)
    }
  }

  private static func isOf(_ form: Form, _ text: Text) -> Bool {
    switch form {
    case .anything: true
    case .noSpace: !text.isEmpty && !text.bytes.contains(where: Bytes.isSpace)
    case .notEmpty: !text.isEmpty
    case .oid: isOID(text)
    case .uuid: isUUID(text)
    case .ruid: isRUID(text)
    case .timestamp: isTimestamp(text)
    case .trueOrFalse: text == "true" || text == "false"
    case .boolean: text == "true" || text == "false" || text == "0" || text == "1"
    case .integer: isNumber(text, allowsFraction: false, allowsExponent: false)
    case .decimal: isNumber(text, allowsFraction: true, allowsExponent: false)
    case .double:
      isNumber(text, allowsFraction: true, allowsExponent: true)
        || text == "INF" || text == "-INF" || text == "NaN"
    case .base64: FHIRFormat.isBase64(text)
    case .name: isNCName(text)
    case .names: !text.isEmpty && text.words.allSatisfy(isNCName)
    case .token: isNameToken(text)
    case .tokens: !text.isEmpty && text.words.allSatisfy(isNameToken)
    case .atLeast(let minimum): Double(text.trimmed.string).map { $0 >= minimum } ?? true
    }
  }

  private static func isOID(_ text: Text) -> Bool {
    text.count == 1 ? (0x30...0x32).contains(text[0]) : FHIRFormat.isOID(text)
  }

  private static func isUUID(_ text: Text) -> Bool {
    guard text.count == 36 else { return false }
    return text.bytes.enumerated().allSatisfy { place, byte in
      [8, 13, 18, 23].contains(place)
        ? byte == UInt8(ascii: "-") : Bytes.isDigit(byte) || Bytes.isLetter(byte)
    }
  }

  /// Whether a text is a name of letters, digits and hyphens.
  package static func isRUID(_ text: Text) -> Bool {
    guard !text.isEmpty, Bytes.isLetter(text[0]) else { return false }
    return text.bytes.allSatisfy {
      Bytes.isLetter($0) || Bytes.isDigit($0) || $0 == UInt8(ascii: "-")
    }
  }

  /// Whether a text has the form of a time of HL7 version 3.
  package static func isTimestamp(_ text: Text) -> Bool {
    var digits = 0
    while digits < text.count, Bytes.isDigit(text[digits]) { digits += 1 }
    if digits == text.count { return (1...14).contains(digits) }
    guard (9...14).contains(digits) else { return false }
    var place = digits
    if text[place] == UInt8(ascii: ".") {
      guard digits == 14 else { return false }
      place += 1
      let start = place
      while place < text.count, Bytes.isDigit(text[place]) { place += 1 }
      if place == start { return false }
    }
    if place == text.count { return true }
    guard text[place] == UInt8(ascii: "+") || text[place] == UInt8(ascii: "-") else { return false }
    let zone = text.slice(place + 1..<text.count)
    return (1...4).contains(zone.count) && zone.bytes.allSatisfy(Bytes.isDigit)
  }

  private static func isNumber(_ text: Text, allowsFraction: Bool, allowsExponent: Bool) -> Bool {
    var place = 0
    func digits() -> Int {
      let start = place
      while place < text.count, Bytes.isDigit(text[place]) { place += 1 }
      return place - start
    }
    func sign() {
      if place < text.count, text[place] == 0x2B || text[place] == 0x2D { place += 1 }
    }
    sign()
    var count = digits()
    if allowsFraction, place < text.count, text[place] == UInt8(ascii: ".") {
      place += 1
      count += digits()
    }
    guard count > 0 else { return false }
    if allowsExponent, place < text.count, text[place] | 0x20 == UInt8(ascii: "e") {
      place += 1
      sign()
      guard digits() > 0 else { return false }
    }
    return place == text.count
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    byte >= 0x80 || Bytes.isLetter(byte) || Bytes.isDigit(byte) || byte == 0x2D || byte == 0x2E
      || byte == 0x5F
  }

  /// Whether a text is a name without a colon, as far as ASCII goes; letters beyond it are taken.
  package static func isNCName(_ text: Text) -> Bool {
    guard !text.isEmpty, text[0] >= 0x80 || Bytes.isLetter(text[0]) || text[0] == 0x5F else {
      return false
    }
    return text.bytes.allSatisfy(isNameByte)
  }

  private static func isNameToken(_ text: Text) -> Bool {
    !text.isEmpty && text.bytes.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: ":") }
  }
}
