public import ClinicalTree
public import Foundation

/// Where things are that tests need.
public enum Place {
  /// The root of the package.
  public static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The folder of the test material, `nil` when CREST_CORPORA does not name it.
  public static let corpora = ProcessInfo.processInfo.environment["CREST_CORPORA"]
    .map { URL(filePath: $0) }

  /// The files of the test material below a folder, in order; none when there is no material.
  public static func corpus(_ folder: String, _ suffixes: String...) -> [CorpusFile] {
    guard let corpora else { return [] }
    let start = corpora.appending(path: folder)
    let walk = FileManager.default.enumerator(atPath: start.path())
    let names = (walk?.compactMap { $0 as? String } ?? []).filter { name in
      suffixes.isEmpty || suffixes.contains { name.lowercased().hasSuffix($0) }
    }
    return names.sorted().map { CorpusFile(id: folder + "/" + $0, url: start.appending(path: $0)) }
      .filter { !$0.isFolder }
  }

  /// A product of this build, beside the test bundle.
  public static func product(_ name: String) -> URL {
    var folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    for _ in 0..<4
    where !FileManager.default.fileExists(atPath: folder.appending(path: name).path()) {
      folder = folder.deletingLastPathComponent()
    }
    return folder.appending(path: name)
  }
}

/// A file of the test material, named by its place.
public struct CorpusFile: Sendable, Identifiable, CustomStringConvertible {
  /// The place below the folder of the test material.
  public let id: String
  /// Where the file is.
  public let url: URL
  /// The place.
  public var description: String { id }

  /// The name without its folders.
  public var name: String { url.lastPathComponent }

  /// The content.
  public var bytes: [UInt8] { (try? Data(contentsOf: url)).map(Array.init) ?? [] }

  var isFolder: Bool { (try? url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) ?? false }
}

extension String {
  /// The bytes of a fixture.
  public var bytes: [UInt8] { Array(utf8) }
}

extension Issue {
  /// The code and the place of an issue, for comparing.
  public var brief: String {
    "\(code.id)@\(position.map { "\($0.line):\($0.column)" } ?? "-") \(path)"
  }
}

/// What a finished process said.
public struct Finished {
  /// Its exit code.
  public let code: Int32
  /// What it wrote to standard output.
  public let output: [UInt8]
  /// What it wrote to standard error.
  public let messages: String
  /// What it wrote to standard output, as text.
  public var text: String { String(decoding: output, as: UTF8.self) }
}

/// Runs a program to its end.
public func run(
  _ program: URL, _ arguments: [String], input: [UInt8]? = nil, in folder: URL? = nil,
  environment: [String: String] = [:]
) throws -> Finished {
  let process = Process()
  process.executableURL = program
  process.arguments = arguments
  process.currentDirectoryURL = folder
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  let outputs = [Pipe(), Pipe()]
  process.standardOutput = outputs[0]
  process.standardError = outputs[1]
  let source = Pipe()
  process.standardInput = source
  try process.run()
  if let input { try source.fileHandleForWriting.write(contentsOf: input) }
  try source.fileHandleForWriting.close()
  nonisolated(unsafe) var messages = Data()
  let reader = Thread { messages = outputs[1].fileHandleForReading.readDataToEndOfFile() }
  reader.start()
  let output = outputs[0].fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  while !reader.isFinished { Thread.sleep(forTimeInterval: 0.001) }
  return Finished(
    code: process.terminationStatus, output: Array(output),
    messages: String(decoding: messages, as: UTF8.self))
}

/// A folder for the time of a test.
public func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(
    path: "crest-test-" + UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}
