import ClinicalTree

/// A regular expression that is matched in time linear in the text, whatever the pattern: all ways to
/// match are followed at once (Thompson's construction with Pike's captures).
///
/// Knows literals, classes, groups, alternatives, greedy and lazy repetition, anchors and the flags `i`
/// and `m`. `.` matches line ends too (FHIRPath N1, section 5.6.9). Backreferences and look-around,
/// which no linear method knows, are refused.
struct Pattern: Sendable {
  /// Why a text is no pattern.
  struct Fault: Error {
    let message: String
  }

  enum Instruction: Sendable {
    case any
    case scalar(Unicode.Scalar)
    case set(Int)
    case split(Int, Int)
    case jump(Int)
    case save(Int)
    case assert(Assertion)
    case match
  }

  enum Assertion: Sendable { case start, end, boundary, noBoundary }

  let instructions: [Instruction]
  let sets: [ScalarSet]
  let groupCount: Int
  let isMultiline: Bool

  init(_ text: String) throws(Fault) {
    var compiler = try PatternCompiler(text)
    try compiler.run()
    instructions = compiler.instructions
    sets = compiler.sets
    groupCount = compiler.groupCount
    isMultiline = compiler.isMultiline
  }

  // MARK: Matching

  /// The bounds of the groups of a match, group 0 being all of it; -1 where a group has none.
  typealias Groups = [Int]

  /// Whether the pattern matches a text somewhere, or all of it.
  func matches(_ text: [Unicode.Scalar], fully: Bool) -> Bool {
    run(text, from: 0, fully: fully, keepsGroups: false) != nil
  }

  /// The first match from a place on, the leftmost one.
  func firstMatch(in text: [Unicode.Scalar], from start: Int) -> Groups? {
    run(text, from: start, fully: false, keepsGroups: true)
  }

  private struct Threads {
    var list: [(program: Int, groups: Groups)] = []
    var marks: [Int]
    init(_ count: Int) { marks = Array(repeating: -1, count: count) }
  }

  private func run(
    _ text: [Unicode.Scalar], from start: Int, fully: Bool, keepsGroups: Bool
  ) -> Groups? {
    var now = Threads(instructions.count)
    var next = Threads(instructions.count)
    var best: Groups?
    let none = keepsGroups ? Groups(repeating: -1, count: groupCount * 2) : []
    var position = start
    while position <= text.count {
      if best == nil, position == start || !fully {
        add(0, none, to: &now, text, position)
      }
      if now.list.isEmpty, best != nil || fully { break }
      next.list.removeAll(keepingCapacity: true)
      threads: for (program, groups) in now.list {
        switch instructions[program] {
        case .match:
          if fully, position < text.count { continue }
          best = groups
          // Threads behind this one are less preferred.
          break threads
        case .any where position < text.count:
          add(program + 1, groups, to: &next, text, position + 1)
        case .scalar(let scalar) where position < text.count && text[position] == scalar:
          add(program + 1, groups, to: &next, text, position + 1)
        case .set(let set) where position < text.count && sets[set].contains(text[position]):
          add(program + 1, groups, to: &next, text, position + 1)
        default: continue
        }
      }
      swap(&now, &next)
      position += 1
    }
    return best
  }

  /// Follows a thread to the instructions that read a character.
  private func add(
    _ start: Int, _ groups: Groups, to threads: inout Threads, _ text: [Unicode.Scalar],
    _ position: Int
  ) {
    var open: [(program: Int, groups: Groups)] = [(start, groups)]
    while let (program, groups) = open.popLast() {
      if threads.marks[program] == position { continue }
      threads.marks[program] = position
      switch instructions[program] {
      case .jump(let target): open.append((target, groups))
      case .split(let first, let second):
        open.append((second, groups))
        open.append((first, groups))
      case .save(let slot):
        var changed = groups
        if !groups.isEmpty { changed[slot] = position }
        open.append((program + 1, changed))
      case .assert(let assertion):
        if holds(assertion, text, position) { open.append((program + 1, groups)) }
      default: threads.list.append((program, groups))
      }
    }
  }

