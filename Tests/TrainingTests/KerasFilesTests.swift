import Foundation
import Testing
import WhiskerDatasets
import WhiskerFormats
import WhiskerGraph
import WhiskerLayers
import WhiskerRuns
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Files that Keras 3 and the 2.x releases wrote (`Tools/reference/keras_files.py`), and Whisker's of the same models.
@Suite struct KerasFilesTests {
  /// One file and what Keras computes with its model.
  struct FileCase: Sendable, CustomTestStringConvertible {
    let file: String
    let model: KerasFixtures.Files.Case
    let fixture: KerasFixtures.Files

    var testDescription: String { file }
    var url: URL { KerasFixtures.url("keras/\(file)") }
    /// 2.0 kept no count of steps.
    var hasStep: Bool { !file.hasPrefix("keras-2.0") }
  }

  static let all: [FileCase] =
    (try? KerasFixtures.files())?.flatMap { fixture in
      fixture.cases.flatMap { model in model.files.map { FileCase(file: $0, model: model, fixture: fixture) }
      }
    } ?? []

  @Test func `There are files of both Kerases`() {
    #expect(Self.all.count == 20)
    #expect(Set(Self.all.map(\.url.pathExtension)) == ["h5", "keras"])
  }

  @Test(arguments: all)
  func `A file predicts what Keras predicts, and so does what Whisker writes of it`(_ file: FileCase)
    async throws
  {
    let stored = try StoredModel(contentsOf: file.url)
    #expect(stored.remarks == [])
    try await expectPredictions(of: stored, file)
    try await withTemporaryFolder { folder in
      for ending in ["keras", "h5", "safetensors"] {
        let url = folder.appendingPathComponent("model.\(ending)")
        try stored.write(to: url)
        let first = try Data(contentsOf: url)
        let again = try StoredModel(contentsOf: url)
        #expect(again.state.weights == stored.state.weights)
        if ending != "safetensors" {
          #expect(again.state == stored.state)
          #expect(again.loss == stored.loss)
          #expect(again.optimizer == stored.optimizer)
        }
        #expect(again.network.layers.map(\.name) == stored.network.layers.map(\.name))
        try await expectPredictions(of: again, file)
        try again.write(to: url)
        #expect(try Data(contentsOf: url) == first, "the same model gives the same bytes")
      }
    }
  }

  @Test(arguments: all)
  func `Training goes on as it does in Keras`(_ file: FileCase) async throws {
    let stored = try StoredModel(contentsOf: file.url)
    #expect(stored.state.step == (file.hasStep ? file.fixture.stepsBefore : 0))
    let saved = try SavedModel(contentsOf: file.url)
    try await saved.compileToTrain(engine: EngineKind.reference.make())
    for step in file.fixture.stepsBefore..<file.fixture.stepsBefore + file.fixture.stepsAfter {
      let data = try ArrayDataset(
        images: images(step, file), labels: labels(step, file), batchSize: file.fixture.batchSize)
      try await saved.model.fit(data, stepsPerEpoch: 1)
    }
    let weights = try await saved.model.weights()
    for entry in try saved.model.network().layers {
      for (index, weight) in entry.weights.enumerated() {
        let digest = try #require(file.model.after["\(entry.name)/\(index)"])
        let tensor = try #require(weights[entry.stateName(of: weight)])
        #expect(digest.distance(to: tensor) < 1e-4, "\(entry.name)/\(weight.name)")
      }
    }
  }

  @Test(arguments: ["nested.keras", "nested.h5", "legacy-nested.h5"])
  func `The layers of models in the place of layers become the network's`(file: String) throws {
    let network = try StoredModel(contentsOf: KerasFixtures.url("keras/\(file)")).network
    #expect(!network.isSequential)
    let names = network.layers.map(\.name)
    let branch = file.hasPrefix("legacy") ? "branch" : "base_classes"
    #expect(names.prefix(5) == ["stem", "norm", "rectifier", branch, "sum"])
    #expect(names.suffix(2) == ["hidden", "classes"])
  }

