extension R4.Structure {
  /// Whether all members are equal.
  public static func == (a: Self, b: Self) -> Bool {
    let comparison = MemberComparison()
    var (left, right) = (a, b)
    // Neither visit throws: the visitor only looks.
    try? left.visit(comparison)
    comparison.turn()
    try? right.visit(comparison)
    return comparison.areEqual
  }

  /// Hashes all members.
  public func hash(into hasher: inout Hasher) {
    let hashing = MemberHashing(hasher)
    var copy = self
    try? copy.visit(hashing)
    hasher = hashing.hasher
  }
}

/// Collects the members of one value and compares those of a second one with them.
private final class MemberComparison: R4.Visitor {
  private var members: [Any] = []
  private var position = 0
  private var isSecond = false
  private(set) var areEqual = true

  func turn() { isSecond = true }

  private func look<Value: Equatable>(_ member: Value) {
    if isSecond {
      areEqual = areEqual && members[position] as? Value == member
      position += 1
    } else {
      members.append(member)
    }
  }

  func text(_ name: StaticString, _ member: inout String?) { look(member) }
  func primitive<Value>(_ name: StaticString, _ member: inout R4.Primitive<Value>?) { look(member) }
  func primitives<Value>(_ name: StaticString, _ member: inout [R4.Primitive<Value>]) {
    look(member)
  }
  func structure<Value: R4.Structure>(_ name: StaticString, _ member: inout Value?) { look(member) }
  func boxed<Value: R4.Structure>(_ name: StaticString, _ member: inout R4.Box<Value>?) {
    look(member)
  }
  func structures<Value: R4.Structure>(_ name: StaticString, _ member: inout [Value]) {
    look(member)
  }
  func choice<Value: R4.Choice>(_ stem: StaticString, _ member: inout Value?) { look(member) }
  func resource(_ name: StaticString, _ member: inout R4.Resource?) { look(member) }
  func resources(_ name: StaticString, _ member: inout [R4.Resource]) { look(member) }
}

private final class MemberHashing: R4.Visitor {
  var hasher: Hasher

  init(_ hasher: Hasher) { self.hasher = hasher }

  func text(_ name: StaticString, _ member: inout String?) { hasher.combine(member) }
  func primitive<Value>(_ name: StaticString, _ member: inout R4.Primitive<Value>?) {
    hasher.combine(member)
  }
  func primitives<Value>(_ name: StaticString, _ member: inout [R4.Primitive<Value>]) {
    hasher.combine(member)
  }
  func structure<Value: R4.Structure>(_ name: StaticString, _ member: inout Value?) {
    hasher.combine(member)
  }
  func boxed<Value: R4.Structure>(_ name: StaticString, _ member: inout R4.Box<Value>?) {
    hasher.combine(member)
  }
  func structures<Value: R4.Structure>(_ name: StaticString, _ member: inout [Value]) {
    hasher.combine(member)
  }
  func choice<Value: R4.Choice>(_ stem: StaticString, _ member: inout Value?) {
    hasher.combine(member)
  }
  func resource(_ name: StaticString, _ member: inout R4.Resource?) { hasher.combine(member) }
  func resources(_ name: StaticString, _ member: inout [R4.Resource]) { hasher.combine(member) }
}
