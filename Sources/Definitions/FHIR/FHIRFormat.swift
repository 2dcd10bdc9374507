package import ClinicalTree

/// The formats of R4's primitive types (datatypes.html), each checked in one pass without a pattern.
package enum FHIRFormat {
  /// What is wrong with a value of a primitive type, `nil` when nothing is.
  package static func fault(of text: Text, kind: Node.Kind, type: Name) -> String? {
    switch type {
    case .boolean:
      return kind == .true || kind == .false ? nil : "expected true or false"
    case .integer, .unsignedInt, .positiveInt:
      guard kind == .number else { return "expected a number" }
      return integerFault(text, type)
    case .decimal:
      return kind == .number ? nil : "expected a number"
    default:
      guard kind == .string else { return "expected a string" }
      if text.isEmpty { return "an empty string" }
      return isValid(text, type) ? nil : "not a value of type \(NameTable.standard.string(type))"
    }
  }

  private static func integerFault(_ text: Text, _ type: Name) -> String? {
    guard text.bytes.allSatisfy({ Bytes.isDigit($0) || $0 == UInt8(ascii: "-") }),
      let value = Int32(text.string)
    else { return "expected a whole number of 32 bits" }
    if type == .unsignedInt && value < 0 { return "expected no negative number" }
    if type == .positiveInt && value < 1 { return "expected a number above 0" }
    return nil
  }

  private static func isValid(_ text: Text, _ type: Name) -> Bool {
    switch type {
    case .code: isCode(text)
    case .id: text.count <= 64 && text.bytes.allSatisfy(isIdByte)
    case .uri, .url, .canonical: !text.bytes.contains(where: isSpaceOrControl)
    case .oid: text.hasPrefix("urn:oid:") && isOID(text.slice(8..<text.count))
    case .uuid: text.hasPrefix("urn:uuid:") && isUUID(text.slice(9..<text.count))
    case .date: isDate(text)
    case .dateTime: isDateTime(text, isInstant: false)
    case .instant: isDateTime(text, isInstant: true)
    case .time: isTime(text, 0, text.count)
    case .base64Binary: isBase64(text)
    default: !text.isBlank && !hasControl(text)
    }
  }

  /// Whether a text holds a control character; eight bytes are looked at at a time.
  private static func hasControl(_ text: Text) -> Bool {
    var position = 0
    while position + 8 <= text.count {
      if Bytes.hasControl(text.start + position) {
        for place in position..<position + 8 where isControl(text[place]) { return true }
      }
      position += 8
    }
    while position < text.count {
      if isControl(text[position]) { return true }
      position += 1
    }
    return false
  }

  private static func isControl(_ byte: UInt8) -> Bool {
    byte < 0x20 && byte != 0x09 && byte != 0x0A && byte != 0x0D
  }

  private static func isSpaceOrControl(_ byte: UInt8) -> Bool { byte <= 0x20 }

  private static func isIdByte(_ byte: UInt8) -> Bool {
    Bytes.isDigit(byte) || Bytes.isLetter(byte) || byte == UInt8(ascii: "-")
      || byte == UInt8(ascii: ".")
  }

  /// Words parted by single blanks.
  private static func isCode(_ text: Text) -> Bool {
    var wasSpace = true
    for byte in text.bytes {
      let isSpace = byte <= 0x20
      if isSpace && wasSpace { return false }
      wasSpace = isSpace
    }
    return !wasSpace
  }

  package static func isOID(_ text: Text) -> Bool {
    guard text.count >= 3, (UInt8(ascii: "0")...UInt8(ascii: "2")).contains(text[0]) else {
      return false
    }
    var position = 1
    while position < text.count {
      guard text[position] == UInt8(ascii: ".") else { return false }
      let start = position + 1
      position = start
      while position < text.count, Bytes.isDigit(text[position]) { position += 1 }
      if position == start || position - start > 1 && text[start] == UInt8(ascii: "0") {
        return false
      }
    }
    return true
  }

  /// Lower-case hexadecimal digits in groups of 8, 4, 4, 4 and 12.
  package static func isUUID(_ text: Text) -> Bool {
    guard text.count == 36 else { return false }
    return text.bytes.enumerated().allSatisfy { place, byte in
      [8, 13, 18, 23].contains(place)
        ? byte == UInt8(ascii: "-") : Bytes.isDigit(byte) || byte &- 0x61 < 6
    }
  }

  private static func digits(_ text: Text, _ from: Int, _ count: Int) -> Bool {
    guard from + count <= text.count else { return false }
    for index in from..<from + count where !Bytes.isDigit(text[index]) { return false }
    return true
  }

  private static func number(_ text: Text, _ from: Int, _ count: Int) -> Int? {
    guard from + count <= text.count else { return nil }
    var value = 0
    for index in from..<from + count {
      guard Bytes.isDigit(text[index]) else { return nil }
      value = value * 10 + Int(text[index] - 0x30)
    }
    return value
  }

  /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, in the calendar.
  private static func isDate(_ text: Text) -> Bool {
    guard let year = number(text, 0, 4) else { return false }
    if text.count == 4 { return true }
    guard text[4] == UInt8(ascii: "-"), let month = number(text, 5, 2), (1...12).contains(month)
    else { return false }
    if text.count == 7 { return true }
    guard text.count == 10, text[7] == UInt8(ascii: "-"), let day = number(text, 8, 2) else {
      return false
    }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days = month == 2 ? isLeap ? 29 : 28 : [4, 6, 9, 11].contains(month) ? 30 : 31
    return (1...days).contains(day)
  }

  private static func isDateTime(_ text: Text, isInstant: Bool) -> Bool {
    if text.count <= 10 { return !isInstant && isDate(text) }
    guard text.count >= 20, isDate(text.slice(0..<10)), text[10] == UInt8(ascii: "T") else {
      return false
    }
    if text[text.count - 1] == UInt8(ascii: "Z") { return isTime(text, 11, text.count - 1) }
    let zone = text.count - 6
    guard text[zone] == UInt8(ascii: "+") || text[zone] == UInt8(ascii: "-"),
      let hours = number(text, zone + 1, 2), text[zone + 3] == UInt8(ascii: ":"),
      let minutes = number(text, zone + 4, 2), hours * 60 + minutes <= 14 * 60, minutes < 60
    else { return false }
    return isTime(text, 11, zone)
  }

  private static func isTime(_ text: Text, _ from: Int, _ to: Int) -> Bool {
    guard to - from >= 8, digits(text, from, 2), text[from + 2] == UInt8(ascii: ":"),
      digits(text, from + 3, 2), text[from + 5] == UInt8(ascii: ":"), digits(text, from + 6, 2)
    else { return false }
    let hour = (text[from] - 0x30) * 10 + text[from + 1] - 0x30
    guard hour < 24, text[from + 3] < 0x36, text[from + 6] < 0x37 else { return false }
    if to - from == 8 { return true }
    return text[from + 8] == UInt8(ascii: ".") && to - from > 9
      && text.slice(from + 9..<to).bytes.allSatisfy(Bytes.isDigit)
  }

  /// What a byte is in base64: 1 a letter, 2 white space, 3 padding, 0 anything else.
  private static let base64Kinds: [UInt8] = (0..<256).map { number in
    let byte = UInt8(number)
    if Bytes.isDigit(byte) || Bytes.isLetter(byte) || byte == 0x2B || byte == 0x2F { return 1 }
    return Bytes.isSpace(byte) ? 2 : byte == UInt8(ascii: "=") ? 3 : 0
  }

  package static func isBase64(_ text: Text) -> Bool {
    let kinds = base64Kinds
    var letters = 0
    var padding = 0
    var position = 0
    while position < text.count {
      switch kinds[Int(text[position])] {
      case 1:
        if padding > 0 { return false }
        letters += 1
      case 2: break
      case 3: padding += 1
      default: return false
      }
      position += 1
    }
    return (letters + padding) % 4 == 0 && padding <= 2
  }
}
