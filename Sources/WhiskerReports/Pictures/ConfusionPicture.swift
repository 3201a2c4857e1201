package import WhiskerImages
import WhiskerSystem

/// A confusion matrix as a picture: true classes downwards, predicted ones across, each cell the darker the larger its
/// share of its row.
public struct ConfusionPicture: Sendable {
  /// What is shown.
  public var matrix: ConfusionMatrix
  /// The names of the classes.
  public var classNames: [String]

  /// The most classes that are shown.
  public static let largestClassCount = 1000

  /// A picture of a matrix.
  public init(_ matrix: ConfusionMatrix, classNames: [String]) {
    self.matrix = matrix
    self.classNames = classNames
  }

  /// The picture, in RGB.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `invalidSetting` for more classes than can be shown;
  ///   ``WhiskerSystem/WhiskerError`` with `cannotWrite` if memory runs out.
  package func photo() throws -> Photo {
    guard matrix.classCount <= Self.largestClassCount, matrix.classCount == classNames.count else {
      throw WhiskerError(
        .invalidSetting, "confusion matrix",
        expected: "up to \(Self.largestClassCount) classes", got: "\(matrix.classCount)")
    }
    let names = classNames.map(\.onOneLine)
    let ruler = try DrawingSurface(height: 1, width: 1)
    let layout = Layout(matrix.classCount, names.map { ruler.length(of: $0, size: Layout.labelSize) })
    let surface = try DrawingSurface(height: layout.height, width: layout.width)
    drawTitles(on: surface, layout)
    for (index, name) in names.enumerated() where layout.hasLabels {
      let middle = (Double(index) + 0.5) * layout.cell + Layout.labelSize / 3
      surface.write(
        surface.shortened(name, to: Layout.longestLabel, size: Layout.labelSize), x: layout.left - 8,
        y: layout.top + middle, size: Layout.labelSize, anchor: .end)
      let short = surface.shortened(
        name, to: layout.isTurned ? Layout.longestLabel : layout.cell - 6, size: Layout.labelSize)
      surface.write(
        short, x: layout.left + (layout.isTurned ? middle : (Double(index) + 0.5) * layout.cell),
        y: layout.top - 8, size: Layout.labelSize, anchor: layout.isTurned ? .start : .middle,
        isTurned: layout.isTurned)
    }
    for truth in names.indices { drawRow(truth, on: surface, layout) }
    return surface.photo
  }

  private func drawTitles(on surface: DrawingSurface, _ layout: Layout) {
    let (gray, size) = (DrawingSurface.Ink(0.4, 0.4, 0.4), 13.0)
    let middle = layout.cell * Double(matrix.classCount) / 2
    surface.write(
      "predicted", x: layout.left + middle, y: 26, size: size, gray, anchor: .middle)
    surface.write(
      "true", x: 26, y: layout.top + middle, size: size, gray, anchor: .middle, isTurned: true)
  }

  private func drawRow(_ truth: Int, on surface: DrawingSurface, _ layout: Layout) {
    let support = max(1, matrix.support(of: truth))
    for (predicted, count) in matrix.counts[truth].enumerated() {
      let (x, y) = (
        layout.left + Double(predicted) * layout.cell, layout.top + Double(truth) * layout.cell
      )
      let share = Double(count) / Double(support)
      let ink = truth == predicted ? Self.right : Self.wrong
      surface.fill(
        x: x, y: y, width: layout.cell - layout.gap, height: layout.cell - layout.gap,
        Self.empty.mixed(with: ink, at: share.squareRoot()))
      guard layout.hasNumbers, count > 0 else { continue }
      let text = share > 0.3 ? DrawingSurface.Ink.paper : .text
      let middle = x + (layout.cell - layout.gap) / 2
      let hasShares = layout.cell >= 64
      surface.write(
        "\(count)", x: middle, y: y + layout.cell / 2 + (hasShares ? 0 : 5), size: hasShares ? 18 : 12, text,
        anchor: .middle, isBold: hasShares)
      if hasShares {
        surface.write(
          Figures.percent(share), x: middle, y: y + layout.cell / 2 + 19, size: 12, text, anchor: .middle)
      }
    }
  }

  private static let right = DrawingSurface.Ink(0.03, 0.36, 0.40)
  private static let wrong = DrawingSurface.Ink(0.70, 0.25, 0.05)
  private static let empty = DrawingSurface.Ink(0.94, 0.945, 0.95)

  /// Where things are.
  private struct Layout {
    static let labelSize = 13.0
    static let longestLabel = 180.0

    let cell: Double
    let gap: Double
    let left: Double
    let top: Double
    let height: Int
    let width: Int
    /// Whether the names across stand on their ends.
    let isTurned: Bool

    var hasLabels: Bool { cell >= 15 }
    var hasNumbers: Bool { cell >= 32 }

    init(_ count: Int, _ lengths: [Double]) {
      cell =
        switch count {
        case ...4: 110
        case ...10: 72
        case ...24: 40
        case ...60: 18
        default: max(2, (1100 / Double(count)).rounded(.down))
        }
      gap = cell >= 15 ? 2 : 0
      let longest = min(Self.longestLabel, lengths.max() ?? 0)
      isTurned = longest > cell - 6
      let hasLabels = cell >= 15
      left = 44 + (hasLabels ? longest + 8 : 0)
      top = 40 + (hasLabels ? (isTurned ? longest : Self.labelSize) + 8 : 0)
      let side = cell * Double(count)
      height = Int((top + side + 20).rounded(.up))
      width = Int((left + side + 20).rounded(.up))
    }
  }
}
