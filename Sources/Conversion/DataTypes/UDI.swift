import ClinicalTree

/// The parts of a unique device identifier as GS1 writes it for people:
/// `(01)00643169007222(17)160128(21)BLC200461H`. What has no brackets is a device identifier alone.
struct UDI {
  var device: String?
  var lot: String?
  var serial: String?
  /// Dates in FHIR's form.
  var made: String?
  var expires: String?

  init(_ text: String) {
    guard text.hasPrefix("(") else {
      device = text.allSatisfy(\.isNumber) ? text : nil
      return
    }
    for part in text.split(separator: "(") {
      guard let end = part.firstIndex(of: ")") else { continue }
      let value = String(part[part.index(after: end)...])
      switch part[..<end] {
      case "01": device = value
      case "10": lot = value
      case "11": made = UDI.date(value)
      case "17": expires = UDI.date(value)
      case "21": serial = value
      default: continue
      }
    }
  }

  /// YYMMDD; devices are of this century. Day 00 is the month as a whole.
  private static func date(_ text: String) -> String? {
    let digits = Array(text)
    guard digits.count == 6, digits.allSatisfy(\.isNumber) else { return nil }
    let month = "20" + String(digits[0..<2]) + "-" + String(digits[2..<4])
    let day = String(digits[4..<6])
    let date = day == "00" ? month : month + "-" + day
    return PartialDateTime(fhir: date) == nil ? nil : date
  }
}
