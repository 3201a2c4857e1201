/// The layers of a network with their shapes and weight counts; prints as Keras's table.
public struct ModelSummary: Hashable, Sendable {
  /// One layer.
  public struct Row: Hashable, Sendable {
    /// The layer's name.
    public let name: String
    /// Its class.
    public let className: String
    /// The shape of a result, with `None` for the batch: `(None, 148, 148, 32)`.
    public let outputShape: String
    /// The number of values in its weights.
    public let parameterCount: Int
  }

  /// The layers, first to last.
  public let rows: [Row]

  /// The number of values in all weights.
  public var parameterCount: Int { rows.reduce(0) { $0 + $1.parameterCount } }

  /// The summary of a network.
  public init(_ network: Network) {
    rows = network.layers.map { entry in
      let sizes = ["None"] + entry.output.sizes.map(String.init)
      return Row(
        name: entry.name, className: type(of: entry.layer).className,
        outputShape: "(\(sizes.joined(separator: ", ")))", parameterCount: entry.parameterCount)
    }
  }
}

extension ModelSummary: CustomStringConvertible {
  /// Keras's table.
  public var description: String {
    let cells = rows.map { row in
      ["\(row.name) (\(row.className))", row.outputShape, ModelSummary.grouped(row.parameterCount)]
    }
    let titles = ["Layer (type)", "Output Shape", "Param #"]
    let widths = (0..<3).map { column in
      max([31, 22, 13][column], cells.map { $0[column].count }.max() ?? 0, titles[column].count)
    }
    func line(_ cells: [String], _ bar: String) -> String {
      let padded = cells.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return column == 2 ? space + cell : cell + space
      }
      return "\(bar) " + padded.joined(separator: " \(bar) ") + " \(bar)"
    }
    func rule(_ left: String, _ dash: String, _ cross: String, _ right: String) -> String {
      left + widths.map { String(repeating: dash, count: $0 + 2) }.joined(separator: cross) + right
    }
    var lines = [
      "Model: \"sequential\"", rule("┏", "━", "┳", "┓"), line(titles, "┃"), rule("┡", "━", "╇", "┩"),
    ]
    for (index, row) in cells.enumerated() {
      if index > 0 { lines.append(rule("├", "─", "┼", "┤")) }
      lines.append(line(row, "│"))
    }
    lines.append(rule("└", "─", "┴", "┘"))
    let total = "\(ModelSummary.grouped(parameterCount)) (\(ModelSummary.size(parameterCount * 4)))"
    lines += [" Total params: \(total)", " Trainable params: \(total)", " Non-trainable params: 0 (0.00 B)"]
    return lines.joined(separator: "\n")
  }

  /// `3,453,121`.
  static func grouped(_ count: Int) -> String {
    var result = ""
    for (index, digit) in String(count).reversed().enumerated() {
      if index > 0 && index % 3 == 0 { result.append(",") }
      result.append(digit)
    }
    return String(result.reversed())
  }

  /// `13.17 MB`, in units of 1024 as Keras prints them.
  static func size(_ bytes: Int) -> String {
    var (value, unit) = (Double(bytes), "B")
    for larger in ["KB", "MB", "GB"] where value >= 1024 { (value, unit) = (value / 1024, larger) }
    let hundredths = Int((value * 100).rounded())
    let digits = hundredths % 100
    return "\(hundredths / 100).\(digits < 10 ? "0" : "")\(digits) \(unit)"
  }
}
