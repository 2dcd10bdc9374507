import ArgumentParser

/// Where the bytes of a run go, piece by piece: standard output, or a file that is there as a whole or
/// not at all.
final class ByteSink {
  private let path: String?
  private var part: Files.Part?

  /// Bytes to a file; to standard output if `path` is `nil`.
  init(_ path: String?) throws {
    self.path = path
    part = nil
    if let path {
      part = try ByteSink.told(path) { () throws(Files.WriteError) in try Files.Part(path) }
    }
  }

  func write(_ bytes: [UInt8]) throws {
    try ByteSink.told(path) { () throws(Files.WriteError) in
      if let part { try part.write(bytes) } else { try Files.write(bytes, to: 1) }
    }
  }

  func write(_ text: String) throws { try write(Array(text.utf8)) }

  /// Gives the file its name; without this it disappears.
  func finish() throws {
    try ByteSink.told(path) { () throws(Files.WriteError) in try part?.finish() }
  }

  /// Writes a file or standard output in one piece.
  static func write(_ bytes: [UInt8], to path: String?) throws {
    let sink = try ByteSink(path)
    try sink.write(bytes)
    try sink.finish()
  }

  /// Does what may fail, and tells why it did; a pipe that nobody reads any more is left in silence.
  private static func told<Result>(
    _ path: String?, _ body: () throws(Files.WriteError) -> Result
  ) throws -> Result {
    do {
      return try body()
    } catch {
      switch error {
      case .closed: throw Exit.inputOutput
      case .cannotCreate(let reason):
        Console.say("\(path ?? "standard output"): cannot be created: \(reason)")
        throw Exit.cannotCreate
      case .cannotWrite(let reason):
        Console.say("\(path ?? "standard output"): cannot be written: \(reason)")
        throw Exit.inputOutput
      }
    }
  }
}
