#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Ctrl-C and its like: the write in hand is finished, nothing further is begun, and the exit code is
/// 130. A second one ends the process at once.
enum Interruption {
  // Sound without a lock: a signal handler sets it once, everyone else only reads it, and it is the type
  // that C gives out for this.
  nonisolated(unsafe) private static var isSet: sig_atomic_t = 0

  static var hasCome: Bool { isSet != 0 }

  /// Takes over the signals for the time of a run.
  static func listen() {
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        Interruption.isSet = 1
        signal(number, SIG_DFL)
      }
    }
  }
}