  private func holds(_ assertion: Assertion, _ text: [Unicode.Scalar], _ position: Int) -> Bool {
    func isWord(_ place: Int) -> Bool {
      text.indices.contains(place) && ScalarSet.word.contains(text[place])
    }
    switch assertion {
    case .start: return position == 0 || isMultiline && text[position - 1] == "\n"
    case .end: return position == text.count || isMultiline && text[position] == "\n"
    case .boundary: return isWord(position - 1) != isWord(position)
    case .noBoundary: return isWord(position - 1) == isWord(position)
    }
  }

  // MARK: Replacing

  /// The text with every match replaced; `$1` in the replacement stands for a group. A pattern that
  /// matches nothing at a place goes on one character further.
  func replacingMatches(in text: [Unicode.Scalar], with replacement: [Unicode.Scalar]) -> String {
    var out = String.UnicodeScalarView()
    var position = 0
    while position <= text.count, let groups = firstMatch(in: text, from: position) {
      out.append(contentsOf: text[position..<groups[0]])
      append(replacement, groups, text, to: &out)
      if groups[1] > groups[0] {
        position = groups[1]
      } else {
        if groups[0] < text.count { out.append(text[groups[0]]) }
        position = groups[0] + 1
      }
    }
    if position < text.count { out.append(contentsOf: text[position...]) }
    return String(out)
  }

  private func append(
    _ replacement: [Unicode.Scalar], _ groups: Groups, _ text: [Unicode.Scalar],
    to out: inout String.UnicodeScalarView
  ) {
    var position = 0
    while position < replacement.count {
      let scalar = replacement[position]
      position += 1
      if scalar == "\\", position < replacement.count {
        out.append(replacement[position])
        position += 1
      } else if scalar == "$", position < replacement.count,
        let group = Int(String(Character(replacement[position]))), group < groupCount
      {
        position += 1
        if groups[group * 2] >= 0 {
          out.append(contentsOf: text[groups[group * 2]..<groups[group * 2 + 1]])
        }
      } else {
        out.append(scalar)
      }
    }
  }
}

/// A set of characters, as a class of a pattern names it.
struct ScalarSet: Sendable {
  var ranges: [ClosedRange<UInt32>] = []
  /// General categories such as `L` or `Lu`, each negated or not.
  var categories: [(name: String, isNegated: Bool)] = []
  var parts: [ScalarSet] = []
  var isNegated = false
  var ignoresCase = false

  static let digit = ScalarSet(ranges: [0x30...0x39])
  static let word = ScalarSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
  static let space = ScalarSet(ranges: [0x09...0x0D, 0x20...0x20, 0x85...0x85, 0xA0...0xA0])

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    var found = holds(scalar)
    if !found, ignoresCase {
      let lower = scalar.properties.lowercaseMapping.unicodeScalars
      let upper = scalar.properties.uppercaseMapping.unicodeScalars
      if let first = lower.first, lower.count == 1 { found = holds(first) }
      if !found, let first = upper.first, upper.count == 1 { found = holds(first) }
    }
    return found != isNegated
  }

  private func holds(_ scalar: Unicode.Scalar) -> Bool {
    ranges.contains { $0.contains(scalar.value) }
      || categories.contains { ScalarSet.category(scalar).hasPrefix($0.name) != $0.isNegated }
      || parts.contains { $0.contains(scalar) }
  }

  private static func category(_ scalar: Unicode.Scalar) -> String {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter: "Lu"
    case .lowercaseLetter: "Ll"
    case .titlecaseLetter: "Lt"
    case .modifierLetter: "Lm"
    case .otherLetter: "Lo"
    case .nonspacingMark: "Mn"
    case .spacingMark: "Mc"
    case .enclosingMark: "Me"
    case .decimalNumber: "Nd"
    case .letterNumber: "Nl"
    case .otherNumber: "No"
    case .connectorPunctuation: "Pc"
    case .dashPunctuation: "Pd"
    case .openPunctuation: "Ps"
    case .closePunctuation: "Pe"
    case .initialPunctuation: "Pi"
    case .finalPunctuation: "Pf"
    case .otherPunctuation: "Po"
    case .mathSymbol: "Sm"
    case .currencySymbol: "Sc"
    case .modifierSymbol: "Sk"
    case .otherSymbol: "So"
    case .spaceSeparator: "Zs"
    case .lineSeparator: "Zl"
    case .paragraphSeparator: "Zp"
    case .control: "Cc"
    case .format: "Cf"
    case .surrogate: "Cs"
    case .privateUse: "Co"
    default: "Cn"
    }
  }
}
