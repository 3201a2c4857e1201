package import WhiskerSystem

/// A part of training in which some layers are trained and the others are frozen: how a pretrained network is
/// fine-tuned.
///
/// ```swift
/// let phases = [
///   TrainingPhase("head", epochs: 3, training: ["head*"]),
///   TrainingPhase("top", training: ["block5*", "head*"], optimizer: .adam(learningRate: 1e-5)),
/// ]
/// ```
/// Each phase starts with the weights of the one before and with its own optimizer, as when a Keras model is
/// compiled again.
public struct TrainingPhase: Hashable, Sendable {
  /// What the phase is called.
  public var name: String
  /// How many epochs it lasts, at least 1; nil for all remaining ones, which only the last phase must have.
  public var epochs: Int?
  /// Patterns of the names of the layers that are trained; the others are frozen.
  public var trained: [String]
  /// Whether batch normalisation among them is trained too; else it keeps its statistics, scale and offset, which a few
  /// photos would spoil.
  public var trainsBatchNormalization: Bool
  /// The optimizer; nil for that of the whole training.
  public var optimizer: Optimizer?
  /// When the phase ends before its time; nil for never.
  public var earlyStopping: EarlyStopping?
  /// When its learning rate is lowered; nil for never.
  public var reduceOnPlateau: ReduceOnPlateau?

  /// A phase that trains all layers but batch normalisation to the end, unless said otherwise.
  public init(
    _ name: String, epochs: Int? = nil, training trained: [String] = ["*"],
    trainsBatchNormalization: Bool = false,
    optimizer: Optimizer? = nil, earlyStopping: EarlyStopping? = nil, reduceOnPlateau: ReduceOnPlateau? = nil
  ) {
    self.name = name
    self.epochs = epochs
    self.trained = trained
    self.trainsBatchNormalization = trainsBatchNormalization
    self.optimizer = optimizer
    self.earlyStopping = earlyStopping
    self.reduceOnPlateau = reduceOnPlateau
  }

  /// The names of the layers of a network that the phase trains.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` for a pattern that matches no layer, or if nothing would be
  ///   trained.
  package func trainedLayers(in network: Network) throws(WhiskerError) -> Set<String> {
    var names: Set<String> = []
    for pattern in trained { names.formUnion(try network.layers(matching: pattern).map(\.name)) }
    let entries = network.layers.filter { entry in
      names.contains(entry.name) && (trainsBatchNormalization || !(entry.layer is BatchNormalization))
    }
    guard entries.contains(where: { $0.weights.contains(where: \.isTrainable) }) else {
      throw WhiskerError(
        .invalidSetting, name,
        expected: "patterns that fit layers with weights to train", got: "\(trained.joined(separator: ", "))")
    }
    return Set(entries.map(\.name))
  }

  /// Checks the settings, apart from whether they fit a network.
  private func check() throws(WhiskerError) {
    guard epochs ?? 1 >= 1 else {
      throw WhiskerError(.invalidSetting, name, "epochs: expected at least 1, got \(epochs ?? 0)")
    }
    try optimizer?.check()
    try earlyStopping?.check()
    try reduceOnPlateau?.check()
  }

  /// Checks that the patterns fit a network.
  private func checkPatterns(in network: Network) throws(WhiskerError) {
    let trained = try trainedLayers(in: network)
    let trainability = Dictionary(
      uniqueKeysWithValues: network.layers.map { ($0.name, trained.contains($0.name)) })
    _ = try optimizer?.rateFactors(in: network.settingTrainable(trainability))
  }
}

extension TrainingPhase {
  /// Checks each phase, that it fits a network, and that every one but the last says how long it lasts.
  package static func check(_ phases: [TrainingPhase], in network: Network) throws(WhiskerError) {
    try check(phases)
    for phase in phases { try phase.checkPatterns(in: network) }
  }

  /// Checks each phase, and that every one but the last says how long it lasts.
  package static func check(_ phases: [TrainingPhase]) throws(WhiskerError) {
    for phase in phases { try phase.check() }
    for phase in phases.dropLast() where phase.epochs == nil {
      throw WhiskerError(
        .invalidSetting, phase.name, "epochs: expected a number, got none in a phase before the last")
    }
    if let last = phases.last, let epochs = last.epochs {
      throw WhiskerError(
        .invalidSetting, last.name,
        "epochs: expected none in the last phase, which lasts to the end of the training, got \(epochs)")
    }
  }
}
