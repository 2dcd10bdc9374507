/// Standard error and standard output, one write a message.
enum Console {
  /// Tells something on standard error.
  static func say(_ text: String) {
    try? Files.write(Array((text + "\n").utf8), to: 2)
  }
}
