import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerSystem
import WhiskerTensors
import _TestSupport

/// Streams of training samples in which every class comes equally often.
@Suite struct BalancedSamplingTests {
  /// Classes of any sizes in any order.
  private static func classIndices(_ stream: inout RandomStream) -> [Int] {
    let counts = (0..<1 + stream.integer(below: 6)).map { _ in 1 + stream.integer(below: 40) }
    let sorted = counts.enumerated().flatMap { Array(repeating: $0.offset * 3, count: $0.element) }
    return stream.permutation(sorted.count).map { sorted[$0] }
  }

  private static func draws(
    _ classes: [Int], batchSize: Int, seed: UInt64?, steps: Range<Int>
  ) -> [SampleDraw] {
    var plan = BatchPlan.training(
      .balanced, classIndices: classes, batchSize: batchSize, key: seed.map { RandomKey(seed: $0) },
      fromStep: steps.lowerBound)
    return steps.flatMap { plan.draws(ofStep: $0) }
  }

  @Test func everyClassComesEquallyOftenAndEverySampleBeforeAnyTwice() {
    var stream = RandomStream(RandomKey(seed: 3))
    for round in 0..<60 {
      let classes = Self.classIndices(&stream)
      let batchSize = 1 + stream.integer(below: 20)
      let draws = Self.draws(
        classes, batchSize: batchSize, seed: round % 5 == 0 ? nil : UInt64(round), steps: 0..<40)
      #expect(draws.count == 40 * batchSize)
      var ofClass: [Int: Int] = [:]
      var ofSample = Array(repeating: 0, count: classes.count)
      let names = Set(classes)
      for draw in draws {
        ofClass[classes[draw.index], default: 0] += 1
        ofSample[draw.index] += 1
        let counts = names.map { ofClass[$0] ?? 0 }
        #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
        // Each use has a pass of its own, of which augmentation is drawn.
        #expect(draw.pass == ofSample[draw.index] - 1)
      }
      for name in names {
        let uses = classes.indices.filter { classes[$0] == name }.map { ofSample[$0] }
        #expect((uses.max() ?? 0) - (uses.min() ?? 0) <= 1, "every sample of a class once before any twice")
      }
    }
  }

