import ClinicalTree

// Existence (section 5.1) and `not` (6.5).

extension Machine {
  mutating func existence(_ function: Function, _ call: Call, _ start: Int) throws(FHIRPathError) {
    let count = stack.count - start
    let answer: Bool?
    switch function {
    case .empty: answer = count == 0
    case .exists:
      if call.count == 0 { answer = count > 0 } else { answer = try exists(call, start) }
    case .all: answer = try all(call, start)
    case .not:
      answer = try single(start, call.operation).map { !truth($0) }
    case .count:
      drop(to: start)
      return stack.append(.integer(count))
    case .distinct: return try removeDuplicates(from: start, call.operation)
    case .isDistinct:
      try removeDuplicates(from: start, call.operation)
      answer = stack.count - start == count
    case .subsetOf, .supersetOf: answer = try subset(function, call, start)
    default: answer = try truths(function, call, start)
    }
    drop(to: start)
    push(answer)
  }

  private mutating func exists(_ call: Call, _ start: Int) throws(FHIRPathError) -> Bool {
    let criterion = argument(0, call)
    for place in start..<stack.count {
      let item = stack[place]
      let holds = try with(item, index: place - start) { machine throws(FHIRPathError) in
        try machine.condition(criterion)
      }
      if holds == true { return true }
    }
    return false
  }

  private mutating func all(_ call: Call, _ start: Int) throws(FHIRPathError) -> Bool {
    let criterion = argument(0, call)
    for place in start..<stack.count {
      let item = stack[place]
      let holds = try with(item, index: place - start) { machine throws(FHIRPathError) in
        try machine.condition(criterion)
      }
      if holds != true { return false }
    }
    return true
  }

  private func truths(_ function: Function, _ call: Call, _ start: Int) throws(FHIRPathError)
    -> Bool
  {
    let wanted = function == .allTrue || function == .anyTrue
    let isAll = function == .allTrue || function == .allFalse
    for item in stack[start...] {
      guard case .boolean(let value)? = value(of: item) else {
        throw fault(.wrongType, "a collection of booleans is expected", call.operation)
      }
      if isAll, value != wanted { return false }
      if !isAll, value == wanted { return true }
    }
    return isAll
  }

  private mutating func subset(_ function: Function, _ call: Call, _ start: Int)
    throws(FHIRPathError) -> Bool
  {
    let middle = try result(of: argument(0, call))
    let (own, other) = (start..<middle, middle..<stack.count)
    let (small, large) = function == .subsetOf ? (own, other) : (other, own)
    var set = ItemSet()
    for place in large { _ = try set.insert(stack[place], &self, call.operation) }
    for place in small where try !set.contains(stack[place], &self, call.operation) {
      return false
    }
    return true
  }
}
