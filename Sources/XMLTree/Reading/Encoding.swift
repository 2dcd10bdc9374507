import CLibXML2
import ClinicalTree

/// Which encoding a document is in, and its conversion to UTF-8.
enum Encoding {
  /// The document as UTF-8 without a byte order mark; `nil` when its encoding is not known or does not
  /// fit its bytes.
  static func utf8(_ source: [UInt8]) -> Result<[UInt8], EncodingFault> {
    func startsWith(_ bytes: UInt8...) -> Bool { source.starts(with: bytes) }
    if startsWith(0xEF, 0xBB, 0xBF) { return .success(Array(source.dropFirst(3))) }
    if startsWith(0xFF, 0xFE, 0, 0) { return decode32(source.dropFirst(4), isBigEndian: false) }
    if startsWith(0, 0, 0xFE, 0xFF) { return decode32(source.dropFirst(4), isBigEndian: true) }
    if startsWith(0xFF, 0xFE) { return decode16(source.dropFirst(2), isBigEndian: false) }
    if startsWith(0xFE, 0xFF) { return decode16(source.dropFirst(2), isBigEndian: true) }
    if startsWith(0x3C, 0, 0, 0) { return decode32(source[...], isBigEndian: false) }
    if startsWith(0, 0, 0, 0x3C) { return decode32(source[...], isBigEndian: true) }
    if startsWith(0x3C, 0) { return decode16(source[...], isBigEndian: false) }
    if startsWith(0, 0x3C) { return decode16(source[...], isBigEndian: true) }
    guard let declared = declaration(in: source) else { return .success(source) }
    switch declared.lowercased() {
    case "utf-8", "utf8", "us-ascii", "ascii": return .success(source)
    // Bytes that begin with an ASCII `<` are not UTF-16, whatever is declared.
    case "utf-16", "utf-16le", "utf-16be", "utf-32", "ucs-2", "ucs-4", "iso-10646-ucs-2":
      return .failure(.badBytes)
    case "iso-8859-1", "iso8859-1", "latin1", "iso-latin-1":
      return .success(singleByte(source) { UInt32($0) })
    case "windows-1252", "cp1252", "cp-1252":
      return .success(singleByte(source, windows1252))
    default:
      return convert(source, from: declared)
    }
  }

  enum EncodingFault: Error {
    case unknown
    case badBytes
  }

  /// Whether the declaration of a document, which is given as UTF-8 too, names another encoding than
  /// its byte order mark or the width of its characters tells.
  static func isMisdeclared(_ source: [UInt8], _ text: [UInt8]) -> Bool {
    let hasMark = source.starts(with: [0xEF, 0xBB, 0xBF])
    let isWide = source.prefix(4).contains(0) || source.first ?? 0 >= 0xFE
    guard hasMark || isWide, let declared = declaration(in: text)?.lowercased() else {
      return false
    }
    let isDeclaredWide = ["utf-16", "utf-32", "ucs-", "iso-10646-ucs"]
      .contains { declared.hasPrefix($0) }
    return isWide ? !isDeclaredWide : declared != "utf-8" && declared != "utf8"
  }

  /// The encoding that the XML declaration names.
  private static func declaration(in source: [UInt8]) -> String? {
    guard source.starts(with: Array("<?xml".utf8)) else { return nil }
    let head = source.prefix(1024)
    guard let end = head.firstIndex(of: UInt8(ascii: ">")) else { return nil }
    let text = String(decoding: head[..<end], as: UTF8.self)
    guard let found = text.range(of: "encoding") else { return nil }
    let rest = text[found.upperBound...].drop { $0.isWhitespace || $0 == "=" }
    guard let quote = rest.first, quote == "\"" || quote == "'" else { return nil }
    return String(rest.dropFirst().prefix { $0 != quote })
  }

  private static func singleByte(_ source: [UInt8], _ scalar: (UInt8) -> UInt32) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(source.count + source.count / 8)
    for byte in source {
      if byte < 0x80 { out.append(byte) } else { append(scalar(byte), to: &out) }
    }
    return out
  }

  private static func append(_ scalar: UInt32, to out: inout [UInt8]) {
    UTF8.encode(UnicodeScalar(scalar) ?? "\u{FFFD}")?.forEach { out.append($0) }
  }

  /// The 27 characters that windows-1252 has where ISO 8859-1 has control characters.
  private static func windows1252(_ byte: UInt8) -> UInt32 {
    let upper: [UInt32] = [
      0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039,
      0x0152, 0x8D, 0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
      0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178,
    ]
    return byte < 0xA0 ? upper[Int(byte) - 0x80] : UInt32(byte)
  }

  private static func decode16(
    _ source: ArraySlice<UInt8>, isBigEndian: Bool
  ) -> Result<[UInt8], EncodingFault> {
    guard source.count % 2 == 0 else { return .failure(.badBytes) }
    var units: [UInt16] = []
    units.reserveCapacity(source.count / 2)
    for index in stride(from: source.startIndex, to: source.endIndex, by: 2) {
      let (a, b) = (UInt16(source[index]), UInt16(source[index + 1]))
      units.append(isBigEndian ? a << 8 | b : b << 8 | a)
    }
    var out: [UInt8] = []
    out.reserveCapacity(units.count)
    let isBad = transcode(
      units.makeIterator(), from: UTF16.self, to: UTF8.self, stoppingOnError: true
    ) { out.append($0) }
    return isBad ? .failure(.badBytes) : .success(out)
  }

  private static func decode32(
    _ source: ArraySlice<UInt8>, isBigEndian: Bool
  ) -> Result<[UInt8], EncodingFault> {
    guard source.count % 4 == 0 else { return .failure(.badBytes) }
    var out: [UInt8] = []
    out.reserveCapacity(source.count / 4)
    for index in stride(from: source.startIndex, to: source.endIndex, by: 4) {
      var value: UInt32 = 0
      for position in 0..<4 {
        value = value << 8 | UInt32(source[index + (isBigEndian ? position : 3 - position)])
      }
      guard UnicodeScalar(value) != nil else { return .failure(.badBytes) }
      append(value, to: &out)
    }
    return .success(out)
  }

  /// Any other encoding that libxml2, by way of iconv, knows.
  private static func convert(
    _ source: [UInt8], from encoding: String
  ) -> Result<[UInt8], EncodingFault> {
    guard let handler = xmlFindCharEncodingHandler(encoding) else { return .failure(.unknown) }
    defer { xmlCharEncCloseFunc(handler) }
    guard let input = xmlBufferCreate(), let output = xmlBufferCreate() else {
      return .failure(.unknown)
    }
    defer {
      xmlBufferFree(input)
      xmlBufferFree(output)
    }
    xmlBufferAdd(input, source, Int32(source.count))
    // Converts as much as fits a round; a result below zero is a byte that the encoding does not have.
    while xmlBufferLength(input) > 0 {
      guard xmlCharEncInFunc(handler, output, input) > 0 else { return .failure(.badBytes) }
    }
    let count = Int(xmlBufferLength(output))
    return .success(Array(UnsafeBufferPointer(start: xmlBufferContent(output), count: count)))
  }
}

extension String {
  /// Where a text occurs first.
  fileprivate func range(of text: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) {
        return start..<index(start, offsetBy: text.count)
      }
      start = index(after: start)
    }
    return nil
  }
}
