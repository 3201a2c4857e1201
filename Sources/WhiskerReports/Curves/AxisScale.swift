import Foundation

/// The range of an axis, and the marks on it at round numbers.
struct AxisScale: Hashable {
  /// What the axis shows.
  let range: ClosedRange<Double>
  /// The numbers with a mark, all within the range.
  let marks: [Double]
  /// The digits after a mark's decimal point; below 0 for marks such as 1e-03.
  let decimals: Int
  /// Whether equal ratios are equally far apart.
  let isLogarithmic: Bool

  /// A scale that shows all of some non-negative values, and nothing below 0.
  ///
  /// - Parameters:
  ///   - values: What is shown; numbers that aren't finite aren't.
  ///   - limit: What the values never exceed, as accuracies don't exceed 1.
  init(showing values: [Double], limit: Double = .infinity) {
    let values = values.filter { AxisScale.isShown($0) }
    let (lowest, highest) = (values.min() ?? 0, values.max() ?? 1)
    // Values that are all the same are put in the middle of a scale of their own size.
    let span = highest > lowest ? highest - lowest : max(highest.magnitude, 0.1) * 0.2
    let margin = (highest > lowest ? 0.05 : 0.5) * span
    // An axis that nearly reaches 0 begins there.
    let lower = lowest - margin < 0.25 * span ? 0 : lowest - margin
    range = lower...max(min(highest + margin, limit), lower + span / 2)

    let step = AxisScale.roundStep((range.upperBound - range.lowerBound) / 7.5)
    let first = (range.lowerBound / step).rounded(.up), last = (range.upperBound / step).rounded(.down)
    marks = stride(from: first, through: last, by: 1).map { $0 * step }
    decimals = max(0, Int(-log10(step).rounded(.down)))
    isLogarithmic = false
  }

  /// A scale of epochs, from 1.
  init(epochs: Int) {
    range = 0.5...(Double(max(epochs, 1)) + 0.5)
    let step = Int(max(1, AxisScale.roundStep(Double(epochs) / 8)))
    let rest = stride(from: step, through: epochs, by: step).filter { $0 > 1 }
    marks = ([1] + rest).map(Double.init)
    decimals = 0
    isLogarithmic = false
  }

  /// A logarithmic scale of numbers of photos in their order, marked at those that are far enough from the mark before.
  init(photos: [Int]) {
    let (lowest, highest) = (Double(photos.first ?? 1), Double(photos.last ?? 1))
    // A twentieth at each end, or somewhat more where the numbers are close.
    let margin = max(pow(highest / lowest, 0.05), 1.1)
    let range = lowest / margin...highest * margin
    let distance = pow(range.upperBound / range.lowerBound, 0.07)
    self.range = range
    marks = photos.map(Double.init).reduce(into: []) { marks, photos in
      if marks.last.map({ photos / $0 >= distance }) ?? true { marks.append(photos) }
    }
    decimals = 0
    isLogarithmic = true
  }

  /// A logarithmic scale of learning rates from a lowest to a highest, marked at powers of ten.
  init(rates: ClosedRange<Double>) {
    range = rates.lowerBound / 1.2...rates.upperBound * 1.2
    let powers =
      Int(
        log10(range.lowerBound).rounded(.up))...max(
        Int(log10(range.lowerBound).rounded(.up)), Int(log10(range.upperBound).rounded(.down)))
    marks = powers.map { pow(10, Double($0)) }.filter(range.contains)
    decimals = -1
    isLogarithmic = true
  }

  /// Where a number stands, from 0 to 1 within the range.
  func share(of number: Double) -> Double {
    isLogarithmic
      ? log(number / range.lowerBound) / log(range.upperBound / range.lowerBound)
      : (number - range.lowerBound) / (range.upperBound - range.lowerBound)
  }

  /// A mark as it is labelled.
  func label(_ mark: Double) -> String {
    decimals < 0
      ? String(format: "%.0e", mark)
      : range.upperBound < 1e6 ? String(format: "%.\(decimals)f", mark) : String(format: "%.2g", mark)
  }

  /// Whether a value can be drawn at all.
  static func isShown(_ value: Double) -> Bool { value.isFinite && value.magnitude < 1e30 }

  /// The smallest of 1, 2, 5, 10, 20, …, 0.5, 0.2, … that is no less than a number above 0.
  private static func roundStep(_ number: Double) -> Double {
    let power = pow(10, log10(max(number, 1e-9)).rounded(.down))
    return power * ([1, 2, 5].first { power * $0 >= number * 0.999 } ?? 10)
  }
}
