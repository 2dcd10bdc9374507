import CRESTKit

/// Reads whatever the fuzzer made, and does with it all that the command can do.
///
/// A fault shows itself as a crash, a leak, a time-out, or as one of the promises below that is broken.
@_cdecl("crest_fuzz_one_input")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let limits = ClinicalDocument.Limits(depth: 100, size: 1 << 20)
  guard let document = try? ClinicalDocument(parsing: bytes, limits: limits) else { return }
  _ = Validator().issues(in: document)
  _ = CREST.Guide.links(in: document)
  for kind in ClinicalDocument.Kind.allCases {
    guard
      let output = try? Converter(options: .init(keepsLedger: true)).convert(document, to: kind)
    else { continue }
    output.ledger?.forEachLine { precondition($0.status == .dropped || !$0.targets.isEmpty) }
    do {
      // What is written can be read again.
      _ = try ClinicalDocument(parsing: output.data, as: kind)
    } catch {
      preconditionFailure("\(kind) that cannot be read: \(error.issues.map(\.code.id))")
    }
  }
}
