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
    ["dtype": "mixed_float16"],
    ["dtype": ["class_name": "Policy", "config": ["name": "float16"], "module": "keras.mixed_precision"]],
    ["kernel_initializer": "lecun_normal", "depthwise_initializer": "he_normal"],
    ["activation": "linear"],
    ["activation": ["class_name": "function", "config": "relu", "module": "builtins"]],
    ["trainable": true],
  ]

  /// Settings that only training needs.
  private static let training: [[String: JSONValue]] = [
    ["kernel_constraint": ["class_name": "MaxNorm", "config": ["max_value": 2]]],
    ["bias_constraint": "non_neg"],
    ["activity_regularizer": ["class_name": "L2", "config": ["l2": 0.1]]],
    ["kernel_regularizer": ["class_name": "L1", "config": ["l1": 1]]],
    ["kernel_regularizer": ["class_name": "L1L2", "config": ["l1": 0.5, "l2": 0.25]]],
    ["bias_regularizer": ["class_name": "L2", "config": ["l2": 1]]],
  ]

  @Test(arguments: 0..<training.count)
  func `Settings that only training needs are left out with a remark`(index: Int) async throws {
    let settings = Self.training[index]
    let model = try await model(settings)
    #expect(model.remarks.count == 1)
    for key in settings.keys { #expect(model.remarks[0].hasPrefix("its layer 'c' has \(key)")) }
  }

  @Test(arguments: 0..<harmless.count)
  func `Settings that do nothing are passed over`(index: Int) async throws {
    let model = try await model(Self.harmless[index])
    #expect(model.network.layers.map(\.name) == ["c"])
    #expect(model.remarks == [])
  }

  /// Settings that would change the result, and the message about them.
  private static let harmful: [(String, JSONValue, String)] = [
    ("data_format", "channels_first", "data_format: expected \"channels_last\", got \"channels_first\""),
    ("dtype", "int8", "dtype: expected floats, got \"int8\""),
    (
      "dtype", ["class_name": "QuantizedDTypePolicy", "config": ["name": "int8_from_float32"]],
      "dtype: expected floats, got weights quantized as \"int8_from_float32\": save the model before"
    ),
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
    #expect(error.description.contains("layer 'c' (layers[1]): expected a layer of docs/recipes.md, "))
    #expect(error.got == "\"LSTM\"")
    #expect(error.message.hasSuffix("got \"LSTM\""))
    let near = try #require(try await refusal([:], className: "DepthwiseConv1D"))
    #expect(
      near.expected?.hasSuffix("the nearest being DepthwiseConv2D, SeparableConv2D, Conv2D") == true,
      "\(near)")
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
    #expect(try await refusal([:], className: "LambdaLayer")?.code == .refused)
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
    #"[[["d", 0, 0, {}]]]"#, #"[[["x", 0, 0]]]"#, #"[[["in", 1, 0]]]"#, #"[[["c", 1, 0]]]"#,
    #"[[["c", 0, 1]]]"#,
    #"[[["c", -1, 0]]]"#, #"[[["d", 1, 0, {}]], [["d", 0, 0, {}]]]"#,
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
      #expect(error?.code == .weightsAlone)
      #expect(error?.message.contains("weights alone") == true)
    }
  }

  // MARK: - Calls and arithmetic

  private func number(_ text: String) throws -> JSONValue {
    try JSONValue(Array(text.utf8), place: "test", file: "f")
  }

  /// A functional model of a convolution `c` with an entry `d` that reads it.
  private func functional(_ entry: JSONValue) async throws -> StoredModel {
    let convolution: JSONValue = [
      "class_name": "Conv2D", "name": "c", "config": ["name": "c", "filters": 2, "kernel_size": 1],
      "inbound_nodes": [[["in", 0, 0, [:]]]],
    ]
    return try await model(
      layers: [convolution, entry], className: "Functional",
      config: ["input_layers": [["in", 0, 0]], "output_layers": [["d", 0, 0]]])
  }

  private func operation(_ className: String, _ nodes: String, _ config: [String: JSONValue] = [:])
    async throws
    -> [String]
  {
    let config = config.merging(["name": "d"]) { _, new in new }
    let entry: JSONValue = [
      "class_name": .string(className), "name": "d", "config": .object(config),
      "inbound_nodes": try number(nodes),
    ]
    let layers = try await functional(entry).network.layers.dropFirst()
    return layers.map { "\(type(of: $0.layer).className) \($0.name)" }
  }

  @Test func `Arithmetic of every Keras becomes layers`() async throws {
    let lambda = { (function: JSONValue) in ["function": function] }
    let half = #"[["c", 0, 0, {"y": 0.5}]]"#
    #expect(try await operation("TFOpLambda", half, lambda("math.multiply")) == ["Rescaling d"])
    let reversed = #"[["_CONSTANT_VALUE", -1, 2.0, {"y": ["c", 0, 0]}]]"#
    #expect(try await operation("TFOpLambda", reversed, lambda("math.subtract")) == ["Rescaling d"])
    let both = #"[["c", 0, 0, {"y": ["c", 0, 0]}]]"#
    #expect(
      try await operation("TFOpLambda", both, lambda("math.subtract")) == ["Rescaling d_negative", "Add d"])
    let old: [String: JSONValue] = [
      "node_def": #"{"name": "RealDiv", "op": "RealDiv", "input": ["c", "RealDiv/y"]}"#,
      "constants": ["1": 127.5],
    ]
    #expect(try await operation("TensorFlowOpLayer", #"[[["c", 0, 0, {}]]]"#, old) == ["Rescaling d"])
    let tensor = #"{"class_name": "__keras_tensor__", "config": {"keras_history": ["c", 0, 0]}}"#
    #expect(
      try await operation("TrueDivide", #"[{"args": [\#(tensor), 4], "kwargs": {}}]"#) == ["Rescaling d"])
    #expect(
      try await operation("Multiply", #"[{"args": [\#(tensor), \#(tensor)], "kwargs": {}}]"#) == [
        "Multiply d"
      ])
    #expect(try await operation("Negative", #"[{"args": [\#(tensor)], "kwargs": {}}]"#) == ["Rescaling d"])
  }

  @Test func `Layers that are another's under an old name, or do nothing, are read as what they compute`()
    async throws
  {
    let one = #"[[["c", 0, 0, {}]]]"#
    for className in ["Add", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"] {
      let layers = try await operation(className, one, ["trainable": true, "axis": -1])
      #expect(layers == ["Identity d"], "\(className)")
    }
    await #expect(throws: WhiskerError.self) { try await operation("Subtract", one, ["trainable": true]) }
    for (config, threshold) in [(["theta": 0.5, "trainable": true], 0.5), (["trainable": true], 1)]
      as [([String: JSONValue], Float)]
    {
      let entry: JSONValue = [
        "class_name": "ThresholdedReLU", "name": "d", "inbound_nodes": try number(one),
        "config": .object(config.merging(["name": "d"]) { _, new in new }),
      ]
      let layer = try #require(try await functional(entry).network.layers.last?.layer as? ReLU)
      #expect(layer.threshold == threshold && layer.negativeSlope == 0 && layer.maximum == nil)
    }
  }

  @Test func `Other functions of every Keras become layers`() async throws {
    let lambda = { (function: JSONValue) in ["function": function] }
    func function(_ name: JSONValue, _ arguments: String) async throws -> [String] {
      try await operation("TFOpLambda", #"[["c", 0, 0, {\#(arguments)}]]"#, lambda(name))
    }
    #expect(try await function("nn.leaky_relu", #""alpha": 0.1"#) == ["LeakyReLU d"])
    #expect(try await function("nn.gelu", #""approximate": true"#) == ["Activation d"])
    #expect(
      try await function("clip_by_value", #""clip_value_min": 0, "clip_value_max": 6"#) == ["ReLU d"])
    #expect(try await function("reshape", #""shape": [-1, 32]"#) == ["Reshape d"])
    #expect(try await function("image.resize", #""size": [2, 3]"#) == ["Resizing d"])
    #expect(try await function("math.reduce_max", #""axis": [1, 2]"#) == ["GlobalMaxPooling2D d"])
    #expect(try await function("math.square", "") == ["Multiply d"])
    #expect(try await function("math.pow", #""y": 2"#) == ["Multiply d"])
    let tensor = #"{"class_name": "__keras_tensor__", "config": {"keras_history": ["c", 0, 0]}}"#
    let one = #"[{"args": [\#(tensor)], "kwargs": {}}]"#
    #expect(try await operation("Reshape", one, ["newshape": [-1, 32]]) == ["Reshape d"])
    #expect(try await operation("LeakyRelu", one, ["negative_slope": 0.1]) == ["LeakyReLU d"])
    #expect(try await operation("Clip", one, ["x_min": 0, "x_max": 1]) == ["ReLU d"])
    #expect(try await operation("Gelu", one, ["approximate": false]) == ["Activation d"])
    #expect(try await operation("Resize", one, ["size": [2, 2], "antialias": false]) == ["Resizing d"])
    for (name, arguments): (JSONValue, String) in [
      ("nn.softmax", #""axis": 1"#), ("clip_by_value", #""clip_value_min": 1, "clip_value_max": 6"#),
      ("reshape", #""shape": [2, 16]"#), ("image.resize", #""size": [2, 3], "antialias": true"#),
      ("math.pow", #""y": 3"#), ("math.reduce_max", #""axis": [1]"#), ("nn.relu", #""x": 3"#),
      ("stack", #""axis": -1"#),
    ] {
      await #expect(throws: WhiskerError.self, "\(name) \(arguments)") { try await function(name, arguments) }
    }
  }

  /// `x[..., 0]` has no axis of channels, and here it has.
  @Test func `A channel alone may only be stacked`() async throws {
    func layers(_ reader: String) async throws -> [String] {
      let input: JSONValue = [
        "class_name": "InputLayer", "name": "in", "inbound_nodes": [],
        "config": ["name": "in", "batch_shape": [nil, 4, 4, 3]],
      ]
      func slice(_ name: String, _ channel: Int) throws -> JSONValue {
        [
          "class_name": "SlicingOpLambda", "name": .string(name),
          "config": ["name": .string(name), "function": "__operators__.getitem"],
          "inbound_nodes": try number(
            #"[["in", 0, 0, {"slice_spec": [{"class_name": "__ellipsis__"}, \#(channel)]}]]"#),
        ]
      }
      let members: JSONValue = [
        "name": "m",
        "layers": .array([
          input, try slice("r", 0), try slice("g", 1), try slice("b", 2), try number(reader),
        ]), "input_layers": [["in", 0, 0]], "output_layers": [["d", 0, 0]],
      ]
      let description: JSONValue = ["class_name": "Functional", "config": members]
      return try await withTemporaryFolder { folder in
        var root = HDF5Group(attributes: ["model_config": HDF5Value(description.text)])
        root.set(HDF5Group(), at: "model_weights")
        let url = folder.appendingPathComponent("m.h5")
        try HDF5File.write(root, to: url)
        return try StoredModel(contentsOf: url).network.layers.map(\.name)
      }
    }
    let stack = #"""
      {"class_name": "TFOpLambda", "name": "d", "config": {"name": "d", "function": "stack"},
       "inbound_nodes": [[["b", 0, 0, {"axis": -1}], ["g", 0, 0, {"axis": -1}], ["r", 0, 0, {"axis": -1}]]]}
      """#
    #expect(try await layers(stack).last == "d")
    let flatten = #"""
      {"class_name": "Flatten", "name": "d", "config": {"name": "d"}, "inbound_nodes": [[["r", 0, 0, {}]]]}
      """#
    await #expect(throws: WhiskerError.self) { try await layers(flatten) }
  }

  @Test func `Arithmetic that can't be computed is refused by name`() async throws {
    func refusal(_ className: String, _ nodes: String, _ config: [String: JSONValue] = [:]) async throws
      -> WhiskerError?
    {
      do {
        _ = try await operation(className, nodes, config)
        return nil
      } catch let error as WhiskerError {
        return error
      }
    }
    let one = #"[["c", 0, 0, {}]]"#
    let unknown = try await refusal("TFOpLambda", one, ["function": "math.cumsum"])
    #expect(unknown?.code == .unsupported && unknown?.got == "the function \"math.cumsum\"")
    #expect(try await refusal("TFOpLambda", one)?.code == .unsupported)
    let alone = try await refusal("TFOpLambda", one, ["function": "math.truediv"])
    #expect(alone?.message == "expected two operands, got 1")
    let inverse = #"[["_CONSTANT_VALUE", -1, 2.0, {"y": ["c", 0, 0]}]]"#
    #expect(try await refusal("TFOpLambda", inverse, ["function": "math.truediv"])?.code == .unsupported)
    let zero = #"[["c", 0, 0, {"y": 0}]]"#
    #expect(try await refusal("TFOpLambda", zero, ["function": "math.truediv"])?.code == .unsupported)
    let crop =
      #"[["c", 0, 0, {"slice_spec": [{"class_name": "__ellipsis__"}, {"start": 1, "stop": null, "step": -1}]}]]"#
    #expect(
      try await refusal("SlicingOpLambda", crop, ["function": "__operators__.getitem"])?.code == .unsupported)
    // The convolution that reverses channels is for three; here there are two.
    let flip = #"[["c", 0, 0, {"slice_spec": [{"class_name": "__ellipsis__"}, {"step": -1}]}]]"#
    #expect(
      try await refusal("SlicingOpLambda", flip, ["function": "__operators__.getitem"])?.code == .unsupported)
    #expect(
      try await refusal("TFOpLambda", #"[["c", 0, 0, {"dtype": "uint8"}]]"#, ["function": "cast"])?.code
        == .unsupported)
  }

  @Test func `A call for training is refused, one for inference read`() async throws {
    func layers(_ nodes: String) async throws -> Int {
      try await functional([
        "class_name": "Dropout", "name": "d", "config": ["name": "d", "rate": 0.5],
        "inbound_nodes": try number(nodes),
      ]).network.layers.count
    }
    for value in ["false", "null", "0"] {
      #expect(try await layers(#"[[["c", 0, 0, {"training": \#(value)}]]]"#) == 2)
    }
    await #expect(throws: WhiskerError.self) { try await layers(#"[[["c", 0, 0, {"training": true}]]]"#) }
    await #expect(throws: WhiskerError.self) { try await layers(#"[[["c", 1, 0, {}]]]"#) }
  }

  @Test func `A layer as activation follows its layer`() async throws {
    let relu: JSONValue = ["class_name": "ReLU", "config": ["name": "r", "max_value": 2]]
    let names = try await model(["activation": relu]).network.layers.map(\.name)
    #expect(names == ["c", "c_activation"])
    let plain: JSONValue = ["class_name": "ReLU", "config": ["name": "r", "max_value": nil, "threshold": 0]]
    #expect(try await model(["activation": plain]).network.layers.map(\.name) == ["c"])
    let dense: JSONValue = ["class_name": "Conv2D", "config": ["name": "r", "filters": 1, "kernel_size": 1]]
    let error = try #require(try await refusal(["activation": dense]))
    #expect(error.code == .unsupported && error.message.contains("without weights"))
    let lambda: JSONValue = [
      "class_name": "Activation", "config": ["activation": ["class_name": "__lambda__"]],
    ]
    #expect(try await refusal(["activation": lambda])?.code == .refused)
  }

  @Test(arguments: ["model.txt", "model", ".h5"])
  func `An unknown ending is named with those there are`(name: String) throws {
    let url = URL(fileURLWithPath: "/nowhere/\(name)")
    let error = try formatError { _ = try StoredModel(contentsOf: url) }
    #expect(error?.message.contains(".safetensors, .keras, .h5, .hdf5") == true)
  }
}
