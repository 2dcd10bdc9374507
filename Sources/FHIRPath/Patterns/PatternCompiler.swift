import ClinicalTree

/// Turns the text of a pattern into instructions.
struct PatternCompiler {
  private let text: [Unicode.Scalar]
  private var position = 0
  private var depth = 0
  private(set) var instructions: [Pattern.Instruction] = []
  private(set) var sets: [ScalarSet] = []
  private(set) var groupCount = 1
  private(set) var isMultiline = false
  private var ignoresCase = false

  /// How many instructions a pattern may have, repetitions written out.
  private static let limit = 20_000

  init(_ text: String) throws(Pattern.Fault) {
    self.text = Array(text.unicodeScalars)
    try flags()
  }

  mutating func run() throws(Pattern.Fault) {
    instructions.append(.save(0))
    try alternatives()
    guard position == text.count else { throw Pattern.Fault(message: "a ) without its (") }
    instructions.append(.save(1))
    instructions.append(.match)
  }

  private var next: Unicode.Scalar? { position < text.count ? text[position] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    position += 1
    return true
  }

  /// `(?i)` and the like at the beginning.
  private mutating func flags() throws(Pattern.Fault) {
    guard text.starts(with: ["(", "?"]), let end = text.firstIndex(of: ")"), end > 2,
      text[2..<end].allSatisfy({ "imsux".unicodeScalars.contains($0) })
    else { return }
    ignoresCase = text[2..<end].contains("i")
    isMultiline = text[2..<end].contains("m")
    position = end + 1
  }

  private mutating func alternatives() throws(Pattern.Fault) {
    depth += 1
    defer { depth -= 1 }
    guard depth < 100 else { throw Pattern.Fault(message: "groups nested too deep") }
    let start = instructions.count
    try sequence()
    var ends: [Int] = []
    var begin = start
    while take("|") {
      // Everything since the beginning of this alternative moves behind a split.
      insert(.split(begin + 1, instructions.count + 2), at: begin)
      ends.append(instructions.count)
      instructions.append(.jump(0))
      begin = instructions.count
      try sequence()
    }
    for end in ends { instructions[end] = .jump(instructions.count) }
  }

  /// Puts an instruction before others, whose targets move along.
  private mutating func insert(_ instruction: Pattern.Instruction, at place: Int) {
    func moved(_ target: Int) -> Int { target >= place ? target + 1 : target }
    for index in place..<instructions.count {
      switch instructions[index] {
      case .jump(let target): instructions[index] = .jump(moved(target))
      case .split(let a, let b): instructions[index] = .split(moved(a), moved(b))
      default: break
      }
    }
    instructions.insert(instruction, at: place)
  }

  private mutating func sequence() throws(Pattern.Fault) {
    while let scalar = next, scalar != "|", scalar != ")" {
      let start = instructions.count
      try atom()
      try repetition(of: start)
      guard instructions.count < PatternCompiler.limit else {
        throw Pattern.Fault(message: "a pattern that is too large")
      }
    }
  }

  // MARK: Repetition

  private mutating func repetition(of start: Int) throws(Pattern.Fault) {
    while let scalar = next {
      var least = 0
      var most: Int? = nil
      switch scalar {
      case "*": break
      case "+": least = 1
      case "?": most = 1
      case "{":
        guard let bounds = bounds() else { return }
        (least, most) = bounds
      default: return
      }
      position += 1
      let isLazy = take("?")
      // Possessive repetition differs from greedy repetition in what it fails on only.
      if !isLazy { _ = take("+") }
      try repeated(from: start, least, most, isLazy)
    }
  }

  /// The numbers of `{2}`, `{2,}` or `{2,5}`; leaves the position at the closing brace.
  private mutating func bounds() -> (Int, Int?)? {
    guard let end = text[position...].firstIndex(of: "}") else { return nil }
    let inner = String(String.UnicodeScalarView(text[position + 1..<end]))
    let parts = inner.split(separator: ",", omittingEmptySubsequences: false)
    guard let low = Int(parts[0]), parts.count <= 2 else { return nil }
    position = end
    if parts.count == 1 { return (low, low) }
    return (low, parts[1].isEmpty ? nil : Int(parts[1]))
  }

  private mutating func repeated(
    from start: Int, _ least: Int, _ most: Int?, _ isLazy: Bool
  ) throws(Pattern.Fault) {
    let body = Array(instructions[start...])
    let copies = max(most ?? least + 1, 1)
    guard body.count * copies < PatternCompiler.limit, (most ?? least) >= least else {
      throw Pattern.Fault(message: "a repetition that is too large")
    }
    instructions.removeSubrange(start...)
    func choice(_ here: Int, _ there: Int) -> Pattern.Instruction {
      isLazy ? .split(there, here) : .split(here, there)
    }
    for _ in 0..<least { append(body, from: start) }
    if let most {
      var exits: [Int] = []
      for _ in least..<max(most, least) {
        exits.append(instructions.count)
        instructions.append(.jump(0))
        append(body, from: start)
      }
      for exit in exits { instructions[exit] = choice(exit + 1, instructions.count) }
    } else {
      let loop = instructions.count
      instructions.append(.jump(0))
      append(body, from: start)
      instructions.append(.jump(loop))
      instructions[loop] = choice(loop + 1, instructions.count)
    }
  }

