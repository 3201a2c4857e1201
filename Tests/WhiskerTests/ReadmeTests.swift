import Foundation
import Testing
import Whisker

/// The code of the README, as it stands there, on data of the right shapes but tiny.
@Suite struct ReadmeTests {
  /// Noise, the class in its brightness.
  private func dataset(_ count: Int, batchSize: Int) throws -> ArrayDataset {
    var stream = RandomStream(RandomKey(seed: 1))
    let size = 150 * 150 * 3
    let labels = (0..<count).map { Float($0 % 2) }
    let values = labels.flatMap { label in (0..<size).map { _ in 0.5 * label + 0.5 * stream.uniform() } }
    return try ArrayDataset(
      images: Tensor(shape: [count, 150, 150, 3], values: values),
      labels: Tensor(shape: [count], values: labels),
      batchSize: batchSize)
  }

  @Test func theClassicRecipeTrains() async throws {
    let train = try dataset(4, batchSize: 2)
    let validation = try dataset(2, batchSize: 2)

    let model = Sequential(input: [150, 150, 3]) {
      Conv2D(32, kernel: 3, activation: .relu); MaxPooling2D(2)
      Conv2D(64, kernel: 3, activation: .relu); MaxPooling2D(2)
      Conv2D(128, kernel: 3, activation: .relu); MaxPooling2D(2)
      Conv2D(128, kernel: 3, activation: .relu); MaxPooling2D(2)
      Flatten()
      Dense(512, activation: .relu)
      Dense(1, activation: .sigmoid)
    }
    try model.compile(
      loss: .binaryCrossentropy, optimizer: .rmsprop(learningRate: 1e-3), metrics: [.accuracy])
    // 30 epochs in the README.
    let history = try await model.fit(train, epochs: 2, validation: validation)

    #expect(History.keys == ["acc", "loss", "val_acc", "val_loss"])
    for key in History.keys { #expect(history[key].count == 2) }
    #expect(history["loss"].allSatisfy { $0.isFinite })
  }

  @Test func batchesComeEndlesslyFromFolders() async throws {
    try await withSketches(perClass: 6, size: 40) { folder in
      let train = try await PhotoDataset(
        directory: folder, imageSize: [150, 150], batchSize: 20, classMode: .binary)
      var printed: [String] = []
      for try await batch in train {
        printed.append("\(batch.images.shape) \(batch.labels.shape)")
        if printed.count == 3 { break }
      }
      #expect(printed == Array(repeating: "(20, 150, 150, 3) (20)", count: 3))
    }
  }

  private func withSketches(perClass: Int, size: Int, _ body: (URL) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("whisker-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let generator = try SketchGenerator(seed: 0, size: size)
    for animal in Animal.allCases {
      let classFolder = folder.appendingPathComponent("\(animal.rawValue)s")
      try FileManager.default.createDirectory(at: classFolder, withIntermediateDirectories: true)
      for index in 0..<perClass {
        try generator.sketch(of: animal, index: index)
          .write(to: classFolder.appendingPathComponent("\(animal.rawValue).\(index).jpg"))
      }
    }
    try await body(folder)
  }

  @Test func builtInRecipesAreSound() throws {
    for name in Recipe.builtInNames {
      let recipe = try Recipe(named: name)
      #expect(recipe.name == name)
      for classes in [2, 10] {
        let network = try recipe.model(classes: classes, seed: 0).network()
        #expect(network.output == [classes == 2 ? 1 : classes])
      }
    }
    #expect(try Recipe(named: "baseline").model(classes: 2, seed: 0).network().parameterCount == 3_453_121)
  }

  @Test func unknownRecipesNameTheKnown() {
    let error = #expect(throws: TrainingError.self) { try Recipe(named: "bassline") }
    #expect(error?.message.contains("baseline") == true)
  }
}
