import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerTensors
import _TestSupport

/// In the steady state a photo costs no allocation: a large batch takes as many as a small one.
@Suite struct AllocationTests {
  /// The augmentations that take different paths through the code.
  static let augmentations: [String: Augmentation?] = [
    "none": nil, "everything": AugmentationTests.everything,
    "classic": Augmentation(
      rotationRange: .degrees(40), widthShiftRange: 0.2, heightShiftRange: 0.2, shearRange: .radians(0.2),
      zoomRange: 0.2, horizontalFlip: true),
    "keras_exact": Augmentation(
      rotationRange: .degrees(40), channelShiftRange: 20, brightnessRange: 0.5...1.5, kerasExact: true),
    "trivial_augment": Augmentation(interpolation: .bicubic, trivialAugment: true),
  ]

  /// The blocks allocated for each of some batches late in a stream.
  private func allocations(_ augmentation: Augmentation?, batchSize: Int, spills: Bool) async throws -> [Int]
  {
    var loading = PhotoDataset.Loading()
    loading.loaderThreads = 0
    if spills { loading.memory = CacheMemory(bytes: 0) }
    let pixels = Formula.bits("allocations", count: 40 * 24 * 20 * 3).map { UInt8($0 >> 16) }
    let photos = (0..<40).map { number in
      Photo(height: 24, width: 20, pixels: Array(pixels[number * 1440..<(number + 1) * 1440]))
    }
    let data = try await PhotoDataset(
      photos: photos, labels: (0..<40).map { $0 % 2 },
      preparation: PhotoPreparation(height: 24, width: 20), batchSize: batchSize, augmentation: augmentation,
      loading: loading)
    if spills { #expect(data.pixelPlaces.inFile == 40) }
    let batches = data.trainingBatches()
    var plan = batches.plan
    let worker = batches.makeWorker()
    // The first batches allocate what is used again; every kind of operation should have come up.
    for step in 0..<60 { _ = try worker(plan.draws(ofStep: step)) }
    return try (60..<80).map { step in
      let draws = plan.draws(ofStep: step)
      return try Effort.of { _ = try worker(draws) }.effort.allocations ?? 0
    }
  }

  @Test(
    .enabled("needs an allocator that can be watched") { Effort.of {}.effort.allocations != nil },
    arguments: augmentations.keys.sorted(), [false, true])
  func photosCostNone(name: String, spills: Bool) async throws {
    let augmentation = Self.augmentations[name] ?? nil
    let few = try await allocations(augmentation, batchSize: 8, spills: spills)
    let many = try await allocations(augmentation, batchSize: 64, spills: spills)
    // Mixing makes a list of the batch's draws, which grows a few times.
    let growth = augmentation?.mixesLabels == true ? 6 : 0
    #expect(few.allSatisfy { $0 > 0 && $0 <= few[0] + growth }, "\(few)")
    #expect(many.allSatisfy { $0 <= few[0] + growth }, "\(many), \(few[0]) for an eighth of the photos")
  }
}
