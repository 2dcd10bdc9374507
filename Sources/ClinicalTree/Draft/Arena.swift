/// Memory for texts that are made while something is built; all of it is freed at once.
package final class Arena {
  private var blocks: [UnsafeMutablePointer<UInt8>] = []
  private var free: UnsafeMutablePointer<UInt8>
  private var room: Int
  private static let blockSize = 1 << 16

  package init() {
    free = .allocate(capacity: Arena.blockSize)
    room = Arena.blockSize
    blocks.append(free)
  }

  deinit {
    for block in blocks { block.deallocate() }
  }

  /// A copy of a text that lives as long as the arena.
  package func copy(_ text: Text) -> Text {
    let start = allocate(text.count)
    start.update(from: text.start, count: text.count)
    return Text(start, text.count)
  }

  /// A copy of a string that lives as long as the arena.
  package func copy(_ string: String) -> Text {
    var string = string
    return string.withUTF8 { bytes in
      bytes.baseAddress.map { copy(Text($0, bytes.count)) } ?? .empty
    }
  }

  /// The texts of a list, one after the other.
  package func join(_ texts: Text...) -> Text {
    let count = texts.reduce(0) { $0 + $1.count }
    let start = allocate(count)
    var position = 0
    for text in texts {
      (start + position).update(from: text.start, count: text.count)
      position += text.count
    }
    return Text(start, count)
  }

  private func allocate(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    if count > room {
      let size = max(count, Arena.blockSize)
      let block = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
      blocks.append(block)
      // What is left of a block is given up, unless the new one is filled by this one request.
      if size > Arena.blockSize { return block }
      free = block
      room = size
    }
    let start = free
    free += count
    room -= count
    return start
  }
}
