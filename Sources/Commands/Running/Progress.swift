import ArgumentParser

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Tells on standard error how far a long run has come: files, bytes, bytes a second, what is left.
struct Progress {
  enum Style: String, ExpressibleByArgument, CaseIterable {
    case auto, plain, json, off
  }

  private let style: Style
  private let total: Int
  private let start = ContinuousClock.now
  private var last: ContinuousClock.Instant
  private var files = 0
  private var bytes = 0
  private var hasSpoken = false

  /// The progress of a run over `total` inputs.
  init(_ style: Style, total: Int) {
    // On a terminal one line tells and is written over; elsewhere nobody asked.
    let automatic: Style = isatty(2) == 1 && total > 1 ? .plain : .off
    self.style = style == .auto ? automatic : style
    self.total = total
    last = start
  }

  /// Notes a finished input.
  mutating func advance(bytes count: Int) {
    files += 1
    bytes += count
    guard style != .off else { return }
    let now = ContinuousClock.now
    guard now - last > .milliseconds(500) else { return }
    last = now
    tell(now)
  }

  /// Says the last word, if there was a first one.
  mutating func finish() {
    guard hasSpoken || style == .json else { return }
    tell(ContinuousClock.now)
    if style == .plain, isatty(2) == 1 { write("\n") }
  }

  private mutating func tell(_ now: ContinuousClock.Instant) {
    hasSpoken = true
    let passed = start.duration(to: now)
    let seconds = Double(passed.components.seconds) + Double(passed.components.attoseconds) / 1e18
    let rate = seconds > 0 ? Double(bytes) / seconds : 0
    let left = files > 0 ? seconds / Double(files) * Double(total - files) : 0
    if style == .json {
      write(
        "{\"files\":\(files),\"of\":\(total),\"bytes\":\(bytes),\"bytesPerSecond\":\(Int(rate)),\"secondsLeft\":\(Int(left))}\n"
      )
    } else {
      let line =
        "\(files) of \(total) files, \(bytes / 1_000_000) MB, \(Int(rate / 1_000_000)) MB/s, \(Int(left)) s left"
      write(isatty(2) == 1 ? "\r\u{1B}[K" + line : line + "\n")
    }
  }

  private func write(_ text: String) { try? Files.write(Array(text.utf8), to: 2) }
}
