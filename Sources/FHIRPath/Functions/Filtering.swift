import ClinicalTree

// Filtering and projection (section 5.2).

extension Machine {
  mutating func filtering(_ function: Function, _ call: Call, _ start: Int) throws(FHIRPathError) {
    switch function {
    case .where: try filter(call, start)
    case .select: try select(call, start)
    case .ofType: try ofType(call, start)
    default: try repeated(call, start, keepsDuplicates: function == .repeatAll)
    }
  }

  private mutating func filter(_ call: Call, _ start: Int) throws(FHIRPathError) {
    let criterion = argument(0, call)
    let end = stack.count
    var write = start
    for place in start..<end {
      let item = stack[place]
      let holds = try with(item, index: place - start) { machine throws(FHIRPathError) in
        try machine.condition(criterion)
      }
      if holds == true {
        stack[write] = item
        write += 1
      }
    }
    drop(to: write)
  }

  private mutating func select(_ call: Call, _ start: Int) throws(FHIRPathError) {
    let projection = argument(0, call)
    let end = stack.count
    for place in start..<end {
      let item = stack[place]
      try with(item, index: place - start) { machine throws(FHIRPathError) in
        try machine.run(projection)
      }
      try charge(call.operation)
    }
    drop(start..<end)
  }

  private mutating func ofType(_ call: Call, _ start: Int) throws(FHIRPathError) {
    let type = program.types[Int(argument(0, call))]
    var write = start
    if !type.isKnown { throw fault(.unknown, "there is no such type", call.operation) }
    for place in start..<stack.count {
      let item = stack[place]
      if try matches(item, type, exactly: true, call.operation) {
        stack[write] = item
        write += 1
      }
    }
    drop(to: write)
  }

  /// The projection of the items, of what that gives, and so on; each item once unless duplicates are
  /// wanted.
  private mutating func repeated(_ call: Call, _ start: Int, keepsDuplicates: Bool)
    throws(FHIRPathError)
  {
    let projection = argument(0, call)
    let sources = stack.count - start
    var seen = ItemSet()
    var place = start
    while place < stack.count {
      let item = stack[place]
      let end = stack.count
      try with(item) { machine throws(FHIRPathError) in try machine.run(projection) }
      if !keepsDuplicates {
        var write = end
        for new in end..<stack.count {
          let item = stack[new]
          if try seen.insert(item, &self, call.operation) {
            stack[write] = item
            write += 1
          }
        }
        drop(to: write)
      }
      place += 1
      try charge(call.operation)
    }
    drop(start..<start + sources)
  }
}
