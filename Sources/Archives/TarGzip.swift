import CZlib

/// Reads a tar archive that is compressed with gzip, in memory: nothing is ever written to a disk, so
/// names that lead elsewhere do no harm.
package enum TarGzip {
  /// Why an archive could not be read.
  package enum ReadingError: Error, Sendable {
    case notGzip
    case notTar
    /// More bytes or files than the limits allow.
    case tooLarge
  }

  /// What reading gives up at.
  package struct Limits: Sendable {
    /// How many bytes an archive may have when it is unpacked.
    package var size = 1 << 29
    /// How many files it may hold.
    package var files = 100_000

    package init() {}
  }

  /// The plain files of the archive by name; everything else in it is left out. Linear in the size of
  /// what is unpacked.
  package static func files(
    in archive: [UInt8], limits: Limits = Limits()
  ) throws(ReadingError) -> [String: ArraySlice<UInt8>] {
    let tar = try inflated(archive, limit: limits.size)
    var files: [String: ArraySlice<UInt8>] = [:]
    var position = 0
    while position + 512 <= tar.count, tar[position] != 0 {
      let header = tar[position..<position + 512]
      func text(_ offset: Int, _ length: Int) -> String {
        let start = header.startIndex + offset
        return String(decoding: header[start..<start + length].prefix { $0 != 0 }, as: UTF8.self)
      }
      guard let size = Int(text(124, 12).filter(\.isNumber), radix: 8) else {
        throw ReadingError.notTar
      }
      let content = position + 512
      guard size <= tar.count - content else { throw ReadingError.notTar }
      if text(156, 1) == "0" || text(156, 1).isEmpty {
        let prefix = text(345, 155)
        files[prefix.isEmpty ? text(0, 100) : prefix + "/" + text(0, 100)] =
          tar[content..<content + size]
        guard files.count <= limits.files else { throw ReadingError.tooLarge }
      }
      position = content + (size + 511) / 512 * 512
    }
    return files
  }

  private static func inflated(
    _ archive: [UInt8], limit: Int
  ) throws(ReadingError) -> [UInt8] {
    var stream = z_stream()
    // 15 bits of window, and 16 to expect a gzip header.
    guard crest_inflateInit2(&stream, 15 + 16) == Z_OK else { throw ReadingError.notGzip }
    defer { inflateEnd(&stream) }
    var out: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 20)
    var input = archive
    var failure: ReadingError?
    input.withUnsafeMutableBufferPointer { input in
      stream.next_in = input.baseAddress
      stream.avail_in = UInt32(input.count)
      var status = Z_OK
      while status != Z_STREAM_END {
        let room = UInt32(block.count)
        let made = block.withUnsafeMutableBufferPointer { block in
          stream.next_out = block.baseAddress
          stream.avail_out = room
          status = inflate(&stream, Z_NO_FLUSH)
          return Int(room - stream.avail_out)
        }
        out += block[..<made]
        guard status == Z_OK || status == Z_STREAM_END, made > 0 || status == Z_STREAM_END else {
          failure = .notGzip
          return
        }
        guard out.count <= limit else {
          failure = .tooLarge
          return
        }
      }
    }
    if let failure { throw failure }
    return out
  }
}
