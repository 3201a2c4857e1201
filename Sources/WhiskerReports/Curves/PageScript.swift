import Foundation
import WhiskerSystem

/// The gnuplot commands for a picture: its size and look, and texts at places on it.
///
/// Lengths are those of a picture 800 wide, in points of the SVG; the PNG has twice as many pixels. Legends are drawn with
/// the same commands as all other text, not by gnuplot's own, which would lie on the curves or take their room, as it may.
struct PageScript {
  /// The script so far.
  private(set) var text = ""
  private let height: Double

  private static let width = 800.0
  /// The font size; titles are a little larger.
  static let (fontSize, titleSize) = (12, 14)
  /// Okabe and Ito's colours, which colour-blind people can distinguish, without the two that are faint on
  /// white.
  static let colors = ["0072B2", "D55E00", "009E73", "CC79A7", "56B4E9", "E69F00", "666666"]

  /// Begins a picture of some height with plots between two heights.
  init(_ format: PictureFormat, height: Double, plots: (top: Double, bottom: Double)) {
    self.height = height
    let scale = format == .png ? 2.0 : 1
    let size = "size \(Int(Self.width * scale)),\(Int((height * scale).rounded()))"
    let look = "noenhanced font 'sans-serif,\(Self.fontSize)' linewidth \(scale) background '#ffffff'"
    switch format {
    // In the PNG a point of writing is a pixel and a third.
    case .png: add("set terminal pngcairo \(size) \(look) fontscale 1.5 pointscale 2")
    case .svg: add("set terminal svg \(size) \(look) dynamic")
    }
    for line in [
      "set encoding utf8", "set multiplot", "set border 3 linecolor rgb '#888888' linewidth 1", "unset key",
      "set tics nomirror out scale 0.5 textcolor rgb '#444444'",
      "set grid ytics linetype 1 linecolor rgb '#e4e4e4' linewidth 0.7",
    ] { add(line) }
    add("set tmargin at screen \(y(plots.top))")
    add("set bmargin at screen \(y(plots.bottom))")
  }

  mutating func add(_ line: String) { text += line + "\n" }

  /// Begins a plot between two edges, of axes with marks.
  mutating func beginPlot(
    _ edges: (left: Double, right: Double), x horizontal: AxisScale, y vertical: AxisScale
  ) {
    add("set lmargin at screen \(x(edges.left))")
    add("set rmargin at screen \(x(edges.right))")
    for (axis, scale) in [("x", horizontal), ("y", vertical)] {
      add("set \(axis)range [\(scale.range.lowerBound):\(scale.range.upperBound)]")
      if scale.isLogarithmic { add("set logscale \(axis)") }
      add("set \(axis)tics (\(scale.marks.map { "'\(scale.label($0))' \($0)" }.joined(separator: ", ")))")
    }
    add("unset label; unset arrow")
  }

  /// Adds data by a name: a line for each row.
  mutating func addData(_ name: String, _ rows: [[String]]) {
    add("$\(name) << END")
    for row in rows { add(row.joined(separator: " ")) }
    add("END")
  }

  /// A place from the top as gnuplot counts it: from the bottom, in heights of the picture.
  private func y(_ fromTop: Double) -> String { String(format: "%.5f", 1 - fromTop / height) }
  private func x(_ fromLeft: Double) -> String { String(format: "%.5f", fromLeft / Self.width) }

  /// A line of a legend, with a mark or a stroke before it.
  mutating func addLegend(
    _ text: String, _ end: String = "", at place: (left: Double, top: Double), point: String? = nil,
    line: String? = nil
  ) {
    if let point {
      add("set label '' at screen \(x(place.left + 9)), screen \(y(place.top)) point \(point)")
    }
    if let line {
      add(
        "set arrow from screen \(x(place.left)), screen \(y(place.top)) to screen \(x(place.left + 18)), "
          + "screen \(y(place.top)) nohead \(line)")
    }
    addText(text, end, at: (place.left + 24, place.top), color: "#333333")
  }

  mutating func addText(
    _ text: String, _ end: String = "", at place: (left: Double, top: Double), color: String,
    size: Int = fontSize, alignment: String = "left"
  ) {
    let label = Gnuplot.quoted(text) + (end.isEmpty ? "" : ".\(Gnuplot.quoted(end))")
    add(
      "set label \(label) at screen \(x(place.left)), screen \(y(place.top)) \(alignment) "
        + "font 'sans-serif,\(size)' noenhanced textcolor rgb '\(color)' front")
  }
}
