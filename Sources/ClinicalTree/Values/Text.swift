/// Bytes of UTF-8 that somebody else keeps alive: a slice of a tree, of a draft or of the program.
///
/// A plain pointer and a length, so that a value can travel from a source document into an output
/// without being copied. It is only handed out by types whose documentation says how long it lives.
@usableFromInline
package struct Text: @unchecked Sendable {
  // Sound to share: it is only read, and its owner outlives it by the rule above.
  @usableFromInline package let start: UnsafePointer<UInt8>
  @usableFromInline package let count: Int

  @inlinable
  package init(_ start: UnsafePointer<UInt8>, _ count: Int) {
    self.start = start
    self.count = count
  }

  /// A literal, which lives as long as the program.
  @inlinable
  package init(_ literal: StaticString) {
    self.init(literal.utf8Start, literal.utf8CodeUnitCount)
  }

  @inlinable package static var empty: Text { Text("") }

  @inlinable
  package var isEmpty: Bool { count == 0 }

  @inlinable
  package subscript(index: Int) -> UInt8 { start[index] }

  /// The bytes in a range of this text.
  @inlinable
  package func slice(_ range: Range<Int>) -> Text { Text(start + range.lowerBound, range.count) }

  package var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }

  /// The text as a `String`; copies it.
  package var string: String { String(decoding: bytes, as: UTF8.self) }

  @inlinable
  package func hasPrefix(_ prefix: StaticString) -> Bool {
    count >= prefix.utf8CodeUnitCount
      && Bytes.areEqual(start, prefix.utf8Start, prefix.utf8CodeUnitCount)
  }

  @inlinable
  package func hasSuffix(_ suffix: StaticString) -> Bool {
    let length = suffix.utf8CodeUnitCount
    return count >= length && Bytes.areEqual(start + (count - length), suffix.utf8Start, length)
  }

  package func firstIndex(of byte: UInt8) -> Int? {
    var index = 0
    while index < count {
      if start[index] == byte { return index }
      index += 1
    }
    return nil
  }

  /// Where a literal stands first.
  package func firstPlace(of literal: StaticString) -> Int? {
    let length = literal.utf8CodeUnitCount
    guard length > 0, length <= count else { return nil }
    let first = literal.utf8Start[0]
    var index = 0
    while index + length <= count {
      if start[index] == first, Bytes.areEqual(start + index, literal.utf8Start, length) {
        return index
      }
      index += 1
    }
    return nil
  }

  package func lastIndex(of byte: UInt8) -> Int? {
    var index = count - 1
    while index >= 0 {
      if start[index] == byte { return index }
      index -= 1
    }
    return nil
  }

  /// Whether every byte is white space of XML: blank, tab, carriage return or line feed.
  @inlinable
  package var isBlank: Bool {
    var index = 0
    while index < count {
      if !Bytes.isSpace(start[index]) { return false }
      index += 1
    }
    return true
  }

  /// The text without white space at its ends.
  package var trimmed: Text {
    var low = 0
    var high = count
    while low < high, Bytes.isSpace(start[low]) { low += 1 }
    while high > low, Bytes.isSpace(start[high - 1]) { high -= 1 }
    return slice(low..<high)
  }

  /// The parts between runs of white space.
  package var words: [Text] {
    bytes.split(whereSeparator: Bytes.isSpace).compactMap { word in
      UnsafeBufferPointer(rebasing: word).baseAddress.map { Text($0, word.count) }
    }
  }
}

extension Text: Hashable {
  @inlinable
  package static func == (a: Text, b: Text) -> Bool {
    a.count == b.count && Bytes.areEqual(a.start, b.start, a.count)
  }

  @inlinable
  package static func == (a: Text, b: StaticString) -> Bool {
    a.count == b.utf8CodeUnitCount && Bytes.areEqual(a.start, b.utf8Start, a.count)
  }

  package static func == (a: Text, b: String) -> Bool {
    a.bytes.elementsEqual(b.utf8)
  }

  @inlinable
  package func hash(into hasher: inout Hasher) {
    hasher.combine(NameTable.hash(start, count))
  }
}

/// Byte tests that several readers and writers share.
@usableFromInline
package enum Bytes {
  /// Whether two stretches of memory hold the same bytes.
  @inlinable
  package static func areEqual(
    _ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ count: Int
  ) -> Bool {
    let left = UnsafeRawPointer(a)
    let right = UnsafeRawPointer(b)
    var index = 0
    while index + 8 <= count {
      if left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        != right.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      {
        return false
      }
      index += 8
    }
    while index < count {
      if a[index] != b[index] { return false }
      index += 1
    }
    return true
  }

  /// Whether one of eight bytes is below 0x20.
  @inlinable
  package static func hasControl(_ start: UnsafePointer<UInt8>) -> Bool {
    let word = UnsafeRawPointer(start).loadUnaligned(as: UInt64.self)
    return (word &- 0x2020_2020_2020_2020) & ~word & 0x8080_8080_8080_8080 != 0
  }

  /// Blank, tab, line feed or carriage return.
  @inlinable
  package static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D
  }

  @inlinable
  package static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

  /// A letter of ASCII.
  @inlinable
  package static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

  /// Length of the UTF-8 sequence at `start`, or 0 when the bytes up to `end` hold none that is legal.
  @inlinable
  package static func utf8Length(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Int
  {
    let lead = start[0]
    let room = end - start
    if lead < 0x80 { return 1 }
    if lead < 0xC2 { return 0 }
    guard room >= 2, start[1] & 0xC0 == 0x80 else { return 0 }
    if lead < 0xE0 { return 2 }
    guard room >= 3, start[2] & 0xC0 == 0x80 else { return 0 }
    if lead < 0xF0 {
      if lead == 0xE0 && start[1] < 0xA0 || lead == 0xED && start[1] >= 0xA0 { return 0 }
      return 3
    }
    guard lead < 0xF5, room >= 4, start[3] & 0xC0 == 0x80 else { return 0 }
    if lead == 0xF0 && start[1] < 0x90 || lead == 0xF4 && start[1] >= 0x90 { return 0 }
    return 4
  }
}
