extension Metric: Codable {
  /// The name in recipes: `accuracy`, `balanced_accuracy`, `top_3_accuracy`, `precision`, `recall`, `f1`, `roc_auc` or
  /// `pr_auc`, where classes are averaged with `_macro` or `_weighted` after it, as in scikit-learn's `scoring`.
  public var name: String {
    let stem =
      switch kind {
      case .accuracy: "accuracy"
      case .balancedAccuracy: "balanced_accuracy"
      case .topK(let k): "top_\(k)_accuracy"
      case .precision: "precision"
      case .recall: "recall"
      case .f1: "f1"
      case .rocAUC: "roc_auc"
      case .prAUC: "pr_auc"
      }
    return average.map { "\(stem)_\($0.rawValue)" } ?? stem
  }

  /// The name of its column in a history, which is Keras's `acc` for accuracy, else ``name``; that of the validation data
  /// has `val_` before it.
  public var key: String { self == .accuracy ? "acc" : name }

  /// The name that Keras gives it in its own history; nil where Keras has no such metric.
  ///
  /// All of Keras's average over classes as ``Average/macro`` where they are compared; its `Precision` and `Recall` are
  /// those of one class.
  public var kerasName: String? {
    switch (kind, average) {
    case (.accuracy, _): "accuracy"
    case (.topK, _): "top_k_categorical_accuracy"
    case (.precision, nil): "precision"
    case (.recall, nil): "recall"
    case (.f1, nil), (.f1, .macro), (.f1, .weighted): "f1_score"
    case (.rocAUC, nil), (.prAUC, nil): "auc"
    default: nil
    }
  }

  /// A metric by its ``name``, its ``key`` or `auc`, Keras's name for ``rocAUC``; nil for another name.
  public init?(name: String) {
    let plain: [String: Metric] = [
      "accuracy": .accuracy, "acc": .accuracy, "balanced_accuracy": .balancedAccuracy,
      "precision": .precision, "recall": .recall, "f1": .f1,
      "roc_auc": .rocAUC, "auc": .rocAUC, "pr_auc": .prAUC,
    ]
    if let metric = plain[name] {
      self = metric
      return
    }
    for average in Average.allCases {
      let ending = "_\(average.rawValue)"
      guard name.hasSuffix(ending), let metric = plain[String(name.dropLast(ending.count))],
        metric.kind != .accuracy && metric.kind != .balancedAccuracy
      else { continue }
      self.init(metric.kind, average)
      return
    }
    let parts = name.split(separator: "_", omittingEmptySubsequences: false)
    // One way to write each: neither +3 nor 03.
    guard parts.count == 3, parts[0] == "top", parts[2] == "accuracy", let k = Int(parts[1]),
      "\(k)" == parts[1]
    else { return nil }
    self = .topK(k)
  }

  /// What recipes may name, in words.
  package static let names =
    "accuracy, balanced_accuracy, top_K_accuracy (such as top_3_accuracy), precision, recall, f1, roc_auc, pr_auc, and all but accuracies "
    + "with _macro or _weighted behind them"

  /// Reads a name.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let name = try? container.decode(String.self)
    guard let metric = name.flatMap({ Metric(name: $0) }) else {
      throw DecodingError.dataCorruptedError(
        in: container,
        debugDescription:
          "expected one of \(Metric.names), got \(name.map { "\"\($0)\"" } ?? "something else")")
    }
    self = metric
  }

  /// Writes its ``name``.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }
}

extension Metric: CustomStringConvertible {
  /// Its ``name``.
  public var description: String { name }
}
