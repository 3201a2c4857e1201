import Foundation

/// A chart of lines, dots and bars as a picture within a page; its colours are the page's.
struct SVGChart {
  /// What is drawn of one series of numbers.
  struct Series {
    /// How it is drawn.
    enum Style {
      case line, thinLine, dots
      /// From the axis up, each of this width.
      case bars(width: Double)
    }

    /// What it is called in the legend; nil leaves it out.
    var name: String?
    /// The places.
    var points: [(x: Double, y: Double)]
    /// How it is drawn.
    var style = Style.line
    /// The number of the colour; nil is gray.
    var color: Int?
  }

  /// What an axis shows.
  struct Axis {
    /// What is measured.
    var title: String
    /// The numbers at its ends.
    var range: ClosedRange<Double>
    /// The numbers that are written.
    var ticks: [Double]
    /// The decimals of those.
    var decimals = 1

    /// An axis from 0 to 1.
    static func share(_ title: String) -> Axis {
      Axis(title: title, range: 0...1, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1])
    }

    /// An axis over some numbers, with about five round ticks.
    init(title: String, over numbers: [Double], fromZero: Bool = false, isWhole: Bool = false) {
      let finite = numbers.filter(\.isFinite)
      let low = fromZero ? 0 : finite.min() ?? 0
      let high = max(finite.max() ?? 1, low + 1e-9)
      let rough = (high - low) / 5
      let magnitude = pow(10, floor(log10(rough)))
      let factor = [1.0, 2, 5, 10].first { $0 * magnitude >= rough } ?? 10
      let step = isWhole ? max(1, factor * magnitude) : factor * magnitude
      let first = floor(low / step) * step
      let count = max(1, Int((((isWhole ? high : high + step * 0.999) - first) / step).rounded(.down)))
      self.title = title
      ticks = (0...count).map { first + Double($0) * step }
      range = first...max(isWhole ? high : ticks[count], first + step)
      decimals = isWhole || step >= 1 ? 0 : min(6, Int((-log10(step)).rounded(.up)))
    }

    init(title: String, range: ClosedRange<Double>, ticks: [Double], decimals: Int = 1) {
      (self.title, self.range, self.ticks, self.decimals) = (title, range, ticks, decimals)
    }
  }

  /// A description of the chart, for those who can't see it.
  var description: String
  var x: Axis
  var y: Axis
  var series: [Series]
  /// Whether the diagonal from corner to corner is drawn.
  var hasDiagonal = false
  /// A place on the horizontal axis that is marked, and what for.
  var mark: (x: Double, label: String)?

  private static let (width, height) = (420.0, 320.0)
  private static let (left, right, top, bottom) = (58.0, 12.0, 14.0, 46.0)

  /// The chart with its legend.
  var markup: Markup {
    let legend = series.compactMap { series in
      series.name.map { name -> Markup in
        let mark: Markup = if case .dots = series.style { "dot" } else { "stroke" }
        return "<li><span class=\"key \(mark) \(Self.color(series.color))\"></span><bdi>\(name)</bdi></li>"
      }
    }
    let list: Markup = legend.isEmpty ? "" : "<ul class=\"legend\">\(legend)</ul>"
    return """
      <svg class="chart" viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" role="img" aria-label="\(description)" \
      xmlns="http://www.w3.org/2000/svg">
      \(axes)
      \(series.map(drawn))
      </svg>\(list)
      """
  }

  private var axes: [Markup] {
    let (bottom, right) = (Self.height - Self.bottom, Self.width - Self.right)
    var parts: [Markup] = []
    for tick in y.ticks where y.range.contains(tick) {
      let place = down(tick)
      parts.append(
        """
        <line class="grid" x1="\(Self.left, 1)" y1="\(place, 1)" x2="\(right, 1)" y2="\(place, 1)"/>\
        <text x="\(Self.left - 7, 1)" y="\(place + 4, 1)" text-anchor="end">\(tick, y.decimals)</text>
        """)
    }
    for tick in x.ticks where x.range.contains(tick) {
      parts.append(
        """
        <text x="\(across(tick), 1)" y="\(bottom + 18, 1)" text-anchor="middle">\(tick, x.decimals)</text>
        """)
    }
    let middle = (Self.top + bottom) / 2
    parts.append(
      """
      <line class="axis" x1="\(Self.left, 1)" y1="\(bottom, 1)" x2="\(right, 1)" y2="\(bottom, 1)"/>\
      <text class="title" x="\((Self.left + right) / 2, 1)" y="\(Self.height - 8, 1)" text-anchor="middle">\(x.title)</text>\
      <text class="title" transform="translate(12 \(middle, 1)) rotate(-90)" text-anchor="middle">\(y.title)</text>
      """)
    if hasDiagonal {
      parts.append(
        """
        <line class="diagonal" x1="\(across(x.range.lowerBound), 1)" y1="\(down(y.range.lowerBound), 1)" \
        x2="\(across(x.range.upperBound), 1)" y2="\(down(y.range.upperBound), 1)"/>
        """)
    }
    if let mark {
      let place = across(mark.x)
      let isLate = place > (Self.left + right) / 2
      parts.append(
        """
        <line class="mark" x1="\(place, 1)" y1="\(Self.top, 1)" x2="\(place, 1)" y2="\(bottom, 1)"/>\
        <text class="mark" x="\(place + (isLate ? -5 : 5), 1)" y="\(Self.top + 9, 1)" \
        text-anchor="\(isLate ? "end" : "start")">\(mark.label)</text>
        """)
    }
    return parts
  }

  private func drawn(_ series: Series) -> Markup {
    let color = Self.color(series.color)
    let points = series.points.filter { $0.x.isFinite && $0.y.isFinite }
    switch series.style {
    case .line, .thinLine:
      let path = points.map { "\(Self.short(across($0.x))),\(Self.short(down($0.y)))" }
      let thin: Markup = if case .thinLine = series.style { " thin" } else { "" }
      let list = path.joined(separator: " ")
      return "<polyline class=\"line\(thin) \(color)\" points=\"\(list)\"/>"
    case .dots:
      return Markup(
        points.map {
          "<circle class=\"point \(color)\" cx=\"\(across($0.x), 1)\" cy=\"\(down($0.y), 1)\" r=\"2.6\"/>"
        })
    case .bars(let width):
      return Markup(
        points.map { point in
          let (x, y) = (across(point.x - width / 2), down(point.y))
          let side = across(point.x + width / 2) - x
          let height = Self.height - Self.bottom - y
          return """
            <rect class="bar \(color)" x="\(x + 1, 1)" y="\(y, 1)" width="\(side - 2, 1)" height="\(height, 1)"/>
            """
        })
    }
  }

  private static func color(_ number: Int?) -> Markup {
    number.map { "c\($0 % colorCount)" } ?? "gray"
  }

  /// The number of the page's colours for series.
  static let colorCount = 8

  private static func short(_ value: Double) -> String { String(format: "%.1f", value) }

  private func across(_ value: Double) -> Double {
    place(value, x.range) * (Self.width - Self.left - Self.right) + Self.left
  }

  private func down(_ value: Double) -> Double {
    Self.height - Self.bottom - place(value, y.range) * (Self.height - Self.top - Self.bottom)
  }

  private func place(_ value: Double, _ range: ClosedRange<Double>) -> Double {
    min(max((value - range.lowerBound) / (range.upperBound - range.lowerBound), 0), 1)
  }
}
