import Whisker

/// How each of several models does by itself, next to their average.
struct EnsembleReport {
  /// One of the models.
  struct Model: Encodable {
    let model: String
    let accuracy: Double
    /// The mean of the classes' recalls.
    let balancedAccuracy: Double
    let loss: Double
  }

  /// The models in their order.
  let models: [Model]
  private let average: Evaluation

  /// Nil for a single model.
  init?(_ ensemble: ModelEnsemble, _ measured: MeasuredPhotos) {
    guard !measured.members.isEmpty else { return nil }
    average = measured.evaluation
    models = zip(ensemble.members, measured.members).map { member, evaluation in
      Model(
        model: member.name, accuracy: evaluation.accuracy, balancedAccuracy: evaluation.balancedAccuracy,
        loss: evaluation.loss)
    }
  }

  /// A table, the average in the last row.
  var text: String {
    let isUneven = average.classBalance.isUneven
    var table = TextTable(titles: ["model", "loss", "accuracy"] + (isUneven ? ["balanced"] : []))
    func append(_ name: String, _ loss: Double, _ accuracy: Double, _ balanced: Double) {
      table.append(
        [name] + ([loss, accuracy] + (isUneven ? [balanced] : [])).map { Figures.share($0, decimals: 4) })
    }
    for model in models { append(model.model.onOneLine, model.loss, model.accuracy, model.balancedAccuracy) }
    append("average of \(models.count)", average.loss, average.accuracy, average.balancedAccuracy)
    return table.text
  }
}
