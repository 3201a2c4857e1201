import Foundation
import Testing
import WhiskerFormats
import WhiskerGraph
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Which parts of Keras's descriptions are read, ignored and refused.
@Suite struct KerasConfigTests {
  /// The model of a chain of one convolution with further settings.
  private func model(_ settings: [String: JSONValue], className: String = "Conv2D") async throws
    -> StoredModel
  {
    let config: [String: JSONValue] = ["name": "c", "filters": 2, "kernel_size": [1, 1]]
    let layer: JSONValue = [
      "class_name": .string(className), "config": .object(config.merging(settings) { _, new in new }),
    ]
    return try await model(layers: [layer])
  }

  private func model(
    layers: [JSONValue], training: JSONValue? = nil, className: String = "Sequential",
    config: [String: JSONValue] = [:]
  ) async throws -> StoredModel {
    let input: JSONValue = [
      "class_name": "InputLayer", "name": "in", "inbound_nodes": [],
      "config": ["name": "in", "batch_shape": [nil, 4, 4, 3]],
    ]
    let members = config.merging(["name": "m", "layers": .array([input] + layers)]) { _, new in new }
    let description: JSONValue = ["class_name": .string(className), "config": .object(members)]
    return try await withTemporaryFolder { folder in
      var root = HDF5Group(attributes: ["model_config": HDF5Value(description.text)])
      if let training { root.attributes["training_config"] = HDF5Value(training.text) }
      root.set(HDF5Dataset(Tensor(shape: [1, 1, 3, 2])), at: "model_weights/c/kernel:0")
      root.set(HDF5Dataset(Tensor(shape: [2])), at: "model_weights/c/bias:0")
      var group = root.group("model_weights/c") ?? HDF5Group()
      group.attributes["weight_names"] = HDF5Value(["kernel:0", "bias:0"])
      root.set(group, at: "model_weights/c")
      let url = folder.appendingPathComponent("m.h5")
      try HDF5File.write(root, to: url)
      return try StoredModel(contentsOf: url)
    }
  }

  private func refusal(_ settings: [String: JSONValue], className: String = "Conv2D") async throws
    -> WhiskerError?
  {
    do {
      _ = try await model(settings, className: className)
      return nil
    } catch let error as WhiskerError {
      return error
    }
  }

  /// A value that does nothing in one layer may not be the default of another that has the setting itself.
  @Test func `A layer's own settings are always read`() {
    let slope: [String: JSONValue] = ["negative_slope": 0]
    #expect(KerasSettings(slope, className: "ReLU", of: ReLU.self).settings == slope)
    #expect(KerasSettings(slope, className: "Dense", of: Dense.self).settings.isEmpty)
  }

  /// Settings that don't change what the layer does.
  private static let harmless: [[String: JSONValue]] = [
    ["data_format": "channels_last", "groups": 1, "dilation_rate": [1, 1]],
    ["kernel_constraint": nil, "bias_regularizer": nil, "something_new": nil],
    ["dtype": "float32"],
    [
      "dtype": [
        "module": "keras", "class_name": "DTypePolicy", "config": ["name": "float32"], "registered_name": nil,
      ]
    ],
    ["kernel_initializer": ["class_name": "Orthogonal", "config": ["gain": 1]]],
    ["kernel_regularizer": ["class_name": "L1L2", "config": ["l1": 0, "l2": 0]]],
    ["activation": "linear"],
    ["activation": ["class_name": "function", "config": "relu", "module": "builtins"]],
    ["trainable": true],
  ]

  @Test(arguments: 0..<harmless.count)
  func `Settings that do nothing are passed over`(index: Int) async throws {
    let model = try await model(Self.harmless[index])
    #expect(model.network.layers.map(\.name) == ["c"])
    #expect(model.remarks == [])
  }

  /// Settings that would change the result, and the message about them.
  private static let harmful: [(String, JSONValue, String)] = [
    ("data_format", "channels_first", "data_format: expected \"channels_last\", got \"channels_first\""),
    ("kernel_constraint", ["class_name": "MaxNorm"], "kernel_constraint: expected null"),
    ("activity_regularizer", ["class_name": "L2"], "activity_regularizer: expected null"),
    ("kernel_regularizer", ["class_name": "L1", "config": ["l1": 1]], "kernel_regularizer: expected null"),
    ("dtype", "mixed_float16", "dtype: expected null, got \"mixed_float16\""),
    ("activation", "glu", "activation"),
    ("something_new", 3, "something_new"),
  ]

  @Test(arguments: 0..<harmful.count)
  func `Settings that would change the result are refused by layer, key and value`(index: Int) async throws {
    let (key, value, message) = Self.harmful[index]
    let error = try #require(try await refusal([key: value]))
    #expect(error.code == .unsupported)
    #expect(error.place.contains(": layer 'c' (layers[1])"), "\(error)")
    #expect(error.description.contains(message), "\(error)")
  }

  @Test func `An unknown layer is named with its place`() async throws {
    let error = try #require(try await refusal([:], className: "LSTM"))
    #expect(error.code == .unsupported)
    #expect(error.description.contains("layer 'c' (layers[1]): expected one of "))
    #expect(error.got == "\"LSTM\"")
    #expect(error.message.hasSuffix("got \"LSTM\""))
  }

