import ArgumentParser
import ClinicalTree
import CRESTKit

/// The documents of a run that looks at all of them; what cannot be read is told on standard error.
struct Documents {
  private(set) var all: [(source: String, document: ClinicalDocument)] = []
  private var failed: [ExitCode] = []
  private let isSeveral: Bool

  init(_ paths: [String], _ limits: ClinicalDocument.Limits) throws {
    let list = InputList(paths)
    isSeveral = list.inputs.count > 1
    for folder in list.emptyFolders { Console.say("\(folder): no files in this folder") }
    for input in list.inputs {
      if let fault = input.fault {
        Console.say("\(input.source): \(fault)")
        failed.append(Exit.noInput)
        continue
      }
      do {
        let bytes = try Files.read(input.path, limit: limits.size)
        all.append((input.source, try ClinicalDocument(parsing: bytes, limits: limits)))
      } catch let error as ClinicalDocument.ReadingError {
        for issue in error.issues { Console.say(TextReport.line(issue, input.source)) }
        failed.append(error.issues.contains { $0.code.isLimit } ? Exit.limit : Exit.badData)
      } catch Files.ReadError.unreadable(let reason) {
        Console.say("\(input.source): \(reason)")
        failed.append(Exit.noInput)
      } catch {
        Console.say("\(input.source): larger than the limit")
        failed.append(Exit.limit)
      }
    }
  }

  /// Ends with the exit code of what could not be read.
  func finish() throws {
    if let first = failed.first { throw isSeveral ? Exit.someFailed : first }
  }
}
