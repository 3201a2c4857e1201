import Testing
import WhiskerFormats
import WhiskerGraph
import WhiskerLayers
import WhiskerSystem

/// The settings of layers as Keras 2 and Keras 3 write them.
@Suite struct KerasLayerSettingsTests {
  struct Example: Sendable, CustomTestStringConvertible {
    let className: String
    let config: [String: JSONValue]
    let layer: any Layer

    init(_ className: String, _ config: [String: JSONValue], _ layer: any Layer) {
      self.className = className
      self.config = config
      self.layer = layer
    }

    var testDescription: String { "\(className) \(JSONValue.object(config).text)" }
  }

  private static let zeros: JSONValue = [
    "module": "keras.initializers", "class_name": "Zeros", "config": [:], "registered_name": nil,
  ]

  private static let examples: [Example] = [
    Example(
      "LayerNormalization",
      [
        "axis": [-1], "epsilon": 1e-6, "center": true, "scale": true, "rms_scaling": false,
        "beta_initializer": zeros, "gamma_initializer": zeros, "beta_regularizer": nil,
        "gamma_constraint": nil,
      ], LayerNormalization(epsilon: 1e-6)),
    Example(
      "LayerNormalization", ["axis": -1, "epsilon": 0.001, "center": false, "scale": true],
      LayerNormalization(isCentered: false)),
    Example("Normalization", ["axis": [-1], "invert": false, "mean": nil, "variance": nil], Normalization()),
    Example("Normalization", ["axis": -1, "invert": false, "mean": nil, "variance": nil], Normalization()),
    Example("Normalization", ["axis": [], "mean": nil], Normalization(axes: [])),
    Example(
      "Normalization", ["axis": [3], "invert": true, "mean": [[[[1, 2, 3]]]], "variance": [4, 5, 6]],
      Normalization(axes: [3], mean: [1, 2, 3], variance: [4, 5, 6], isInverted: true)),
    Example(
      "Normalization", ["mean": 0.5, "variance": [0.25]], Normalization(mean: [0.5], variance: [0.25])),
    Example(
      "GroupNormalization",
      [
        "groups": 4, "axis": -1, "epsilon": 1e-5, "center": true, "scale": false, "beta_initializer": zeros,
        "gamma_regularizer": nil,
      ], GroupNormalization(groups: 4, epsilon: 1e-5, isScaled: false)),
    Example("UnitNormalization", ["axis": -1], UnitNormalization()),
    Example("UnitNormalization", ["axis": [1, 2, 3]], UnitNormalization(axes: [1, 2, 3])),
    Example("Permute", ["dims": [2, 1, 3]], Permute([2, 1, 3])),
    Example(
      "Conv2DTranspose",
      [
        "filters": 3, "kernel_size": [3, 3], "strides": [2, 2], "padding": "same", "output_padding": nil,
        "data_format": "channels_last", "dilation_rate": [1, 1], "activation": "linear", "groups": 1,
        "kernel_initializer": zeros, "bias_constraint": nil,
      ], Conv2DTranspose(3, kernel: 3, strides: 2, padding: .same, kernelInitializer: .zeros)),
    Example(
      "Conv2DTranspose", ["filters": 3, "kernel_size": [3, 2], "output_padding": [1, 0]],
      Conv2DTranspose(3, kernel: [3, 2], outputPadding: Size2D(height: 1, width: 0))),
    Example("Rescaling", ["scale": [1, 2, 3], "offset": 0.0], Rescaling(channels: [1, 2, 3])),
    Example("Softmax", ["axis": -1], Softmax()),
    Example("ELU", ["alpha": 1.0], ELU()),
    Example("LeakyReLU", ["negative_slope": 0.2], LeakyReLU(negativeSlope: 0.2)),
    Example(
      "PReLU",
      [
        "alpha_initializer": zeros, "alpha_regularizer": nil, "alpha_constraint": nil, "shared_axes": [1, 2],
      ], PReLU(sharedAxes: [1, 2])),
    Example(
      "Resizing", ["height": 3, "width": 4, "interpolation": "bilinear", "crop_to_aspect_ratio": false],
      Resizing(height: 3, width: 4)),
    Example(
      "Resizing",
      [
        "height": 3, "width": 4, "interpolation": "lanczos3", "crop_to_aspect_ratio": false,
        "pad_to_aspect_ratio": true, "fill_mode": "constant", "fill_value": 0.5, "antialias": true,
        "data_format": "channels_last",
      ],
      Resizing(
        height: 3, width: 4, interpolation: .lanczos3, padsToAspectRatio: true, fillValue: 0.5,
        isAntialiased: true)),
    Example("CenterCrop", ["height": 3, "width": 4], CenterCrop(height: 3, width: 4)),
    Example(
      "RandomCrop", ["height": 3, "width": 4, "seed": 5, "rng_type": "stateful"],
      RandomCrop(height: 3, width: 4)),
    Example(
      "Cropping2D", ["cropping": [[1, 2], [0, 3]], "data_format": "channels_last"],
      Cropping2D(EdgePadding(top: 1, left: 0, bottom: 2, right: 3))),
    Example(
      "UpSampling2D", ["size": [2, 3], "data_format": "channels_last", "interpolation": "bilinear"],
      UpSampling2D([2, 3], interpolation: .bilinear)),
    Example(
      "Dropout", ["rate": 0.5, "seed": nil, "noise_shape": [nil, 1, 1, nil]],
      Dropout(0.5, noiseShape: [nil, 1, 1, nil])),
    Example("SpatialDropout2D", ["rate": 0.5, "seed": nil, "noise_shape": nil], SpatialDropout2D(0.5)),
    Example("GaussianNoise", ["stddev": 0.5, "seed": nil], GaussianNoise(0.5)),
    Example("StochasticDepth", ["drop_path_rate": 0.1], StochasticDepth(0.1)),
    Example(
      "LayerScale", ["init_values": 1e-6, "projection_dim": 96], LayerScale(channels: 96, initialValue: 1e-6)),
    Example("CustomScaleLayer", ["scale": 0.17], CustomScaleLayer(scale: 0.17)),
    Example("Activation", ["activation": "linear"], Activation(nil)),
    Example("Activation", ["activation": "hard_swish"], Activation(.hardSilu)),
    Example("Activation", ["activation": "swish"], Activation(.silu)),
    Example(
      "Activation", ["activation": ["class_name": "function", "config": "gelu", "module": "builtins"]],
      Activation(.gelu)),
    Example(
      "Conv2D",
      [
        "filters": 2, "kernel_size": [1, 7], "padding": "same", "dilation_rate": [1, 2], "groups": 1,
        "activation": "elu",
      ], Conv2D(2, kernel: [1, 7], padding: .same, dilation: [1, 2], activation: .elu)),
  ]

