import ClinicalTree
import TestSupport
import Testing

@Suite("JSON reading and writing")
struct JSONTests {
  private func read(_ text: String) throws -> (tree: Tree, issues: [ClinicalTree.Issue]) {
    try Tree.json(text.bytes, names: .empty)
  }

  private func fault(_ text: String, depth: Int = 256) -> String {
    do {
      _ = try Tree.json(text.bytes, names: .empty, limits: .init(depth: depth))
      return "read"
    } catch {
      return error.issues.map(\.brief).joined()
    }
  }

  @Test(
    "A text comes back as it was, digits, order and nulls among it",
    arguments: [
      #"{"b":1.10,"a":[1e5,-0,0.0],"c":"x"}"#, #"{"given":["a",null],"_given":[null,{"id":"x"}]}"#,
      #"[]"#, #"{}"#, #""a""#, #"[true,false,null]"#, #"{"a":{"b":{"c":[[[]]]}}}"#,
    ])
  func comesBack(text: String) throws {
    #expect(String(decoding: try read(text).tree.json(), as: UTF8.self) == text + "\n")
  }

  @Test("Escapes are decoded, and written where they are needed")
  func escapes() throws {
    let (tree, _) = try read(#"{"a":"\u00e9\n\"\\\/\ud83d\ude00","b\u0041":"\t"}"#)
    #expect(tree.root["a"].first?.value == "é\n\"\\/😀")
    #expect(tree.root["bA"].first?.value == "\t")
    #expect(
      String(decoding: tree.json(), as: UTF8.self) == "{\"a\":\"é\\n\\\"\\\\/😀\",\"bA\":\"\\t\"}\n")
  }

  @Test("Indented output has one property a line")
  func indented() throws {
    let text = String(
      decoding: try read(#"{"a":[1,{}],"b":[]}"#).tree.json(.indented), as: UTF8.self)
    #expect(text == "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}\n")
  }

  @Test(
    "What JSON forbids is refused with a code and its place",
    arguments: [
      ("{\"a\":\n 01}", "JSON-0001@2:3 "), ("[1,]", "JSON-0001@1:4 "), ("[1 2]", "JSON-0001@1:4 "),
      ("{\"a\" 1}", "JSON-0001@1:6 "), ("{a:1}", "JSON-0001@1:2 "), ("[1", "JSON-0002@1:3 "),
      ("\"ab", "JSON-0002@1:4 "), ("[\"\\x\"]", "JSON-0003@1:3 "),
      ("[\"\\u12g4\"]", "JSON-0003@1:3 "),
      ("[\"a\tb\"]", "JSON-0006@1:4 "), ("[1] x", "JSON-0008@1:5 "), ("", "JSON-0002@1:1 "),
      ("[.5]", "JSON-0001@1:2 "), ("[1.]", "JSON-0001@1:4 "), ("nul", "JSON-0001@1:1 "),
    ])
  func refused(text: String, expected: String) {
    #expect(fault(text) == expected)
  }

  @Test("Bytes that are not UTF-8 are refused, wherever they stand")
  func badUTF8() {
    for bytes in [
      [0xFF], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80],
    ]
      as [[UInt8]]
    {
      #expect(throws: JSON.ParsingError.self) {
        _ = try Tree.json("[\"".bytes + bytes + "\"]".bytes, names: .empty)
      }
    }
  }

  @Test("Nesting deeper than the limit is refused as a limit")
  func depth() {
    #expect(fault("[[[[1]]]]", depth: 3).hasPrefix("JSON-0007"))
    #expect(fault("[[[1]]]", depth: 3) == "read")
    #expect(fault(String(repeating: "[", count: 1_000_000)).hasPrefix("JSON-0007"))
  }

  @Test(
    "What FHIR forbids is read, and reported with path and place",
    arguments: [
      (#"{"resourceType":"P","a":1,"b":2,"a":3}"#, ["FHIR-0001@1:37 P.a"]),
      ("{\"resourceType\":\"P\",\"a\":[1,2],\n\"_a\":[null]}", ["FHIR-0002@2:6 P._a"]),
      (#"{"resourceType":"P","a":1,"_a":[{}]}"#, ["FHIR-0002@1:32 P._a"]),
      (#"{"resourceType":"P","_a":1}"#, ["FHIR-0002@1:26 P._a"]),
      (#"{"resourceType":"P","a":null}"#, ["FHIR-0003@1:25 P.a"]),
      (#"{"resourceType":"P","a":["x",null],"_a":[null,{"id":"1"}]}"#, []),
      (#"{"resourceType":"P","a":"\ud800"}"#, ["JSON-0004@1:25 P.a"]),
    ])
  func reported(text: String, expected: [String]) throws {
    #expect(try read(text).issues.map(\.brief) == expected)
  }

  @Test("A name that stands twice is found in large objects too")
  func manyNames() throws {
    let names = (0..<200).map { "\"n\($0)\":1" } + ["\"n7\":2"]
    let (_, issues) = try read("{" + names.joined(separator: ",") + "}")
    #expect(issues.map(\.code.id) == ["FHIR-0001"])
  }

  @Test("A byte order mark before the text is passed over")
  func byteOrderMark() throws {
    let (tree, _) = try Tree.json([0xEF, 0xBB, 0xBF] + "[1]".bytes, names: .empty)
    #expect(tree.root.children.count == 1)
  }

  @Test("Columns count characters and lines end by any convention")
  func columns() {
    #expect(fault("[\"é😀\",x]") == "JSON-0001@1:7 ")
    #expect(fault("[\r\n\r1,x]") == "JSON-0001@3:3 ")
  }
}

@Suite("JSON coders")
struct JSONCoderTests {
  private struct Sample: Codable, Equatable {
    var zeta: [Int]
    var alpha: String?
    var nested: [String: Double]
    var flag: Bool
  }

  @Test("Members come in the order of encoding, and decode to the same value")
  func roundTrip() throws {
    let sample = Sample(zeta: [3, 1], alpha: "a\"b", nested: ["x": 0.5], flag: true)
    let bytes = try JSON.Encoder().encode(sample)
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == "{\"zeta\":[3,1],\"alpha\":\"a\\\"b\",\"nested\":{\"x\":0.5},\"flag\":true}\n")
    #expect(try JSON.Decoder().decode(Sample.self, from: bytes) == sample)
  }

  @Test("A value of another kind is a decoding error")
  func mismatch() {
    #expect(throws: DecodingError.self) {
      _ = try JSON.Decoder().decode(
        Sample.self, from: #"{"zeta":"x","nested":{},"flag":true}"#.bytes)
    }
    #expect(throws: DecodingError.self) {
      _ = try JSON.Decoder().decode([Int].self, from: "[1.5]".bytes)
    }
  }
}
