import WhiskerGraph
import WhiskerLayers
import WhiskerSystem

/// How a model is trained, as set by Keras's `compile`: its loss and its optimizer.
///
/// What Whisker doesn't support is left out, with a note for the user: predictions don't depend on the
/// optimizer.
struct KerasTraining {
  /// What is minimised; nil if the file doesn't say, or says what Whisker doesn't have.
  var loss: Loss?
  /// The optimizer; nil likewise.
  var optimizer: Optimizer?
  /// Whether the loss takes the numbers of which probabilities are the sigmoid or the softmax.
  var takesLogits = false
  /// How many variables the optimizer has for each weight besides those that Whisker's has.
  private(set) var otherSlots = 0
  /// What was left out.
  var notes: [String] = []

  /// A configuration to write.
  init(loss: Loss?, optimizer: Optimizer?, takesLogits: Bool = false) {
    self.loss = loss
    self.optimizer = optimizer
    self.takesLogits = takesLogits
  }

  /// Reads a `training_config` of `.h5` or a `compile_config` of `.keras`.
  init(_ config: JSONValue) {
    if let loss = config["loss"], loss != .null { take(loss: KerasTraining.only(of: loss)) }
    if let optimizer = config["optimizer_config"] ?? config["optimizer"], optimizer != .null {
      take(optimizer: optimizer)
    }
  }

  // MARK: - Loss

  /// The one element of a list or of an object by output, for models of one output; else the value itself.
  private static func only(of value: JSONValue) -> JSONValue {
    if let list = value.array, list.count == 1 { return list[0] }
    if let members = value.object, members["class_name"] == nil, members.count == 1, let only = members.first
    {
      return only.value
    }
    return value
  }

  private mutating func take(loss value: JSONValue) {
    let config = value["config"]
    let name = value.string ?? config?.string ?? value["class_name"]?.string ?? ""
    let kinds: [String: Crossentropy.Kind] = [
      "binary_crossentropy": .binary, "BinaryCrossentropy": .binary,
      "categorical_crossentropy": .categorical, "CategoricalCrossentropy": .categorical,
      "sparse_categorical_crossentropy": .sparseCategorical,
      "SparseCategoricalCrossentropy": .sparseCategorical,
    ]
    guard let kind = kinds[name] else {
      notes.append("its loss is \(name.isEmpty ? value.excerpt : name), which Whisker doesn't have")
      return
    }
    takesLogits = config?["from_logits"]?.boolean == true
    if let weight = config?["ignore_class"], weight != .null {
      notes.append("its loss leaves out the class \(weight.text), which Whisker's doesn't")
    }
    let smoothing = config?["label_smoothing"]?.number ?? 0
    loss = Loss(kind, labelSmoothing: (0..<1).contains(smoothing) ? Float(smoothing) : 0)
  }

  private var lossJSON: (name: JSONValue, className: String)? {
    switch loss?.kind {
    case .binary: ("binary_crossentropy", "BinaryCrossentropy")
    case .categorical: ("categorical_crossentropy", "CategoricalCrossentropy")
    case .sparseCategorical: ("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy")
    case nil: nil
    }
  }

  // MARK: - Optimizer

  private mutating func take(optimizer value: JSONValue) {
    // What half precision trains with: the optimizer proper is within.
    if let inner = value["config"]?["inner_optimizer"] ?? value["config"]?["optimizer"],
      value["class_name"]?.string?.hasPrefix("LossScale") == true, inner["class_name"] != nil
    {
      return take(optimizer: inner)
    }
    let name =
      (value.string ?? value["class_name"]?.string ?? "").split(separator: ">").last.map(String.init) ?? ""
    let config = value["config"] ?? .object([:])
    func number(_ key: String, _ otherwise: Double) -> Float { Float(config[key]?.number ?? otherwise) }
    var rate = config["learning_rate"] ?? config["lr"]
    var schedule: LearningRateSchedule?
    if let description = rate, let className = description["class_name"]?.string {
      if let known = KerasSchedule(description) {
        rate = .number(known.rate)
        schedule = known.schedule
      } else {
        notes.append("its learning rate follows a \(className), which is left out")
        rate = description["config"]?["initial_learning_rate"]
      }
    }
    if let value = config["decay"], value != .null, value.number != 0 {
      notes.append("its optimizer has decay \(value.excerpt), which Whisker's doesn't")
    }
    if config["use_ema"]?.boolean == true {
      otherSlots += 1
      notes.append("its optimizer averages weights, which Whisker's doesn't")
    }
    var optimizer: Optimizer
    switch name.lowercased() {
    case "rmsprop":
      optimizer = .rmsprop(
        learningRate: Float(rate?.number ?? 1e-3), rho: number("rho", 0.9), momentum: number("momentum", 0),
        epsilon: number("epsilon", 1e-7), isCentered: config["centered"]?.boolean ?? false,
        weightDecay: number("weight_decay", 0))
    case "sgd":
      optimizer = .sgd(
        learningRate: Float(rate?.number ?? 0.01), momentum: number("momentum", 0),
        isNesterov: config["nesterov"]?.boolean ?? false, weightDecay: number("weight_decay", 0))
    case "adam", "adamw":
      optimizer = .adamW(
        learningRate: Float(rate?.number ?? 1e-3), weightDecay: number("weight_decay", 0),
        beta1: number("beta_1", 0.9), beta2: number("beta_2", 0.999), epsilon: number("epsilon", 1e-7),
        isAMSGrad: config["amsgrad"]?.boolean ?? false)
    default:
      notes.append("its optimizer is \(name), which Whisker doesn't have")
      return
    }
    optimizer.schedule = schedule
    optimizer.clipping = KerasTraining.clipping(config)
    if let steps = config["gradient_accumulation_steps"]?.number.flatMap({ Int(exactly: $0) }), steps > 1 {
      optimizer.accumulationSteps = steps
    }
    do {
      try optimizer.check()
      self.optimizer = optimizer
    } catch {
      notes.append("its optimizer can't be used: \(error)")
    }
  }

