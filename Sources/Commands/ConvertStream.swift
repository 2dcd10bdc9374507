import ArgumentParser
import CRESTKit
import ClinicalTree

/// `crest convert --stream`: a filter that an engine can run a partition through.
///
/// One line in, one line out, in the same order, with constant memory. A line that does not convert is
/// told in the error channel and leaves the exit code alone.
struct StreamRun {
  private let command: Convert
  private let converter: Converter
  private let errors: ErrorChannel
  private let ledger: ByteSink?
  private var line = 0
  private var offset = 0

  init(command: Convert) throws {
    self.command = command
    converter = Converter(options: try command.options())
    errors = try ErrorChannel(command.errors)
    ledger = try command.ledger.map { try ByteSink($0) }
  }

  mutating func go() throws {
    Interruption.listen()
    var reader = LineReader(descriptor: 0, limit: command.limitOptions.maxInputSize)
    while let bytes = try reader.next() {
      if Interruption.hasCome { throw Exit.interrupted }
      line += 1
      if !bytes.allSatisfy(Bytes.isSpace) { try convert(bytes) }
      offset = reader.offset
    }
    try ledger?.finish()
    try errors.finish()
  }

  private func convert(_ bytes: [UInt8]) throws {
    var key: String?
    do {
      let document = try read(bytes, &key)
      let target = command.target(of: document)
      let output = try converter.convert(document, to: target)
      try Files.write(target == .ccda ? line(output.data, key) : output.data, to: 1)
      if let ledger, let lines = output.ledger {
        try ledger.write(lines.ndjson(source: key ?? "line \(line)"))
      }
    } catch let error as ClinicalDocument.ReadingError {
      try fail(error.issues, key)
    } catch Converter.ConversionError.unavailable(let source, let target) {
      try fail([.unavailable(source, target)], key)
    } catch Converter.ConversionError.notARecord(let issues),
      Converter.ConversionError.notOnePatient(let issues)
    {
      try fail(issues, key)
    } catch is Files.WriteError {
      throw Exit.inputOutput
    }
  }

  /// C-CDA as a line: an object with the document as `doc`, as lines of input hold it.
  private func line(_ xml: [UInt8], _ key: String?) -> [UInt8] {
    let line = JSONText.object([
      ("id", key.map(JSONText.string)),
      ("doc", JSONText.string(String(decoding: xml, as: UTF8.self))),
    ])
    return Array((line + "\n").utf8)
  }

  /// The document of a line: the line itself, or what its member `doc` holds.
  private func read(_ bytes: [UInt8], _ key: inout String?) throws -> ClinicalDocument {
    let limits = command.limitOptions.limits
    let wrapper = try? Tree.json(bytes, names: .empty).tree.root
    key = wrapper?["id"].first?.value
    guard let text = wrapper?["doc"].first?.value else {
      return try ClinicalDocument(parsing: bytes, as: command.from, limits: limits)
    }
    let isText = text.utf8.first { !Bytes.isSpace($0) } == UInt8(ascii: "<")
    let content = isText ? Array(text.utf8) : Base64.bytes(text) ?? []
    return try ClinicalDocument(parsing: content, as: command.from, limits: limits)
  }

  private func fail(_ issues: [Issue], _ key: String?) throws {
    try errors.tell(issues, line: line, offset: offset, key: key)
    guard command.keepSlots else { return }
    let stub = JSONText.object([
      ("id", key.map(JSONText.string)),
      ("error", JSONText.string(issues.first?.code.id ?? "FILE-0001")),
    ])
    do { try Files.write(Array((stub + "\n").utf8), to: 1) } catch { throw Exit.inputOutput }
  }
}

/// Where `--stream` tells of lines that do not convert: a file, a descriptor, or standard error.
private struct ErrorChannel {
  private let sink: ByteSink?
  private let descriptor: Int32

  init(_ argument: String?) throws {
    guard let argument else {
      (sink, descriptor) = (nil, 2)
      return
    }
    if argument.hasPrefix("fd:") {
      guard let number = Int32(argument.dropFirst(3)), number >= 0 else {
        throw ValidationError("--errors fd:N names a descriptor by its number")
      }
      (sink, descriptor) = (nil, number)
    } else {
      (sink, descriptor) = (try ByteSink(argument), -1)
    }
  }

  func tell(_ issues: [Issue], line: Int, offset: Int, key: String?) throws {
    let place = "line \(line), byte \(offset)" + (key.map { ", id \($0)" } ?? "")
    let text = OutcomeReport.outcome(
      InputReport(source: place, issues: issues), diagnostics: place)
    let bytes = Array((text + "\n").utf8)
    if let sink { return try sink.write(bytes) }
    do { try Files.write(bytes, to: descriptor) } catch { throw Exit.inputOutput }
  }

  func finish() throws { try sink?.finish() }
}

/// Base64 of texts that travel in JSON (RFC 4648, section 4).
private enum Base64 {
  /// The bytes that a text stands for; white space is passed over, `nil` for what is no base64.
  static func bytes(_ text: String) -> [UInt8]? {
    var out: [UInt8] = []
    var bits = 0
    var count = 0
    for byte in text.utf8 where !Bytes.isSpace(byte) && byte != UInt8(ascii: "=") {
      let value: Int
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = Int(byte) - 65
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = Int(byte) - 71
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = Int(byte) + 4
      case UInt8(ascii: "+"): value = 62
      case UInt8(ascii: "/"): value = 63
      default: return nil
      }
      bits = bits << 6 | value
      count += 6
      if count >= 8 {
        count -= 8
        out.append(UInt8(bits >> count & 0xFF))
      }
    }
    return out
  }
}
