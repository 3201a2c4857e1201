import Foundation
import Whisker

/// Writes predictions to standard output as they come.
struct PredictionWriter {
  /// What the output looks like.
  enum Style {
    /// Path, label and probability, separated by tabs; control characters in names are escaped.
    case lines
    /// A header, then a row for each photo, with a column for the probability of each class; or a row for each of the
    /// likeliest classes where their number is given.
    case csv
    /// A list of objects.
    case json
  }

  private let style: Style
  private let classNames: [String]
  /// How many of the likeliest classes are shown; nil for one, with the probabilities of all.
  private let top: Int?
  private let encoder = JSONEncoder()
  private var isFirst = true

  init(_ style: Style, classNames: [String], top: Int? = nil) {
    self.top = top
    self.style = style
    self.classNames = classNames
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  }

  /// Writes what comes before the first prediction.
  func begin() throws {
    guard style == .csv else { return }
    try Console.result(Self.csvRow(["file", "label", "probability"] + (top == nil ? classNames : [])))
  }

  /// Writes one prediction.
  mutating func write(_ prediction: PhotoPrediction) throws {
    switch style {
    case .lines:
      for (name, probability) in likeliest(prediction) {
        let number = String(format: "%.4f", probability)
        try Console.result("\(prediction.file.onOneLine)\t\(name.onOneLine)\t\(number)")
      }
    case .csv where top != nil:
      for (name, probability) in likeliest(prediction) {
        try Console.result(Self.csvRow([prediction.file, name, "\(probability)"]))
      }
    case .csv:
      let numbers = ([prediction.probability] + prediction.probabilities).map { "\($0)" }
      try Console.result(Self.csvRow([prediction.file, prediction.label] + numbers))
    case .json:
      let entry = String(
        decoding: try encoder.encode(Entry(prediction, classNames, top.map { _ in likeliest(prediction) })),
        as: UTF8.self)
      try Console.result(isFirst ? "[\n\(entry)" : ",\n\(entry)", terminator: "")
    }
    isFirst = false
  }

  /// The likeliest classes, the first on a tie.
  private func likeliest(_ prediction: PhotoPrediction) -> [(name: String, probability: Float)] {
    guard let top else { return [(prediction.label, prediction.probability)] }
    let probabilities = prediction.probabilities
    let order = probabilities.indices.sorted { first, second in
      let (left, right) = (probabilities[first], probabilities[second])
      return left == right ? first < second : left > right
    }
    return order.prefix(top).map { (classNames[$0], probabilities[$0]) }
  }

  /// Writes what comes after the last prediction.
  func end() throws {
    if style == .json { try Console.result(isFirst ? "[]" : "\n]") }
  }

  /// A row in CSV (RFC 4180): cells with commas, quotes or line breaks are in quotes.
  static func csvRow(_ cells: [String]) -> String {
    cells.map { cell in
      // Unicode scalars, since a quote with a combining mark after it is another character to Swift.
      let needsQuotes = cell.isEmpty || cell.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
      guard needsQuotes else { return cell }
      var quoted = String.UnicodeScalarView()
      for scalar in cell.unicodeScalars {
        if scalar == "\"" { quoted.append(scalar) }
        quoted.append(scalar)
      }
      return "\"\(String(quoted))\""
    }
    .joined(separator: ",")
  }

  private struct Entry: Encodable {
    let file: String
    let label: String
    let probability: Float
    let probabilities: [String: Float]
    let top: [Class]?

    struct Class: Encodable {
      let label: String
      let probability: Float
    }

    init(
      _ prediction: PhotoPrediction, _ classNames: [String],
      _ likeliest: [(name: String, probability: Float)]?
    ) {
      top = likeliest?.map { Class(label: $0.name, probability: $0.probability) }
      file = prediction.file
      label = prediction.label
      probability = prediction.probability
      probabilities = Dictionary(zip(classNames, prediction.probabilities)) { first, _ in first }
    }
  }
}
