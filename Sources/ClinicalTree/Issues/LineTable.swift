/// Turns byte offsets into lines and columns: one pass over the text, then a binary search a question.
///
/// Questions in ascending order about one long line cost one pass over that line together.
package struct LineTable {
  private let starts: [Int]
  private let source: [UInt8]
  private var last = SourcePosition(line: 1, column: 1, offset: 0)

  package init(_ source: [UInt8]) {
    self.source = source
    var starts = [0]
    var index = 0
    while index < source.count {
      // A carriage return ends a line unless a line feed follows, which then does.
      if source[index] == 0x0A
        || source[index] == 0x0D && !(index + 1 < source.count && source[index + 1] == 0x0A)
      {
        starts.append(index + 1)
      }
      index += 1
    }
    self.starts = starts
  }

  /// The place of a byte; one past the end is allowed.
  package mutating func position(of offset: Int) -> SourcePosition {
    let offset = min(max(offset, 0), source.count)
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= offset { low = middle } else { high = middle }
    }
    let goesOn = last.line == low + 1 && last.offset <= offset
    let known = goesOn ? last : SourcePosition(line: low + 1, column: 1, offset: starts[low])
    let column = source[known.offset..<offset].reduce(known.column) {
      $1 & 0xC0 == 0x80 ? $0 : $0 + 1
    }
    last = SourcePosition(line: low + 1, column: column, offset: offset)
    return last
  }

  /// The text of a line without its end, for showing it beside a finding.
  package func text(ofLine line: Int) -> Substring {
    guard line >= 1, line <= starts.count else { return "" }
    let end = line < starts.count ? starts[line] : source.count
    let bytes = source[starts[line - 1]..<end].prefix { $0 != 0x0A && $0 != 0x0D }
    return Substring(decoding: bytes, as: UTF8.self)
  }
}
