/// FHIR R4: resources, data types and primitives as values.
///
/// Every type is a struct or an enum, `Codable`, `Sendable` and `Hashable`. The types in `Generated/` are
/// shapes only: stored properties, and one `visit` that names them; reading, writing and comparing are
/// written once over that.
///
/// ```swift
/// var patient = R4.Patient()
/// patient.name = [R4.HumanName()]
/// patient.name[0].family = "Ekholm"
/// let bytes = patient.json()
/// ```
///
/// Reading and writing by ``R4/Structure/init(json:)`` and ``R4/Structure/json()`` keeps everything, the
/// digits of decimals among it. Foundation's coders carry what Foundation can: `1.10` becomes `1.1`, and
/// members come in the order in which the encoder writes them.
public enum R4 {
  /// The argument of initialisers that reading uses; nobody else can make one.
  public struct Empty: Sendable {
    package init() {}
  }
}
