import Foundation
import WhiskerDatasets
import WhiskerImages
import WhiskerRuns
import WhiskerTensors

/// Reads photos again to show them, with what the model sees on them.
struct Exhibitor {
  private let photos: MeasuredPhotos
  private let preparation: PhotoPreparation
  private let samples: ClassifiedSamples
  private let gradCAM: GradCAM?

  /// How many photos are explained at once.
  private static let batchSize = 12

  init(
    _ photos: MeasuredPhotos, _ preparation: PhotoPreparation, _ samples: ClassifiedSamples,
    _ gradCAM: GradCAM?
  ) {
    (self.photos, self.preparation, self.samples, self.gradCAM) = (photos, preparation, samples, gradCAM)
  }

  /// A sample's photo at the size of the page; nil if it can't be read any more.
  func photo(of sample: Int) -> Photo? {
    try? Photo(contentsOf: photos.url(of: sample))
  }

  /// The samples' photos and overlays, by sample.
  func exhibits(
    _ list: [Int], onProgress: (_ done: Int) -> Void
  ) async throws -> [Int: ValidationStudy.Exhibit] {
    var exhibits: [Int: ValidationStudy.Exhibit] = [:]
    for start in stride(from: 0, to: list.count, by: Self.batchSize) {
      try Task.checkCancellation()
      var readable: [(sample: Int, photo: Photo)] = []
      var values: [Float] = []
      for sample in list[start..<min(start + Self.batchSize, list.count)] {
        guard let photo = photo(of: sample) else { continue }
        readable.append((sample, photo.fitted(within: ReportPicture.side)))
        values += preparation.prepare(photo).values
      }
      guard !readable.isEmpty else { continue }
      let maps = try await maps(readable.map(\.sample), values)
      for (row, (sample, photo)) in readable.enumerated() {
        exhibits[sample] = ValidationStudy.Exhibit(
          sample: sample, photo: try ReportPicture(photo),
          overlay: try maps.map { try ReportPicture($0[row].overlay(on: photo)) })
      }
      onProgress(start + readable.count)
    }
    return exhibits
  }

  private func maps(_ list: [Int], _ values: [Float]) async throws -> [HeatMap]? {
    guard let gradCAM else { return nil }
    let images = Tensor(shape: preparation.sampleShape.batched(list.count), values: values)
    return try await gradCAM.maps(for: images, classes: list.map { samples.predicted(sample: $0) })
  }
}
