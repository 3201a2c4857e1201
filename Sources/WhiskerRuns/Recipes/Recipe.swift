public import WhiskerDatasets
public import WhiskerLayers
public import WhiskerSystem
public import WhiskerTraining
import Yams

/// Everything that training needs besides the photos: how they are prepared and augmented, the network, the
/// optimizer and the schedule.
///
/// A recipe is a YAML file; the built-in ones are ordinary recipes that can be printed, copied and changed:
///
/// ```yaml
/// name: baseline
/// image: {height: 150, width: 150, channels: 3, interpolation: nearest, rescale: 1/255}
/// augmentation: {rotation_range: 40, horizontal_flip: true}   # may be left out
/// network:
///   - Conv2D: {filters: 32, kernel_size: 3, activation: relu}
///   - MaxPooling2D
///   - Flatten
///   - Output
/// optimizer: {rmsprop: {learning_rate: 0.001}}
/// training: {batch_size: 20, steps_per_epoch: 100, epochs: 30}
/// phases:                                                     # may be left out
///   - {name: head, epochs: 3, train: [Output]}
///   - {name: all, optimizer: {adam: {learning_rate: 0.00001}}}
/// stages:                                                     # may be left out
///   - {image_size: 96}
///   - {after_share: 0.5, image_size: 150}
/// ```
///
/// Layers have Keras's class names and keys. `Output` stands for the last layer, which the number of classes
/// decides: one sigmoid unit for two classes, else a softmax unit for each.
///
/// With a `base` the layers come after a published network, whose weights are fetched, or after that of a model file; it
/// says how photos are prepared. With a `head` they are fitted to the features of all photos, which are computed once:
///
/// ```yaml
/// name: features
/// base: efficientnet-lite0
/// head: {logistic_regression: {l2: [0.1, 0.01, 0.001]}}
/// ```
/// With `optimizer` and `training` besides a regression, the whole network is then trained in steps; a `training` with
/// nothing but `class_weight`, `sampling` and `metrics` is the regression's.
public struct Recipe: Sendable {
  /// The recipe's name.
  public var name: String
  /// The model file that training starts from, instead of the layers with first weights; nil for none.
  public var from: RecipeStart?
  /// Whether the model that training starts from has one output, where its last layer stays.
  var startsWithOneOutput = false
  /// Whether ``image`` was given next to ``from``, so that it is what the user knows about that file.
  var isImageStated = false
  /// The loss of the model that training starts from, where its last layer stays.
  var startingLoss: Loss?
  /// The network that the layers come after; nil for none.
  public var base: RecipeBase?
  /// The base of a file, once it is read.
  var baseModel: BaseModel?
  /// Whether the size of photos was given next to the ``base``, which has one itself.
  var isSizeStated = false
  /// How the layers are fitted to features of the base that were computed once; nil to start with initial
  /// weights.
  public var head: FeatureHead?
  /// Whether the network is trained in steps after a regression has fitted its last layer.
  public var isFineTuned = false
  /// How photos become inputs.
  public var image: PhotoPreparation
  /// How the numbers of photos are centred and scaled, learned from the training photos; nil leaves them.
  public var standardization: Standardization?
  /// What makes training photos look different each time; nil leaves them as they are.
  public var augmentation: Augmentation?
  /// The layers.
  public var network: [RecipeLayer]
  /// The optimizer with its learning rate.
  public var optimizer: Optimizer
  /// Steps and epochs.
  public var training: Schedule
  /// Which layers are trained when; empty for all layers all the time.
  public var phases: [TrainingPhase] = []
  /// What changes in the course of training: the size of photos, their augmentation, dropout; in order.
  public var stages: [RecipeStage] = []

  /// How long to train, and in what batches.
  public struct Schedule: Hashable, Sendable {
    /// Photos in a step.
    public var batchSize: Int
    /// Steps in an epoch; nil for one pass over the photos.
    public var stepsPerEpoch: Int?
    /// Epochs.
    public var epochs: Int
    /// Batches of validation photos after each epoch; nil for all.
    public var validationSteps: Int?
    /// After every how many epochs is measured on validation photos, at least 1; after the last in any case (Keras's
    /// `validation_freq`).
    public var validationFrequency = 1
    /// When training ends before the last epoch, nil for never; phases have their own.
    public var earlyStopping: EarlyStopping?
    /// When the learning rate is lowered, nil for never; phases have their own.
    public var reduceOnPlateau: ReduceOnPlateau?
    /// What is measured besides the loss, the accuracy always.
    public var metrics: [Metric] = [.accuracy]
    /// The validation figure that decides the best epoch.
    public var best = MonitoredMetric.validationAccuracy
    /// How much each class counts in the training loss; nil counts each as 1.
    public var classWeight: ClassWeight?
    /// How training photos are drawn.
    public var sampling = ClassSampling.natural
    /// How far targets move towards "don't know", at least 0 and below 1 (Szegedy and others 2016).
    public var labelSmoothing: Float = 0
  }

