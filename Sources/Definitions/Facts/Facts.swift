import CDefinitions
public import ClinicalTree

/// The embedded facts: typed views of read-only memory, nothing of which is unpacked at start.
@usableFromInline
package struct Facts: @unchecked Sendable {
  // Sound to share: the memory is a constant of the program.
  @usableFromInline let base: UnsafeRawPointer

  /// The facts of this build.
  package static let shared = Facts(base: crest_facts())

  init(base: UnsafeRawPointer) {
    self.base = base
    precondition(
      base.load(as: UInt32.self) == FactsFormat.version,
      "facts.bin has another layout: run generate-definitions")
  }

  /// A section as 16-bit numbers.
  @usableFromInline
  struct Numbers: @unchecked Sendable {
    @usableFromInline let start: UnsafePointer<UInt16>
    @usableFromInline let count: Int

    @usableFromInline
    init(start: UnsafePointer<UInt16>, count: Int) {
      self.start = start
      self.count = count
    }

    @inlinable
    subscript(index: Int) -> Int {
      // Every index stored in the facts was checked when they were written.
      assert(index >= 0 && index < count)
      return Int(start[index])
    }
  }

  func bytes(_ section: FactsFormat.Section) -> (start: UnsafeRawPointer, count: Int) {
    let entry = 4 + section.rawValue * 8
    let offset = base.load(fromByteOffset: entry, as: UInt32.self)
    let count = base.load(fromByteOffset: entry + 4, as: UInt32.self)
    return (base + Int(offset), Int(count))
  }

  func numbers(_ section: FactsFormat.Section) -> Numbers {
    let (start, count) = bytes(section)
    return Numbers(start: start.assumingMemoryBound(to: UInt16.self), count: count / 2)
  }
}

/// The strings of the facts, by number.
package struct FactStrings: @unchecked Sendable {
  private let offsets: UnsafePointer<UInt32>
  private let text: UnsafePointer<UInt8>

  init(_ facts: Facts) {
    let (start, _) = facts.bytes(.strings)
    let count = start.load(as: UInt32.self)
    offsets = (start + 4).assumingMemoryBound(to: UInt32.self)
    text = (start + 4 + (Int(count) + 1) * 4).assumingMemoryBound(to: UInt8.self)
  }

  /// A string; its bytes live as long as the program.
  package subscript(index: Int) -> Text {
    Text(text + Int(offsets[index]), Int(offsets[index + 1] - offsets[index]))
  }
}

extension Facts {
  /// The code system of the guide as JSON; see `Profiles/package/CodeSystem-crest-guide.json`.
  package static var guide: [UInt8] {
    let (start, count) = shared.bytes(.guide)
    return Array(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// The rules of C-CDA's templates, a line each; see ``FactsFormat/Section/templates``.
  package static var templates: Text {
    let (start, count) = shared.bytes(.templates)
    return Text(start.assumingMemoryBound(to: UInt8.self), count)
  }

  /// The units of UCUM as CSV.
  static var ucum: String {
    let (start, count) = shared.bytes(.ucum)
    return String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
  }
}

extension NameTable {
  /// The names of FHIR R4 and CDA R2.
  public static let standard = NameTable(base: Facts.shared.bytes(.names).start)
}

/// A hash table of the facts from a text, with an optional number before it, to an entry.
struct TextSlots: Sendable {
  private let slots: Facts.Numbers

  init(_ slots: Facts.Numbers) { self.slots = slots }

  /// Calls the body with each entry whose place may be that of the key, until it accepts one.
  func find(_ number: Int, _ text: Text, _ accepts: (Int) -> Bool) -> Int? {
    let mask = slots.count - 1
    guard mask > 0 else { return nil }
    var slot = TextSlots.hash(number, text) & mask
    while slots[slot] != 0 {
      let entry = slots[slot] - 1
      if accepts(entry) { return entry }
      slot = (slot + 1) & mask
    }
    return nil
  }

  static func hash(_ number: Int, _ text: Text) -> Int {
    let hash = NameTable.hash(text.start, text.count) ^ UInt64(number) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: (hash ^ hash >> 31) & 0x7FFF_FFFF)
  }
}

extension FactsFormat {
  /// The slots for entries with text keys, as ``TextSlots`` reads them.
  package static func textSlots(_ keys: [(number: Int, text: String)]) -> [UInt16] {
    var size = 16
    while size < keys.count * 2 { size *= 2 }
    var slots = [UInt16](repeating: 0, count: size)
    for (index, key) in keys.enumerated() {
      var text = key.text
      var slot = text.withUTF8 { bytes in
        let start = bytes.baseAddress ?? Text.empty.start
        return TextSlots.hash(key.number, Text(start, bytes.count))
      }
      slot &= size - 1
      while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
      slots[slot] = UInt16(index + 1)
    }
    return slots
  }

  /// The slots for entries with pairs of numbers as keys.
  package static func pairSlots(_ keys: [(Int, Int)]) -> [UInt16] {
    var size = 16
    while size < keys.count * 2 { size *= 2 }
    var slots = [UInt16](repeating: 0, count: size)
    for (index, key) in keys.enumerated() {
      var slot = hash(key.0, key.1) & (size - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
      slots[slot] = UInt16(index + 1)
    }
    return slots
  }
}
