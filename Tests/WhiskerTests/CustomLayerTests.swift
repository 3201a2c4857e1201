import Foundation
import Testing
import Whisker
import WhiskerRuns
import WhiskerSystem
import WhiskerTraining
import _TestSupport

/// `y = max(x, 0) + slope · α · min(x, 0)`, with one α for each channel, which begins at 1.
///
/// Input `[H, W, C]`, α `[1, 1, 1, C]`, output as the input.
struct ParametricReLU: Layer {
  static let className = "ParametricReLU"
  static let defaultName = "parametric_relu"
  static var standard: ParametricReLU { ParametricReLU() }
  static var settings: [LayerSetting<ParametricReLU>] {
    [.trainable, LayerSetting("slope", \.slope, .from(0...1))]
  }

  var name: String?
  var isTrainable = true
  /// How steep it is below 0 at first, 0 to 1.
  var slope: Float

  init(slope: Float = 0.25, name: String? = nil) {
    self.slope = slope
    self.name = name
  }

  func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    guard input.rank == 3 else {
      throw WhiskerError(
        .shapeMismatch, Self.className, expected: "an input (height, width, channels)", got: "\(input)")
    }
    return input
  }

  func weights(for input: Shape) -> [WeightSpecification] {
    [WeightSpecification("alpha", [1, 1, 1, input[2]], .ones)]
  }

  func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    let above = try context.graph.append(.activation(.relu), input)
    let minus = try context.graph.append(.scale(-1), above)
    let below = try context.graph.append(.add, input, minus)
    // A 1 × 1 convolution of each channel by itself multiplies it by its α.
    let pixel = Window(height: 1, width: 1, rowStride: 1, columnStride: 1)
    let each = Convolution(window: pixel, groups: context.graph.shape(of: input)[3])
    let bent = try context.graph.append(.convolution(each), below, context.weight("alpha"))
    let scaled = try context.graph.append(.scale(slope), bent)
    return try context.graph.append(.add, above, scaled)
  }
}

/// The layer of docs/custom-layers.md: in networks, on both engines, in files and recipes.
@Suite struct CustomLayerTests {
  private let images = Tensor(
    shape: [4, 5, 5, 2], values: (0..<200).map { Float($0 % 17) / 4 - 2 })
  private let labels = Tensor(shape: [4], values: [0, 1, 1, 0])

  private func network(slope: Float = 0.1, channels: Int = 2) throws -> Network {
    try Network(
      input: [5, 5, channels],
      layers: [
        Conv2D(3, kernel: 2), ParametricReLU(slope: slope), GlobalAveragePooling2D(),
        Dense(1, activation: .sigmoid),
      ])
  }

  @Test func itTrainsTheSameOnBothEngines() async throws {
    var trained: [[String: Tensor]] = []
    for engine in [OneDNNEngine(), ReferenceEngine()] as [any Engine] {
      let model = Model(try network(), seed: 5)
      try model.compile(loss: .binaryCrossentropy, optimizer: .sgd(learningRate: 0.5), engine: engine)
      try await model.fit(ArrayDataset(images: images, labels: labels, batchSize: 4), epochs: 3)
      trained.append(try await model.weights())
    }
    let alpha = try #require(trained[0]["parametric_relu/alpha"])
    #expect(alpha.values != [1, 1, 1], "it isn't trained")
    for (name, tensor) in trained[0] {
      for (found, expected) in zip(tensor.values, try #require(trained[1][name]).values) {
        #expect(abs(found - expected) < 1e-4, "\(name)")
      }
    }
  }

  @Test func itsFormulaIsAsWritten() async throws {
    let input = Input([1, 1, 2])
    let model = Model(input: input, output: Flatten()(ParametricReLU(slope: 0.5)(input)))
    try model.setWeights(["parametric_relu/alpha": Tensor(shape: [1, 1, 1, 2], values: [1, 3])])
    try model.compile(loss: .binaryCrossentropy, engine: ReferenceEngine())
    let found = try await model.predict(Tensor(shape: [2, 1, 1, 2], values: [2, 4, -2, -4]))
    #expect(found.values == [2, 4, -1, -6])
  }

  @Test(arguments: ["safetensors", "keras", "h5"]) func filesKeepIt(ending: String) async throws {
    try AnyLayer.register(ParametricReLU.self)
    let model = Model(try network(channels: 3), seed: 6)
    try await model.setWeights(
      model.weights().merging([
        "parametric_relu/alpha": Tensor(shape: [1, 1, 1, 3], values: [0.5, 2, -1])
      ]) { $1 })
    let preparation = PhotoPreparation(height: 5, width: 5)
    try await withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("model.\(ending)")
      let saved = SavedModel(
        model: model, preparation: preparation, classNames: ["a", "b"], loss: .binaryCrossentropy)
      try await saved.write(to: file)
      let read = try SavedModel(contentsOf: file)
      let found = try #require(
        read.model.network().layers.compactMap { $0.layer as? ParametricReLU }.first)
      #expect(found.slope == 0.1)
      #expect(try await read.model.weights() == model.weights())
    }
  }

  @Test func recipesNameItAndItsRangeIsChecked() throws {
    try AnyLayer.register(ParametricReLU.self)
    let recipe = try Recipe(
      yaml: """
        name: mine
        image: {height: 32, width: 32}
        network:
          - Conv2D: {filters: 8, kernel_size: 3}
          - ParametricReLU: {slope: 0.1}
          - GlobalAveragePooling2D
          - Output
        optimizer: {rmsprop: {learning_rate: 0.001}}
        training: {batch_size: 8, epochs: 2}
        """, source: "mine")
    let network = try recipe.model(classes: 2, seed: 0).network()
    #expect(network.layers.map(\.name).contains("parametric_relu"))
    #expect(try Recipe(yaml: recipe.yaml(), source: "again").yaml() == recipe.yaml())
    let error = try #require(throws: WhiskerError.self) { try self.network(slope: 1.5) }
    #expect(error.description == "parametric_relu: slope: expected 0 to 1, got 1.5")
  }

  @Test func namesThatAreTakenAreRefused() throws {
    struct Impostor: Layer {
      static let className = "Dense"
      static let defaultName = "impostor"
      static var standard: Impostor { Impostor() }
      static var settings: [LayerSetting<Impostor>] { [] }
      var name: String?
      func outputShape(for input: Shape) -> Shape { input }
      func callAsFunction(_ input: Value, in context: inout LayerContext) -> Value { input }
    }
    let error = try #require(throws: WhiskerError.self) { try AnyLayer.register(Impostor.self) }
    #expect(error.code == .invalidSetting)
    // The same class again changes nothing.
    try AnyLayer.register(ParametricReLU.self)
    try AnyLayer.register(ParametricReLU.self)
    #expect(AnyLayer.type(named: "Dense") == Dense.self)
  }

  /// What the page shows is what is compiled here.
  @Test func thePageHoldsWhatIsTested() throws {
    let testFile = URL(fileURLWithPath: #filePath)
    let page = testFile.deletingLastPathComponent().appendingPathComponent("../../docs/custom-layers.md")
    func bare(_ text: String) -> String { text.filter { !$0.isWhitespace } }
    let tested = bare(try String(contentsOf: testFile, encoding: .utf8))
    let parts = try String(contentsOf: page.standardized, encoding: .utf8).components(
      separatedBy: "```swift\n")
    #expect(parts.count == 3)
    for part in parts.dropFirst() {
      let code = try #require(part.components(separatedBy: "```").first).replacing(
        "import Whisker\n", with: "")
      #expect(code.count > 300)
      #expect(tested.contains(bare(code)), "\(code)")
    }
  }
}
