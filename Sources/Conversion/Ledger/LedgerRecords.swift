import ClinicalTree

/// What is noted while a document is converted: a few integers a value.
struct LedgerRecords {
  struct Record {
    let leaf: Int32
    let slot: Int32
    let kind: Origin.Kind
    let reason: Int32
  }

  struct RangeRecord {
    let leaves: Range<Int>
    let slot: Int32
    let kind: Origin.Kind
  }

  struct Alias {
    let leaves: Range<Int>
    /// Where the element that is the same begins.
    let other: Int
    let reference: Int32
    /// The resource as a whole; -1 for none.
    let resource: Int32
  }

  private(set) var records: [Record] = []
  private(set) var ranges: [RangeRecord] = []
  private(set) var aliases: [Alias] = []
  private(set) var reasons: [Reason] = [.none]
  private var reasonNumbers: [Reason: Int32] = [.none: 0]

  mutating func add(_ origin: Origin, _ slot: Draft.Slot) {
    let reason = number(of: origin.reason)
    records.append(Record(leaf: origin.leaf, slot: slot.index, kind: origin.kind, reason: reason))
    if origin.second >= 0 {
      records.append(
        Record(leaf: origin.second, slot: slot.index, kind: origin.kind, reason: reason))
    }
  }

  mutating func addRange(_ leaves: Range<Int>, _ kind: Origin.Kind, _ slot: Draft.Slot) {
    ranges.append(RangeRecord(leaves: leaves, slot: slot.index, kind: kind))
  }

  mutating func addAlias(
    _ leaves: Range<Int>, _ other: Int, _ reference: Draft.Slot, _ resource: Draft.Slot?
  ) {
    aliases.append(
      Alias(
        leaves: leaves, other: other, reference: reference.index, resource: resource?.index ?? -1))
  }

  private mutating func number(of reason: Reason) -> Int32 {
    if let known = reasonNumbers[reason] { return known }
    let number = Int32(reasons.count)
    reasons.append(reason)
    reasonNumbers[reason] = number
    return number
  }
}
