import Foundation
import Synchronization
import Testing
import WhiskerDatasets
import WhiskerTensors

@Suite struct BatchSequenceTests {
  /// Counts the running threads: each holds a worker, and each worker holds one of these.
  private final class Crew: Sendable {
    let alive = Mutex(0)
    let begun = Mutex(0)

    final class Member: Sendable {
      let crew: Crew
      init(_ crew: Crew) {
        self.crew = crew
        crew.alive.withLock { $0 += 1 }
        crew.begun.withLock { $0 += 1 }
      }
      deinit { crew.alive.withLock { $0 -= 1 } }
    }

    /// Waits until no thread is left; a leak makes the test run into its time limit.
    func waitUntilGone() async throws {
      while alive.withLock({ $0 }) > 0 { try await Task.sleep(for: .milliseconds(1)) }
    }
  }

  private struct Broken: Error {}

  private func sequence(
    _ plan: BatchPlan, threads: Int, crew: Crew,
    made: @escaping @Sendable ([SampleDraw]) throws -> Void = { _ in }
  ) -> BatchSequence {
    BatchSequence(plan, threads: threads) {
      let member = Crew.Member(crew)
      return { draws in
        try withExtendedLifetime(member) { try made(draws) }
        let values = draws.map { Float($0.index) }
        let tensor = Tensor(shape: [draws.count], values: values)
        return Batch(images: tensor, labels: tensor, indices: draws.map(\.index))
      }
    }
  }

  @Test(.timeLimit(.minutes(10)), arguments: [0, 1, 4]) func leavingTheLoopEndsTheThreads(threads: Int)
    async throws
  {
    let crew = Crew()
    let batches = sequence(
      .training(count: 10, batchSize: 4, key: RandomKey(seed: 1), fromStep: 0), threads: threads, crew: crew)
    for _ in 0..<20 {
      var count = 0
      for try await _ in batches {
        count += 1
        if count == 5 { break }
      }
    }
    try await crew.waitUntilGone()
    // A thread that starts after the end makes no worker, so there may be fewer.
    #expect((20...20 * max(1, threads)).contains(crew.begun.withLock { $0 }))
  }

  @Test(.timeLimit(.minutes(10))) func theLastBatchEndsTheThreads() async throws {
    let crew = Crew()
    let batches = sequence(.evaluation(count: 10, batchSize: 4, steps: nil), threads: 3, crew: crew)
    var iterator = batches.makeAsyncIterator()
    var sizes: [Int] = []
    while let batch = try await iterator.next() { sizes.append(batch.count) }
    #expect(sizes == [4, 4, 2])
    #expect(try await iterator.next() == nil)
    try await crew.waitUntilGone()
  }

  @Test(.timeLimit(.minutes(10)), arguments: [0, 1, 4]) func cancellingEndsTheLoopAndTheThreads(threads: Int)
    async throws
  {
    let crew = Crew()
    let batches = sequence(
      .training(count: 10, batchSize: 4, key: nil, fromStep: 0), threads: threads, crew: crew)
    let (signal, started) = AsyncStream<Void>.makeStream()
    let task = Task {
      for try await _ in batches {
        started.yield()
        await Task.yield()
      }
    }
    for await _ in signal { break }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    try await crew.waitUntilGone()
  }

  @Test(.timeLimit(.minutes(10))) func cancellingWakesAConsumerThatWaits() async throws {
    let crew = Crew()
    let held = DispatchSemaphore(value: 0)
    let (signal, started) = AsyncStream<Void>.makeStream()
    let batches = sequence(.training(count: 10, batchSize: 4, key: nil, fromStep: 0), threads: 1, crew: crew)
    { _ in
      started.yield()
      held.wait()
    }
    let task = Task { for try await _ in batches { Issue.record("no batch can be ready") } }
    for await _ in signal { break }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    held.signal()
    try await crew.waitUntilGone()
  }

