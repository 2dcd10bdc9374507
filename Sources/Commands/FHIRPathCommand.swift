import ArgumentParser
import ClinicalTree
import CRESTKit
import FHIRPath
import XMLTree

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// `crest fhirpath`.
struct FHIRPathCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fhirpath",
    abstract: "Evaluates a FHIRPath expression on a FHIR or CDA document.",
    discussion: """
      Prints a value a line, or with --format json an array of types and values. Exit code 64: the
      expression does not parse, or with --strict does not fit the types of the document; 65: the
      evaluation failed.
      """)

  /// How the values are written.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @Option(help: "How to write: text or json.")
  var format = Format.text

  @Flag(help: "Check the expression against the types of R4 before it is evaluated.")
  var strict = false

  @Option(help: ArgumentHelp("The moment that now() stands for.", valueName: "instant"))
  var now: String?

  @OptionGroup var limitOptions: LimitOptions

  @Argument(help: "The expression.")
  var expression: String

  @Argument(help: "A document, or - for standard input.")
  var input: String?

  func run() throws {
    let document = try input.map(read)
    do {
      let compiled = try FHIRPathExpression(expression)
      if strict {
        let faults = compiled.faults(on: type(of: document))
        for fault in faults { Console.say(FHIRPathCommand.line(fault)) }
        if !faults.isEmpty { throw Exit.usage }
      }
      let environment = FHIRPathExpression.Environment(now: now ?? FHIRPathCommand.clock) {
        name, values in
        Console.say("\(name): \(values.map(FHIRPathCommand.json).joined(separator: ", "))")
      }
      let values = try compiled.evaluate(on: document?.tree, environment)
      write(values)
    } catch let error as FHIRPathError {
      Console.say(FHIRPathCommand.line(error))
      switch error.code {
      case .syntax: throw Exit.usage
      case .limit: throw Exit.limit
      default: throw Exit.badData
      }
    }
  }

  private func read(_ path: String) throws -> ClinicalDocument {
    do {
      let bytes = try Files.read(path, limit: limitOptions.maxInputSize)
      return try ClinicalDocument(parsing: bytes, limits: limitOptions.limits)
    } catch let error as Files.ReadError {
      switch error {
      case .tooLarge:
        Console.say("\(path): more bytes than the limit")
        throw Exit.limit
      case .unreadable(let reason):
        Console.say("\(path): \(reason)")
        throw Exit.noInput
      }
    } catch let error as ClinicalDocument.ReadingError {
      for issue in error.issues { Console.say(TextReport.line(issue, path)) }
      throw error.issues.contains { $0.code.isLimit } ? Exit.limit : Exit.badData
    }
  }

  private func type(of document: ClinicalDocument?) -> String {
    guard let document, document.kind != .ccda else { return "" }
    return document.tree.root["resourceType"].first?.value ?? ""
  }

  private func write(_ values: [FHIRPathValue]) {
    switch format {
    case .text:
      for value in values { print(FHIRPathCommand.text(value)) }
    case .json:
      print(
        JSONText.array(
          values.map {
            JSONText.object([
              ("type", JSONText.string($0.type)), ("value", FHIRPathCommand.json($0)),
            ])
          }))
    }
  }

  private static func line(_ fault: FHIRPathError) -> String {
    "expression:\(fault.offset + 1): error \(fault.code.rawValue): \(fault.message)"
  }

  /// A value as a person reads it.
  static func text(_ value: FHIRPathValue) -> String {
    switch value.scalar {
    case .text(let text)?: TextReport.printable(text)
    case .quantity(let number, let unit)?: "\(number) '\(TextReport.printable(unit))'"
    default: json(value)
    }
  }

  static func json(_ value: FHIRPathValue) -> String {
    switch value.scalar {
    case .boolean(let value)?: return value ? "true" : "false"
    case .number(let digits)?: return digits
    case .text(let text)?: return JSONText.string(text)
    case .quantity(let number, let unit)?:
      return JSONText.object([("value", number), ("unit", JSONText.string(unit))])
    case nil: break
    }
    guard let element = value.element else { return "null" }
    return element.isXML ? JSONText.string(element.xmlText) : element.jsonText
  }

  /// The clock of the machine, in UTC.
  private static var clock: String {
    var seconds = time(nil)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }
    return "\(1900 + parts.tm_year)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
      + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)).000Z"
  }
}
