public import Foundation
public import WhiskerSystem
public import WhiskerTraining

/// The curves of runs: accuracy and loss by epoch, side by side, training as dots and validation as a line.
///
/// ```swift
/// let chart = CurveChart(history)
/// try chart.write(to: URL(fileURLWithPath: "curves.png"))
///
/// let two = CurveChart([.init("baseline", baseline), .init("augmented", augmented)])
/// try two.write(to: URL(fileURLWithPath: "comparison.svg"))
/// ```
/// The best epoch on the validation data (``WhiskerTraining/History/bestEpoch``) is circled. With several runs
/// each has a colour; colour-blind people can distinguish them too. Pictures are drawn by gnuplot, a separate
/// program, which must be installed; the same histories give the same bytes on the same machine.
/// ``text(columns:isColored:)`` needs nothing.
public struct CurveChart: Hashable, Sendable {
  /// One training.
  public struct Run: Hashable, Sendable {
    /// Its name, shown where there are several; any text, of which a picture shows at most 48 characters.
    public var name: String
    /// What it measured.
    public var history: History

    /// A run by name.
    public init(_ name: String, _ history: History) {
      self.name = name
      self.history = history
    }
  }

  /// What is drawn, in this order.
  public var runs: [Run]

  /// The curves of one run.
  public init(_ history: History) { runs = [Run("", history)] }

  /// The curves of several, over one another.
  public init(_ runs: [Run]) { self.runs = runs }

  /// Draws the picture, and writes it: whole or not at all, over what is there.
  ///
  /// - Parameter url: A file whose name ends in `.png` (1600 pixels wide) or `.svg`.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `invalidSetting` for another extension, `missingFile` if
  ///   gnuplot isn't there, `drawingFailed` if it fails, `cannotWrite`.
  public func write(to url: URL) async throws(WhiskerError) {
    try await write(to: url, with: try Gnuplot())
  }

  /// Draws with a certain gnuplot.
  package func write(to url: URL, with gnuplot: Gnuplot) async throws(WhiskerError) {
    try await gnuplot.draw(to: url) { CurveScript(self, $0).text }
  }

  /// The picture as an SVG file's text, to put into a page.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `drawingFailed`.
  public func svg() async throws(WhiskerError) -> String {
    String(decoding: try await picture(.svg, with: try Gnuplot()), as: UTF8.self)
  }

  func picture(_ format: PictureFormat, with gnuplot: Gnuplot) async throws(WhiskerError) -> [UInt8] {
    try await gnuplot.picture(CurveScript(self, format).text)
  }

  /// The longest run's number of epochs.
  var epochs: Int { runs.map(\.history.epochs.count).max() ?? 0 }
}

extension History {
  /// Draws the curves of accuracy and loss to a file with the extension `.png` or `.svg`
  /// (``WhiskerReports/CurveChart``).
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `invalidSetting` for another extension, `missingFile` if
  ///   gnuplot isn't there, `drawingFailed` if it fails, `cannotWrite`.
  public func plot(to path: String) async throws(WhiskerError) {
    try await CurveChart(self).write(to: URL(fileURLWithPath: path))
  }
}

/// The kinds of pictures that are drawn, by their file extensions.
package enum PictureFormat: String, CaseIterable, Sendable {
  case png, svg

  /// The endings as a message lists them.
  package static let endings = allCases.map { ".\($0.rawValue)" }.joined(separator: " or ")
}
