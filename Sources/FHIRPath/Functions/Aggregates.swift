import ClinicalTree

// Aggregates (section 7).

extension Machine {
  mutating func aggregates(_ function: Function, _ call: Call, _ start: Int) throws(FHIRPathError) {
    if function == .aggregate { return try aggregate(call, start) }
    let items = stack[start...].compactMap { value(of: $0) }
    drop(to: start)
    guard var result = items.first else {
      if function == .sum { stack.append(.integer(0)) }
      return
    }
    for item in items.dropFirst() {
      try charge(call.operation)
      switch function {
      case .min: if let order = try order(item, result, call.operation), order < 0 { result = item }
      case .max: if let order = try order(item, result, call.operation), order > 0 { result = item }
      default:
        guard let sum = try calculate(.add, result, item, call.operation) else { return }
        result = sum
      }
    }
    if function == .avg {
      guard let total = number(result), let mean = total.divided(by: ExactDecimal(items.count))
      else { return }
      result = decimal(mean)
    }
    stack.append(result)
  }

  private mutating func aggregate(_ call: Call, _ start: Int) throws(FHIRPathError) {
    let outer = total
    defer { total = outer }
    total = []
    if call.count > 1 {
      let middle = try result(of: argument(1, call))
      total = Array(stack[middle...])
      drop(to: middle)
    }
    let end = stack.count
    for place in start..<end {
      let item = stack[place]
      let aggregator = argument(0, call)
      try with(item, index: place - start) { machine throws(FHIRPathError) in
        try machine.run(aggregator)
      }
      total = Array(stack[end...])
      drop(to: end)
      try charge(call.operation, by: total.count)
    }
    drop(to: start)
    stack.append(contentsOf: total)
  }
}
