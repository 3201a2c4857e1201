public import Foundation
import WhiskerDatasets
import WhiskerLayers
public import WhiskerSystem
public import WhiskerTraining

extension History {
  /// The history as a table: `epoch,acc,loss,val_acc,val_loss,learning_rate`, a line for each epoch.
  ///
  /// After them come columns of the other metrics, with names such as `f1` and `val_f1`; where a value isn't
  /// defined, its cell is empty.
  /// Numbers are written so that they read back exactly. There are no times in it: the same run gives the same
  /// file.
  public var csv: String {
    let others = MonitoredMetric.inKerasOrder(with: metrics).filter(\.isColumn)
    let header = ["epoch,acc,loss,val_acc,val_loss,learning_rate"] + others.map(\.rawValue)
    var lines = [header.joined(separator: ",")]
    for (index, epoch) in epochs.enumerated() {
      let validation = epoch.validation.map { "\($0.accuracy),\($0.loss)" } ?? ","
      let rate = epoch.learningRate.map { "\($0)" } ?? ""
      lines.append(
        "\(index + 1),\(epoch.accuracy),\(epoch.loss),\(validation),\(rate)"
          + others.map { figure in ",\(epoch[figure].map { "\($0)" } ?? "")" }.joined())
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Reads what ``csv`` wrote: columns go by their names, those of other names are skipped; ``seconds`` are
  /// none.
  ///
  /// - Parameters:
  ///   - csv: The table.
  ///   - source: The file's name, for errors.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `badHistory`, naming the line.
  public init(csv: String, source: String) throws(WhiskerError) {
    let rows: [CSVRows.Row]
    do {
      rows = try CSVRows(csv.utf8).rows
    } catch {
      throw error.inside(source).with(.badHistory)
    }
    let header = rows.first?.cells ?? []
    let columns = ["acc", "loss", "val_acc", "val_loss", "learning_rate"].map { header.firstIndex(of: $0) }
    guard let accuracy = columns[0], let loss = columns[1] else {
      throw WhiskerError(
        .badHistory, source,
        expected: "a header with the columns acc and loss", got: "\(header.joined(separator: ",").quoted)")
    }
    let others = header.enumerated().compactMap { index, name in
      MonitoredMetric(rawValue: name).flatMap { figure in
        figure.isColumn && figure.rawValue == name ? (index: index, figure: figure) : nil
      }
    }
    self.init()
    for row in rows.dropFirst() {
      func number(_ column: Int?) throws(WhiskerError) -> Double? {
        guard let column, row.cells.indices.contains(column), !row.cells[column].isEmpty else { return nil }
        guard let number = Double(row.cells[column]) else {
          throw WhiskerError(
            .badHistory, source,
            "line \(row.line): expected a number for \(header[column].quoted), got \(row.cells[column].quoted)"
          )
        }
        return number
      }
      func values(isValidation: Bool) throws(WhiskerError) -> MetricValues {
        var entries: [(metric: Metric, value: Double?)] = []
        for (index, figure) in others where figure.isValidation == isValidation {
          if let metric = figure.metric { entries.append((metric, try number(index))) }
        }
        return MetricValues(entries)
      }
      guard let accuracy = try number(accuracy), let loss = try number(loss) else {
        throw WhiskerError(
          .badHistory, source, "line \(row.line): expected numbers for acc and loss, got none")
      }
      var validation: Score?
      if let accuracy = try number(columns[2]), let loss = try number(columns[3]) {
        validation = Score(loss: loss, accuracy: accuracy, metrics: try values(isValidation: true))
      }
      let rate = try number(columns[4]).map { Float($0) }
      epochs.append(
        Epoch(
          loss: loss, accuracy: accuracy, validation: validation, learningRate: rate,
          metrics: try values(isValidation: false)))
    }
  }

  /// Reads the table of a file, such as a run's `history.csv` (``init(csv:source:)``).
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `missingFile` or `badHistory`.
  public init(contentsOf url: URL) throws(WhiskerError) {
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw WhiskerError(.missingFile, url.path, expected: "a table of epochs", got: "no file")
    }
    guard let bytes = FileManager.default.contents(atPath: url.path),
      let text = String(bytes: bytes, encoding: .utf8)
    else {
      throw WhiskerError(
        .badHistory, url.path, expected: "a text file in UTF-8", got: "something that can't be read so")
    }
    try self.init(csv: text, source: url.path)
  }
}

extension MonitoredMetric {
  /// Whether it has an extra column after those that every table has.
  fileprivate var isColumn: Bool { metric != nil && metric != .accuracy }
}