  @Test func aStreamCanBeginAnywhere() {
    var stream = RandomStream(RandomKey(seed: 4))
    for _ in 0..<30 {
      let classes = Self.classIndices(&stream)
      let (batchSize, start) = (1 + stream.integer(below: 12), stream.integer(below: 100))
      let whole = Self.draws(classes, batchSize: batchSize, seed: 9, steps: 0..<start + 5)
      #expect(
        Self.draws(classes, batchSize: batchSize, seed: 9, steps: start..<start + 5)
          == Array(whole[(start * batchSize)...]))
    }
  }

  @Test func ordersDifferByPassAndSeed() {
    let classes = Array(repeating: 0, count: 30) + Array(repeating: 1, count: 10)
    let draws = Self.draws(classes, batchSize: 20, seed: 1, steps: 0..<4)
    func order(_ draws: [SampleDraw], pass: Int) -> [Int] {
      draws.filter { $0.index >= 30 && $0.pass == pass }.map(\.index)
    }
    let passes = (0..<4).map { order(draws, pass: $0) }
    #expect(passes.allSatisfy { $0.sorted() == Array(30..<40) } && Set(passes).count == 4)
    let other = Self.draws(classes, batchSize: 20, seed: 2, steps: 0..<4)
    #expect(order(other, pass: 0) != passes[0])
    // Classes don't take turns in one fixed order.
    let turns = stride(from: 0, to: draws.count, by: 2).map { draws[$0].index < 30 }
    #expect(Set(turns).count == 2)
    // Without a key both keep the dataset's order.
    let plain = Self.draws(classes, batchSize: 6, seed: nil, steps: 0..<1)
    #expect(plain.map(\.index) == [0, 30, 1, 31, 2, 32])
  }

  @Test func naturalIsAsItWas() {
    var old = BatchPlan.training(count: 5, batchSize: 3, key: RandomKey(seed: 1), fromStep: 0)
    var new = BatchPlan.training(
      .natural, classIndices: [0, 0, 0, 0, 1], batchSize: 3, key: RandomKey(seed: 1), fromStep: 0)
    for step in 0..<9 { #expect(old.draws(ofStep: step) == new.draws(ofStep: step)) }
  }

  // MARK: Datasets

  private func photos(_ threads: Int, _ sampling: ClassSampling = .balanced) async throws -> PhotoDataset {
    let labels = Array(repeating: 0, count: 9) + [1, 1, 2]
    let images = labels.indices.map { Photo(height: 4, width: 5, pixels: photoPixels($0)) }
    var loading = PhotoDataset.Loading()
    loading.loaderThreads = threads
    var augmentation = Augmentation()
    augmentation.horizontalFlip = true
    augmentation.channelShiftRange = 20
    var dataset = try await PhotoDataset(
      photos: images, labels: labels, preparation: PhotoPreparation(height: 4, width: 5), batchSize: 5,
      seed: 3, augmentation: augmentation, loading: loading)
    dataset.sampling = sampling
    return dataset
  }

  @Test(arguments: [0, 1, 4]) func photosAreTheSameWhateverTheThreads(threads: Int) async throws {
    func batches(_ dataset: PhotoDataset, from step: Int) async throws -> [Batch] {
      var found: [Batch] = []
      for try await batch in dataset.trainingBatches(fromStep: step).prefix(12 - step) { found.append(batch) }
      return found
    }
    let expected = try await batches(photos(2), from: 0)
    #expect(try await batches(photos(threads), from: 0) == expected)
    #expect(try await batches(photos(threads), from: 7) == Array(expected[7...]))
    #expect(try await photos(threads).firstTrainingBatch() == expected[0])
    let uses = expected.flatMap(\.indices)
    #expect(uses.count == 60 && uses.count { $0 == 11 } == 20 && uses.count { $0 < 9 } == 20)
    // The same photo looks different each time.
    var looks: Set<[Float]> = []
    for batch in expected {
      for (row, index) in batch.indices.enumerated() where index == 11 {
        looks.insert(Array(batch.images.values[row * 60..<(row + 1) * 60]))
      }
    }
    #expect(looks.count > 10)
    let dataset = try await photos(threads)
    #expect(dataset.stepsPerPass == 3)
    var evaluated: [Int] = []
    for try await batch in dataset.evaluationBatches() { evaluated += batch.indices }
    #expect(evaluated == Array(0..<12))
  }

  @Test func photosKnowTheirBalance() async throws {
    let balance = try await photos(0).classBalance
    #expect(balance == ClassBalance([9, 2, 1]) && balance.isUneven)
  }

  @Test func arraysAreBalancedByTheirLabels() async throws {
    let images = Tensor(shape: [6, 1], values: [0, 1, 2, 3, 4, 5])
    let numbers = Tensor(shape: [6], values: [0, 0, 0, 0, 1, 0])
    var rows = Tensor(shape: [6, 2])
    for (row, label) in numbers.values.enumerated() { rows.values[2 * row + Int(label)] = 1 }
    for labels in [numbers, rows] {
      let data = try ArrayDataset(images: images, labels: labels, batchSize: 4, sampling: .balanced)
      var seen: [Int] = []
      for try await batch in data.trainingBatches().prefix(5) {
        #expect(batch.indices.count { $0 == 4 } == 2)
        seen += batch.indices
      }
      #expect(Set(seen) == Set(0..<6))
    }
    for labels in [
      Tensor(shape: [6, 2, 2]), Tensor(shape: [6], repeating: -1), Tensor(shape: [6], repeating: .nan),
    ] {
      let error = #expect(throws: WhiskerError.self) {
        try ArrayDataset(images: images, labels: labels, sampling: .balanced)
      }
      #expect(error?.code == .invalidSetting && error?.place == "sampling")
      _ = try ArrayDataset(images: images, labels: labels)
    }
  }
}
