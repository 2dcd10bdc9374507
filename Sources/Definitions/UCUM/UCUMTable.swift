import ClinicalTree

/// The units of UCUM 2.2, from the embedded table, read when the first unit is asked for.
struct UCUMTable: Sendable {
  static let shared = UCUMTable(Facts.ucum)

  private let units: [String: UCUMUnit]
  private let metric: Set<String>

  private static let prefixes: [(name: String, value: Double)] = [
    ("Y", 1e24), ("Z", 1e21), ("E", 1e18), ("P", 1e15), ("T", 1e12), ("G", 1e9), ("M", 1e6),
    ("k", 1e3), ("h", 1e2), ("da", 1e1), ("d", 1e-1), ("c", 1e-2), ("m", 1e-3), ("u", 1e-6),
    ("n", 1e-9), ("p", 1e-12), ("f", 1e-15), ("a", 1e-18), ("z", 1e-21), ("y", 1e-24),
    ("Ki", 1024), ("Mi", 1_048_576), ("Gi", 1_073_741_824), ("Ti", 1_099_511_627_776),
  ]

  /// The unit of an atom with or without a prefix.
  func unit(_ name: String) -> UCUMUnit? { UCUMTable.find(name, units, metric) }

  private static func find(
    _ name: String, _ units: [String: UCUMUnit], _ metric: Set<String>
  ) -> UCUMUnit? {
    if let unit = units[name] { return unit }
    for (prefix, value) in prefixes where name.hasPrefix(prefix) {
      let rest = String(name.dropFirst(prefix.count))
      if metric.contains(rest), var unit = units[rest] {
        unit.factor *= value
        unit.shift /= value
        return unit
      }
    }
    return nil
  }

  /// Reads rows of code, whether the unit is metric, its kind, and its value in another unit.
  private init(_ csv: String) {
    var rows: [String: (kind: Substring, value: Double, unit: String)] = [:]
    var metric: Set<String> = []
    for line in csv.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      guard fields.count == 5 else { continue }
      rows[String(fields[0])] = (fields[2], Double(fields[3]) ?? 1, String(fields[4]))
      if fields[1] == "yes" { metric.insert(String(fields[0])) }
    }
    var resolver = Resolver(rows: rows, metric: metric)
    for name in rows.keys { _ = resolver.unit(name) }
    units = resolver.units
    self.metric = metric
  }

  /// Resolves the definitions, each of which names other units of the table.
  private struct Resolver {
    let rows: [String: (kind: Substring, value: Double, unit: String)]
    let metric: Set<String>
    var units: [String: UCUMUnit] = [:]
    private static let offsets = ["Cel": 273.15, "[degF]": 459.67]

    init(rows: [String: (kind: Substring, value: Double, unit: String)], metric: Set<String>) {
      self.rows = rows
      self.metric = metric
    }

    mutating func unit(_ name: String) -> UCUMUnit? {
      if let known = units[name] { return known }
      guard let row = rows[name] else { return nil }
      let unit: UCUMUnit
      switch row.kind {
      case "plain":
        guard let definition = definition(row.unit) else { return nil }
        unit = UCUMUnit(
          factor: definition.factor * row.value, dimension: definition.dimension)
      case "special" where Resolver.offsets[name] != nil:
        var scale = UCUMUnit(factor: name == "Cel" ? 1 : 5.0 / 9, dimension: ["K": 1])
        scale.shift = Resolver.offsets[name] ?? 0
        unit = scale
      default:
        // Base units, arbitrary units, and scales that no factor converts.
        unit = UCUMUnit(factor: 1, dimension: [name: 1])
      }
      units[name] = unit
      return unit
    }

    /// The value of a definition such as `kg.m/s2` or `/[pi].A/m`.
    private mutating func definition(_ text: String) -> UCUMUnit? {
      // Every atom must be known before the parser asks the table for it.
      var result = UCUMUnit(factor: 1)
      var divides = false
      for part in Resolver.parts(of: text) {
        switch part {
        case ".": divides = false
        case "/": divides = true
        default:
          guard let value = component(part) else { return nil }
          result = result * (divides ? value.raised(to: -1) : value)
        }
      }
      return result
    }

    private mutating func component(_ text: String) -> UCUMUnit? {
      if let number = Double(text) { return UCUMUnit(factor: number) }
      var digits = text.reversed().prefix { $0.isNumber || $0 == "-" || $0 == "+" }.count
      if text.hasSuffix("]") || text == "10*" || text == "10^" { digits = 0 }
      let name = String(text.dropLast(digits))
      let power = digits == 0 ? 1 : Int(text.suffix(digits)) ?? 1
      if unit(name) == nil {
        for (prefix, _) in UCUMTable.prefixes where name.hasPrefix(prefix) {
          let rest = String(name.dropFirst(prefix.count))
          if metric.contains(rest), unit(rest) != nil { break }
        }
      }
      return UCUMTable.find(name, units, metric)?.raised(to: power)
    }

    /// The atoms of a definition and the operators between them; brackets are opaque.
    private static func parts(of text: String) -> [String] {
      var parts: [String] = []
      var current = ""
      var isBracketed = false
      for character in text {
        if character == "[" { isBracketed = true }
        if character == "]" { isBracketed = false }
        if !isBracketed,
          character == "." || character == "/" || character == "("
            || character == ")"
        {
          if !current.isEmpty { parts.append(current) }
          current = ""
          if character == "." || character == "/" { parts.append(String(character)) }
        } else {
          current.append(character)
        }
      }
      return current.isEmpty ? parts : parts + [current]
    }
  }
}
