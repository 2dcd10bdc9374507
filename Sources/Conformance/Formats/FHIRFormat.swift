import ClinicalTree
import Definitions

/// The formats of R4's primitive types (datatypes.html), each checked in one pass without a pattern.
enum FHIRFormat {
  /// What is wrong with a value of a primitive type, `nil` when nothing is.
  static func fault(of text: Text, kind: Node.Kind, type: Name) -> String? {
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
    case .date: isDate(text) && PartialDateTime(fhir: text.string) != nil
    case .dateTime: isDateTime(text, isInstant: false)
    case .instant: isDateTime(text, isInstant: true)
    case .time: isTime(text, 0, text.count)
    case .base64Binary: isBase64(text)
    default: !text.isBlank && !text.bytes.contains(where: isControl)
    }
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

  static func isOID(_ text: Text) -> Bool {
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
  private static func isUUID(_ text: Text) -> Bool {
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

  private static func isDate(_ text: Text) -> Bool {
    func hyphen(_ place: Int) -> Bool { text[place] == UInt8(ascii: "-") }
    switch text.count {
    case 4: return digits(text, 0, 4)
    case 7: return digits(text, 0, 4) && hyphen(4) && digits(text, 5, 2)
    case 10:
      return digits(text, 0, 4) && hyphen(4) && digits(text, 5, 2) && hyphen(7)
        && digits(text, 8, 2)
    default: return false
    }
  }

  private static func isDateTime(_ text: Text, isInstant: Bool) -> Bool {
    if text.count <= 10 {
      return !isInstant && isDate(text) && PartialDateTime(fhir: text.string) != nil
    }
    guard text.count >= 20, isDate(text.slice(0..<10)), text[10] == UInt8(ascii: "T") else {
      return false
    }
    return PartialDateTime(fhir: text.string) != nil
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

  static func isBase64(_ text: Text) -> Bool {
    var count = 0
    var padding = 0
    for byte in text.bytes {
      if Bytes.isSpace(byte) { continue }
      if byte == UInt8(ascii: "=") {
        padding += 1
      } else if padding > 0 {
        return false
      } else if !(Bytes.isDigit(byte) || Bytes.isLetter(byte) || byte == 0x2B || byte == 0x2F) {
        return false
      }
      count += 1
    }
    return count % 4 == 0 && padding <= 2
  }
}
