import ArgumentParser
import Foundation
import Whisker

struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure the throughput of one stage on this machine.",
    discussion: "Works on the baseline network and on sketches unless you say otherwise.",
    subcommands: [
      BenchStepCommand.self, BenchInferCommand.self, BenchDecodeCommand.self, BenchAugmentCommand.self,
      BenchFilesCommand.self,
    ])
}

struct BenchStepCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "step",
    abstract: "Whole training steps: forward, backward and update.",
    discussion: """
      Without DATA the inputs are ready in memory: what is measured is the network alone. With DATA the loader makes \
      them of decoded photos beside the steps, as in training, with the recipe's augmentation. Of a recipe with phases \
      it is the last one.
      """)

  @Argument(help: "A folder with one folder of photos per class.", completion: .directory)
  var data: String?

  @OptionGroup(title: "Measuring") var bench: BenchOptions
  @OptionGroup(title: "Network") var network: BenchNetworkOptions
  @OptionGroup(title: "Computing") var engine: EngineOptions

  func run() async throws {
    try bench.check()
    let recipe = try network.loaded()
    let data = try await dataset(recipe)
    let classes = max(2, data.classNames.count)
    let model = try recipe.model(classes: classes, seed: 0)
    let phase = try recipe.phases(in: model.network()).last
    if let phase { try model.freeze(for: phase) }
    try model.compile(
      loss: recipe.loss(classes: classes), optimizer: phase?.optimizer ?? recipe.optimizer,
      engine: engine.makeEngine())
    var timer = bench.timer
    do {
      try await model.fit(data, stepsPerEpoch: .max) { event in
        guard case .stepEnded = event else { return }
        if timer.add(bench.batchSize) { throw Finished() }
      }
    } catch is Finished {}
    try bench.show(timer)
  }

  private func dataset(_ recipe: Recipe) async throws -> any BatchSource {
    if let data { return try await BenchPhotos.dataset(data, recipe, batchSize: bench.batchSize) }
    return try BenchSketches.dataset(
      count: max(64, 2 * bench.batchSize), recipe.image, batchSize: bench.batchSize)
  }

  /// Ends training once there is nothing more to measure.
  private struct Finished: Error {}
}

struct BenchInferCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "infer",
    abstract: "Prediction.",
    discussion: "The photos are in memory, decoded: what is measured is the network alone.")

  @OptionGroup(title: "Measuring") var bench: BenchOptions
  @OptionGroup(title: "Network") var network: BenchNetworkOptions
  @OptionGroup(title: "Computing") var engine: EngineOptions

  func run() async throws {
    try bench.check()
    let recipe = try network.loaded()
    let model = try recipe.model(classes: 2, seed: 0)
    try model.compile(loss: recipe.loss(classes: 2), engine: engine.makeEngine())
    let data = try BenchSketches.dataset(
      count: bench.batchSize, recipe.image, batchSize: bench.batchSize)
    var timer = bench.timer
    repeat {
      try Task.checkCancellation()
      _ = try await model.predict(data.images, batchSize: bench.batchSize)
    } while !timer.add(bench.batchSize)
    try bench.show(timer)
  }
}

struct BenchDecodeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Reading photos: decode, resize to the nearest pixels, scale.",
    discussion: "Without DATA it draws sketches of 200 × 200 into a temporary folder.")

  @Argument(help: "A folder of photos.", completion: .directory)
  var data: String?

  @OptionGroup(title: "Measuring") var bench: BenchOptions

  @Option(parsing: .unconditional, help: "Rows and columns to resize to, 1 to 4096.")
  var imageSize = 150

  @Option(parsing: .unconditional, help: "Threads that decode; every core by default.")
  var threads: Int?

  func run() async throws {
    try bench.check()
    try requireRange(imageSize, 1...4096, "--image-size")
    try requireRange(threads, 1...256, "--threads")
    if let data { return try await measure(data) }
    try await BenchSketches.withFolder(perClass: 256) { try await measure($0) }
  }

  private func measure(_ folder: String) async throws {
    let photos = try PhotoList([folder])
    // Many passes in one stream, so that its beginning and end don't count.
    let passes = max(1, 20_000 / max(1, photos.paths.count))
    let stream = try PhotoStream(
      (0..<passes).flatMap { _ in photos.paths },
      preparation: PhotoPreparation(height: imageSize, width: imageSize),
      batchSize: bench.batchSize, threads: threads ?? Processors.available)
    var timer = bench.timer
    var isDone = false
    while !isDone {
      var decoded = 0
      for try await batch in stream {
        let count = batch.indices.count - batch.failures.count
        decoded += count
        isDone = timer.add(count)
        if isDone { break }
      }
      guard decoded > 0 else {
        throw WhiskerError(.badContents, folder, "no photo in it can be read")
      }
    }
    try bench.show(timer)
  }
}

struct BenchAugmentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "augment",
    abstract: "Augmentation of training photos that are decoded already.",
    discussion: "Without DATA it works on sketches.")

  @Argument(help: "A folder with one folder of photos per class.", completion: .directory)
  var data: String?

  @OptionGroup(title: "Measuring") var bench: BenchOptions

  @Option(
    help: "Whose augmentation: a built-in recipe's name, or the path of a recipe file.", completion: .recipe)
  var recipe = "augmented"

  @Option(parsing: .unconditional, help: "Threads that prepare batches; every core by default.")
  var loaderThreads: Int?

  func run() async throws {
    try bench.check()
    try requireRange(loaderThreads, 0...256, "--loader-threads")
    let recipe = try Recipe(named: recipe)
    var loading = PhotoDataset.Loading()
    loading.loaderThreads = loaderThreads ?? Processors.available
    let dataset = try await dataset(recipe, loading)
    var timer = bench.timer
    for try await batch in dataset where timer.add(batch.count) { break }
    try bench.show(timer)
  }

  private func dataset(_ recipe: Recipe, _ loading: PhotoDataset.Loading) async throws -> PhotoDataset {
    guard let data else {
      let sketches = try BenchSketches.photos(count: 512)
      return try await PhotoDataset(
        photos: sketches.photos, labels: sketches.labels, classNames: Animal.allCases.map(\.rawValue),
        preparation: recipe.image, batchSize: bench.batchSize, augmentation: recipe.augmentation,
        loading: loading)
    }
    return try await BenchPhotos.dataset(data, recipe, batchSize: bench.batchSize, loading: loading)
  }
}