  @Test func `What is wrong in a model in the place of a layer is named with both places`() async throws {
    let inner: JSONValue = ["class_name": "LSTM", "config": ["name": "memory"]]
    let error = try #require(try await refusal(["layers": [inner]], className: "Sequential"))
    #expect(error.code == .unsupported)
    #expect(error.place.hasSuffix(": layer 'c' (layers[1]): layer 'memory' (layers[0])"))
    let empty = try #require(try await refusal(["layers": []], className: "Sequential"))
    #expect(empty.place.hasSuffix(": layer 'c' (layers[1])"))
  }

  @Test func `What would run code is refused by name`() async throws {
    #expect(try await refusal([:], className: "Lambda")?.code == .refused)
    #expect(try await refusal([:], className: "TFOpLambda")?.code == .refused)
    let lambda: JSONValue = ["class_name": "__lambda__", "config": ["value": ["code": "4wEAAAA="]]]
    let error = try #require(try await refusal(["activation": lambda]))
    #expect(error.code == .refused)
    #expect(error.message.contains("\"__lambda__\""))
    let custom: JSONValue = ["class_name": "Init", "registered_name": "mine>Init", "config": [:]]
    #expect(try await refusal(["kernel_initializer": custom])?.message.contains("\"mine>Init\"") == true)
    let foreign: JSONValue = ["class_name": "system", "module": "os", "config": "true"]
    #expect(try await refusal(["activation": foreign])?.code == .refused)
  }

  @Test func `A training that Whisker doesn't have is left out with a remark`() async throws {
    let layer: JSONValue = ["class_name": "Conv2D", "config": ["name": "c", "filters": 2, "kernel_size": 1]]
    let training: JSONValue = [
      "loss": "hinge", "optimizer_config": ["class_name": "Adagrad", "config": ["learning_rate": 0.001]],
    ]
    let model = try await model(layers: [layer], training: training)
    #expect(model.loss == nil)
    #expect(model.optimizer == nil)
    #expect(model.remarks.contains { $0.contains("hinge") })
    #expect(model.remarks.contains { $0.contains("Adagrad") })
  }

  @Test func `A loss and an optimizer are read in every form`() async throws {
    let layer: JSONValue = ["class_name": "Conv2D", "config": ["name": "c", "filters": 2, "kernel_size": 1]]
    let losses: [JSONValue] = [
      "binary_crossentropy", ["binary_crossentropy"], ["c": "binary_crossentropy"],
      ["class_name": "BinaryCrossentropy", "config": ["label_smoothing": 0]],
      ["class_name": "function", "config": "binary_crossentropy"],
    ]
    for loss in losses {
      let training: JSONValue = [
        "loss": loss,
        "optimizer_config": [
          "class_name": "Custom>SGD", "config": ["lr": 0.25, "momentum": 0.5, "nesterov": true],
        ],
      ]
      let model = try await model(layers: [layer], training: training)
      #expect(model.loss == .binaryCrossentropy)
      #expect(model.optimizer == .sgd(learningRate: 0.25, momentum: 0.5, isNesterov: true))
      #expect(model.remarks == [])
    }
  }

  @Test(arguments: [
    #"[[["d", 0, 0, {}]]]"#, #"[[["c", 0, 0, {}]], [["c", 0, 0, {}]]]"#, #"[[["x", 0, 0]]]"#,
    #"[[["in", 1, 0]]]"#,
    #"[[["in", 0, 0, {"mask": [1]}]]]"#, #"[]"#, #"[[]]"#, #"[{"args": [3], "kwargs": {}}]"#, #"3"#,
    #"[[[[]]]]"#,
  ])
  func `Connections that make no sense are refused`(nodes: String) async throws {
    let nodes = try JSONValue(Array(nodes.utf8), place: "test", file: "f")
    let layers: [JSONValue] = [
      [
        "class_name": "Conv2D", "name": "c", "config": ["name": "c", "filters": 2, "kernel_size": 1],
        "inbound_nodes": [[["in", 0, 0, [:]]]],
      ],
      ["class_name": "Flatten", "name": "d", "config": ["name": "d"], "inbound_nodes": nodes],
    ]
    do {
      _ = try await model(
        layers: layers, className: "Functional",
        config: ["input_layers": [["in", 0, 0]], "output_layers": [["d", 0, 0]]])
      Issue.record("expected an error, got none")
    } catch let error as WhiskerError {
      #expect(error.code == .unsupported || error.code == .corruptHeader)
    }
  }

  @Test func `Weights alone are told from a model`() async throws {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("w.h5")
      try HDF5File.write(HDF5Group(attributes: ["layer_names": HDF5Value(["c"])]), to: url)
      let error = try formatError { _ = try StoredModel(contentsOf: url) }
      #expect(error?.code == .notThisFormat)
      #expect(error?.message.contains("weights alone") == true)
    }
  }

  @Test(arguments: ["model.txt", "model", ".h5"])
  func `An unknown ending is named with those there are`(name: String) throws {
    let url = URL(fileURLWithPath: "/nowhere/\(name)")
    let error = try formatError { _ = try StoredModel(contentsOf: url) }
    #expect(error?.message.contains(".safetensors, .keras, .h5, .hdf5") == true)
  }
}