  @Test func `What had to be assumed of another program's file is told, and can be stated`() throws {
    let url = KerasFixtures.url("keras/residual.keras")
    let assumed = try SavedModel(contentsOf: url)
    #expect(
      assumed.assumptions == [.rescale(1 / 255), .interpolation(.nearest), .classNames(["0", "1", "2"])])
    #expect(assumed.preparation == PhotoPreparation(height: 12, width: 12))
    let stated = try SavedModel(
      contentsOf: url,
      stating: ModelStatement(rescale: 1, interpolation: .bilinear, classNames: ["a", "b", "c"]))
    #expect(stated.assumptions == [])
    #expect(stated.classNames == ["a", "b", "c"])
    #expect(stated.preparation.rescale == 1)
    #expect(throws: WhiskerError.self) {
      try SavedModel(contentsOf: url, stating: ModelStatement(classNames: ["a", "b"]))
    }
  }

  @Test(arguments: ["keras", "h5"])
  func `Preparation and class names travel in Keras's formats`(ending: String) async throws {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("model.\(ending)")
      let preparation = PhotoPreparation(height: 12, width: 12, interpolation: .bilinear, rescale: 0.5)
      let read = try SavedModel(contentsOf: KerasFixtures.url("keras/residual.keras"))
      let saved = SavedModel(
        model: read.model, preparation: preparation, classNames: ["고양이", "\"dog\"", "c,d"],
        loss: .sparseCategoricalCrossentropy)
      try await saved.write(to: url)
      let again = try SavedModel(contentsOf: url)
      #expect(again.preparation == preparation)
      #expect(again.classNames == saved.classNames)
      #expect(again.assumptions == [])
      let statement = ModelStatement(rescale: 1)
      let error = #expect(throws: WhiskerError.self) { try SavedModel(contentsOf: url, stating: statement) }
      #expect(error?.code == .invalidSetting)
    }
  }

  @Test(arguments: [["plain.h5", "legacy.h5", "keras-2.0.8.h5"], ["residual.h5", "legacy-residual.h5"]])
  func `Damaged h5 files are refused or read, within limits`(names: [String]) async throws {
    try await survive(names, as: "damaged.h5")
  }

  @Test(arguments: [
    ["plain.keras", "centered.keras"], ["residual.keras", "legacy-residual.keras", "nested.keras"],
  ])
  func `Damaged keras files are refused or read, within limits`(names: [String]) async throws {
    try await survive(names, as: "damaged.keras")
  }

  private func survive(_ names: [String], as name: String) async throws {
    let originals = try names.map { [UInt8](try Data(contentsOf: KerasFixtures.url("keras/\($0)"))) }
    let files = DamagedFiles(originals, seed: 31)
    let tally = try await files.survive(as: name, refusal: WhiskerError.self) { url in
      _ = try StoredModel(contentsOf: url)
    }
    #expect(tally.refused > 50)
  }

  private func expectPredictions(of stored: StoredModel, _ file: FileCase) async throws {
    let model = Model(stored.network)
    try model.setWeights(stored.state.weights)
    try model.compile(loss: stored.loss ?? loss(file), engine: EngineKind.reference.make())
    let predictions = try await model.predict(images(100, file))
    #expect(file.model.predictions.distance(to: predictions) < 1e-5)
  }

  private func loss(_ file: FileCase) -> Loss {
    file.model.classes == 2 ? .binaryCrossentropy : .sparseCategoricalCrossentropy
  }

  private func images(_ step: Int, _ file: FileCase) -> Tensor {
    Formula.uniform(
      "keras-files/images/\(step)", [file.fixture.batchSize, 12, 12, 3], limit: 0.5, offset: 0.5)
  }

  private func labels(_ step: Int, _ file: FileCase) -> Tensor {
    let classes = Formula.integers(
      "keras-files/labels/\(step)", count: file.fixture.batchSize, below: file.model.classes)
    return Tensor(shape: [classes.count], values: classes.map { Float($0) })
  }
}
