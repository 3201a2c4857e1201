import Foundation
import WhiskerDatasets
import WhiskerFormats
import WhiskerGraph
import WhiskerLayers
import WhiskerPretrained
public import WhiskerSystem
import WhiskerTensors

extension BaseModel {
  /// Reads a file.
  ///
  /// - Parameters:
  ///   - base: What is known about it.
  ///   - imageSize: Rows and columns of the photos; nil for what the model was made for.
  /// - Throws: ``WhiskerSystem/WhiskerError`` as ``SavedModel`` does; `unknownPreprocessing` if nothing says how the network
  ///   wants photos.
  init(_ base: BaseFile, imageSize: Size2D?) throws(WhiskerError) {
    let url = URL(fileURLWithPath: base.model)
    try SavedModel.requireFile(url)
    do {
      let (stored, openSize) = try Self.read(url, base, imageSize)
      let input = stored.network.input
      guard input.rank == 3, input[2] == 1 || input[2] == 3 else {
        throw WhiskerError(
          .badModel, "network", expected: "an input of photos (height, width, 3 or 1)", got: "\(input)")
      }
      let wanted = try Self.wanted(of: stored, url, base)
      var network = try stored.network.features(after: base.layer)
      let end = network.layers.last { !($0.layer is GlobalAveragePooling2D) }?.name ?? network.inputName
      if let imageSize, openSize == nil {
        network = try network.taking([imageSize.height, imageSize.width, input[2]])
      }
      if let layer = wanted.layer { network = try network.prepending(layer) }
      var preparation = wanted.preparation
      (preparation.height, preparation.width) = (network.input[0], network.input[1])
      preparation.interpolation = base.interpolation ?? preparation.interpolation
      try preparation.validate()
      self.preparation = preparation
      self.network = network
      let names = Set(network.weights.map(\.name))
      weights = stored.state.weights.filter { names.contains($0.key) }
      name = stored.name ?? url.deletingPathExtension().lastPathComponent
      let digest = SHA256.text(of: (try? Data(contentsOf: url, options: .mappedIfSafe)) ?? Data())
      identity = "\(digest) \(base.layer ?? "") \(base.output ?? "") \(base.preprocessing?.rawValue ?? "")"
      note =
        "\(base.model): \(network.output[0].counted("feature")) of '\(end)'; photos of \(preparation.height) × "
        + "\(preparation.width) pixels\(openSize == nil ? "" : " (the model takes any)"), "
        + "\(preparation.interpolation.rawValue), \(wanted.reason)"
    } catch let error as WhiskerError {
      if error.code == .weightsAlone { throw Self.weightsAlone(url) }
      if error.code == .unknownPreprocessing { throw error.inside(url.path) }
      throw SavedModel.fault(error.place.hasPrefix(url.path) ? error : error.inside(url.path))
    } catch {
      throw WhiskerError(.badModel, url.path, "\(error)")
    }
  }

  /// Reads the model; one that takes photos of any size gets the size that is asked for, or that of its training.
  ///
  /// - Returns: the model, and the size that it got.
  private static func read(
    _ url: URL, _ base: BaseFile, _ imageSize: Size2D?
  ) throws(WhiskerError) -> (StoredModel, openSize: Size2D?) {
    do {
      return (try StoredModel(contentsOf: url, choices: .init(output: base.output)), nil)
    } catch  where error.code == .openInputSize {
      var size = imageSize ?? Size2D(height: 224, width: 224)
      var model = try StoredModel(contentsOf: url, choices: .init(imageSize: size, output: base.output))
      if imageSize == nil, let side = application(of: model)?.side, side != 224 {
        size = Size2D(height: side, width: side)
        model = try StoredModel(contentsOf: url, choices: .init(imageSize: size, output: base.output))
      }
      return (model, size)
    }
  }

  /// How a network wants photos, why that is believed, and the layer that it needs for it.
  private static func wanted(
    of stored: StoredModel, _ url: URL, _ base: BaseFile
  ) throws(WhiskerError) -> (preparation: PhotoPreparation, layer: Rescaling?, reason: String) {
    if SavedModel.isOwn(stored) {
      guard base.preprocessing == nil else {
        throw WhiskerError(
          .invalidSetting, "preprocessing",
          expected: "none for a model that says itself how photos are prepared",
          got: "one")
      }
      let saved = try SavedModel(contentsOf: url)
      return (saved.preparation, nil, "prepared as the file says")
    }
    let (preprocessing, reason) = try preprocessing(of: stored, base)
    let input = stored.network.input
    guard preprocessing.fits(channels: input[2]) else {
      throw WhiskerError(
        .invalidSetting, "preprocessing", expected: "bytes, unit or tf for gray photos",
        got: preprocessing.rawValue)
    }
    let preparation = preprocessing.preparation(height: input[0], width: input[1], channels: input[2])
    return (preparation, preprocessing.layer, reason)
  }

  private static func preprocessing(
    of stored: StoredModel, _ base: BaseFile
  ) throws(WhiskerError) -> (Preprocessing, reason: String) {
    if let stated = base.preprocessing { return (stated, "\(stated)") }
    if stored.takesBytes || ForeignModel.scalesItself(stored.network) {
      return (.bytes, "bytes as they are, which it scales itself")
    }
    if let known = application(of: stored), let wanted = known.preprocessing {
      return (wanted, "\(wanted), which \(known.function) wants")
    }
    throw WhiskerError(
      .unknownPreprocessing, "preprocessing",
      expected: Preprocessing.allCases.map { "\($0.rawValue) (\($0))" }.joined(separator: ", "),
      got: "nothing that says what \(stored.name?.quoted ?? "the network") wants")
  }

  /// The network of `keras.applications` that the model is, or that it has as a layer.
  private static func application(of model: StoredModel) -> KerasApplication? {
    ([model.name].compactMap(\.self) + model.network.modelNames).lazy
      .compactMap(KerasApplication.init(named:)).first
  }

  /// What to do with a file of weights whose name says which network they are of.
  private static func weightsAlone(_ url: URL) -> WhiskerError {
    guard let network = KerasApplication(named: url.lastPathComponent) else {
      return WhiskerError(
        .weightsAlone, url.path, expected: "a whole model, layers and weights", got: "weights alone")
    }
    let hasTop = !["no_top", "notop", "no-top"].contains(where: url.lastPathComponent.contains)
    return WhiskerError(
      .weightsAlone, url.path, expected: "a whole model, layers and weights",
      got: "weights of \(network.function) alone",
      note: "in Keras, keras.applications.\(network.function)(weights=\"\(url.lastPathComponent)\""
        + "\(hasTop ? "" : ", include_top=False")).save(\"\(network.function).keras\") makes one")
  }
}

extension Recipe {
  /// The same recipe with its base read, where that is a file: it is then known how photos are prepared.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` about the file.
  public func readingBase() throws(WhiskerError) -> Recipe {
    guard let file = base?.file, baseModel == nil else { return self }
    var recipe = self
    let size = isSizeStated ? Size2D(height: image.height, width: image.width) : nil
    let model = try BaseModel(file, imageSize: size)
    recipe.baseModel = model
    recipe.image = model.preparation
    return recipe
  }
}
