import ClinicalTree
import Definitions

/// The vital signs profiles of R4, which an Observation follows by its LOINC code, whether it claims
/// them or not (observation-vitalsigns.html).
enum VitalSigns {
  private static let profiles: [String: String] = [
    "85353-1": "vitalspanel", "9279-1": "resprate", "8867-4": "heartrate", "2708-6": "oxygensat",
    "8310-5": "bodytemp", "8302-2": "bodyheight", "9843-4": "headcircum", "29463-7": "bodyweight",
    "39156-5": "bmi", "85354-9": "bp",
  ]

  /// The profile for the code of an Observation; `nil` when it is no vital sign.
  static func profile(of observation: Cursor) -> String? {
    guard let code = observation.property(.code), code.kind == .object else { return nil }
    for coding in code.values(.coding) where coding.kind == .object {
      guard coding.says(.system, "http://loinc.org"), let code = coding.property(.code) else {
        continue
      }
      if let name = profiles[code.text.string] {
        return "http://hl7.org/fhir/StructureDefinition/\(name)"
      }
    }
    return nil
  }
}
