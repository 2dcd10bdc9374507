extension JSON {
  /// A value that is a number with digits of its own: our coders keep them, others use its Codable form.
  public protocol NumberText: Codable {
    /// Reads a number as JSON writes it.
    init?(jsonNumber text: String)
    /// The number as JSON writes it.
    var jsonNumber: String { get }
  }
}
