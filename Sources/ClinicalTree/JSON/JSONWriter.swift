extension JSON {
  /// How a text is laid out.
  public enum Layout: Sendable {
    /// Without any white space.
    case compact
    /// One property or item a line, two blanks a level.
    case indented
  }
}

extension Tree {
  /// The tree as JSON, ended by a line feed; numbers and order as they were read.
  ///
  /// - Precondition: the tree was read from JSON or made for it.
  public func json(_ layout: JSON.Layout = .compact) -> [UInt8] {
    var buffer = ByteBuffer(capacity: nodes.count * 24)
    withCursor { JSONWriter.write($0, layout, to: &buffer) }
    buffer.append(0x0A)
    return buffer.bytes
  }
}

/// Writes nodes as JSON.
package enum JSONWriter {
  package static func write(
    _ root: Cursor, _ layout: JSON.Layout, to out: inout ByteBuffer, depth: Int = 0
  ) {
    switch root.kind {
    case .object, .array:
      let isObject = root.kind == .object
      out.append(isObject ? UInt8(ascii: "{") : UInt8(ascii: "["))
      var isFirst = true
      for child in root.children {
        if !isFirst { out.append(UInt8(ascii: ",")) }
        isFirst = false
        if layout == .indented { newLine(depth + 1, &out) }
        if isObject {
          out.append(UInt8(ascii: "\""))
          if child.node.flags.contains(.shadow) { out.append(UInt8(ascii: "_")) }
          escape(child.nameText, to: &out)
          out.append(layout == .indented ? "\": " : "\":")
        }
        write(child, layout, to: &out, depth: depth + 1)
      }
      if !isFirst, layout == .indented { newLine(depth, &out) }
      out.append(isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
    case .string:
      out.append(UInt8(ascii: "\""))
      if root.node.flags.contains(.plain) {
        out.append(root.text)
      } else {
        escape(root.text, to: &out)
      }
      out.append(UInt8(ascii: "\""))
    default:
      out.append(root.text)
    }
  }

  private static func newLine(_ depth: Int, _ out: inout ByteBuffer) {
    out.append(0x0A)
    for _ in 0..<depth { out.append("  ") }
  }

  /// Writes the inside of a string: quotes, backslashes and control characters become escapes.
  package static func escape(_ string: String, to out: inout ByteBuffer) {
    var copy = string
    copy.withUTF8 { bytes in
      if let start = bytes.baseAddress { escape(Text(start, bytes.count), to: &out) }
    }
  }

  package static func escape(_ text: Text, to out: inout ByteBuffer) {
    var from = 0
    var at = 0
    let start = text.start
    let count = text.count
    let low: UInt64 = 0x0101_0101_0101_0101
    while at < count {
      if count - at >= 8 {
        let word = UnsafeRawPointer(start + at).loadUnaligned(as: UInt64.self)
        let quote = word ^ (low &* 0x22)
        let backslash = word ^ (low &* 0x5C)
        let found =
          ((quote &- low) & ~quote) | ((backslash &- low) & ~backslash)
          | ((word &- low &* 0x20) & ~word)
        let bits = found & 0x8080_8080_8080_8080
        if bits == 0 {
          at += 8
          continue
        }
        at += bits.trailingZeroBitCount / 8
      }
      let byte = start[at]
      if byte >= 0x20, byte != 0x22, byte != 0x5C {
        at += 1
        continue
      }
      out.append(start + from, at - from)
      appendEscape(byte, &out)
      at += 1
      from = at
    }
    out.append(start + from, count - from)
  }

  private static func appendEscape(_ byte: UInt8, _ out: inout ByteBuffer) {
    switch byte {
    case 0x22: out.append("\\\"")
    case 0x5C: out.append("\\\\")
    case 0x0A: out.append("\\n")
    case 0x0D: out.append("\\r")
    case 0x09: out.append("\\t")
    case 0x08: out.append("\\b")
    case 0x0C: out.append("\\f")
    default:
      out.append("\\u00")
      for digit in [byte >> 4, byte & 15] {
        out.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
      }
    }
  }
}