  /// Another copy of instructions that began at `start`.
  private mutating func append(_ body: [Pattern.Instruction], from start: Int) {
    let shift = instructions.count - start
    for instruction in body {
      switch instruction {
      case .jump(let target): instructions.append(.jump(target + shift))
      case .split(let a, let b): instructions.append(.split(a + shift, b + shift))
      default: instructions.append(instruction)
      }
    }
  }

  // MARK: Atoms

  private mutating func atom() throws(Pattern.Fault) {
    guard let scalar = next else { return }
    position += 1
    switch scalar {
    case ".": instructions.append(.any)
    case "^": instructions.append(.assert(.start))
    case "$": instructions.append(.assert(.end))
    case "(": try group()
    case "[": add(try set())
    case "\\": try escape()
    case "*", "+", "?": throw Pattern.Fault(message: "nothing to repeat")
    default: literal(scalar)
    }
  }

  private mutating func literal(_ scalar: Unicode.Scalar) {
    guard ignoresCase, scalar.properties.isCased else {
      return instructions.append(.scalar(scalar))
    }
    add(ScalarSet(ranges: [scalar.value...scalar.value]))
  }

  private mutating func add(_ set: ScalarSet) {
    var set = set
    set.ignoresCase = ignoresCase
    instructions.append(.set(sets.count))
    sets.append(set)
  }

  private mutating func group() throws(Pattern.Fault) {
    var number: Int?
    if take("?") {
      if take("<"), next != "=", next != "!" {
        while let scalar = next, scalar != ">" {
          _ = scalar
          position += 1
        }
        position += 1
        number = groupCount
      } else if !take(":") {
        throw Pattern.Fault(message: "look-around is not supported")
      }
    } else {
      number = groupCount
    }
    if let number {
      groupCount += 1
      instructions.append(.save(number * 2))
    }
    try alternatives()
    guard take(")") else { throw Pattern.Fault(message: "a ( without its )") }
    if let number { instructions.append(.save(number * 2 + 1)) }
  }

  private mutating func escape() throws(Pattern.Fault) {
    guard let scalar = next else { throw Pattern.Fault(message: "a \\ at the end") }
    position += 1
    switch scalar {
    case "b": instructions.append(.assert(.boundary))
    case "B": instructions.append(.assert(.noBoundary))
    case "A": instructions.append(.assert(.start))
    case "z", "Z": instructions.append(.assert(.end))
    default:
      if let named = try namedSet(scalar) { return add(named) }
      if ("1"..."9").contains(scalar) {
        throw Pattern.Fault(message: "backreferences are not supported")
      }
      literal(try character(scalar))
    }
  }

  /// The set of `\d` and the like, the letter having been read.
  private mutating func namedSet(_ letter: Unicode.Scalar) throws(Pattern.Fault) -> ScalarSet? {
    func negated(_ set: ScalarSet) -> ScalarSet {
      var set = set
      set.isNegated = true
      return set
    }
    switch letter {
    case "d": return .digit
    case "D": return negated(.digit)
    case "w": return .word
    case "W": return negated(.word)
    case "s": return .space
    case "S": return negated(.space)
    case "p", "P":
      guard take("{"), let end = text[position...].firstIndex(of: "}") else {
        throw Pattern.Fault(message: "a property without its name")
      }
      let name = String(String.UnicodeScalarView(text[position..<end]))
      position = end + 1
      guard name.unicodeScalars.count <= 2 else {
        throw Pattern.Fault(message: "a property that is not supported")
      }
      return ScalarSet(categories: [(name, letter == "P")])
    default: return nil
    }
  }

  /// The character of `\n` and the like, the letter having been read.
  private mutating func character(_ letter: Unicode.Scalar) throws(Pattern.Fault) -> Unicode.Scalar
  {
    switch letter {
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "f": return "\u{0C}"
    case "u", "x":
      let count = letter == "u" ? 4 : 2
      guard position + count <= text.count,
        let value = UInt32(
          String(String.UnicodeScalarView(text[position..<position + count])), radix: 16),
        let scalar = Unicode.Scalar(value)
      else { throw Pattern.Fault(message: "a character that is not written in full") }
      position += count
      return scalar
    default: return letter
    }
  }

  /// The set after a `[`.
  private mutating func set() throws(Pattern.Fault) -> ScalarSet {
    var set = ScalarSet()
    set.isNegated = take("^")
    var isFirst = true
    while let scalar = next, scalar != "]" || isFirst {
      isFirst = false
      position += 1
      var low = scalar
      if scalar == "\\" {
        guard let letter = next else { break }
        position += 1
        if let named = try namedSet(letter) {
          set.parts.append(named)
          continue
        }
        low = try character(letter)
      } else if scalar == "[" {
        set.parts.append(try self.set())
        continue
      }
      guard next == "-", position + 1 < text.count, text[position + 1] != "]" else {
        set.ranges.append(low.value...low.value)
        continue
      }
      position += 1
      var high = text[position]
      position += 1
      if high == "\\", let letter = next {
        position += 1
        high = try character(letter)
      }
      guard high >= low else { throw Pattern.Fault(message: "a range from high to low") }
      set.ranges.append(low.value...high.value)
    }
    guard take("]") else { throw Pattern.Fault(message: "a [ without its ]") }
    return set
  }
}
