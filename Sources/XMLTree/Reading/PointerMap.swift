/// Numbers by address, for names that a dictionary of C has interned already.
struct PointerMap {
  private var keys: [UnsafeRawPointer?] = Array(repeating: nil, count: 512)
  private var values: [UInt32] = Array(repeating: 0, count: 512)
  private var count = 0

  @inline(__always)
  private func slot(_ key: UnsafeRawPointer) -> Int {
    let bits = UInt(bitPattern: key)
    return Int(truncatingIfNeeded: ((bits >> 1) &* 0x9E37_79B9_7F4A_7C15) >> 32) & (keys.count - 1)
  }

  @inline(__always)
  subscript(key: UnsafeRawPointer) -> UInt32? {
    var index = slot(key)
    while let found = keys[index] {
      if found == key { return values[index] }
      index = (index + 1) & (keys.count - 1)
    }
    return nil
  }

  mutating func insert(_ key: UnsafeRawPointer, _ value: UInt32) {
    if count * 2 > keys.count {
      let old = zip(keys, values).compactMap { key, value in key.map { ($0, value) } }
      keys = Array(repeating: nil, count: keys.count * 2)
      values = Array(repeating: 0, count: keys.count)
      count = 0
      for (key, value) in old { insert(key, value) }
    }
    var index = slot(key)
    while keys[index] != nil { index = (index + 1) & (keys.count - 1) }
    keys[index] = key
    values[index] = value
    count += 1
  }
}
