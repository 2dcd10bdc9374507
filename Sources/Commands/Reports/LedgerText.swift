import CRESTKit
import ClinicalTree

/// The ledger as NDJSON, one line a leaf or added value.
enum LedgerText {
  static func bytes(_ ledger: Ledger, source: String) -> [UInt8] {
    var out = ByteBuffer(capacity: 1 << 16)
    let sourceText = JSONText.string(source)
    ledger.forEachLine { line in
      out.append("{\"source\":")
      out.append(sourceText)
      if !line.path.isEmpty {
        out.append(",\"path\":")
        append(line.path, to: &out)
      }
      if let position = line.position {
        out.append(",\"line\":\(position.line),\"column\":\(position.column)" as String)
      }
      out.append(",\"status\":\"")
      out.append(line.status.rawValue)
      out.append("\"")
      if !line.targets.isEmpty {
        out.append(",\"targets\":[")
        for (index, target) in line.targets.enumerated() {
          if index > 0 { out.append(",") }
          append(target, to: &out)
        }
        out.append("]")
      }
      if !line.reason.isEmpty {
        out.append(",\"reason\":")
        append(line.reason, to: &out)
      }
      out.append("}\n")
    }
    return out.bytes
  }

  private static func append(_ text: String, to out: inout ByteBuffer) {
    var text = text
    out.append(UInt8(ascii: "\""))
    text.withUTF8 { bytes in
      if let start = bytes.baseAddress { JSONWriter.escape(Text(start, bytes.count), to: &out) }
    }
    out.append(UInt8(ascii: "\""))
  }
}
