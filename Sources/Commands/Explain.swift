import ArgumentParser
import ClinicalTree
import Conformance
import Conversion
import CRESTKit
import FHIRFormats
import FHIRModels
import XMLTree

/// `crest explain`: the long text of an issue code.
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Explains an issue code, with the repair; or the exit codes.")

  @Argument(help: "A code such as CDA-0101, or exit-codes.")
  var code: String

  func run() throws {
    if code == "exit-codes" {
      return print(Explain.exitCodes)
    }
    guard let found = Explain.all.first(where: { $0.id == code.uppercased() }) else {
      let known = Explain.all.map(\.id).joined(separator: " ")
      throw ValidationError("there is no code \(code); known are exit-codes \(known)")
    }
    print(
      """
      \(found.id): \(found.title) (\(found.severity.rawValue))

      \(found.explanation)

      Repair: \(found.repair)
      """)
  }

  static let all =
    ClinicalDocument.issueCodes + JSON.issueCodes + XML.issueCodes + FHIRFormats.issueCodes
    + R4.issueCodes + Conversion.issueCodes + Conformance.issueCodes
    + CREST.issueCodes + FileCodes.all

  static let exitCodes = """
      0  ok
      1  findings at or above --fail-on
      2  some inputs could not be converted, others were
     64  usage
     65  an input is not what it claims
     66  an input is missing or unreadable
     69  a feature or package is not available
     70  internal error
     73  an output cannot be created
     74  reading or writing failed
     75  a limit was reached
    130  interrupted
    """
}
