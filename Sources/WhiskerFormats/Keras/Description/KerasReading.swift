import WhiskerSystem

/// Reading parts of Keras's descriptions.
enum KerasReading {
  /// Names of older releases.
  static let aliases = [
    "BatchNormalizationV1": "BatchNormalization", "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization", "Convolution2D": "Conv2D",
    "DepthwiseConvolution2D": "DepthwiseConv2D", "SeparableConvolution2D": "SeparableConv2D",
    "MaxPool2D": "MaxPooling2D", "AvgPool2D": "AveragePooling2D", "GlobalMaxPool2D": "GlobalMaxPooling2D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D", "Convolution2DTranspose": "Conv2DTranspose",
    "FixedDropout": "Dropout",
    // A class of Keras 2 alone: `x` above a threshold, else 0.
    "ThresholdedReLU": "ReLU",
  ]

  /// The classes that may merge a single input.
  static let mergingClasses: Set = [
    "Add", "Multiply", "Average", "Maximum", "Minimum", "Concatenate",
  ]

  /// Classes of packages that gave Keras its first EfficientNets, and whose results are known: of `efficientnet` a Dropout,
  /// of `keras_efficientnets` SiLU and what drops connections in training.
  static let published: Set = ["FixedDropout", "Swish", "DropConnect"]

  /// The function that Keras 2 has under the name `hard_sigmoid`, `0.2 · x + 0.5` from 0 to 1; that of Keras 3 is
  /// `x / 6 + 0.5`.
  static let oldHardSigmoid = "hard_sigmoid of Keras 2"
  /// What the newer one takes to be the older.
  static let hardSigmoidFactor: JSONValue = 1.2

  /// A description of Keras 2 with other names for functions that are others today.
  static func translated(_ value: JSONValue, depth: Int = 0) -> JSONValue {
    guard depth < 200 else { return value }
    if let elements = value.array { return .array(elements.map { translated($0, depth: depth + 1) }) }
    guard var members = value.object else { return value }
    for (key, member) in members {
      members[key] =
        key == "activation" && KerasSettings.activation(member) == "hard_sigmoid"
        ? .string(oldHardSigmoid) : translated(member, depth: depth + 1)
    }
    return .object(members)
  }

  /// What divides the name of an entry from that of a part of it; no name in a file has it.
  static let partMark = "\u{1}"
  static let activationPart = "activation"
  static let scalingPart = "scaling"

  /// What stands for the result of a layer's call, or for one of the results of a model's, until it is known which names
  /// are free: the layer's name for the first of the first.
  static func name(_ layer: String, call: Int, result: Int = 0) -> String {
    let name = call == 0 ? layer : "\(layer)\(partMark)\(call)"
    return result == 0 ? name : "\(name)\(partMark)result\(result)"
  }

  /// The name of an object in this part whose code Keras would have to be given or would take from the file.
  static func foreignCode(_ part: JSONValue) -> String? {
    if let name = part["class_name"]?.string, name.contains("lambda") { return "\"\(name)\"" }
    if let name = part["registered_name"]?.string, name.contains(">"), !name.hasPrefix("keras") {
      return "the registered object \"\(name)\""
    }
    let packages = ["keras", "tf_keras", "builtins"]
    if let module = part["module"]?.string,
      !packages.contains(where: { module == $0 || module.hasPrefix($0 + ".") })
    {
      return "\"\(part["class_name"]?.string ?? "")\" of the module \"\(module)\""
    }
    return nil
  }

  static func string(_ value: JSONValue?, _ place: String) throws -> String {
    guard let text = value?.string else {
      throw WhiskerError(
        .corruptHeader, "\(place)", expected: "a string", got: "\(value?.excerpt ?? "none")")
    }
    return text
  }

  static func array(_ value: JSONValue?, _ place: String) throws -> [JSONValue] {
    guard let elements = value?.array else {
      throw WhiskerError(
        .corruptHeader, "\(place)", expected: "a list", got: "\(value?.excerpt ?? "none")")
    }
    return elements
  }

  /// The sizes of one sample's axes, of `[null, 150, 150, 3]`; nil for those that are left open.
  static func shape(_ value: JSONValue, _ place: String) throws -> [Int?] {
    let sizes = try array(value, place)
    let shape = sizes.dropFirst().map(\.integer)
    let isRight = zip(shape, sizes.dropFirst()).allSatisfy { size, value in
      size.map { $0 > 0 && $0 <= 1 << 31 } ?? (value == .null)
    }
    guard sizes.count > 1, isRight else {
      throw WhiskerError(
        .unsupported, "\(place)", expected: "[null, sizes above 0…]", got: "\(value.excerpt)")
    }
    return shape
  }

  /// The names in `["conv2d", 0, 0]`, or in a list or object of such.
  ///
  static func tensors(_ value: JSONValue, _ place: String, calls: KerasCalls) throws -> [String] {
    if let list = value.array, let name = list.first?.string {
      guard list.count >= 3, let call = list[1].integer, let result = list[2].integer,
        let tensor = calls.name(name, node: call, result: result)
      else {
        throw WhiskerError(
          .unsupported, "\(place)", expected: "a result of a call of \"\(name)\"", got: "\(value.excerpt)")
      }
      return [tensor]
    }
    if let members = value.object {
      // Keras's order of what has names.
      return try members.sorted { $0.key < $1.key }.flatMap { try tensors($0.value, place, calls: calls) }
    }
    return try array(value, place).flatMap { try tensors($0, place, calls: calls) }
  }
}
