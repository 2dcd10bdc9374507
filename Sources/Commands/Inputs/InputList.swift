/// The files that a run reads, in order, with the names that its outputs get.
struct InputList {
  struct Input: Sendable {
    /// The path to read, `-` for standard input.
    let path: String
    /// The path as it is told: that of a walked folder as given, and the rest.
    let source: String
    /// The path of the output below the output folder, without its extension.
    let relative: String
    /// Whether the file was found in a folder and not named.
    let isFound: Bool
    /// Why the input cannot be read.
    let fault: String?
  }

  private(set) var inputs: [Input] = []
  /// Whether a folder was named, or several inputs.
  private(set) var isSeveral: Bool
  /// Folders in which nothing was found.
  private(set) var emptyFolders: [String] = []

  init(_ paths: [String]) {
    isSeveral = paths.count > 1
    for path in paths {
      if path == "-" {
        add(path, relative: "stdin", isFound: false)
        continue
      }
      switch Files.kind(of: path) {
      case .folder:
        isSeveral = true
        addFolder(path)
      case nil: add(path, relative: InputList.relative(path), isFound: false, fault: "no such file")
      default: add(path, relative: InputList.relative(path), isFound: false)
      }
    }
  }

  private mutating func add(_ path: String, relative: String, isFound: Bool, fault: String? = nil) {
    inputs.append(
      Input(path: path, source: path, relative: relative, isFound: isFound, fault: fault))
  }

  private mutating func addFolder(_ folder: String) {
    do {
      let files = try Files.walk(folder)
      if files.isEmpty { emptyFolders.append(folder) }
      let prefix = folder.hasSuffix("/") ? folder.count : folder.count + 1
      for file in files { add(file, relative: String(file.dropFirst(prefix)), isFound: true) }
    } catch .unreadable(let reason) {
      add(folder, relative: InputList.relative(folder), isFound: false, fault: reason)
    } catch {
      add(folder, relative: InputList.relative(folder), isFound: false, fault: "cannot be read")
    }
  }

  /// A named path as it can stand below an output folder: relative, and not leading out of it.
  private static func relative(_ path: String) -> String {
    let parts = path.split(separator: "/")
    if path.hasPrefix("/") || parts.contains("..") { return String(parts.last ?? "input") }
    return parts.filter { $0 != "." }.joined(separator: "/")
  }

  /// The output paths of all inputs without an extension; with that of the input where two inputs would
  /// have one output.
  func outputNames() -> [String] {
    let short = inputs.map { InputList.withoutExtension($0.relative) }
    var counts: [String: Int] = [:]
    for name in short { counts[name, default: 0] += 1 }
    return zip(inputs, short).map { input, name in counts[name] == 1 ? name : input.relative }
  }

  private static func withoutExtension(_ path: String) -> String {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return path }
    return String(path.dropLast(name.distance(from: dot, to: name.endIndex)))
  }
}
