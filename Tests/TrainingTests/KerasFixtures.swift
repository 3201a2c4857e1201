import Foundation
import WhiskerLayers
import WhiskerRuns
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// What Keras computes, as `Tools/reference/keras_*.py` wrote it down.
enum KerasFixtures {
  /// The baseline network on formula batches.
  struct Baseline: Decodable, Sendable {
    /// How first weights are made: `Formula.uniform(name, shape, limit:, offset:)`.
    struct FirstWeight: Decodable, Sendable {
      let shape: Shape
      let limit: Float
      let offset: Float
    }

    /// Ten steps of SGD, one on each batch.
    struct SGD: Decodable, Sendable {
      let learningRate: Float
      let losses: [Double]
      let weights: [String: TensorDigest]
      let changes: [String: TensorDigest]
    }

    /// Ten steps of RMSprop with its other settings left alone.
    struct RMSprop: Decodable, Sendable {
      let learningRate: Float
      let losses: [Double]
    }

    let batchSize: Int
    let logits: [Float]
    let probabilities: [Float]
    let loss: Double
    let gradients: [String: TensorDigest]
    let initial: [String: FirstWeight]
    let sgd: SGD
    let rmsprop: [RMSprop]

    /// The weights before the first step.
    var firstWeights: [String: Tensor] {
      Dictionary(
        uniqueKeysWithValues: initial.map { name, weight in
          (name, Formula.uniform(name, weight.shape, limit: weight.limit, offset: weight.offset))
        })
    }

    /// The photos `[N, 150, 150, 3]` and labels `[N]` of one step.
    func batch(_ step: Int) -> (photos: Tensor, labels: Tensor) {
      (
        Formula.photos("batch/\(step)", count: batchSize, height: 150, width: 150),
        Formula.labels("batch/\(step)", count: batchSize)
      )
    }
  }

  /// One layer on formula input.
  struct LayerCase: Decodable, Sendable, CustomStringConvertible {
    struct Weight: Decodable, Sendable {
      let shape: Shape
      let limit: Float
      let offset: Float?
    }

    let name: String
    let layer: AnyLayer
    let inputShape: Shape
    /// How many inputs the layer takes, if more than one.
    let inputs: Int?
    /// The shape of the inputs after the first, where they have another.
    let narrowShape: Shape?
    let inputLimit: Float?
    let isTraining: Bool?
    /// The layer's weights, by their names in it; see ``firstWeights``.
    let weights: [String: Weight]
    /// What the layer adds to the loss.
    let penalty: Double
    let output: TensorDigest
    /// The gradients of `Σ output·cotangent + penalty` for "input" and the weights.
    let gradients: [String: TensorDigest]
    /// The later values of weights that the optimizer doesn't change.
    let moved: [String: TensorDigest]?

    var description: String { name }
    /// The names of the inputs: "input", "input 1", ….
    var inputNames: [String] { (0..<(inputs ?? 1)).map { $0 == 0 ? "input" : "input \($0)" } }
    var cotangent: Tensor { Formula.uniform("\(name)/cotangent", output.shape) }
    var firstWeights: [String: Tensor] {
      Dictionary(
        uniqueKeysWithValues: weights.map { part, weight in
          (
            part,
            Formula.uniform(
              "\(name)/\(part)", weight.shape, limit: weight.limit, offset: weight.offset ?? 0)
          )
        })
    }

    func shape(_ part: String) -> Shape { part == "input" ? inputShape : narrowShape ?? inputShape }

    func input(_ part: String) -> Tensor {
      Formula.uniform("\(name)/\(part)", shape(part), limit: inputLimit ?? 1)
    }
  }

  /// Ten steps of SGD on a small residual network.
  struct Residual: Decodable, Sendable {
    let batchSize: Int
    let side: Int
    let learningRate: Float
    /// That of SGD; nil where AdamW is used.
    let momentum: Float?
    let weightDecay: Float?
    /// The names of the layers that aren't trained.
    let frozen: [String]?
    /// The names of the layers in Keras's order, the input first.
    let layers: [String]
    let initial: [String: Baseline.FirstWeight]
    /// Probabilities for the first batch before training and after it.
    let before: [Float]
    let after: [Float]
    let losses: [Double]
    let weights: [String: TensorDigest]
    let changes: [String: TensorDigest]
  }

  /// One cross-entropy on given predictions.
  struct LossCase: Decodable, Sendable, CustomStringConvertible {
    let name: String
    /// `binary`, `categorical` or `sparseCategorical`.
    let kind: String
    let isFromLogits: Bool
    let labelSmoothing: Float
    /// The predictions' shape.
    let shape: Shape
    let targets: [Float]
    let predictions: [Float]
    /// Each sample's loss.
    let losses: [Float]
    let mean: Float
    /// The gradient of the mean for the predictions.
    let gradient: [Float]

    var description: String { name }
  }

  /// Update rules on given gradients.
  struct Optimizers: Decodable, Sendable {
    struct EMA: Decodable, Sendable {
      struct Step: Decodable, Sendable {
        let weights: [Double]
        let averages: [Double]
      }

      let momentum: Float
      let steps: [Step]
    }

    struct Undecayed: Decodable, Sendable {
      struct Step: Decodable, Sendable {
        let kernel: [Double]
        let bias: [Double]
      }

      let weight_decay: Float
      let steps: [Step]
    }

    struct Case: Decodable, Sendable, CustomStringConvertible {
      /// Keras's names; those that a rule doesn't have are nil.
      struct Settings: Decodable, Sendable {
        let learning_rate: Float
        let momentum: Float?
        let rho: Float?
        let epsilon: Float?
        let centered: Bool?
        let nesterov: Bool?
        let beta_1: Float?
        let beta_2: Float?
        let amsgrad: Bool?
        let weight_decay: Float?
      }

