import ClinicalTree
import TestSupport
import Testing

@Suite("Drafts")
struct DraftTests {
  /// A standard in which `b` comes before `a`, and `list` repeats.
  private struct Shapes: ShapeSource {
    func type(named name: Name) -> Int { 1 }

    func member(_ name: Name, of type: Int) -> (order: Int, isList: Bool, type: Int)? {
      switch names.string(name) {
      case "b": (1, false, 1)
      case "a": (2, false, 1)
      case "list": (3, true, 1)
      case "extension": (0, true, 1)
      default: nil
      }
    }
  }

  private func name(_ text: String) -> Name { names.lookUp(text) ?? .none }

  private func written(_ draft: Draft) -> String {
    String(decoding: draft.freeze(with: Shapes()).tree.json(), as: UTF8.self)
  }

  @Test(
    "Members are sorted by the standard, unknown ones come last, lists are made where it says so")
  func order() {
    let draft = Draft(names: names)
    _ = draft.add(name("other"), .string, Text("z"), in: draft.root)
    _ = draft.add(name("a"), .number, Text("1.10"), in: draft.root)
    _ = draft.add(name("list"), .string, Text("x"), in: draft.root)
    _ = draft.add(name("b"), .true, Text("true"), in: draft.root)
    _ = draft.add(name("list"), .string, Text("y"), in: draft.root)
    #expect(written(draft) == #"{"b":true,"a":1.10,"list":["x","y"],"other":"z"}"# + "\n")
  }

  @Test("A primitive with children gets an underscore partner, a list of them one with nulls")
  func shadows() {
    let draft = Draft(names: names)
    let value = draft.add(name("a"), .string, Text("v"), in: draft.root)
    let added = draft.addObject(name("extension"), in: value)
    _ = draft.add(name("url"), .string, Text("u"), in: added)
    _ = draft.add(name("list"), .string, Text("x"), in: draft.root)
    let absent = draft.add(name("list"), .null, .empty, in: draft.root)
    _ = draft.add(
      name("url"), .string, Text("w"), in: draft.addObject(name("extension"), in: absent))
    #expect(
      written(draft)
        == #"{"a":"v","_a":{"extension":[{"url":"u"}]},"list":["x",null],"_list":[null,{"extension":[{"url":"w"}]}]}"#
        + "\n")
  }

  @Test("Objects that stay empty are left out, and the slots tell where the rest went")
  func empty() throws {
    let draft = Draft(names: names)
    let empty = draft.addObject(name("a"), in: draft.root)
    _ = draft.addObject(name("b"), in: empty)
    let list = draft.addObject(name("list"), in: draft.root)
    let value = draft.add(name("a"), .string, Text("q\""), in: list)
    let (tree, nodes) = draft.freeze(with: Shapes())
    #expect(String(decoding: tree.json(), as: UTF8.self) == #"{"list":[{"a":"q\""}]}"# + "\n")
    #expect(nodes[Int(empty.index)] == -1)
    #expect(tree.path(of: Int(nodes[Int(value.index)])) == "list[0].a")
  }
}

private let names: NameTable = {
  let bytes = NameTable.encode(["", "a", "b", "extension", "list", "other", "resourceType", "url"])
  let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes.count, alignment: 8)
  memory.copyMemory(from: bytes, byteCount: bytes.count)
  return NameTable(base: memory)
}()
