import Foundation
import WhiskerGraph
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors

extension KerasArchitecture {
  /// The two forms of a description: that of `.h5` files and that of `.keras` files, in which every object names its
  /// module.
  enum Form { case legacy, archive }

  /// The description of the network: `class_name` and `config`, and for an archive also the module.
  ///
  /// - Parameter shapes: the shape of each layer's result by its name, the input's included.
  func json(_ form: Form, shapes: [String: Shape]) throws -> [String: JSONValue] {
    let inputLayer: JSONValue = [
      "batch_shape": .array([.null] + (input ?? []).map { $0.map { .integer($0) } ?? .null }),
      "dtype": "float32",
      "sparse": false,
      "ragged": false, "name": .string(inputName), "optional": false,
    ]
    var layers = [object("InputLayer", inputLayer, form, nodes: isSequential ? nil : (inputName, []))]
    let calls = Dictionary(grouping: nodes) { $0.owner ?? $0.name }
      .mapValues { $0.sorted { $0.position < $1.position } }
    var results: [String: (layer: String, call: Int)] = [:]
    for (owner, nodes) in calls {
      for (index, node) in nodes.enumerated() { results[node.name] = (owner, index) }
    }
    func history(_ name: String) -> JSONValue {
      let result = results[name] ?? (name, 0)
      return [.string(result.layer), .integer(result.call), 0]
    }
    for node in nodes where node.owner == nil {
      let calls = isSequential ? [] : (calls[node.name] ?? []).map { call($0, shapes, history) }
      let replaced = KerasArchitecture.replacement(
        of: node.layer, for: node.inputs.first.flatMap { shapes[$0] })
      layers.append(
        object(
          replaced.map { type(of: $0).className } ?? node.className,
          .object(try settings(of: replaced ?? node.layer, form)), form,
          nodes: isSequential ? nil : (node.name, calls)))
    }
    var config: [String: JSONValue] = ["name": .string(name), "trainable": true, "layers": .array(layers)]
    if isSequential {
      config["dtype"] = "float32"
      config["build_input_shape"] = inputLayer["batch_shape"]
    } else {
      config["input_layers"] = [.string(inputName), 0, 0]
      config["output_layers"] = history(output)
    }
    var model: [String: JSONValue] = [
      "class_name": .string(isSequential ? "Sequential" : "Functional"), "config": .object(config),
    ]
    if form == .archive {
      model["module"] = isSequential ? "keras" : "keras.src.models.functional"
      model["registered_name"] = isSequential ? .null : "Functional"
    }
    return model
  }

  private func object(
    _ className: String, _ config: JSONValue, _ form: Form, nodes: (name: String, calls: [JSONValue])?
  ) -> JSONValue {
    var object: [String: JSONValue] = ["class_name": .string(className), "config": config]
    if form == .archive {
      // Keras gets a layer that it doesn't have by its class name (`custom_objects`).
      let module = className == "InputLayer" ? "keras.layers" : AnyLayer.kerasModule(of: className)
      object["module"] = module.map { .string($0) } ?? .null
      object["registered_name"] = module == "keras.layers" ? .null : .string(className)
    }
    if let nodes {
      object["name"] = .string(nodes.name)
      object["inbound_nodes"] = .array(nodes.calls)
    }
    return .object(object)
  }

  /// The layer that computes in Keras 3 what another does here; nil for the same.
  private static func replacement(of layer: any Layer, for input: Shape?) -> (any Layer)? {
    guard let crop = layer as? RandomCrop, let input, input.rank == 3,
      input[0] != crop.height || input[1] != crop.width
    else { return nil }
    // Keras 3's own leaves the photo as it is.
    return Resizing(height: crop.height, width: crop.width, cropsToAspectRatio: true, name: crop.name)
  }

  /// What a layer is called with: one tensor, or a list of several.
  private func call(
    _ node: Node, _ shapes: [String: Shape], _ history: (String) -> JSONValue
  ) -> JSONValue {
    let tensors: [JSONValue] = node.inputs.map { name in
      let shape = shapes[name]?.sizes.map { JSONValue.integer($0) } ?? []
      return [
        "class_name": "__keras_tensor__",
        "config": [
          "shape": .array([.null] + shape), "dtype": "float32", "keras_history": history(name),
        ],
      ]
    }
    let isMerging = node.layer is any MergingLayer
    return ["args": isMerging ? [.array(tensors)] : .array(tensors), "kwargs": [:]]
  }

  /// A layer's settings with what Keras's would take from the user's own configuration if it weren't said.
  private func settings(of layer: any Layer, _ form: Form) throws -> [String: JSONValue] {
    var settings = try JSONValue(JSONEncoder().encode(WholeLayer(layer))).object ?? [:]
    // Keras's SpatialDropout2D is the one layer that refuses it.
    if !(layer is SpatialDropout2D) { settings["trainable"] = .boolean(layer.isTrainable) }
    settings["dtype"] = "float32"
    if settings["activation"]?.string == ActivationFunction.approximateGELU.rawValue {
      // Keras has no name for it, but an operation, which it reads in both forms.
      settings["activation"] = [
        "module": "keras.src.ops.nn", "class_name": "Gelu", "config": ["name": "gelu", "approximate": true],
        "registered_name": "Gelu",
      ]
    }
    if KerasArchitecture.classesWithDataFormat.contains(type(of: layer).className) {
      settings["data_format"] = "channels_last"
    }
    for (key, value) in settings where key.hasSuffix("_regularizer") {
      guard let factor = value["l2"] else { continue }
      var regularizer: [String: JSONValue] = ["class_name": "L2", "config": ["l2": factor]]
      if form == .archive {
        regularizer["module"] = "keras.regularizers"
        regularizer["registered_name"] = .null
      }
      settings[key] = .object(regularizer)
    }
    return settings
  }

  private static let classesWithDataFormat: Set = [
    "Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose", "MaxPooling2D", "AveragePooling2D",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D", "ZeroPadding2D", "Flatten", "Cropping2D", "UpSampling2D", "SpatialDropout2D",
    "Resizing",
    "CenterCrop",
  ]
}
