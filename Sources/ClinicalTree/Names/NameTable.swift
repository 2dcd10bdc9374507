/// The names that the standards know, each with a number that never changes within a build.
///
/// A table is a view of read-only memory that outlives the program's use of it (the facts embedded
/// in the binary), so copying it costs nothing. Looking a name up hashes it once.
public struct NameTable: @unchecked Sendable {
  // Sound to share: the memory is immutable and is never freed.
  @usableFromInline let text: UnsafePointer<UInt8>
  @usableFromInline let offsets: UnsafePointer<UInt32>
  @usableFromInline let slots: UnsafePointer<UInt16>
  @usableFromInline let mask: Int

  /// How many names the table holds, the empty one included.
  public let count: Int

  /// Lays a table over memory in the format that ``encode(_:)`` writes.
  ///
  /// - Precondition: `base` is aligned to four bytes and stays valid and unchanged for ever.
  package init(base: UnsafeRawPointer) {
    let header = base.assumingMemoryBound(to: UInt32.self)
    count = Int(header[0])
    mask = Int(header[1]) - 1
    offsets = header + 2
    let slotStart = UnsafeRawPointer(offsets + count + 1)
    slots = slotStart.assumingMemoryBound(to: UInt16.self)
    text = (slotStart + (mask + 1) * 2).assumingMemoryBound(to: UInt8.self)
  }

  /// The number of a name, or `nil` when the standards do not know it.
  @inlinable
  package func lookUp(_ bytes: UnsafePointer<UInt8>, _ length: Int) -> Name? {
    var slot = Int(truncatingIfNeeded: NameTable.hash(bytes, length)) & mask
    while true {
      let entry = Int(slots[slot])
      if entry == 0 { return nil }
      let start = Int(offsets[entry])
      if Int(offsets[entry + 1]) - start == length,
        Bytes.areEqual(text + start, bytes, length)
      {
        return Name(UInt32(truncatingIfNeeded: entry))
      }
      slot = (slot + 1) & mask
    }
  }

  /// The number of a name, or `nil` when the standards do not know it.
  public func lookUp(_ name: String) -> Name? {
    if name.isEmpty { return Name.none }
    var copy = name
    return copy.withUTF8 { bytes in
      bytes.baseAddress.flatMap { lookUp($0, bytes.count) }
    }
  }

  /// The bytes of a name of this table.
  package func text(of name: Name) -> Text {
    let index = Int(name.rawValue)
    guard index < count else { return .empty }
    return Text(text + Int(offsets[index]), Int(offsets[index + 1] - offsets[index]))
  }

  /// The spelling of a name of this table.
  public func string(_ name: Name) -> String { text(of: name).string }

  /// A table that knows no name: every name is local to its tree.
  public static let empty: NameTable = {
    let bytes = encode([""])
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes.count, alignment: 8)
    memory.copyMemory(from: bytes, byteCount: bytes.count)
    return NameTable(base: memory)
  }()

  /// A hash of short texts that reads eight bytes at a time.
  @inlinable
  package static func hash(_ bytes: UnsafePointer<UInt8>, _ length: Int) -> UInt64 {
    let raw = UnsafeRawPointer(bytes)
    var hash = UInt64(truncatingIfNeeded: length) &* 0x9E37_79B9_7F4A_7C15
    var position = 0
    while position + 8 <= length {
      hash ^= raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      hash = hash &* 0xFF51_AFD7_ED55_8CCD
      hash ^= hash >> 29
      position += 8
    }
    let rest = length - position
    if rest > 0 {
      var word: UInt64
      if length >= 8 {
        word = raw.loadUnaligned(fromByteOffset: length - 8, as: UInt64.self)
      } else if rest >= 4 {
        word = UInt64(raw.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
        word |= UInt64(raw.loadUnaligned(fromByteOffset: rest - 4, as: UInt32.self)) << 32
      } else {
        word = UInt64(bytes[0]) | UInt64(bytes[rest >> 1]) << 8 | UInt64(bytes[rest - 1]) << 16
      }
      hash ^= word
      hash = hash &* 0xC4CE_B9FE_1A85_EC53
    }
    return hash ^ (hash >> 32)
  }

  /// Writes a table: count, slots, offsets, hash slots, texts. The first name must be empty.
  ///
  /// - Precondition: at most 65,535 distinct names.
  package static func encode(_ names: [String]) -> [UInt8] {
    precondition(names.first == "" && names.count < 65_536, "the first name is the empty one")
    var slotCount = 16
    while slotCount < names.count * 3 { slotCount *= 2 }
    var slots = [UInt16](repeating: 0, count: slotCount)
    var offsets: [UInt32] = []
    var text: [UInt8] = []
    for (index, name) in names.enumerated() {
      offsets.append(UInt32(text.count))
      let bytes = Array(name.utf8)
      text += bytes
      guard index > 0 else { continue }
      var slot = bytes.withUnsafeBufferPointer { buffer in
        buffer.baseAddress.map { Int(truncatingIfNeeded: hash($0, buffer.count)) } ?? 0
      }
      slot &= slotCount - 1
      while slots[slot] != 0 { slot = (slot + 1) & (slotCount - 1) }
      slots[slot] = UInt16(index)
    }
    offsets.append(UInt32(text.count))
    var out: [UInt8] = []
    for word in [UInt32(names.count), UInt32(slotCount)] + offsets {
      out.append(littleEndian: word)
    }
    for slot in slots { out.append(littleEndian: slot) }
    return out + text
  }
}

extension [UInt8] {
  /// Appends an integer, its lowest byte first.
  package mutating func append<Value: FixedWidthInteger>(littleEndian value: Value) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
