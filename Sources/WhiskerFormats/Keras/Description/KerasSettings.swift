import Foundation
import WhiskerGraph
package import WhiskerLayers
import WhiskerSystem

/// A layer's settings as Keras writes them, brought into the form that Whisker's layers read.
///
/// Keras writes every setting of a layer, including those that Whisker doesn't have. Where such a setting has
/// the value that does nothing (`"groups": 1`) it is left out, and so is what only training needs (constraints, penalties
/// that Whisker doesn't have), with a note. Where it has another, it is left in for the layer's own decoder, which
/// refuses what it doesn't know: nothing that would change a result is ignored.
package struct KerasSettings {
  /// What is left for the layer to read.
  package private(set) var settings: [String: JSONValue] = [:]
  /// Whether training changes the layer's weights.
  private(set) var isTrainable = true
  /// The axis that the layer works along, counted with the batch's; nil for the last or none.
  private(set) var axis: Int?
  /// What is left out because only training needs it: `kernel_constraint, which Whisker doesn't have`.
  private(set) var notes: [String] = []
  /// Settings with a value other than the one that does nothing, for errors.
  private var unusual: [String: JSONValue] = [:]
  private let className: String
  /// The settings that the layer has itself: of these no value is one that does nothing.
  private let own: Set<String>

  /// Sorts the settings of a layer.
  package init(_ config: [String: JSONValue], className: String, of type: any Layer.Type) {
    self.className = className
    own = type.settingNames
    for (key, value) in config where value != .null { take(key, value) }
  }

  /// Reads the layer.
  ///
  /// - Throws: an error whose message names the setting and its value.
  package func layer(_ type: any Layer.Type) throws -> any Layer {
    do {
      return try decode(type, settings)
    } catch {
      // Initializers don't matter to a network whose weights are in the file, so an unknown one is no reason to
      // refuse it.
      let withoutInitializers = settings.filter { !$0.key.hasSuffix("_initializer") }
      if withoutInitializers.count < settings.count, let layer = try? decode(type, withoutInitializers) {
        return layer
      }
      if let (key, value) = unusual.min(by: { $0.key < $1.key }) {
        throw KerasSettings.fault(key, value)
      }
      throw WhiskerError(.unsupported, "", JSONValue.explain(error))
    }
  }

  /// Whether a policy is one of Keras's for weights of few bits, as `quantize` sets it.
  private static func isQuantized(_ policy: JSONValue) -> Bool {
    let name = policy["class_name"]?.string ?? ""
    return policy["config"]?["mode"] != nil || name.hasPrefix("Quantized") || name.hasPrefix("Int4")
  }

  /// An error about a setting with a value other than the one that does nothing.
  private static func fault(_ key: String, _ value: JSONValue) -> WhiskerError {
    let (expected, got) =
      switch key {
      case "dtype" where isQuantized(value):
        (
          "floats",
          "weights quantized as \((value["config"]?["mode"] ?? value["config"]?["name"] ?? value).excerpt): "
            + "save the model before quantize()"
        )
      case "dtype": ("floats", value.excerpt)
      case "axis": ("the last one", value.excerpt)
      default: (neutral[key]?.first?.text ?? "null", value.excerpt)
      }
    return WhiskerError(.unsupported, key, expected: expected, got: got)
  }

  private func decode(_ type: any Layer.Type, _ settings: [String: JSONValue]) throws -> any Layer {
    try JSONDecoder().decode(type, from: Data(JSONValue.object(settings).text.utf8))
  }

  private mutating func take(_ key: String, _ value: JSONValue) {
    switch key {
    case "trainable": isTrainable = value.boolean ?? true
    case "axis" where className == "Concatenate": settings[key] = value
    case "axis" where [Normalization.className, UnitNormalization.className].contains(className):
      settings[key] = value.array == nil ? [value] : value
    case "axis": takeAxis(value)
    case "dtype": if !KerasSettings.isFloat(value) { keepUnusual(key, value) }
    case _ where KerasSettings.ignored.contains(key) && !own.contains(key): break
    case _ where key.hasSuffix("_constraint") && !own.contains(key), "activity_regularizer":
      notes.append("\(key), which Whisker doesn't")
    case "alpha" where own.contains("negative_slope") && !own.contains(key):
      settings["negative_slope"] = value
    case _ where own.contains(key) && KerasSettings.neutral[key] != nil: settings[key] = value
    case _ where KerasSettings.neutral[key]?.contains(value) == true: break
    case _ where KerasSettings.neutral[key] != nil: keepUnusual(key, value)
    case _ where key.hasSuffix("_initializer"):
      if own.contains(key) { settings[key] = KerasSettings.initializer(value) }
    case _ where key.hasSuffix("_regularizer"): takeRegularizer(key, value)
    case "activation": settings[key] = KerasSettings.activation(value)
    case _ where AnyLayer.isInert(className) && !own.contains(key): break
    default: settings[key] = value
    }
  }

  private mutating func keepUnusual(_ key: String, _ value: JSONValue) {
    settings[key] = value
    unusual[key] = value
  }

  private mutating func takeAxis(_ value: JSONValue) {
    // The 2.x releases write a list of one.
    guard let axis = value.integer ?? (value.array?.count == 1 ? value.array?[0].integer : nil) else {
      return keepUnusual("axis", value)
    }
    self.axis = axis == -1 ? nil : axis
  }

  private mutating func takeRegularizer(_ key: String, _ value: JSONValue) {
    let config = value["config"]
    let l2 = value.string == "l2" ? 0.01 : config?["l2"]?.number
    let l1 = config?["l1"]?.number ?? 0
    if l1 == 0, l2 == 0 { return }
    if l1 == 0, let l2, own.contains(key) {
      settings[key] = ["l2": .number(l2)]
    } else {
      notes.append("\(key) \(value["class_name"]?.excerpt ?? value.excerpt), which Whisker doesn't")
    }
  }

  /// Settings without a meaning for the result, whatever their value.
  private static let ignored: Set = [
    "seed", "batch_input_shape", "batch_shape", "input_dtype", "renorm_momentum", "renorm_clipping", "fused",
    "name_scope", "rng_type", "lora_alpha", "autocast", "shared_object_id", "input_shape",
    "build_input_shape",
    // Archives hold the weights with what LoRA learned added to them.
    "lora_rank",
    // These are for training.
    "noise_shape", "synchronized", "virtual_batch_size", "adjustment", "implementation",
    // Biases, scales and statistics have no choice of first values in Whisker.
    "bias_initializer", "beta_initializer", "gamma_initializer", "moving_mean_initializer",
    "moving_variance_initializer",
  ]

  /// The values that do nothing, the usual one first.
  private static let neutral: [String: [JSONValue]] = [
    "data_format": ["channels_last"],
    "dilation_rate": [1, [1, 1]], "rms_scaling": [false],
    "groups": [1],
    "sparse": [false], "ragged": [false], "optional": [false], "renorm": [false],
    "keepdims": [false],
    "negative_slope": [0, .number(0)], "threshold": [0, .number(0)],
    "output_padding": [],
    "quantization_config": [], "quantization_mode": [],
  ]

  /// The name of a type of numbers: a string, or a policy with the name in its settings.
  static func typeName(_ value: JSONValue) -> String? { value.string ?? value["config"]?["name"]?.string }

  /// Whether it is a type of floats, or a policy of such: Whisker computes in 32 bits whatever their size.
  static func isFloat(_ value: JSONValue) -> Bool {
    let names: Set = [
      "float32", "float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16", "half",
    ]
    return typeName(value).map(names.contains) ?? false
  }

  /// Functions by names that aren't today's, and by those of TensorFlow's own functions, as in `activation=tf.nn.softmax`.
  private static let otherNames = [
    "swish": "silu", "hard_swish": "hard_silu", "softmax_v2": "softmax", "log_softmax_v2": "log_softmax",
  ]

  /// The name of a function: a string, or a description of a function of Keras's own.
  static func activation(_ value: JSONValue) -> JSONValue {
    var name = value
    if value["class_name"]?.string == "function", let function = value["config"]?.string {
      name = .string(function)
    } else if let layer = plainActivation(value) {
      name = .string(layer)
    }
    return name.string.flatMap { otherNames[$0] }.map { .string($0) } ?? name
  }

  /// The layer that is an activation; nil where a name says the same.
  static func activationLayer(_ value: JSONValue?) -> JSONValue? {
    guard let value, let className = value["class_name"]?.string, value["config"]?.object != nil,
      AnyLayer.type(named: className) != nil, plainActivation(value) == nil
    else { return nil }
    return value
  }

  /// The name of the function that a layer or operation of this description is; nil if it has none.
  private static func plainActivation(_ value: JSONValue) -> String? {
    guard let className = value["class_name"]?.string, let config = value["config"]?.object else {
      return nil
    }
    func holds(_ key: String, _ values: Double...) -> Bool {
      config[key].map { $0 == .null || values.contains($0.number ?? .nan) } ?? true
    }
    switch className {
    case "ReLU" where holds("negative_slope", 0) && holds("threshold", 0):
      if holds("max_value") { return "relu" }
      return holds("max_value", 6) ? "relu6" : nil
    case "Softmax" where holds("axis", -1): return "softmax"
    // An operation, which is the one way to name it.
    case "Gelu":
      return config["approximate"]?.boolean == false
        ? "gelu" : ActivationFunction.approximateGELU.rawValue
    default: return nil
    }
  }

  /// The name of a way to draw first values; nil for one that only Keras knows.
  private static func initializer(_ value: JSONValue) -> JSONValue? {
    if value.string != nil { return value }
    guard let className = value["class_name"]?.string else { return nil }
    switch className {
    case "GlorotUniform": return "glorot_uniform"
    case "GlorotNormal": return "glorot_normal"
    case "HeUniform": return "he_uniform"
    case "HeNormal": return "he_normal"
    case "Zeros": return "zeros"
    case "Ones": return "ones"
    case "VarianceScaling": return varianceScaling(value["config"])
    default: return nil
    }
  }

  private static func varianceScaling(_ config: JSONValue?) -> JSONValue? {
    let isNormal = config?["distribution"]?.string != "uniform"
    switch (config?["scale"]?.number, config?["mode"]?.string) {
    case (1, "fan_avg"): return isNormal ? "glorot_normal" : "glorot_uniform"
    case (2, "fan_in"): return isNormal ? "he_normal" : "he_uniform"
    default: return nil
    }
  }
}