  @Test(arguments: examples) func everySettingIsRead(example: Example) throws {
    let type = try #require(AnyLayer.type(named: example.className))
    let settings = KerasSettings(example.config, className: example.className, of: type)
    #expect(try "\(settings.layer(type))" == "\(example.layer)")
  }

  /// What only training needs doesn't matter, whatever its settings, today's and those of other versions.
  @Test func `Layers that do nothing here have any settings, and keep those they know`() throws {
    let type = try #require(AnyLayer.type(named: "RandomZoom"))
    let config: [String: JSONValue] = [
      "height_factor": [-0.2, 0.3], "width_factor": nil, "fill_mode": "nearest", "rng_type": "stateful",
      "something_new": ["class_name": "Thing", "config": [:]],
    ]
    let settings = KerasSettings(config, className: "RandomZoom", of: type)
    #expect(Set(settings.settings.keys) == ["height_factor", "fill_mode"])
    #expect("\(try settings.layer(type))".contains("nearest"))
  }

  @Test(
    arguments: [
      ("Resizing", ["height": 3, "width": 4, "interpolation": "gaussian"], "gaussian"),
      ("Resizing", ["height": 3, "width": 4, "fill_mode": "reflect"], "reflect"),
      ("LayerNormalization", ["axis": [1, 2, 3]], "axis"),
      ("LayerNormalization", ["rms_scaling": true], "rms_scaling"),
      ("UpSampling2D", ["data_format": "channels_first"], "channels_first"),
      ("Activation", ["activation": "glu"], "glu"), ("Activation", ["activation": "threshold"], "threshold"),
      ("Normalization", ["mean": [[1, 2], [3, 4]], "variance": 1], "mean"),
    ] as [(String, [String: JSONValue], String)])
  func whatWouldChangeTheResultIsNamed(
    className: String, config: [String: JSONValue], hint: String
  ) throws {
    let type = try #require(AnyLayer.type(named: className))
    let settings = KerasSettings(config, className: className, of: type)
    let error = try #require(throws: (any Error).self) { try settings.layer(type) }
    #expect("\(error)".contains(hint), "\(error)")
  }
}
