import ClinicalTree

// Tree navigation (section 5.8).

extension Machine {
  mutating func tree(_ function: Function, _ call: Call, _ start: Int) throws(FHIRPathError) {
    if function == .descendants { return try pushDescendants(from: start, call.operation) }
    let end = stack.count
    for place in start..<end {
      pushChildren(of: stack[place])
      try charge(call.operation)
    }
    drop(start..<end)
  }
}
