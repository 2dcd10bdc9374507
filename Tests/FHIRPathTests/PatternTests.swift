import FHIRPath
import Testing

@Suite("Patterns")
struct PatternTests {
  private func holds(_ text: String, _ pattern: String, _ function: String = "matches") throws
    -> Bool
  {
    func quoted(_ text: String) -> String {
      "'" + text.map { $0 == "\\" || $0 == "'" ? "\\\($0)" : String($0) }.joined() + "'"
    }
    let expression = try FHIRPathExpression("\(quoted(text)).\(function)(\(quoted(pattern)))")
    return try expression.evaluate(on: nil).first?.scalar == .boolean(true)
  }

  @Test(
    "A pattern matches what it says",
    arguments: [
      ("abc", "^a.c$", true), ("abc", "^b", false), ("a\nb", "a.b", true), ("aaa", "^a{2}$", false),
      ("aaa", "^a{2,}$", true), ("ab", "^(a|b)+$", true), ("", "^$", true), ("x", "[^a-w]", true),
      ("A1_b", "^[A-Z]([A-Za-z0-9_]){0,254}$", true), ("é", "\\p{L}", true), ("5", "\\D", false),
      ("FHIR", "(?i)fhir", true), ("a-b", "[a\\-]-b", true), ("tab\t", "\\s", true),
      ("word end", "\\bend\\b", true), ("a]b", "[]]b", true), ("ac", "ab?c", true),
      ("2024-02", "^[0-9]{4}(-(0[1-9]|1[0-2]))?$", true), ("x", "(a*)*x", true),
    ])
  func matching(text: String, pattern: String, expected: Bool) throws {
    #expect(try holds(text, pattern) == expected)
  }

  @Test("A pattern that others need exponential time for ends at once", .timeLimit(.minutes(1)))
  func hostile() throws {
    let text = String(repeating: "a", count: 2000) + "!"
    #expect(try !holds(text, "^(a+)+$"))
    #expect(try !holds(text, "^(a|a)*$"))
    #expect(try !holds(text, "^(.*)(.*)(.*)(.*)b$"))
  }

  @Test("Groups stand in replacements")
  func replacing() throws {
    let expression = try FHIRPathExpression(
      "'11/30/1972'.replaceMatches('([0-9]+)/([0-9]+)/([0-9]+)', '$3-$1-$2')")
    #expect(try expression.evaluate(on: nil).first?.scalar == .text("1972-11-30"))
  }
}
