/// The names of one tree that its ``NameTable`` does not know, numbered from the table's count on.
@usableFromInline
package struct LocalNames: Sendable {
  @usableFromInline let table: NameTable
  /// The spellings, one after the other, and where each starts.
  package private(set) var bytes: [UInt8] = []
  package private(set) var offsets: [UInt32] = [0]
  private var numbers: [String: UInt32] = [:]

  package init(table: NameTable) {
    self.table = table
  }

  package var count: Int { offsets.count - 1 }

  /// The number of a name: the table's, or a local one that is made now.
  @inlinable
  package mutating func name(_ bytes: UnsafePointer<UInt8>, _ length: Int) -> Name {
    if length == 0 { return .none }
    return table.lookUp(bytes, length) ?? local(bytes, length)
  }

  @usableFromInline
  mutating func local(_ start: UnsafePointer<UInt8>, _ length: Int) -> Name {
    let spelling = Text(start, length)
    let text = spelling.string
    if let known = numbers[text] { return Name(known) }
    let number = UInt32(table.count + count)
    numbers[text] = number
    bytes.append(contentsOf: spelling.bytes)
    offsets.append(UInt32(bytes.count))
    return Name(number)
  }

  /// The number of a name that occurs already, or that the table knows.
  package func find(_ spelling: String) -> Name? {
    table.lookUp(spelling) ?? numbers[spelling].map(Name.init)
  }

  /// The spelling of a name.
  package func string(_ name: Name) -> String {
    let index = Int(name.rawValue) - table.count
    if index < 0 { return table.string(name) }
    let range = Int(offsets[index])..<Int(offsets[index + 1])
    return String(decoding: bytes[range], as: UTF8.self)
  }
}
