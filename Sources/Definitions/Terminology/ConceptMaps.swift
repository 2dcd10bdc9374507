package import ClinicalTree

/// The code maps of the conversion, read from the ConceptMap resources of `Profiles/`.
package struct ConceptMaps: Sendable {
  private let maps: Facts.Numbers
  private let entries: Facts.Numbers
  private let slots: TextSlots
  private let strings: FactStrings
  /// The entries of each map, which stand together.
  private let ranges: [Range<Int>]

  /// The maps of this build.
  package static let standard = ConceptMaps(Facts.shared)

  init(_ facts: Facts) {
    maps = facts.numbers(.maps)
    entries = facts.numbers(.mapEntries)
    slots = TextSlots(facts.numbers(.mapSlots))
    strings = FactStrings(facts)
    var ranges = [Range<Int>](repeating: 0..<0, count: maps.count / 2)
    for entry in 0..<entries.count / 7 {
      let number = entries[entry * 7]
      let first = ranges[number].isEmpty ? entry : ranges[number].lowerBound
      ranges[number] = first..<entry + 1
    }
    self.ranges = ranges
  }

  /// One concept map.
  package struct Map: Hashable, Sendable {
    let number: Int
  }

  /// What a map says about a code.
  package struct Target: Sendable {
    package let system: Text
    package let code: Text
    package let display: Text
    /// Whether no other source code of the map has this target, so that the way back is certain.
    package let isUnique: Bool
  }

  /// The map with a name, such as `cf-problem-status`.
  package func map(named name: String) -> Map? {
    (0..<maps.count / 2).first { strings[maps[$0 * 2]] == name }.map(Map.init)
  }

  /// The names of all maps.
  package var names: [String] { (0..<maps.count / 2).map { strings[maps[$0 * 2]].string } }

  /// The target of a code, `nil` where the map has none.
  package func translate(_ code: Text, by map: Map) -> Target? {
    let found = slots.find(map.number, code) { entry in
      entries[entry * 7] == map.number && strings[entries[entry * 7 + 2]] == code
    }
    return found.map { entry in
      Target(
        system: strings[entries[entry * 7 + 3]], code: strings[entries[entry * 7 + 4]],
        display: strings[entries[entry * 7 + 5]], isUnique: entries[entry * 7 + 6] == 1)
    }
  }

  /// The codes that a map leads to a target from, in the map's order, with their system.
  package func sources(of target: Text, by map: Map) -> [(system: Text, code: Text)] {
    let range = ranges[map.number]
    return range.lazy.filter { strings[entries[$0 * 7 + 4]] == target }.map {
      (strings[entries[$0 * 7 + 1]], strings[entries[$0 * 7 + 2]])
    }
  }
}