  /// What keeps gradients small, by Keras's names.
  private static let clippings: [(key: String, make: @Sendable (Float) -> GradientClipping)] = [
    ("global_clipnorm", { .globalNorm($0) }), ("clipnorm", { .norm($0) }), ("clipvalue", { .value($0) }),
  ]

  private static func clipping(_ config: JSONValue) -> GradientClipping? {
    for (key, make) in clippings {
      if let bound = config[key]?.number { return make(Float(bound)) }
    }
    return nil
  }

  private func optimizerJSON() -> (className: String, config: JSONValue)? {
    guard let optimizer else { return nil }
    var config: [String: JSONValue] = [
      "name": .string(KerasTraining.variableName(of: optimizer)),
      "learning_rate": KerasSchedule(of: optimizer)?.json ?? JSONValue(optimizer.learningRate),
      "weight_decay": optimizer.weightDecay == 0 ? .null : JSONValue(optimizer.weightDecay),
    ]
    for (key, make) in KerasTraining.clippings {
      if let clipping = optimizer.clipping, make(clipping.bound) == clipping {
        config[key] = JSONValue(clipping.bound)
      }
    }
    if optimizer.accumulationSteps > 1 {
      config["gradient_accumulation_steps"] = .integer(optimizer.accumulationSteps)
    }
    switch optimizer.rule {
    case .rmsprop(let rho, let momentum, let epsilon, let isCentered):
      config["rho"] = JSONValue(rho)
      config["momentum"] = JSONValue(momentum)
      config["epsilon"] = JSONValue(epsilon)
      config["centered"] = .boolean(isCentered)
    case .sgd(let momentum, let isNesterov):
      config["momentum"] = JSONValue(momentum)
      config["nesterov"] = .boolean(isNesterov)
    case .adam(let beta1, let beta2, let epsilon, let isAMSGrad):
      config["beta_1"] = JSONValue(beta1)
      config["beta_2"] = JSONValue(beta2)
      config["epsilon"] = JSONValue(epsilon)
      config["amsgrad"] = .boolean(isAMSGrad)
    }
    return (optimizer.name, .object(config))
  }

  /// What Keras calls an optimizer's variables by: `rm_sprop`, as its snake case of RMSprop comes out.
  static func variableName(of optimizer: Optimizer) -> String {
    switch optimizer.rule {
    case .rmsprop: "rm_sprop"
    case .sgd: "sgd"
    case .adam: optimizer.weightDecay == 0 ? "adam" : "adam_w"
    }
  }

  // MARK: - Writing

  /// The `training_config` of an `.h5` file; nil if there is no loss or no optimizer to write.
  var legacyJSON: JSONValue? {
    guard let (name, className) = lossJSON, let loss, let optimizer = optimizerJSON() else { return nil }
    let smoothed: JSONValue = [
      "class_name": .string(className), "config": lossConfig(name, loss),
    ]
    return configuration(
      loss: loss.labelSmoothing == 0 && !takesLogits ? name : smoothed,
      ("optimizer_config", ["class_name": .string(optimizer.className), "config": optimizer.config]))
  }

  /// The `compile_config` of a `.keras` file.
  var json: JSONValue? {
    guard let (name, className) = lossJSON, let loss, let optimizer = optimizerJSON() else { return nil }
    func object(_ module: String, _ className: String, _ config: JSONValue) -> JSONValue {
      [
        "module": .string(module), "class_name": .string(className), "config": config, "registered_name": nil,
      ]
    }
    return configuration(
      loss: loss.labelSmoothing == 0 && !takesLogits
        ? name : object("keras.losses", className, lossConfig(name, loss)),
      ("optimizer", object("keras.optimizers", optimizer.className, optimizer.config)))
  }

  private func lossConfig(_ name: JSONValue, _ loss: Loss) -> JSONValue {
    var config: [String: JSONValue] = [
      "name": name, "reduction": "sum_over_batch_size", "from_logits": .boolean(takesLogits),
      "axis": -1,
    ]
    // Keras's sparse loss has no such setting.
    if loss.kind != .sparseCategorical || loss.labelSmoothing != 0 {
      config["label_smoothing"] = JSONValue(loss.labelSmoothing)
    }
    return .object(config)
  }

  private func configuration(loss: JSONValue, _ optimizer: (key: String, value: JSONValue)) -> JSONValue {
    .object([
      "loss": loss, "loss_weights": nil, "metrics": ["accuracy"], "weighted_metrics": nil,
      "run_eagerly": false,
      "steps_per_execution": 1, "jit_compile": false, optimizer.key: optimizer.value,
    ])
  }
}
