import Foundation
import WhiskerGraph
import WhiskerLayers
import WhiskerSystem
public import WhiskerTensors
public import WhiskerTraining

/// The evidence for a class on a picture, by the last convolutional feature map of a network.
///
/// With features `A` `[h, w, C]` and the score `s` of a class, which is what the final sigmoid or softmax is taken of (for
/// the first class of a sigmoid `−s`, otherwise the output itself):
///
///     αₖ  = mean over rows and columns of ∂s/∂Aₖ
///     map = max(0, Σₖ αₖ Aₖ), divided by its largest value
///
/// Selvaraju et al.: Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization, 2017.
public struct GradCAM {
  /// The model, which must be compiled.
  public let model: Model
  /// The name of the layer whose result is looked at.
  public let layerName: String

  private let layer: Int
  private let outputs: Int

  /// Prepares the maps of a layer.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - layerName: A layer whose result is a feature map `[h, w, C]`; nil takes the last convolution with more than one
  ///     place, and the last of the normalisations, activations and additions that follow it.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `invalidSetting` if there is no such layer, or if the layers
  ///   don't fit each other.
  public init(_ model: Model, layerName: String? = nil) throws {
    let network = try model.network()
    guard network.output.rank == 1 else {
      throw WhiskerError(
        .badContents, "network", expected: "an output (classes)", got: "\(network.output)")
    }
    self.model = model
    outputs = network.output[0]
    layer =
      if let layerName { try Self.layer(named: layerName, in: network) } else {
        try Self.lastFeatureMap(of: network)
      }
    self.layerName = network.layers[layer].name
  }

  /// The number of classes that can be asked for.
  public var classCount: Int { max(2, outputs) }

  /// Maps for images, each for its own class.
  ///
  /// - Parameters:
  ///   - images: `[N, …]`, prepared as the training data was.
  ///   - classes: The number of each image's class.
  /// - Returns: a map for each image, of the layer's height and width; all 0 where there is no evidence for the class.
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the model isn't compiled or the images don't fit it, or with
  ///   `invalidSetting` for a class that doesn't exist.
  public func maps(for images: Tensor, classes: [Int]) async throws -> [HeatMap] {
    guard images.shape.rank >= 1, images.shape == model.input.batched(classes.count), !classes.isEmpty else {
      throw WhiskerError(
        .dataMismatch, "images",
        expected: "\(classes.count) of \(model.input)", got: "\(images.shape)")
    }
    var selection = Tensor(shape: [classes.count, outputs])
    for (row, index) in classes.enumerated() {
      guard (0..<classCount).contains(index) else {
        throw WhiskerError(.invalidSetting, "class", expected: "0 to \(classCount - 1)", got: "\(index)")
      }
      if outputs == 1 {
        selection.values[row] = index == 0 ? -1 : 1
      } else {
        selection.values[row * outputs + index] = 1
      }
    }
    let (features, gradients) = try await model.attention(to: layer, images: images, selection: selection)
    return classes.indices.map { Self.map(features, gradients, sample: $0) }
  }

  private static func map(_ features: Tensor, _ gradients: Tensor, sample: Int) -> HeatMap {
    let (height, width, channels) = (features.shape[1], features.shape[2], features.shape[3])
    let places = height * width
    let start = sample * places * channels
    var weights = [Double](repeating: 0, count: channels)
    for place in 0..<places {
      for channel in 0..<channels {
        weights[channel] += Double(gradients.values[start + place * channels + channel]) / Double(places)
      }
    }
    let sums = (0..<places).map { place in
      let sum = (0..<channels).reduce(0.0) {
        $0 + weights[$1] * Double(features.values[start + place * channels + $1])
      }
      return max(0, sum)
    }
    let largest = sums.max() ?? 0
    let scale = largest > 0 && largest.isFinite ? 1 / largest : 0
    return HeatMap(height: height, width: width, values: sums.map { Float($0 * scale) })
  }

  // MARK: The layer

  private static func layer(named name: String, in network: Network) throws(WhiskerError) -> Int {
    guard let index = network.layers.firstIndex(where: { $0.name == name }) else {
      throw WhiskerError(
        .invalidSetting, "layer", expected: "\(choices(in: network))", got: "\"\(name)\"")
    }
    guard network.layers[index].output.rank == 3 else {
      throw WhiskerError(
        .invalidSetting, "layer",
        expected: "a layer with a result [height, width, channels], such as \(choices(in: network))",
        got: "\"\(name)\" "
          + "with \(network.layers[index].output)")
    }
    return index
  }

  /// The names of the layers that can be looked at, the last ones.
  private static func choices(in network: Network) -> String {
    let names = network.layers.filter { $0.output.rank == 3 }.map(\.name)
    let shown = names.suffix(8).joined(separator: ", ")
    return names.isEmpty ? "a layer" : names.count > 8 ? "one of …, \(shown)" : "one of \(shown)"
  }

  private static func lastFeatureMap(of network: Network) throws(WhiskerError) -> Int {
    let last = network.layers.lastIndex { entry in
      (entry.layer is Conv2D || entry.layer is SeparableConv2D || entry.layer is DepthwiseConv2D)
        && entry.output.rank == 3 && entry.output[0] * entry.output[1] > 1
    }
    guard var index = last else {
      throw WhiskerError(
        .badContents, "network", expected: "a convolution whose result has places to look at", got: "none")
    }
    // Layers that only change numbers in place belong to the convolution.
    while true {
      let readers = network.layers.indices.filter {
        network.layers[$0].sources.contains(.layer(index))
      }
      guard readers.count == 1, let reader = readers.first else { return index }
      let layer = network.layers[reader].layer
      guard
        layer is BatchNormalization || layer is Activation || layer is ReLU || layer is Add,
        network.layers[reader].output.rank == 3
      else { return index }
      index = reader
    }
  }
}
