public import WhiskerSystem
import WhiskerTensors

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
    /// The names of what it reads.
    public let sources: [String]
  }

  /// The layers, first to last; of a functional model first the input.
  public let rows: [Row]
  /// The number of values in weights that an optimizer changes.
  public let trainableCount: Int
  /// The number of values in weights that are set otherwise, such as moving means, or not at all, as in frozen
  /// layers.
  public let nonTrainableCount: Int
  /// Whether the network was given as a chain of layers.
  let isSequential: Bool
  /// Whether each layer reads the one before it, and nothing else.
  let isChain: Bool

  /// The number of values in all weights.
  public var parameterCount: Int { trainableCount + nonTrainableCount }

  /// The summary of a network.
  public init(_ network: Network) {
    func text(_ shape: Shape) -> String {
      "(\((["None"] + shape.sizes.map(String.init)).joined(separator: ", ")))"
    }
    let input = Row(
      name: network.inputName, className: "InputLayer", outputShape: text(network.input), parameterCount: 0,
      sources: [])
    var layers: [Row] = []
    /// The row in which each layer is shown.
    var rowNames: [String: String] = [:]
    for entry in network.layers {
      let sources = entry.sources.map { network.name(of: $0) }.map { rowNames[$0] ?? $0 }
      let model = entry.origin?.model
      rowNames[entry.name] = model ?? entry.name
      // A model's layers are one row, as in Keras.
      let isContinued = model != nil && layers.last?.name == model
      let first = isContinued ? layers.removeLast() : nil
      layers.append(
        Row(
          name: model ?? entry.name, className: entry.origin?.className ?? type(of: entry.layer).className,
          outputShape: text(entry.output),
          parameterCount: (first?.parameterCount ?? 0) + entry.parameterCount,
          sources: first?.sources ?? sources))
    }
    rows = network.isSequential ? layers : [input] + layers
    trainableCount = network.trainableWeights.reduce(0) { $0 + $1.specification.shape.count }
    nonTrainableCount = network.parameterCount - trainableCount
    isSequential = network.isSequential
    isChain = zip(layers, [input] + layers).allSatisfy { $0.sources == [$1.name] }
  }
}

extension ModelSummary: CustomStringConvertible {
  /// Keras's table, as wide as in a terminal of 80 columns.
  public var description: String {
    var columns = [
      TextColumn("Layer (type)", width: isChain ? 31 : 19, rows.map { "\($0.name) (\($0.className))" }),
      TextColumn("Output Shape", width: isChain ? 22 : 17, rows.map(\.outputShape)),
      TextColumn(
        "Param #", width: isChain ? 13 : 10, isRightAligned: true,
        rows.map { ModelSummary.grouped($0.parameterCount) }),
    ]
    if !isChain {
      columns.append(
        TextColumn(
          "Connected to", width: 17,
          rows.map { row in
            row.sources.isEmpty ? "-" : row.sources.map { "\($0)[0][0]" }.joined(separator: ", ")
          }))
    }
    func total(_ count: Int) -> String {
      "\(ModelSummary.grouped(count)) (\(ModelSummary.size(count * 4)))"
    }
    let lines =
      ["Model: \"\(isSequential ? "sequential" : "functional")\""] + TextColumn.table(columns) + [
        " Total params: \(total(parameterCount))", " Trainable params: \(total(trainableCount))",
        " Non-trainable params: \(total(nonTrainableCount))",
      ]
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

extension Network: ShortDescription {
  /// What goes in and comes out, and the layers by their names; ``ModelSummary`` is the table.
  public var description: String {
    "Network(input: \(input), output: \(output), layers: \(layers.map(\.name).excerpt), "
      + "\(parameterCount) weights)"
  }
}
