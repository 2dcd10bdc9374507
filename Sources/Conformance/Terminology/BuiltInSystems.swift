import ClinicalTree
import Definitions

/// The code systems that a grammar describes.
enum BuiltInSystems {
  /// Whether a code has the form of its system; `nil` for a system without a grammar.
  static func isValid(_ code: String, of system: String) -> Bool? {
    switch system {
    case "urn:ietf:bcp:47": isLanguage(code)
    // R4 itself writes the formats of FHIR by these names.
    case "urn:ietf:bcp:13": isMediaType(code) || ["xml", "json", "ttl"].contains(code)
    case "urn:iso:std:iso:3166":
      (code.count == 2 || code.count == 3) && code.allSatisfy { $0.isASCII && $0.isUppercase }
        || code.count == 3 && code.allSatisfy(\.isNumber)
    case "urn:iso:std:iso:4217":
      code.count == 3 && code.allSatisfy { $0.isASCII && $0.isUppercase }
    case "http://unitsofmeasure.org": UCUMUnit(code) != nil
    default: nil
    }
  }

  /// BCP 47: a language of two or three letters, then script, region, variants and extensions.
  static func isLanguage(_ tag: String) -> Bool {
    let parts = tag.split(separator: "-", omittingEmptySubsequences: false)
    guard let first = parts.first else { return false }
    func isLetters(_ text: Substring) -> Bool { text.allSatisfy { $0.isASCII && $0.isLetter } }
    let isPrivate = first == "x" || first == "i"
    guard isPrivate || (2...3).contains(first.count) && isLetters(first) else { return false }
    return parts.dropFirst().allSatisfy { part in
      (1...8).contains(part.count) && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    }
  }

  /// BCP 13: a type and a subtype, with parameters.
  static func isMediaType(_ text: String) -> Bool {
    let main = text.prefix { $0 != ";" }
    let parts = main.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 2
      && parts.allSatisfy { part in
        !part.isEmpty
          && part.allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || "!#$&-^_.+ *".contains($0))
          }
      }
  }
}
