/// Does work on many items at once and hands the results on in the order of the items.
///
/// At most `jobs` items are worked on and twice as many results wait, however many items there are. After
/// an interruption, or the deadline, no further item is begun: what is in hand is finished, then the exit
/// code says why.
func inOrder<Item: Sendable, Result: Sendable>(
  _ items: [Item], jobs: Int, until deadline: ContinuousClock.Instant? = nil,
  work: @escaping @Sendable (Item) async -> Result, each: (Int, Result) throws -> Void
) async throws {
  func check() throws {
    if Interruption.hasCome { throw Exit.interrupted }
    if let deadline, ContinuousClock.now > deadline {
      Console.say("the time limit was reached")
      throw Exit.limit
    }
  }
  if jobs <= 1 || items.count <= 1 {
    for (index, item) in items.enumerated() {
      try check()
      try each(index, await work(item))
    }
    return
  }
  try await withThrowingTaskGroup(of: (Int, Result).self) { group in
    var started = 0
    var finished = 0
    var waiting: [Int: Result] = [:]
    func start() {
      guard started < items.count, started < finished + jobs * 2 else { return }
      let index = started
      let item = items[index]
      started += 1
      group.addTask { (index, await work(item)) }
    }
    for _ in 0..<jobs { start() }
    while let (index, result) = try await group.next() {
      waiting[index] = result
      while let ready = waiting.removeValue(forKey: finished) {
        try each(finished, ready)
        finished += 1
        try check()
      }
      // As many tasks run as before, unless too many results wait for an earlier one.
      while started - finished - waiting.count < jobs,
        started < min(items.count, finished + jobs * 2)
      {
        start()
      }
    }
  }
}
