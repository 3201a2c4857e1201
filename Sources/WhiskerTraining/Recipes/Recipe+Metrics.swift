import WhiskerLayers

extension Recipe {
  /// What is wrong with the metrics or with what watches them, nil if nothing is that shows without knowing the classes.
  var metricFault: String? {
    do {
      try Metric.check(training.metrics, classes: nil)
    } catch {
      return "training.metrics: \(error.message)"
    }
    if let fault = training.best.fault(measuring: training.metrics, onlyValidation: true) {
      return "training.best: \(fault)"
    }
    let rules =
      [(place: "training", training.earlyStopping, training.reduceOnPlateau)]
      + phases.enumerated().map {
        ("phases[\($0.offset)]", $0.element.earlyStopping, $0.element.reduceOnPlateau)
      }
    for (place, stopping, plateau) in rules {
      for (key, monitor) in [("early_stopping", stopping?.monitor), ("reduce_on_plateau", plateau?.monitor)] {
        if let fault = monitor?.fault(measuring: training.metrics) {
          return "\(place).\(key).monitor: \(fault)"
        }
      }
    }
    return nil
  }

  /// Checks that the metrics can be measured of so many classes.
  ///
  /// - Throws: ``TrainingError`` with `badRecipe`, naming the key.
  func checkMetrics(classes: Int) throws(TrainingError) {
    do {
      try Metric.check(training.metrics, classes: classes)
    } catch {
      throw TrainingError(.badRecipe, name, "training.metrics: \(error.message)")
    }
  }
}