  @Test(.timeLimit(.minutes(10)), arguments: [0, 1, 4]) func anErrorComesInItsTurnAndEndsTheStream(
    threads: Int
  ) async throws {
    let crew = Crew()
    let batches = sequence(
      .training(count: 100, batchSize: 1, key: nil, fromStep: 0), threads: threads, crew: crew
    ) {
      draws in if draws[0].index == 5 { throw Broken() }
    }
    var iterator = batches.makeAsyncIterator()
    for index in 0..<5 { #expect(try await iterator.next()?.indices == [index]) }
    await #expect(throws: Broken.self) { try await iterator.next() }
    if threads > 0 {
      #expect(try await iterator.next() == nil)
      try await crew.waitUntilGone()
    }
  }

  @Test(.timeLimit(.minutes(10))) func noThreadRunsFarAhead() async throws {
    let crew = Crew()
    let furthest = Mutex(0)
    let batches = sequence(
      .training(count: 1000, batchSize: 1, key: nil, fromStep: 0), threads: 2, crew: crew
    ) {
      draws in furthest.withLock { $0 = max($0, draws[0].index) }
    }
    var taken = 0
    for try await _ in batches {
      taken += 1
      for _ in 0..<50 { await Task.yield() }
      #expect(furthest.withLock { $0 } <= taken + 4)
      if taken == 100 { break }
    }
    try await crew.waitUntilGone()
  }

  /// Slow and quick batches are handed out in order all the same.
  @Test func orderDoesNotDependOnWhoIsQuicker() async throws {
    let batches = sequence(
      .training(count: 64, batchSize: 1, key: nil, fromStep: 0), threads: 4, crew: Crew()
    ) {
      draws in if draws[0].index.isMultiple(of: 3) { usleep(500) }
    }
    var seen: [Int] = []
    for try await batch in batches.prefix(64) { seen += batch.indices }
    #expect(seen == Array(0..<64))
  }

  @Test func drawsKnowTheirPass() {
    var plan = BatchPlan.training(count: 3, batchSize: 4, key: RandomKey(seed: 1), fromStep: 0)
    let draws = (0..<3).flatMap { plan.draws(ofStep: $0) }
    #expect(draws.map(\.pass) == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3])
    var later = BatchPlan.training(count: 3, batchSize: 4, key: RandomKey(seed: 1), fromStep: 2)
    #expect(later.draws(ofStep: 2) == Array(draws[8...]))
  }

  /// A few steps of an evaluation see every part of the data; all steps see it in order.
  @Test func limitedEvaluationIsSpreadEvenly() {
    for (count, batchSize) in [(13, 4), (1000, 20), (7, 7), (100, 1)] {
      let all = (count + batchSize - 1) / batchSize
      for steps in 0...all + 1 {
        var plan = BatchPlan.evaluation(count: count, batchSize: batchSize, steps: steps)
        #expect(plan.steps == 0..<min(steps, all))
        let seen = plan.steps.flatMap { plan.draws(ofStep: $0) }.map(\.index)
        #expect(seen.count == min(count, steps * batchSize))
        #expect(seen == Array(Set(seen)).sorted(), "in order, none twice")
        guard let first = seen.first, let last = seen.last else { continue }
        let gaps = zip(seen, seen.dropFirst()).map { $1 - $0 }
        #expect(first == 0 && (gaps.max() ?? 1) - (gaps.min() ?? 1) <= 1)
        #expect(count - last <= (count + seen.count - 1) / seen.count)
        // Of two classes of one size each has its half.
        #expect(abs(2 * seen.count { $0 < count / 2 } - seen.count) <= 2)
      }
    }
  }
}

@Suite struct ArrayDatasetTests {
  private let images = Tensor(shape: [5, 2], values: (0..<10).map { Float($0) })
  private let labels = Tensor(shape: [5], values: [0, 1, 0, 1, 0])

  @Test func servesItsRows() async throws {
    let data = try ArrayDataset(images: images, labels: labels, batchSize: 3)
    #expect(data.count == 5)
    #expect(data.sampleShape == [2])
    #expect(data.labelShape == [])
    var batches: [Batch] = []
    for try await batch in data.evaluationBatches() { batches.append(batch) }
    #expect(
      batches.map(\.images) == [
        Tensor(shape: [3, 2], values: [0, 1, 2, 3, 4, 5]), Tensor(shape: [2, 2], values: [6, 7, 8, 9]),
      ])
    #expect(batches.map(\.labels.values) == [[0, 1, 0], [1, 0]])
    var seen: [Int] = []
    for try await batch in data.trainingBatches().prefix(5) {
      let rows = batch.indices.flatMap { index -> [Float] in [Float(2 * index), Float(2 * index + 1)] }
      #expect(batch.images.values == rows)
      #expect(batch.labels.values == batch.indices.map { Float($0 % 2) })
      seen += batch.indices
    }
    for pass in 0..<3 { #expect(seen[pass * 5..<pass * 5 + 5].sorted() == [0, 1, 2, 3, 4]) }
  }

  @Test func refusesWhatDoesNotFit() async {
    let calls: [@Sendable () throws -> ArrayDataset] = [
      { [images] in try ArrayDataset(images: images, labels: Tensor(shape: [4])) },
      { [images] in try ArrayDataset(images: images, labels: Tensor(1)) },
      { [labels] in try ArrayDataset(images: Tensor(1), labels: labels) },
      { try ArrayDataset(images: Tensor(shape: [0, 2]), labels: Tensor(shape: [0])) },
      { [images, labels] in try ArrayDataset(images: images, labels: labels, batchSize: 0) },
    ]
    for call in calls { #expect(await datasetError { _ = try call() }?.code == .invalidSetting) }
  }
}
