import ArgumentParser
import CRESTKit

/// What reading gives up at.
struct LimitOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("How deep elements, arrays and objects may be nested.", valueName: "levels"))
  var maxDepth = 200

  @Option(help: ArgumentHelp("How many bytes an input may have.", valueName: "bytes"))
  var maxInputSize = 1 << 30

  @Option(
    help: ArgumentHelp("After how many seconds to begin no further input.", valueName: "seconds"))
  var timeLimit: Int?

  /// When to begin no further input.
  var deadline: ContinuousClock.Instant? {
    timeLimit.map { ContinuousClock.now.advanced(by: .seconds($0)) }
  }

  var limits: ClinicalDocument.Limits {
    ClinicalDocument.Limits(depth: maxDepth, size: maxInputSize)
  }

  func validate() throws {
    guard maxDepth > 0, maxInputSize > 0, timeLimit ?? 1 > 0 else {
      throw ValidationError("limits are above 0")
    }
  }
}
