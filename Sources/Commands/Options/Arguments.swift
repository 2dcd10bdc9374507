public import ArgumentParser
import ClinicalTree
public import CRESTKit

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension ClinicalDocument.Kind: ExpressibleByArgument {}
extension Converter.Options.DocumentKind: ExpressibleByArgument {}

/// The severity from which findings make a run fail.
enum FailLevel: String, ExpressibleByArgument, CaseIterable {
  case error, warning, information, never

  /// Whether an issue counts.
  func counts(_ issue: Issue) -> Bool {
    switch self {
    case .error: issue.severity == .error
    case .warning: issue.severity >= .warning
    case .information: true
    case .never: false
    }
  }
}

/// What becomes of times without an offset: `date`, `document` or an offset such as `-05:00`.
struct TimeZoneArgument: ExpressibleByArgument {
  let policy: Converter.Options.TimeZonePolicy

  init?(argument: String) {
    switch argument {
    case "date": policy = .date
    case "document": policy = .document
    default:
      guard let time = PartialDateTime(fhir: "2000-01-01T00:00:00" + argument),
        let offset = time.offset
      else { return nil }
      policy = .fixed(offset)
    }
  }

  var defaultValueDescription: String { "date" }
}

/// When output has colours.
enum ColorChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, always, never

  /// Whether to colour what goes to a descriptor: terminals get colours, unless NO_COLOR asks for none.
  func isColored(on descriptor: Int32) -> Bool {
    switch self {
    case .always: true
    case .never: false
    case .auto: isatty(descriptor) == 1 && (getenv("NO_COLOR").map { $0.pointee == 0 } ?? true)
    }
  }
}
