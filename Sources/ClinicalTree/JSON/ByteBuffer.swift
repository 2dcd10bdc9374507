/// Bytes that grow at the end, without the checks and copies of an array.
@usableFromInline
package struct ByteBuffer: ~Copyable {
  @usableFromInline var base: UnsafeMutablePointer<UInt8>
  @usableFromInline package var count = 0
  @usableFromInline var capacity: Int

  package init(capacity: Int = 4096) {
    self.capacity = max(capacity, 64)
    base = .allocate(capacity: self.capacity)
  }

  deinit { base.deallocate() }

  /// Makes room for so many further bytes.
  @inlinable
  package mutating func reserve(_ more: Int) {
    if count + more > capacity { grow(more) }
  }

  @usableFromInline
  mutating func grow(_ more: Int) {
    capacity = max(capacity * 2, count + more)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    larger.update(from: base, count: count)
    base.deallocate()
    base = larger
  }

  @inlinable
  package mutating func append(_ byte: UInt8) {
    reserve(1)
    base[count] = byte
    count &+= 1
  }

  @inlinable
  package mutating func append(_ text: Text) { append(text.start, text.count) }

  @inlinable
  package mutating func append(_ start: UnsafePointer<UInt8>, _ length: Int) {
    reserve(length)
    (base + count).update(from: start, count: length)
    count &+= length
  }

  @inlinable
  package mutating func append(_ literal: StaticString) {
    append(literal.utf8Start, literal.utf8CodeUnitCount)
  }

  package mutating func append(_ string: String) {
    var copy = string
    copy.withUTF8 { bytes in
      if let start = bytes.baseAddress { append(start, bytes.count) }
    }
  }

  /// A number that is not negative, in decimal digits.
  package mutating func append(decimal number: Int) {
    reserve(20)
    var rest = number
    var length = 0
    repeat {
      base[count + length] = UInt8(0x30 + rest % 10)
      rest /= 10
      length += 1
    } while rest > 0
    for place in 0..<length / 2 {
      let other = length - 1 - place
      (base[count + place], base[count + other]) = (base[count + other], base[count + place])
    }
    count &+= length
  }

  /// Forgets what was written and keeps the room.
  package mutating func removeAll() { count = 0 }

  /// A copy of what was written.
  package var bytes: [UInt8] { Array(UnsafeBufferPointer(start: base, count: count)) }

  /// What was written, valid until the next change.
  package var text: Text { Text(base, count) }
}
