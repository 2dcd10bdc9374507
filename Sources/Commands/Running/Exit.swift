import ArgumentParser

/// The exit codes of the command; see `crest explain exit-codes`.
enum Exit {
  static let findings = ExitCode(1)
  static let someFailed = ExitCode(2)
  static let usage = ExitCode(64)
  static let badData = ExitCode(65)
  static let noInput = ExitCode(66)
  static let unavailable = ExitCode(69)
  static let cannotCreate = ExitCode(73)
  static let inputOutput = ExitCode(74)
  static let limit = ExitCode(75)
  static let interrupted = ExitCode(130)
}
