import ClinicalTree

/// The grammar of UCUM, case-sensitive, over the units that health records use.
enum UCUM {
  /// Whether a text is a unit of UCUM: terms of known atoms, with prefixes where they are metric,
  /// exponents, annotations, products and quotients.
  static func isUnit(_ text: Text) -> Bool {
    guard !text.isEmpty, text.bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return false }
    // A number alone is a factor and no unit: senders write codes of other systems there.
    if text.count > 1, text.bytes.allSatisfy(Bytes.isDigit) { return false }
    var parser = Parser(text: Array(text.bytes))
    return parser.term() && parser.position == parser.text.count
  }

  private struct Parser {
    let text: [UInt8]
    var position = 0

    private var next: UInt8? { position < text.count ? text[position] : nil }

    mutating func term() -> Bool {
      if next == UInt8(ascii: "/") { position += 1 }
      guard component() else { return false }
      while next == UInt8(ascii: ".") || next == UInt8(ascii: "/") {
        position += 1
        guard component() else { return false }
      }
      return true
    }

    private mutating func component() -> Bool {
      if next == UInt8(ascii: "(") {
        position += 1
        guard term(), next == UInt8(ascii: ")") else { return false }
        position += 1
        return true
      }
      if next == UInt8(ascii: "{") { return annotation() }
      guard atom() else { return false }
      return next == UInt8(ascii: "{") ? annotation() : true
    }

    private mutating func annotation() -> Bool {
      guard let end = text[position...].firstIndex(of: UInt8(ascii: "}")) else { return false }
      position = end + 1
      return true
    }

    /// A number, or a unit with its prefix and exponent.
    private mutating func atom() -> Bool {
      let start = position
      if text[start...].starts(with: Array("10*".utf8))
        || text[start...].starts(with: Array("10^".utf8))
      {
        position += 3
        return exponent()
      }
      if let byte = next, Bytes.isDigit(byte) {
        while let byte = next, Bytes.isDigit(byte) { position += 1 }
        return true
      }
      var isBracketed = false
      while let byte = next {
        if byte == UInt8(ascii: "[") { isBracketed = true }
        if byte == UInt8(ascii: "]") { isBracketed = false }
        if !isBracketed,
          byte == 0x2E || byte == 0x2F || byte == 0x7B || byte == 0x28 || byte == 0x29
            || byte == 0x2B || byte == 0x2D || Bytes.isDigit(byte)
        {
          break
        }
        position += 1
      }
      let name = String(decoding: text[start..<position], as: UTF8.self)
      guard isAtom(name) else { return false }
      return exponent()
    }

    private mutating func exponent() -> Bool {
      let start = position
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      let digits = position
      while let byte = next, Bytes.isDigit(byte) { position += 1 }
      return position > digits || position == start
    }

    private func isAtom(_ name: String) -> Bool {
      if metric.contains(name) || plain.contains(name) { return true }
      return prefixes.contains { prefix in
        name.hasPrefix(prefix) && metric.contains(String(name.dropFirst(prefix.count)))
      }
    }
  }

  private static let prefixes = [
    "Y", "Z", "E", "P", "T", "G", "M", "k", "h", "da", "d", "c", "m", "u", "n", "p", "f", "a", "z",
    "y",
    "Ki", "Mi", "Gi", "Ti",
  ]

  /// Units that take prefixes.
  private static let metric: Set<String> = [
    "m", "s", "g", "rad", "K", "C", "cd", "mol", "sr", "Hz", "N", "Pa", "J", "W", "A", "V", "F",
    "Ohm",
    "S", "Wb", "Cel", "T", "H", "lm", "lx", "Bq", "Gy", "Sv", "l", "L", "ar", "t", "bar", "u", "eV",
    "eq", "osm", "kat", "U", "[iU]", "[IU]", "cal", "[Cal]", "m[H2O]", "m[Hg]", "g%", "st", "By",
    "bit",
    "Bd", "B", "Np", "B[SPL]", "dyn", "erg", "P", "St", "Ci", "R", "RAD", "REM", "G", "Mx",
  ]

  /// Units that take none.
  private static let plain: Set<String> = [
    "%", "[ppth]", "[ppm]", "[ppb]", "[pptr]", "[pi]", "min", "h", "d", "wk", "mo", "a", "a_t",
    "a_j",
    "a_g", "mo_s", "mo_j", "mo_g", "deg", "'", "''", "gon", "[in_i]", "[ft_i]", "[yd_i]", "[mi_i]",
    "[in_us]", "[ft_us]", "[lb_av]", "[oz_av]", "[gr]", "[ston_av]", "[stone_av]", "[lbf_av]",
    "[gal_us]",
    "[qt_us]", "[pt_us]", "[foz_us]", "[cup_us]", "[tbs_us]", "[tsp_us]", "[tbs_m]", "[tsp_m]",
    "[foz_m]", "[cup_m]", "[drp]", "[degF]", "[degR]", "[HPF]", "[LPF]", "[CFU]", "[PFU]", "[FFU]",
    "[arb'U]", "[USP'U]", "[GPL'U]", "[MPL'U]", "[APL'U]", "[beth'U]", "[anti'Xa'U]", "[todd'U]",
    "[dye'U]", "[AU]", "[BAU]", "[Amb'a'1'U]", "[PNU]", "[Lf]", "[D'ag'U]", "[FEU]", "[ELU]",
    "[EU]",
    "[TCID_50]", "[CCID_50]", "[EID_50]", "[hp_X]", "[hp_C]", "[hp_M]", "[hp_Q]", "[kp_X]",
    "[kp_C]",
    "[pH]", "[diop]", "[p'diop]", "[Ch]", "[knk'U]", "[mclg'U]", "[S]", "[bdsk'U]", "[smoot]",
    "[mesh_i]",
    "[car_m]", "[psi]", "atm", "[PRU]", "[wood'U]", "[MET]", "[hnsf'U]", "[ka'U]", "[tb'U]",
    "[sft_i]",
    "[sin_i]", "[cin_i]", "[cft_i]", "[c]", "[h]", "[k]", "[g]", "att", "[crd_us]",
  ]
}
