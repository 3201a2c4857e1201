import Foundation
import Testing
import Whisker
import WhiskerRuns
import WhiskerSketches
import WhiskerSystem
import WhiskerTraining

/// The code of the README and of docs/library.md, exactly as it is there, on a handful of sketches.
@Suite struct ReadmeTests {
  @Test func theClassicRecipeTrains() async throws {
    try await withSketches(perClass: 3, size: 40) { folder in
      let model = Sequential(input: [150, 150, 3]) {
        Conv2D(32, kernel: 3, activation: .relu)
        MaxPooling2D(2)
        Conv2D(64, kernel: 3, activation: .relu)
        MaxPooling2D(2)
        Conv2D(128, kernel: 3, activation: .relu)
        MaxPooling2D(2)
        Conv2D(128, kernel: 3, activation: .relu)
        MaxPooling2D(2)
        Flatten()
        Dense(512, activation: .relu)
        Dense(1, activation: .sigmoid)
      }
      try model.compile(
        loss: .binaryCrossentropy, optimizer: .rmsprop(learningRate: 1e-3), metrics: [.accuracy])

      let train = try await PhotoDataset(
        directory: "\(folder)/train", imageSize: [150, 150], batchSize: 20, classMode: .binary)
      let validation = try await PhotoDataset(
        directory: "\(folder)/validation", imageSize: [150, 150], batchSize: 20, classMode: .binary)
      for try await batch in train {
        print(batch.images.shape, batch.labels.shape)  // (20, 150, 150, 3) (20)
        break
      }

      let history = try await model.fit(train, epochs: 2, validation: validation)
      print(history["val_acc"])

      for key in History.keys {
        #expect(history[key].count == 2)
        #expect(history[key].allSatisfy { $0.isFinite })
      }
      for try await batch in train.trainingBatches(fromStep: 7) {
        #expect("\(batch.images.shape) \(batch.labels.shape)" == "(20, 150, 150, 3) (20)")
        break
      }
    }
  }

  @Test func aResidualModelIsPutTogether() throws {
    let input = Input([150, 150, 3])
    let shortcut = Conv2D(32, kernel: 3, padding: .same, activation: .relu)(input)
    var x = Conv2D(32, kernel: 3, padding: .same)(shortcut)
    x = Activation(.relu)(Add()(x, shortcut))
    let residual = Model(input: input, output: Dense(1, activation: .sigmoid)(GlobalAveragePooling2D()(x)))
    print(try residual.summary())
    #expect(try residual.summary().parameterCount == 896 + 9_248 + 33)
  }

  @Test func onePhotoIsAugmented() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("whisker-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (cat, target) = (folder.appendingPathComponent("cat.jpg"), folder)
    try SketchGenerator(seed: 0, size: 200).sketch(of: .cat, index: 0).write(to: cat)

    let augmentation = Augmentation(
      rotationRange: .degrees(40), widthShiftRange: 0.2, heightShiftRange: 0.2, shearRange: .radians(0.2),
      zoomRange: 0.2, horizontalFlip: true)
    let photo = try Photo(contentsOf: cat, resizedTo: PhotoSize(height: 150, width: 150))
    print(photo.tensor().shape)  // (150, 150, 3)
    for (number, batch) in try augmentation.flow(photo, seed: 0).prefix(4).enumerated() {
      print(batch.shape)  // (1, 150, 150, 3)
      try Photo(batch.reshaped(photo.shape)).write(to: target.appendingPathComponent("\(number).png"))
    }

    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 5)
    #expect(try Photo(contentsOf: folder.appendingPathComponent("3.png")).shape == photo.shape)
  }

  /// The tests above are the code of the README and of docs/library.md: only paths, the number of epochs and the layout
  /// differ.
  @Test func thePagesHoldWhatIsTested() throws {
    let testFile = URL(fileURLWithPath: #filePath)
    let root = testFile.deletingLastPathComponent().appendingPathComponent("../..").standardized
    func bare(_ text: String) -> String { text.filter { !$0.isWhitespace && $0 != ";" } }
    let tested = bare(try String(contentsOf: testFile, encoding: .utf8))
    for (page, number, length) in [
      ("README.md", 1, 500), ("docs/library.md", 1, 500), ("docs/library.md", 2, 250),
      ("docs/library.md", 4, 300),
    ] {
      let parts = try String(contentsOf: root.appendingPathComponent(page), encoding: .utf8)
        .components(separatedBy: "```swift\n")
      let code = try #require(parts.dropFirst(number).first?.components(separatedBy: "```").first)
        .replacing("import Whisker\n", with: "").replacing("\"cats_and_dogs/", with: "\"\\(folder)/")
        .replacing("epochs: 30", with: "epochs: 2")
      #expect(bare(code).count > length)
      #expect(tested.contains(bare(code)), "\(code)")
    }
  }

  /// A path with train/ and validation/ of sketches in it.
  private func withSketches(perClass: Int, size: Int, _ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("whisker-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let generator = try SketchGenerator(seed: 0, size: size)
    for (number, split) in ["train", "validation"].enumerated() {
      for animal in Animal.allCases {
        let classFolder = folder.appendingPathComponent("\(split)/\(animal.rawValue)s")
        try FileManager.default.createDirectory(at: classFolder, withIntermediateDirectories: true)
        for index in 0..<perClass {
          try generator.sketch(of: animal, index: number * perClass + index)
            .write(to: classFolder.appendingPathComponent("\(animal.rawValue).\(index).jpg"))
        }
      }
    }
    try await body(folder.path)
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
    let error = #expect(throws: WhiskerError.self) { try Recipe(named: "bassline") }
    #expect(error?.message.contains("baseline") == true)
  }
}

/// The tables of settings in `docs/` have all of them, and values that can be read.
@Suite struct SettingTablesTests {
  private func rows() throws -> [[String]] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
    let text = try String(
      contentsOf: root.standardized.appendingPathComponent("docs/augmentation.md"), encoding: .utf8)
    return text.split(separator: "\n").filter { $0.hasPrefix("|") }.map { line in
      line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
        .map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }

  /// The texts between backquotes.
  private func quoted(_ cell: String) -> [String] {
    cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
  }

  @Test func everySettingIsThere() throws {
    let listed = try rows().flatMap { quoted($0[0]) }
    let error = #expect(throws: WhiskerError.self) { try Augmentation(yaml: "{nothing: 0}", source: "") }
    let message = try #require(error?.message)
    let known = message.split(separator: "keys ")[1].split(separator: ", got")[0].split(separator: ", ")
    #expect(known.count > 20)
    for name in known { #expect(listed.contains(String(name)), "\(name)") }
  }

  @Test func everyValueIsOne() throws {
    var names: [String] = []
    var count = 0
    for row in try rows() where row.count == 3 && row[0] != "setting" && !row[0].hasPrefix("-") {
      if !row[0].isEmpty { names = quoted(row[0]) }
      for name in names {
        for value in quoted(row[1]) {
          let augmentation = try Augmentation(yaml: "{\(name): \(value)}", source: name)
          let isDefault = ["fill_mode", "cval", "interpolation"].contains(name)
          #expect(isDefault || augmentation != Augmentation(), "\(name): \(value)")
          count += 1
        }
      }
    }
    #expect(count > 30)
  }
}
