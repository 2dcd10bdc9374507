/// Writing of JSON texts of our own.
package enum JSONText {
  /// A string in quotes.
  package static func string(_ text: String) -> String {
    var out = ByteBuffer(capacity: text.utf8.count + 16)
    out.append(UInt8(ascii: "\""))
    JSONWriter.escape(text, to: &out)
    out.append(UInt8(ascii: "\""))
    return out.text.string
  }

  /// An object of members that are JSON already; `nil` members are left out.
  package static func object(_ members: [(name: String, value: String?)]) -> String {
    let texts = members.compactMap { member in member.value.map { string(member.name) + ":" + $0 } }
    return "{" + texts.joined(separator: ",") + "}"
  }

  /// An array of items that are JSON already.
  package static func array(_ items: [String]) -> String {
    "[" + items.joined(separator: ",") + "]"
  }
}
