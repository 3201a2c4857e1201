import Testing
import WhiskerFormats
import WhiskerLayers
import WhiskerOneDNNEngine
import WhiskerRuns
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Recipes whose networks branch.
@Suite struct RecipeBlockTests {
  private static func recipe(_ network: String) throws -> Recipe {
    try Recipe(
      yaml: """
        image: {height: 16, width: 16}
        network:
        \(network)
        optimizer: {sgd: {}}
        training: {batch_size: 4, epochs: 1}
        """, source: "test")
  }

  private static let residual = """
      - Conv2D: {filters: 8, kernel_size: 3, padding: same}
      - Block:
          name: stage1
          repeat: 2
          layers:
            - Conv2D: {filters: 8, kernel_size: 3, padding: same, use_bias: false}
            - BatchNormalization: {gamma_initializer: zeros}
          then: [ReLU]
      - Block:
          name: stage2
          layers:
            - SeparableConv2D: {filters: 12, kernel_size: 3, padding: same}
            - MaxPooling2D: {pool_size: 3, strides: 2, padding: same}
          shortcut:
            - Conv2D: {filters: 12, kernel_size: 1, strides: 2, name: projection}
      - GlobalAveragePooling2D
      - Output
    """

  /// The same in Swift.
  private static func sameInSwift() throws -> Network {
    let input = Input([16, 16, 3])
    var x = Conv2D(8, kernel: 3, padding: .same)(input)
    for number in 1...2 {
      let name = "stage1_\(number)"
      let convolution = Conv2D(8, kernel: 3, padding: .same, usesBias: false, name: "\(name)_conv2d")(x)
      let normalization = BatchNormalization(gammaInitializer: .zeros, name: "\(name)_batch_normalization")
      x = ReLU(name: "\(name)_re_lu")(Add(name: "\(name)_add")(normalization(convolution), x))
    }
    let main = MaxPooling2D(3, strides: 2, padding: .same, name: "stage2_max_pooling2d")(
      SeparableConv2D(12, kernel: 3, padding: .same, name: "stage2_separable_conv2d")(x))
    let shortcut = Conv2D(12, kernel: 1, strides: 2, name: "stage2_projection")(x)
    x = GlobalAveragePooling2D()(Add(name: "stage2_add")(main, shortcut))
    return try Model(input: input, output: Dense(1, activation: .sigmoid)(x)).network()
  }

  @Test("Blocks are the network that is built of the same layers in Swift")
  func network() async throws {
    let recipe = try Self.recipe(Self.residual)
    let (mine, theirs) = (try recipe.model(classes: 2, seed: 0).network(), try Self.sameInSwift())
    #expect(Set(mine.layers.map(\.name)) == Set(theirs.layers.map(\.name)))
    let weights = try await Model(theirs, seed: 8).weights()
    #expect(weights["stage1_2_batch_normalization/gamma"]?.values == [Float](repeating: 0, count: 8))
    let x = Formula.uniform("x", [3, 16, 16, 3])
    var results: [Tensor] = []
    for network in [mine, theirs] {
      let model = Model(network)
      try model.setWeights(weights)
      try model.compile(loss: .binaryCrossentropy, engine: OneDNNEngine())
      results.append(try await model.predict(x, batchSize: 3))
    }
    #expect(results[0] == results[1])
  }

  @Test("Blocks within blocks gate channels, chains have no shortcut, and names count up")
  func nested() throws {
    let recipe = try Self.recipe(
      """
        - Conv2D: {filters: 8, kernel_size: 3}
        - Block:
            layers:
              - Conv2D: {filters: 8, kernel_size: 1}
              - Block:
                  name: gate
                  layers:
                    - GlobalAveragePooling2D: {keepdims: true}
                    - Conv2D: {filters: 2, kernel_size: 1, activation: relu}
                    - Conv2D: {filters: 8, kernel_size: 1, activation: sigmoid}
                  merge: Multiply
        - Block: {shortcut: none, repeat: 2, layers: [ReLU, ReLU]}
        - Block: {layers: [ReLU], merge: Concatenate}
        - Flatten
        - Output
      """)
    let network = try recipe.model(classes: 3, seed: 0).network()
    #expect(
      network.layers.map(\.name) == [
        "conv2d", "block_conv2d", "block_gate_global_average_pooling2d", "block_gate_conv2d",
        "block_gate_conv2d_1", "block_gate_multiply", "block_add", "block_1_1_re_lu", "block_1_1_re_lu_1",
        "block_1_2_re_lu", "block_1_2_re_lu_1", "block_2_re_lu", "block_2_concatenate", "flatten", "dense",
      ])
    #expect(network.layers[12].output == [14, 14, 16])
  }

  @Test("A recipe with blocks is written as it was read")
  func coding() throws {
    let recipe = try Self.recipe(Self.residual)
    let again = try Recipe(yaml: recipe.yaml(), source: "again")
    let (first, second) = try (
      recipe.model(classes: 5, seed: 0).network(), again.model(classes: 5, seed: 0).network()
    )
    #expect("\(ModelSummary(first))" == "\(ModelSummary(second))")
    #expect(try recipe.yaml() == again.yaml())
    #expect(first.layers.map(\.sources) == second.layers.map(\.sources))
  }

  @Test(
    "What is wrong in a block is named",
    arguments: [
      ("{layers: []}", "at least one layer"), ("{repeat: 0, layers: [ReLU]}", "1 to 1000, got 0"),
      ("{layers: [Output]}", "\"Output\" at the end"), ("{layers: [ReLU], shortcut: on}", "identity, none"),
      ("{layers: [ReLU], merge: ReLU}", "a layer that joins several"), ("{layer: [ReLU]}", "layer"),
      ("{layers: [ReLU], shortcut: []}", "at least one layer"), ("{shortcut: none}", "layers"),
    ])
  func faults(_ block: String, _ part: String) {
    let error = #expect(throws: WhiskerError.self) {
      try Self.recipe("  - Block: \(block)\n  - Flatten\n  - Output")
    }
    #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
  }

  @Test("Branches of other shapes are refused with the layer's name")
  func shapes() throws {
    let recipe = try Self.recipe(
      "  - Block: {name: b, layers: [{Conv2D: {filters: 4, kernel_size: 3}}]}\n  - Flatten\n  - Output")
    let error = #expect(throws: WhiskerError.self) { try recipe.model(classes: 2, seed: 0) }
    #expect(error?.place.hasPrefix("b_add") == true)
  }
}
