import Foundation
import WhiskerTraining

/// The figures that advice rests on: the curves of the epochs that have a validation, and means over the last of them.
struct CurveReading {
  /// Training and validation, as long as each other.
  let (accuracy, loss): ([Double], [Double])
  let (validationAccuracy, validationLoss): ([Double], [Double])
  /// The position among these of the lowest validation loss, and its epoch.
  let (lowest, lowestEpoch): (Int, Int)

  /// Fewer epochs than these show nothing.
  private static let fewestEpochs = 4

  /// Nil if there is too little to read.
  init?(_ history: History) {
    let all = history.epochs.enumerated().compactMap { index, epoch in
      epoch.validation.map { (epoch: index + 1, training: epoch, validation: $0) }
    }
    let epochs = all.filter { $0.training.loss.isFinite && $0.validation.loss.isFinite }
    guard epochs.count >= Self.fewestEpochs, epochs.count == all.count,
      let lowest = epochs.indices.min(by: { epochs[$0].validation.loss < epochs[$1].validation.loss })
    else { return nil }
    accuracy = epochs.map(\.training.accuracy)
    loss = epochs.map(\.training.loss)
    validationAccuracy = epochs.map(\.validation.accuracy)
    validationLoss = epochs.map(\.validation.loss)
    self.lowest = lowest
    lowestEpoch = epochs[lowest].epoch
  }

  /// How many epochs there are.
  var count: Int { loss.count }

  /// How many of the last epochs are taken together: a quarter, from 3 to 10, and no more than half of all.
  var window: Int { min(max(3, min(10, count / 4)), count / 2) }

  /// The mean over the last epochs.
  func last(_ curve: [Double]) -> Double { Self.mean(curve.suffix(window)) }

  /// The mean over as many epochs before those.
  func before(_ curve: [Double]) -> Double { Self.mean(curve.dropLast(window).suffix(window)) }

  /// By how much the mean of the last epochs may differ by chance from that of those before: the standard error
  /// of the difference, from how much one epoch differs from the next.
  func noise(_ curve: [Double]) -> Double {
    let recent = Array(curve.suffix(2 * window))
    let steps = zip(recent, recent.dropFirst()).map { $1 - $0 }
    let variance = steps.reduce(0) { $0 + $1 * $1 } / Double(max(steps.count, 1)) / 2
    return (2 * variance / Double(window)).squareRoot()
  }

  static func mean(_ numbers: some Collection<Double>) -> Double {
    numbers.reduce(0, +) / Double(max(numbers.count, 1))
  }
}
