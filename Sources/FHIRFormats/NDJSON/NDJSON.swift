import ClinicalTree

/// Newline-delimited JSON: one resource a line.
package enum NDJSON {
  /// A line that is not blank.
  package struct Line: Sendable {
    /// The number of the line, from 1.
    package let number: Int
    /// Bytes before the line.
    package let offset: Int
    package let bytes: ArraySlice<UInt8>
  }

  /// The lines of a text that are not blank; a missing last line end does no harm.
  package static func lines(of source: [UInt8]) -> [Line] {
    var lines: [Line] = []
    var start = 0
    var number = 1
    while start < source.count {
      let end = source[start...].firstIndex(of: 0x0A) ?? source.count
      let line = source[start..<end]
      if !line.allSatisfy(Bytes.isSpace) {
        lines.append(Line(number: number, offset: start, bytes: line))
      }
      start = end + 1
      number += 1
    }
    return lines
  }
}