      let name: String
      /// `RMSprop`, `SGD`, `Adam` or `AdamW`.
      let optimizer: String
      let settings: Settings
      /// The weights after each step.
      let weights: [[Float]]

      var description: String { "\(optimizer) \(name)" }
    }

    let shape: Shape
    let initial: [Float]
    /// The gradients of each step.
    let gradients: [[Float]]
    /// SGD with `use_ema`: the weights and their averages after each step.
    let ema: EMA
    /// SGD with decay of a kernel and none of a bias.
    let undecayed: Undecayed
    let cases: [Case]
  }

  /// Learning rates of Keras's schedules, and what its callbacks do on given figures.
  struct Schedules: Decodable, Sendable {
    struct Schedule: Decodable, Sendable {
      struct Settings: Decodable, Sendable {
        let initial_learning_rate: Float?
        let decay_steps: Int?
        let alpha: Float?
        let warmup_target: Float?
        let warmup_steps: Int?
        let decay_rate: Float?
        let staircase: Bool?
        let boundaries: [Int]?
        let values: [Float]?
      }

      /// Keras's name of the class.
      let name: String
      let settings: Settings
      /// The rates after each of ``Schedules/steps``.
      let rates: [Float]
    }
    struct Rule: Decodable, Sendable {
      let monitor: MonitoredMetric
      let factor: Double?
      let patience: Int?
      let min_delta: Double?
      let cooldown: Int?
      let min_lr: Float?
      let start_from_epoch: Int?
    }
    struct Plateau: Decodable, Sendable {
      let settings: Rule
      /// The rate after each epoch, at first 0.01.
      let rates: [Float]
    }
    struct Stopping: Decodable, Sendable {
      let settings: Rule
      /// The epochs that were done, and the best of them.
      let epochs: Int
      let best: Int
    }

    let steps: [Int]
    let schedules: [Schedule]
    /// The validation figures of each epoch.
    let losses: [Double]
    let accuracies: [Double]
    let plateaus: [Plateau]
    let stoppings: [Stopping]

    /// The figures as training would have them.
    var epochs: [History.Epoch] {
      zip(losses, accuracies).map { .init(loss: 0, accuracy: 0, validation: .init(loss: $0, accuracy: $1)) }
    }
  }

  /// Sample weights: a dense layer on 6 formula samples, measured and then trained for two epochs by SGD at 0.1.
  struct Weights: Decodable, Sendable {
    struct Case: Decodable, Sendable {
      /// `binary`, `categorical` or `sparseCategorical`.
      let kind: String
      /// Keras's names: accuracy, loss.
      let evaluation: [String: Double]
      let history: [String: [Double]]
      let kernel: [Float]
      let bias: [Float]
    }

    let batchSize: Int
    let classes: [Int]
    let weights: [Float]
    let cases: [Case]
  }

  /// PyTorch's one-cycle rates, and its averages of a row of weights.
  struct Averaging: Decodable, Sendable {
    struct Cycle: Decodable, Sendable {
      let total_steps: Int
      let pct_start: Float
      let div_factor: Float
      let final_div_factor: Float
      let rates: [Double]
    }

    struct Exponential: Decodable, Sendable {
      let momentum: Float
      let averages: [Double]
    }

    let cycles: [Cycle]
    let weights: [Double]
    let mean: [Double]
    let exponential: Exponential
  }

  /// What Keras computes with the models in its files.
  struct Files: Decodable, Sendable {
    struct Case: Decodable, Sendable {
      let name: String
      /// The files of the model, after ``Files/stepsBefore`` steps.
      let files: [String]
      let classes: Int
      let predictions: TensorDigest
      /// The weights after ``Files/stepsAfter`` more steps, by layer and number.
      let after: [String: TensorDigest]
    }

    let batchSize: Int
    let stepsBefore: Int
    let stepsAfter: Int
    let cases: [Case]
  }

  /// Those of Keras 3 and those of the 2.x releases.
  static func files() throws -> [Files] {
    try ["keras-files.json", "keras-files-legacy.json"].map { try decode($0) }
  }

  /// The place of a fixture.
  static func url(_ name: String) -> URL {
    Bundle.module.bundleURL.appendingPathComponent("Fixtures").appendingPathComponent(name)
  }

  private struct Cases<Case: Decodable>: Decodable { let cases: [Case] }

  static func everyday() throws -> [KerasEverydayTests.FileCase] {
    try decode("keras-everyday.json", Cases.self).cases
  }
  static func baseline() throws -> Baseline { try decode("keras-baseline.json") }
  static func weights() throws -> Weights { try decode("keras-weights.json") }
  static func optimizers() throws -> Optimizers { try decode("keras-optimizers.json") }
  static func layers() throws -> [LayerCase] { try decode("keras-layers.json", Cases.self).cases }
  static func schedules() throws -> Schedules { try decode("keras-schedules.json") }
  static func residual() throws -> Residual { try decode("keras-residual.json") }
  static func frozen() throws -> Residual { try decode("keras-frozen.json") }
  static func losses() throws -> [LossCase] { try decode("keras-losses.json", Cases.self).cases }

  static func averaging() throws -> Averaging { try decode("torch-averaging.json") }

  static func tenCrops() throws -> [TestTimeAugmentationTests.Crops] {
    try decode("ten-crops.json", Cases.self).cases
  }

  private static func decode<Fixture: Decodable>(
    _ name: String, _ type: Fixture.Type = Fixture.self
  ) throws -> Fixture {
    try JSONDecoder().decode(type, from: Data(contentsOf: url(name)))
  }
}
