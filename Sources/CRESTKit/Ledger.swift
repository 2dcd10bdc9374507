public import ClinicalTree
package import Conversion

/// What became of every leaf of a source, and where each value of the target comes from.
public struct Ledger: Sendable {
  private let ledger: ConversionLedger

  package init(_ ledger: ConversionLedger) { self.ledger = ledger }

  /// What became of a leaf.
  public enum Status: String, Sendable {
    /// The target says all that the leaf said.
    case carried
    /// The leaf is set aside in the target: as an extension, in a narrative or an attachment.
    case kept
    /// The target says a part of what the leaf said; the reason says what is lost.
    case partly
    /// The leaf is not in the target; the reason says why.
    case dropped
    /// A value of the target that comes from no leaf, by the rule that the reason names.
    case added
  }

  /// One line.
  public struct Line: Sendable {
    /// The place of the leaf in the source; empty for an added value.
    public let path: String
    /// The place of the leaf in the text of the source.
    public let position: SourcePosition?
    /// What became of it.
    public let status: Status
    /// The places in the target.
    public let targets: [String]
    /// Why, for what is not carried or kept; empty otherwise.
    public let reason: String
  }

  /// The ledger as NDJSON, in the order of ``forEachLine(_:)``: one object a line with `source`, `path`,
  /// `line`, `column`, `status`, `targets` and `reason`; what does not apply is left out.
  ///
  /// - Parameter source: The name of the source that every line states.
  /// - Returns: The lines in UTF-8, each with a line end.
  public func ndjson(source: String) -> [UInt8] {
    var buffer = ByteBuffer(capacity: 1 << 16)
    ledger.appendNDJSON(source: source, to: &buffer)
    return buffer.bytes
  }

  /// Calls the body with each line: the leaves in document order, then the values that were added.
  public func forEachLine(_ body: (Line) -> Void) {
    ledger.forEachLine { line in
      body(
        Line(
          path: line.path, position: line.position,
          status: Status(rawValue: line.status.rawValue) ?? .dropped, targets: line.targets,
          reason: line.reason))
    }
  }
}