  /// Reads a recipe from YAML.
  ///
  /// - Parameters:
  ///   - yaml: The text.
  ///   - source: The file's name, for errors.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `badRecipe`, naming the key.
  public init(yaml: String, source: String) throws(WhiskerError) {
    do {
      self = try YAMLDecoder().decode(Recipe.self, from: yaml)
    } catch {
      throw WhiskerError(.badRecipe, source, RecipeFault.text(of: error, in: yaml))
    }
    try check(source)
  }

  /// The recipe as YAML, which ``init(yaml:source:)`` reads.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `badRecipe` if it can't be written.
  public func yaml() throws(WhiskerError) -> String {
    do {
      return try RecipeText.laidOut(self)
    } catch {
      throw WhiskerError(.badRecipe, name, RecipeFault.text(of: error))
    }
  }

  /// The model for a number of classes.
  ///
  /// A base has initial weights, not the published ones or its file's.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the layers don't fit the base, or if its file wasn't read
  ///   (``readingBase()``).
  public func model(classes: Int, seed: UInt64) throws(WhiskerError) -> Model {
    guard base != nil || network.contains(where: \.isBlock) else {
      let layers = network.flatMap { $0.layers(classes: classes) ?? [] }
      return Model(try Network(input: image.sampleShape, layers: layers), seed: seed)
    }
    let base = try base == nil ? nil : featureNetwork().network
    var whole = RecipeNetwork(after: base, classes: classes)
    whole.add(network)
    return Model(
      try whole.network(
        input: base?.input ?? image.sampleShape, name: base?.inputName ?? Network.defaultInputName),
      seed: seed)
  }

  /// Builds on another network, with its preparation of photos.
  package mutating func setBase(_ base: RecipeBase) {
    self.base = base
    baseModel = nil
    guard let preparation = base.published?.preparation else { return }
    let size = (height: image.height, width: image.width)
    image = preparation
    if isSizeStated { (image.height, image.width) = size }
  }

  /// Gives photos another size than the recipe's, or than the base's.
  package mutating func setImageSize(height: Int, width: Int) {
    (image.height, image.width) = (height, width)
    isSizeStated = true
  }

  /// The loss for a number of classes.
  public func loss(classes: Int) -> Loss {
    if var startingLoss {
      if training.labelSmoothing > 0 { startingLoss.labelSmoothing = training.labelSmoothing }
      if takesShares, startingLoss.kind == .sparseCategorical { startingLoss.kind = .categorical }
      return startingLoss
    }
    let smoothing = training.labelSmoothing
    if classes == 2 { return .binaryCrossentropy(labelSmoothing: smoothing) }
    return takesShares ? .categoricalCrossentropy(labelSmoothing: smoothing) : .sparseCategoricalCrossentropy
  }

  /// How the labels of a number of classes are written for ``loss(classes:)``: as class numbers if nothing mixes them.
  public func classMode(classes: Int) -> ClassMode {
    if startingLoss != nil {
      return loss(classes: classes).kind == .sparseCategorical
        ? .sparse : startsWithOneOutput ? .binary : .categorical
    }
    if classes == 2 { return .binary }
    return takesShares ? .categorical : .sparse
  }

  /// The phases with the name of the network's last layer where they say `Output`.
  public func phases(in network: Network) -> [TrainingPhase] {
    let last = network.layers.last?.name ?? RecipeLayer.outputName
    return phases.map { phase in
      var phase = phase
      phase.trained = phase.trained.map { $0 == RecipeLayer.outputName ? last : $0 }
      if let factor = phase.optimizer?.rateFactors.removeValue(forKey: RecipeLayer.outputName) {
        phase.optimizer?.rateFactors[last] = factor
      }
      return phase
    }
  }

  /// Whether anything is trained in steps, so that optimizer, steps and epochs matter.
  public var trainsInSteps: Bool { head.map { $0.method == .steps || isFineTuned } ?? true }

  /// Whether everything is trained on features of the photos, which are computed once.
  var learnsFromFeatures: Bool { head != nil && !isFineTuned }

  /// Whether labels are mixed at any time.
  var mixesLabels: Bool {
    augmentation?.mixesLabels == true
      || stages.contains {
        if case .to(let other) = $0.augmentation { other?.mixesLabels == true } else { false }
      }
  }

  /// Whether targets are a share for each class, and not the number of one.
  private var takesShares: Bool { mixesLabels || training.labelSmoothing > 0 }
}
