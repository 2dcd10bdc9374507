import ClinicalTree
import Definitions

// Utility functions (section 5.9).

extension Machine {
  mutating func utility(_ function: Function, _ call: Call, _ start: Int) throws(FHIRPathError) {
    switch function {
    case .trace: try trace(call, start)
    case .sort: try sort(call, start)
    case .comparable: try comparable(call, start)
    case .now:
      drop(to: start)
      if let now { stack.append(item(now)) }
    case .today:
      drop(to: start)
      if let now { stack.append(item(date(of: now))) }
    default:
      drop(to: start)
      var time = Temporal(.time)
      guard let now else { return }
      (time.hour, time.minute, time.second) = (now.hour, now.minute, now.second)
      time.fraction = now.fraction
      stack.append(item(time))
    }
  }

  private var now: Temporal? { Temporal(arena.copy(host.now), .dateTime) }

  private func values(from start: Int) -> [FHIRPathValue] {
    stack[start...].map { FHIRPathValue($0, self) }
  }

  private mutating func trace(_ call: Call, _ start: Int) throws(FHIRPathError) {
    let name = try text(0, call)?.string ?? ""
    guard call.count > 1 else { return host.trace(name) { values(from: start) } }
    let end = stack.count
    let projection = argument(1, call)
    for place in start..<end {
      let item = stack[place]
      try with(item, index: place - start) { machine throws(FHIRPathError) in
        try machine.run(projection)
      }
    }
    host.trace(name) { values(from: end) }
    drop(to: end)
  }

  /// Adds a variable for what follows in the chain.
  mutating func defineVariable(_ call: Call) throws(FHIRPathError) {
    let start = try result(of: call.source)
    guard let name = try text(0, call)?.string else { return }
    let isReserved = ["context", "resource", "rootResource", "ucum", "sct", "loinc"].contains(name)
    guard variables[name] == nil, !isReserved else {
      throw fault(.unknown, "%\(name) is defined already", call.operation)
    }
    guard call.count > 1 else {
      variables[name] = Array(stack[start...])
      return
    }
    let end = stack.count
    let input = end - start == 1 ? stack[start] : this
    let expression = argument(1, call)
    try with(input) { machine throws(FHIRPathError) in try machine.run(expression) }
    variables[name] = Array(stack[end...])
    drop(to: end)
  }

  private mutating func comparable(_ call: Call, _ start: Int) throws(FHIRPathError) {
    let item = try single(start, call.operation)
    drop(to: start)
    let other = try value(0, call)
    guard let item, let other, case .quantity(let a)? = asQuantity(item),
      case .quantity(let b)? = asQuantity(other)
    else { return }
    push(isComparable(quantities[Int(a)], quantities[Int(b)]))
  }

  // MARK: Sorting

  private mutating func sort(_ call: Call, _ start: Int) throws(FHIRPathError) {
    var rows: [(item: Item, keys: [Item?])] = []
    let end = stack.count
    for place in start..<end {
      let item = stack[place]
      var keys: [Item?] = []
      if call.count == 0 {
        keys = [value(of: item)]
      } else {
        for number in 0..<call.count {
          let key = argument(number, call)
          let value = try with(item, index: place - start) {
            machine throws(FHIRPathError) -> Item? in
            let begin = try machine.result(of: key)
            let single = try machine.single(begin, call.operation)
            machine.drop(to: begin)
            return single.flatMap { machine.value(of: $0) }
          }
          keys.append(value)
        }
      }
      rows.append((item, keys))
    }
    try charge(call.operation, by: rows.count * 8)
    let descending = (0..<call.count).map { program.descending.contains(argument($0, call)) }
    var failure: FHIRPathError?
    var machine = self
    rows.sort { a, b in
      for (place, (x, y)) in zip(a.keys, b.keys).enumerated() {
        let isDescending = place < descending.count && descending[place]
        let order: Int
        switch (x, y) {
        case (nil, nil): continue
        // What has no key comes first, whatever the direction.
        case (nil, _): return true
        case (_, nil): return false
        case (let x?, let y?):
          do throws(FHIRPathError) {
            order = try machine.order(x, y, call.operation) ?? 0
          } catch {
            failure = error
            return false
          }
        }
        if order != 0 { return (order < 0) != isDescending }
      }
      return false
    }
    if let failure { throw failure }
    drop(to: start)
    stack.append(contentsOf: rows.map(\.item))
  }
}
