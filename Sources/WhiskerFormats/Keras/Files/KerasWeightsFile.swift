public import Foundation
public import WhiskerLayers
public import WhiskerSystem
public import WhiskerTensors

/// Weights for a known network from a Keras file: weights alone, as `save_weights` writes them, or a whole
/// model, whose description is ignored.
///
/// Three forms are read: Keras 3's `.weights.h5` and `.keras`, where weights lie by the class and number of the layer;
/// and the older `.h5` (`vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5`), where they lie by its name, or, if no
/// name is the network's, in the order of the layers. A file may hold more layers than the network has, such as a
/// classifier.
public enum KerasWeightsFile {
  /// Reads the weights of a network's layers, by their names in the network: `block1_conv1/kernel`.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError``: `missingTensor` naming a layer that the file doesn't hold, `shapeMismatch` for one of
  ///   another shape.
  public static func weights(
    contentsOf url: URL, for network: Network
  ) throws(WhiskerError) -> [String: Tensor] {
    let root: HDF5Group
    switch FileKind(of: url) {
    case .model(.keras): root = try KerasArchive.weights(contentsOf: url)
    case .foreign(let file): throw file.error(at: url.path)
    default: root = try HDF5File(contentsOf: url).root
    }
    let entries = network.layers.filter { !$0.weights.isEmpty }
    let datasets: [[HDF5Dataset]]
    if let layers = root.group("layers") ?? root.group("_layer_checkpoint_dependencies") {
      datasets = KerasArchive.datasets(of: network, in: layers)
    } else {
      datasets = try layersByName(root.group("model_weights") ?? root, entries, url.path)
    }
    var weights: [String: Tensor] = [:]
    for (entry, datasets) in zip(entries, datasets) {
      let expected = weightsInOrderOfKeras(entry)
      guard datasets.count == expected.count else {
        throw WhiskerError(
          .missingTensor, url.path,
          "layer '\(entry.name)': expected \(expected.count) weights, got \(datasets.isEmpty ? "none" : "\(datasets.count)")"
        )
      }
      for (specification, dataset) in zip(expected, datasets) {
        guard dataset.shape == specification.shape else {
          throw WhiskerError(
            .shapeMismatch, url.path,
            "\(entry.stateName(of: specification)): expected \(specification.shape), got \(dataset.shape)")
        }
        weights[entry.stateName(of: specification)] = try dataset.tensor()
      }
    }
    return weights
  }

  /// For each layer its datasets in an older file: by name, or by order where no name fits.
  private static func layersByName(
    _ group: HDF5Group, _ entries: [Network.Entry], _ file: String
  ) throws(WhiskerError) -> [[HDF5Dataset]] {
    let names = KerasH5File.names(KerasH5File.Name.layerNames, of: group)
    guard !names.isEmpty else {
      throw WhiskerError(
        .notThisFormat, file, expected: "Keras's weights, with 'layers' or 'layer_names'", got: "neither")
    }
    var layers: [(name: String, datasets: [HDF5Dataset])] = []
    for name in names {
      guard let layer = group.group(name) else { continue }
      let datasets = try KerasH5File.datasets(layer, file, place: name)
      if !datasets.isEmpty { layers.append((name, datasets)) }
    }
    let byName = Dictionary(layers.map { ($0.name, $0.datasets) }) { first, _ in first }
    if entries.contains(where: { byName[$0.name] != nil }) { return entries.map { byName[$0.name] ?? [] } }
    return entries.indices.map { $0 < layers.count ? layers[$0].datasets : [] }
  }
}
