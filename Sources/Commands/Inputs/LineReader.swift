/// Reads a descriptor line by line; no more than a line and a block are in memory.
struct LineReader {
  private let descriptor: Int32
  private let limit: Int
  private var buffer: [UInt8] = []
  private var start = 0
  private var isAtEnd = false
  /// Where the line after the one that was read last begins.
  private(set) var offset = 0

  init(descriptor: Int32, limit: Int) {
    self.descriptor = descriptor
    self.limit = limit
  }

  /// The next line without its line end; `nil` after the last one.
  mutating func next() throws -> [UInt8]? {
    var searched = start
    while true {
      if let end = buffer[searched...].firstIndex(of: 0x0A) {
        defer { advance(to: end + 1) }
        return Array(buffer[start..<end])
      }
      searched = buffer.count
      if isAtEnd {
        guard start < buffer.count else { return nil }
        defer { advance(to: buffer.count) }
        return Array(buffer[start...])
      }
      if buffer.count - start > limit { throw Exit.limit }
      buffer.removeFirst(start)
      searched -= start
      start = 0
      let block = try read()
      isAtEnd = block.isEmpty
      buffer += block
    }
  }

  private mutating func advance(to place: Int) {
    offset += place - start
    start = place
  }

  private func read() throws -> [UInt8] {
    do { return try Files.block(of: descriptor) } catch { throw Exit.inputOutput }
  }
}
