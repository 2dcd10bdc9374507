import ArgumentParser

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reading and writing of whole files, by the calls of POSIX.
enum Files {
  enum ReadError: Error {
    /// The file does not exist, may not be read, or nobody writes to it.
    case unreadable(String)
    case tooLarge
  }

  enum WriteError: Error {
    case cannotCreate(String)
    case cannotWrite(String)
    /// Nobody reads the pipe any more.
    case closed
  }

  enum Kind {
    case file, folder, other
  }

  private static var reason: String { String(cString: strerror(errno)) }

  /// What a path leads to, links followed; `nil` when it leads nowhere.
  static func kind(of path: String) -> Kind? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: return .folder
    case S_IFREG: return .file
    default: return .other
    }
  }

  private static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  /// The files below a folder, in the order of the bytes of their paths; folders behind links are left
  /// out, so that a walk ends.
  static func walk(_ folder: String) throws(ReadError) -> [String] {
    guard let handle = opendir(folder) else { throw .unreadable(reason) }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: tuple.pointee))
        {
          String(cString: $0)
        }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    var files: [String] = []
    for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
      switch kind(of: path) {
      case .folder where !isLink(path): files += try walk(path)
      case .folder: continue
      default: files.append(path)
      }
    }
    return files
  }

  /// A plain file that is open for reading; closed when it goes.
  final class Descriptor {
    let number: Int32

    /// Fails for what cannot be opened, and for what is no plain file.
    init?(_ path: String) {
      let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
      guard descriptor >= 0 else { return nil }
      var status = stat()
      guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        close(descriptor)
        return nil
      }
      number = descriptor
    }

    deinit { close(number) }
  }

  /// The bytes of a file, or of standard input for `-`.
  ///
  /// A pipe that nobody writes to is not waited for.
  static func read(_ path: String, limit: Int) throws(ReadError) -> [UInt8] {
    if path == "-" { return try read(descriptor: 0, limit: limit, waits: true) }
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(reason) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .unreadable(reason) }
    if status.st_mode & S_IFMT == S_IFREG {
      if Int(status.st_size) > limit { throw .tooLarge }
      return try read(
        descriptor: descriptor, limit: limit, waits: false, expected: Int(status.st_size))
    }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw .unreadable("is a folder") }
    let bytes = try read(descriptor: descriptor, limit: limit, waits: true)
    if bytes.isEmpty { throw .unreadable("nobody writes to it") }
    return bytes
  }

  private static func read(
    descriptor: Int32, limit: Int, waits: Bool, expected: Int = 0
  ) throws(ReadError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(expected + 1)
    var block = [UInt8](repeating: 0, count: max(1 << 16, min(expected + 1, 1 << 24)))
    while true {
      let count = Glibc_read(descriptor, &block)
      if count > 0 {
        if bytes.count + count > limit { throw .tooLarge }
        bytes.append(contentsOf: block[..<count])
      } else if count == 0 {
        return bytes
      } else if errno == EAGAIN && waits {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&ready, 1, -1)
      } else if errno != EINTR {
        throw .unreadable(reason)
      }
    }
  }

  /// What a descriptor gives next; nothing at its end.
  static func block(of descriptor: Int32) throws(ReadError) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc_read(descriptor, &block)
      if count >= 0 { return Array(block[..<count]) }
      if errno == EAGAIN {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&ready, 1, -1)
      } else if errno != EINTR {
        throw .unreadable(reason)
      }
    }
  }

  private static func Glibc_read(_ descriptor: Int32, _ block: inout [UInt8]) -> Int {
    let room = block.count
    return block.withUnsafeMutableBytes { systemRead(descriptor, $0.baseAddress, room) }
  }

  /// Writes all bytes to standard output or standard error.
  static func write(_ bytes: [UInt8], to descriptor: Int32) throws(WriteError) {
    var position = 0
    while position < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        buffer.baseAddress.map { systemWrite(descriptor, $0 + position, bytes.count - position) }
          ?? 0
      }
      if count >= 0 {
        position += count
      } else if errno == EAGAIN {
        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&ready, 1, -1)
      } else if errno == EPIPE {
        throw .closed
      } else if errno != EINTR {
        throw .cannotWrite(reason)
      }
    }
  }

  /// A file that is written piece by piece under another name, and gets its own when it is complete:
  /// readers see the old file or the new one, never a part.
  final class Part {
    private let path: String
    private let hidden: String?
    private var descriptor: Int32

    init(_ path: String) throws(WriteError) {
      self.path = path
      try makeFolders(for: path)
      if kind(of: path) == .other {
        // A device or pipe is written to, not replaced.
        hidden = nil
        descriptor = open(path, O_WRONLY | O_CLOEXEC)
      } else {
        let name = path + ".part-\(getpid())"
        hidden = name
        descriptor = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
      }
      if descriptor < 0 { throw .cannotCreate(reason) }
    }

    deinit { cancel() }

    func write(_ bytes: [UInt8]) throws(WriteError) {
      do {
        try Files.write(bytes, to: descriptor)
      } catch {
        cancel()
        throw error
      }
    }

    /// Closes the file and gives it its name.
    func finish() throws(WriteError) {
      let isClosed = close(descriptor) == 0
      descriptor = -1
      guard let hidden else { return }
      guard isClosed, rename(hidden, path) == 0 else {
        let why = reason
        unlink(hidden)
        throw .cannotWrite(why)
      }
    }

    private func cancel() {
      guard descriptor >= 0 else { return }
      close(descriptor)
      descriptor = -1
      if let hidden { unlink(hidden) }
    }
  }

  /// Makes the folders that a path needs.
  static func makeFolders(for path: String) throws(WriteError) {
    guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return }
    let folder = String(path[..<slash])
    if kind(of: folder) == .folder { return }
    try makeFolders(for: folder)
    if mkdir(folder, 0o777) != 0, errno != EEXIST { throw .cannotCreate(reason) }
    if kind(of: folder) != .folder { throw .cannotCreate("not a folder") }
  }

  /// A closed pipe is an error of the write, not a signal that ends the process.
  static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }
}

#if canImport(Glibc)
  private let systemRead = Glibc.read
  private let systemWrite = Glibc.write
#elseif canImport(Musl)
  private let systemRead = Musl.read
  private let systemWrite = Musl.write
#else
  private let systemRead = Darwin.read
  private let systemWrite = Darwin.write
#endif
