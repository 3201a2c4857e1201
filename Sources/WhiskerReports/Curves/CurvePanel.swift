import Foundation
import WhiskerTraining

/// One of the two panels of curves: which figure of an epoch it shows, and its labels, which are those of the
/// classic notebooks.
enum CurvePanel: CaseIterable {
  case accuracy, loss

  /// What stands above it.
  var title: String {
    switch self {
    case .accuracy: "Training and validation accuracy"
    case .loss: "Training and validation loss"
    }
  }

  /// What the dots and the line are called.
  var legends: (training: String, validation: String) {
    switch self {
    case .accuracy: ("Training acc", "Validation acc")
    case .loss: ("Training loss", "Validation loss")
    }
  }

  /// The points of the training curve that can be drawn.
  func training(_ history: History) -> [CurvePoint] { points(history) { value($0) } }

  /// The points of the validation curve that can be drawn.
  func validation(_ history: History) -> [CurvePoint] {
    points(history) { $0.validation.map { self == .accuracy ? $0.accuracy : $0.loss } }
  }

  /// The best epoch's point on the validation curve.
  func best(_ history: History) -> CurvePoint? {
    history.bestEpoch.flatMap { best in validation(history).first { $0.epoch == best + 1 } }
  }

  /// An axis for the values of all runs.
  func scale(_ chart: CurveChart) -> AxisScale {
    AxisScale(
      showing: chart.runs.flatMap { training($0.history) + validation($0.history) }.map(\.value),
      limit: self == .accuracy ? 1 : .infinity)
  }

  /// A value as text: `73.7 %`, `0.592`.
  func text(of value: Double) -> String {
    self == .accuracy
      ? String(format: "%.1f %%", value * 100) : String(format: value < 1e5 ? "%.3f" : "%.2g", value)
  }

  private func value(_ epoch: History.Epoch) -> Double { self == .accuracy ? epoch.accuracy : epoch.loss }

  private func points(_ history: History, _ value: (History.Epoch) -> Double?) -> [CurvePoint] {
    history.epochs.enumerated().compactMap { index, epoch in
      value(epoch).flatMap { AxisScale.isShown($0) ? CurvePoint(epoch: index + 1, value: $0) : nil }
    }
  }
}

/// An epoch's place on a curve.
struct CurvePoint: Hashable {
  /// The epoch, from 1.
  let epoch: Int
  /// Its accuracy or loss.
  let value: Double
}
