import ClinicalTree
import FHIRPath

/// Comparing elements of a document with values of a profile.
enum FixedValue {
  /// Whether a value is exactly the one that a profile fixes; ids do not count.
  static func isEqual(_ fixed: Element, _ value: Cursor) -> Bool {
    fixed.tree.withCursor { isEqual($0.at(fixed.index), value) }
  }

  private static func isEqual(_ a: Cursor, _ b: Cursor) -> Bool {
    switch (a.kind, b.kind) {
    case (.object, .object):
      var count = 0
      for child in a.children {
        let isShadow = child.node.flags.contains(.shadow)
        if isShadow { continue }
        guard let other = property(child, of: b, isShadow), isEqual(child, other) else {
          return false
        }
        count += 1
      }
      let others = b.children.reduce(0) { sum, child in
        sum + (child.node.flags.contains(.shadow) || child.nameText == "id" ? 0 : 1)
      }
      return others == count
    case (.array, .array):
      var others = b.children
      for item in a.children {
        guard let other = others.next(), isEqual(item, other) else { return false }
      }
      return others.next() == nil
    default: return isSame(a, b)
    }
  }

  /// Whether a value has all that a pattern has.
  static func contains(_ pattern: Element, _ value: Cursor) -> Bool {
    pattern.tree.withCursor { contains($0.at(pattern.index), value) }
  }

  private static func contains(_ pattern: Cursor, _ value: Cursor) -> Bool {
    switch (pattern.kind, value.kind) {
    case (.object, .object):
      for child in pattern.children {
        let isShadow = child.node.flags.contains(.shadow)
        guard let other = property(child, of: value, isShadow), contains(child, other) else {
          return false
        }
      }
      return true
    case (.array, .array):
      return pattern.children.allSatisfy { item in
        value.children.contains { contains(item, $0) }
      }
    case (.array, _): return pattern.children.allSatisfy { contains($0, value) }
    case (_, .array): return value.children.contains { contains(pattern, $0) }
    default: return isSame(pattern, value)
    }
  }

  private static func property(_ child: Cursor, of object: Cursor, _ isShadow: Bool) -> Cursor? {
    // Names that no standard knows have numbers of their own in each tree.
    object.children.first {
      $0.node.flags.contains(.shadow) == isShadow && $0.nameText == child.nameText
    }
  }

  private static func isSame(_ a: Cursor, _ b: Cursor) -> Bool {
    if a.kind == .number, b.kind == .number { return ExactDecimal(a.text) == ExactDecimal(b.text) }
    return a.kind == b.kind && a.text == b.text
  }
}

/// Least and greatest values.
enum Bounds {
  /// How a value is ordered against a bound of a profile; `nil` when that cannot be told. A quantity
  /// as the bound of a date is a span before or after the present.
  static func order(_ node: FHIRNode, _ limit: Element, now: String) -> Int? {
    // `maxValueDate` in a profile, `valueDate` in an extension.
    let end = limit.name.firstRange(of: "alue").map { limit.name[$0.upperBound...] } ?? ""
    let expression: String
    let name = end.lowercased()
    switch name {
    case "quantity", "duration":
      guard let value = limit["value"].first?.value else { return nil }
      let unit = limit["code"].first?.value ?? limit["unit"].first?.value ?? "1"
      if node.cursor.kind == .string {
        let words = ["a": "years", "mo": "months", "wk": "weeks", "d": "days"]
        guard let word = words[unit] else { return nil }
        let magnitude = value.hasPrefix("-") ? String(value.dropFirst()) : value
        let sign = value.hasPrefix("-") ? "-" : "+"
        let isLeast = limit.name.hasPrefix("min")
        // A least value without a sign lies before the present.
        let direction = isLeast && sign == "+" ? "-" : sign
        expression = "today() \(direction) \(magnitude) \(word)"
      } else {
        expression = "\(value) '\(unit)'"
      }
    case "date", "datetime", "instant": expression = "@" + (limit.value ?? "")
    case "time": expression = "@T" + (limit.value ?? "")
    default: expression = limit.value ?? ""
    }
    func holds(_ text: String) -> Bool? {
      guard let compiled = try? FHIRPathExpression(text) else { return nil }
      let evaluator = PathEvaluator(host: ElementHost(now: now))
      guard let answer = try? evaluator.condition(compiled, on: .node(node)) else { return nil }
      return answer
    }
    guard let isLess = holds("$this < (\(expression))") else { return nil }
    if isLess { return -1 }
    guard let isMore = holds("$this > (\(expression))") else { return nil }
    return isMore ? 1 : 0
  }
}
