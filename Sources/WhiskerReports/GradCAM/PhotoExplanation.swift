public import Foundation
import WhiskerDatasets
public import WhiskerImages
import WhiskerLayers
public import WhiskerRuns
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining

extension SavedModel {
  /// What a model predicts for a photo, and why.
  public struct Explanation: Sendable {
    /// The probability of each class, in the order of the model's classes.
    public let probabilities: [Float]
    /// The likeliest class.
    public let label: String
    /// The class that the map is for.
    public let className: String
    /// The layer whose map this is.
    public let layerName: String
    /// The evidence for the class on the photo.
    public let map: HeatMap
    /// The map over the photo.
    public let overlay: Photo
  }

  /// Shows the evidence for a class on a photo; the model must be compiled.
  ///
  /// - Parameters:
  ///   - url: The photo.
  ///   - className: The class; nil takes the likeliest.
  ///   - layerName: The layer to look at; see ``WhiskerReports/GradCAM``.
  ///   - largestSide: The overlay's longer side in pixels, at most, at least 1.
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the photo can't be read, or with `invalidSetting` if there is
  ///   no such class or layer.
  public func explanation(
    ofPhotoAt url: URL, className: String? = nil, layerName: String? = nil, largestSide: Int = 1024
  ) async throws -> Explanation {
    let gradCAM = try GradCAM(model, layerName: layerName)
    // Swift compares names by canonical equivalence: NFC and NFD are the same.
    let asked = className.map { name in classNames.firstIndex { $0 == name } }
    if let asked, asked == nil {
      let names = classNames.prefix(10).map { $0.quoted }.joined(separator: ", ")
      throw WhiskerError(
        .invalidSetting, "class",
        expected: "one of \(names)\(classNames.count > 10 ? ", …" : "")", got: "\((className ?? "").quoted)")
    }
    let photo = try Photo(contentsOf: url)
    let input = preparation.prepare(photo)
    let images = input.reshaped(preparation.sampleShape.batched(1))
    let outputs = try await model.predict(images, batchSize: 1)
    let probabilities = Tensor(
      shape: outputs.shape, values: Array(try SavedModel.probabilities(outputs.values[...])))
    let samples = try ClassifiedSamples(labels: [0], outputs: probabilities)
    let likeliest = samples.predicted(sample: 0)
    let index = (asked ?? nil) ?? likeliest
    let map = try await gradCAM.maps(for: images, classes: [index])[0]
    return Explanation(
      probabilities: classNames.indices.map { samples.probability(of: $0, sample: 0) },
      label: classNames[likeliest], className: classNames[index], layerName: gradCAM.layerName, map: map,
      overlay: map.overlay(on: photo.fitted(within: largestSide)))
  }
}
