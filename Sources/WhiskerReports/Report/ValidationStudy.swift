import Foundation
import WhiskerDatasets
import WhiskerLayers
import WhiskerRuns

/// A model's predictions for the photos that it is measured on, and those worth a look.
struct ValidationStudy {
  /// A photo with what it shows about the model.
  struct Exhibit {
    /// Which of the samples it is.
    let sample: Int
    /// The photo.
    let photo: ReportPicture
    /// The evidence for the predicted class; nil if the network has no feature map to look at.
    let overlay: ReportPicture?
  }

  let photos: MeasuredPhotos
  let samples: ClassifiedSamples
  let loss: Double
  let matrix: ConfusionMatrix
  let report: ClassificationReport
  let areas: [Double?]
  let calibration: Calibration
  /// The layer that overlays look at.
  let layerName: String?
  /// The most confident mistakes, the worst first.
  let mistakes: [Exhibit]
  /// The most confident correct predictions, alternating between the classes.
  let successes: [Exhibit]
  /// Photos whose label may be wrong, the most suspicious first; see ``suspects(_:)``.
  let suspects: [Exhibit]
  /// How many photos are suspicious in all.
  let suspectCount: Int

  static let mistakeCount = 24
  static let successCount = 12
  static let shownSuspects = 30

  init(
    _ source: RunSource, batchSize: Int, loading: PhotoDataset.Loading,
    _ onProgress: @escaping @Sendable (_ phase: RunReport.Phase, _ done: Int, _ total: Int) -> Void
  ) async throws {
    photos = try await source.saved.measure(
      source.measured, batchSize: batchSize, threads: loading.decodingThreads
    ) { onProgress(.evaluating, $0, $1) }
    let evaluation = photos.evaluation
    loss = evaluation.loss
    samples = try ClassifiedSamples(labels: evaluation.labels, outputs: evaluation.predictions)
    matrix = ConfusionMatrix(samples)
    report = ClassificationReport(matrix)
    areas = ROCCurve.areas(samples)
    calibration = Calibration(samples)

    let wrong = Self.mistakes(samples)
    let right = Self.successes(samples)
    let suspicious = Self.suspects(samples)
    suspectCount = suspicious.count
    let gradCAM = try? GradCAM(source.saved.model)
    layerName = gradCAM?.layerName
    let exhibitor = Exhibitor(photos, source.saved.preparation, samples, gradCAM)
    let total = wrong.count + right.count
    let exhibits = try await exhibitor.exhibits(wrong + right) { onProgress(.explaining, $0, total) }
    mistakes = wrong.compactMap { exhibits[$0] }
    successes = right.compactMap { exhibits[$0] }
    suspects = try suspicious.prefix(Self.shownSuspects).compactMap { sample in
      guard let photo = exhibitor.photo(of: sample) else { return nil }
      return Exhibit(sample: sample, photo: try ReportPicture(photo, side: 128), overlay: nil)
    }
  }

  /// The misclassified samples, the most confident first.
  private static func mistakes(_ samples: ClassifiedSamples) -> [Int] {
    let wrong = (0..<samples.count).filter { !samples.isRight(sample: $0) }
    return Array(bySureness(wrong, samples).prefix(mistakeCount))
  }

  /// The samples classified correctly, the most confident of each class, then the second of each.
  private static func successes(_ samples: ClassifiedSamples) -> [Int] {
    let right = bySureness((0..<samples.count).filter { samples.isRight(sample: $0) }, samples)
    let byClass = Dictionary(grouping: right) { samples.labels[$0] }
    var result: [Int] = []
    for rank in 0..<successCount {
      for index in 0..<samples.classCount where result.count < successCount {
        guard let ranked = byClass[index], ranked.count > rank else { continue }
        result.append(ranked[rank])
      }
    }
    return result
  }

  /// The samples whose label the model disputes with more than its usual confidence, the widest gap first.
  ///
  /// Another class is likeliest, and its probability is at least the mean of that class's own samples (the rule of
  /// confident learning: Northcutt, Jiang and Chuang 2021), and at least 0.8.
  static func suspects(_ samples: ClassifiedSamples) -> [Int] {
    var sums = Array(repeating: (count: 0, probability: 0.0), count: samples.classCount)
    for (sample, label) in samples.labels.enumerated() {
      sums[label].count += 1
      sums[label].probability += Double(samples.probability(of: label, sample: sample))
    }
    let thresholds = sums.map { $0.count == 0 ? .infinity : $0.probability / Double($0.count) }
    func gap(_ sample: Int) -> Float {
      samples.confidence(sample: sample) - samples.probability(of: samples.labels[sample], sample: sample)
    }
    return (0..<samples.count).filter { sample in
      let predicted = samples.predicted(sample: sample)
      // A model that is no better than a guess disputes nothing.
      return predicted != samples.labels[sample]
        && Double(samples.probability(of: predicted, sample: sample)) >= max(thresholds[predicted], 0.8)
    }.sorted { (-gap($0), $0) < (-gap($1), $1) }
  }

  private static func bySureness(_ list: [Int], _ samples: ClassifiedSamples) -> [Int] {
    list.sorted { (-samples.confidence(sample: $0), $0) < (-samples.confidence(sample: $1), $1) }
  }
}
