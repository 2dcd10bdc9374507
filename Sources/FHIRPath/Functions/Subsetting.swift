import ClinicalTree

// Subsetting and combining (section 5.3 and 5.4).

extension Machine {
  mutating func subsetting(_ function: Function, _ call: Call, _ start: Int) throws(FHIRPathError) {
    switch function {
    case .single: _ = try single(start, call.operation)
    case .first: keep(0, from: start)
    case .last: keep(stack.count - start - 1, from: start)
    case .tail: skip(1, start)
    case .skip: skip(try integer(0, call) ?? 0, start)
    case .take:
      let count = max(0, try integer(0, call) ?? 0)
      if stack.count - start > count { drop(to: start + count) }
    case .union:
      try run(argument(0, call))
      try removeDuplicates(from: start, call.operation)
    case .combine: try run(argument(0, call))
    case .coalesce:
      for number in 0..<call.count where stack.count == start {
        try run(argument(number, call))
      }
    default: try select(call, start, isIntersection: function == .intersect)
    }
  }

  private mutating func skip(_ count: Int, _ start: Int) {
    let end = min(stack.count, start + max(0, min(count, stack.count - start)))
    drop(start..<end)
  }

  private mutating func select(_ call: Call, _ start: Int, isIntersection: Bool)
    throws(FHIRPathError)
  {
    let middle = try result(of: argument(0, call))
    var set = ItemSet()
    for place in middle..<stack.count { _ = try set.insert(stack[place], &self, call.operation) }
    drop(to: middle)
    var write = start
    for place in start..<middle {
      let item = stack[place]
      if try set.contains(item, &self, call.operation) == isIntersection {
        stack[write] = item
        write += 1
      }
    }
    drop(to: write)
    if isIntersection { try removeDuplicates(from: start, call.operation) }
  }
}
