import Foundation
import Testing
import WhiskerLayers
import WhiskerReferenceEngine
import WhiskerTraining

@Suite struct MetricTests {
  static let all: [Metric] =
    [.accuracy, .balancedAccuracy, .topK(1), .topK(3), .topK(10), .precision, .recall, .f1, .rocAUC, .prAUC]
    + Metric.Average.allCases.flatMap { average -> [Metric] in
      [.precision(average), .recall(average), .f1(average), .rocAUC(average), .prAUC(average)]
    }

  @Test func namesReadBack() throws {
    #expect(Set(Self.all.map(\.name)).count == Self.all.count)
    for metric in Self.all {
      #expect(Metric(name: metric.name) == metric)
      #expect(Metric(name: metric.key) == metric)
      #expect("\(metric)" == metric.name)
      let json = try JSONEncoder().encode([metric])
      #expect(String(decoding: json, as: UTF8.self) == "[\"\(metric.name)\"]")
      #expect(try JSONDecoder().decode([Metric].self, from: json) == [metric])
      for monitor in [MonitoredMetric.training(metric), .validation(metric)] {
        #expect(MonitoredMetric(rawValue: monitor.rawValue) == monitor)
        #expect(monitor.isBetterHigher)
        #expect(monitor.needsValidation == monitor.rawValue.hasPrefix("val_"))
      }
    }
    #expect(
      Self.all.prefix(10).map(\.name).joined(separator: " ")
        == "accuracy balanced_accuracy top_1_accuracy top_3_accuracy top_10_accuracy precision recall f1 roc_auc pr_auc"
    )
    #expect(Metric.f1(.weighted).name == "f1_weighted" && Metric.accuracy.key == "acc")
    #expect(Metric(name: "auc") == .rocAUC && Metric(name: "acc") == .accuracy)
    #expect(Metric.rocAUC.kerasName == "auc" && Metric.topK(5).kerasName == "top_k_categorical_accuracy")
    #expect(MonitoredMetric(rawValue: "val_auc")?.rawValue == "val_roc_auc")
    #expect(MonitoredMetric(rawValue: "val_accuracy") == .validationAccuracy)
    #expect(MonitoredMetric.validationLoss.rawValue == "val_loss" && !MonitoredMetric.loss.isBetterHigher)
  }

  @Test(arguments: [
    "", "F1", "f2", "accuracy_macro", "balanced_accuracy_macro", "balanced", "top_k_accuracy",
    "top_03_accuracy", "top_+3_accuracy", "top__accuracy",
    "top_3_accuracy_macro", "f1_micro", "val_f1", "top_99999999999999999999_accuracy", "f1_macro_macro",
  ]) func otherNamesAreNone(name: String) {
    #expect(Metric(name: name) == nil)
    #expect(MonitoredMetric(rawValue: "val_val_\(name)") == nil)
    let error = #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([Metric].self, from: Data("[\"\(name)\"]".utf8))
    }
    guard case .dataCorrupted(let context)? = error else { return }
    #expect(context.debugDescription.contains("top_3_accuracy"))
    #expect(context.debugDescription.hasSuffix("got \"\(name)\""))
  }

  private func fault(_ metrics: [Metric], units: Int, _ loss: Loss) -> String? {
    let model = Sequential(input: [3]) { Dense(units) }
    do {
      try model.compile(loss: loss, metrics: metrics, engine: ReferenceEngine())
      return nil
    } catch {
      #expect(error.code == .invalidSetting && error.place == "metrics")
      return error.message
    }
  }

  @Test func whatCanNotBeMeasuredIsRefused() {
    #expect(fault(Self.all, units: 11, .sparseCategoricalCrossentropy) == nil)
    #expect(fault([.topK(3)], units: 4, .categoricalCrossentropy) == nil)
    #expect(
      fault([.topK(3)], units: 3, .categoricalCrossentropy)
        == "expected a k of 1 to 2 for 3 classes, got top_3_accuracy")
    #expect(
      fault([.topK(0)], units: 3, .categoricalCrossentropy)
        == "expected a k of at least 1, got top_0_accuracy")
    #expect(
      fault([.topK(1)], units: 1, .binaryCrossentropy)
        == "expected more than 2 classes for top_1_accuracy, got 2")
    #expect(
      fault([.f1, .recall, .f1], units: 1, .binaryCrossentropy) == "expected each once, got f1 twice")
    #expect(fault([.accuracy], units: 5, .binaryCrossentropy) == nil)
    #expect(
      fault([.balancedAccuracy], units: 5, .binaryCrossentropy)
        == "expected only accuracy where each output is a yes or no of its own, got balanced_accuracy")
    #expect(
      fault([.f1], units: 5, .binaryCrossentropy)
        == "expected only accuracy where each output is a yes or no of its own, got f1")
  }
}
