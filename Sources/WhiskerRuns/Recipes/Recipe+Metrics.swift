import WhiskerLayers
import WhiskerSystem

extension Recipe {
  /// Checks the metrics and what monitors them, as far as possible without knowing the classes.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `badRecipe`, of the key.
  func checkMetrics() throws(WhiskerError) {
    do {
      try Metric.check(training.metrics, classes: nil)
      try training.best.check(measuring: training.metrics, onlyValidation: true, "best")
    } catch {
      throw error.with(.badRecipe, at: "training.\(error.place)")
    }
    let rules =
      [(place: "training", training.earlyStopping, training.reduceOnPlateau)]
      + phases.enumerated().map {
        ("phases[\($0.offset)]", $0.element.earlyStopping, $0.element.reduceOnPlateau)
      }
    for (place, stopping, plateau) in rules {
      for (key, monitor) in [("early_stopping", stopping?.monitor), ("reduce_on_plateau", plateau?.monitor)] {
        do {
          try monitor?.check(measuring: training.metrics, "\(place).\(key).monitor")
        } catch {
          throw error.with(.badRecipe)
        }
      }
    }
  }

  /// Checks that the metrics can be measured for this number of classes.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `badRecipe`, naming the key.
  func checkMetrics(classes: Int) throws(WhiskerError) {
    do {
      try Metric.check(training.metrics, classes: classes)
    } catch {
      throw error.with(.badRecipe, at: "\(name): training.metrics")
    }
  }
}
