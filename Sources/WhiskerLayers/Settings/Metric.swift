import WhiskerGraph
package import WhiskerSystem
import WhiskerTensors

/// What is measured besides the loss, over a whole epoch or a whole pass and never as a mean of batches.
///
/// A sample's class is the likeliest, the first on a tie; with one output the second class above ½ (exactly ½
/// means the first, as in Keras). With tp, fp and fn a class's true positives, false positives and false
/// negatives:
///
/// | metric | formula | scikit-learn | Keras |
/// | --- | --- | --- | --- |
/// | ``accuracy`` | correct / all | `accuracy_score` | `accuracy` |
/// | ``balancedAccuracy`` | the mean of the classes' recalls | `balanced_accuracy_score` | – |
/// | ``topK(_:)`` | samples whose class is among the k likeliest / all | `top_k_accuracy_score` | `TopKCategoricalAccuracy` |
/// | ``precision`` | tp / (tp + fp) | `precision_score` | `Precision` |
/// | ``recall`` | tp / (tp + fn) | `recall_score` | `Recall` |
/// | ``f1`` | 2tp / (2tp + fp + fn) | `f1_score` | `F1Score` |
/// | ``rocAUC`` | area under recall against fp / negatives | `roc_auc_score` | `AUC`, exact |
/// | ``prAUC`` | `Σ (recallₙ − recallₙ₋₁) · precisionₙ` over the falling thresholds | `average_precision_score` | `AUC(curve="PR")`, nearly |
///
/// All lie from 0 to 1, and more is better. With two classes the second is the positive one. With more, each
/// class is measured against the rest, and the metric is the mean over all classes, each counting the same
/// (scikit-learn's `average="macro"`, for areas with `multi_class="ovr"`); see ``Average`` for others.
/// Precision, recall and F1 are 0 where there is nothing to divide by. An area needs samples of the class, that
/// under the ROC curve others too: a class without them is left out of the mean, and if none is left there is
/// no value. Of ``balancedAccuracy`` classes without samples are left out too.
///
/// Sample weights count as scikit-learn's `sample_weight`, but in ``accuracy``, which takes each sample for one whatever its
/// weight, as Keras's `metrics` do. Keras approximates areas with 200 thresholds, and between two of a precision-recall
/// curve it interpolates.
///
/// Sources: <https://scikit-learn.org/stable/modules/model_evaluation.html>, <https://keras.io/api/metrics/>.
public struct Metric: Hashable, Sendable {
  /// What is computed.
  public enum Kind: Hashable, Sendable {
    /// The fraction of samples classified correctly.
    case accuracy
    /// The mean over the classes of the fraction of their samples classified correctly.
    case balancedAccuracy
    /// The fraction of samples whose class is among the given number of likeliest; the first on a tie.
    case topK(Int)
    /// The share of what was predicted as a class that belongs to it.
    case precision
    /// The share of a class that was found.
    case recall
    /// The harmonic mean of precision and recall.
    case f1
    /// The area under the receiver operating characteristic.
    case rocAUC
    /// The area under the precision-recall curve, as average precision.
    case prAUC
  }

  /// How a metric of single classes becomes one number.
  public enum Average: String, Hashable, Sendable, CaseIterable {
    /// The mean over all classes, each counting the same; of two classes over both of them.
    case macro
    /// The mean over all classes, each counting by its samples; of two classes over both of them.
    case weighted
  }

  /// What is computed.
  public let kind: Kind
  /// How classes are averaged.
  ///
  /// Nil takes the second of two, and of more ``Average/macro``; it is nil for accuracies.
  public let average: Average?

  init(_ kind: Kind, _ average: Average? = nil) {
    self.kind = kind
    self.average = average
  }

  /// The fraction of samples classified correctly: correct / all.
  public static let accuracy = Metric(.accuracy)
  /// The mean of the classes' recalls, without those that have no samples: what the accuracy would be if the classes were
  /// of one size.
  ///
  /// A model that always predicts the same of K classes has 1 / K, however uneven they are.
  public static let balancedAccuracy = Metric(.balancedAccuracy)
  /// The fraction of samples whose class is among the `k` likeliest, the first on a tie; `k` is at least 1 and
  /// below the number of classes, of which there are more than 2.
  public static func topK(_ k: Int) -> Metric { Metric(.topK(k)) }

  /// The share of what was predicted as the class that belongs to it: tp / (tp + fp).
  public static let precision = Metric(.precision)
  /// The share of the class that was found: tp / (tp + fn).
  public static let recall = Metric(.recall)
  /// The harmonic mean of precision and recall: 2tp / (2tp + fp + fn).
  public static let f1 = Metric(.f1)
  /// The area under the ROC curve: the probability that a sample of the class is ranked above one of the others, ties
  /// counting half.
  public static let rocAUC = Metric(.rocAUC)
  /// The area under the precision-recall curve: `Σ (recallₙ − recallₙ₋₁) · precisionₙ`.
  public static let prAUC = Metric(.prAUC)

  /// ``precision``, averaged over the classes.
  public static func precision(_ average: Average) -> Metric { Metric(.precision, average) }
  /// ``recall``, averaged over the classes.
  public static func recall(_ average: Average) -> Metric { Metric(.recall, average) }
  /// ``f1``, averaged over the classes.
  public static func f1(_ average: Average) -> Metric { Metric(.f1, average) }
  /// ``rocAUC``, averaged over the classes.
  public static func rocAUC(_ average: Average) -> Metric { Metric(.rocAUC, average) }
  /// ``prAUC``, averaged over the classes.
  public static func prAUC(_ average: Average) -> Metric { Metric(.prAUC, average) }
}

extension Metric {
  /// Checks metrics and that they can be measured for this number of classes, nil where that isn't known yet.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `invalidSetting` and the place `metrics`: one named twice, a top-k accuracy of two
  ///   classes or of a k outside 1 to the classes less 1, or anything but accuracy where classes don't exclude each other.
  package static func check(_ metrics: [Metric], classes: Int?, isExclusive: Bool = true) throws(WhiskerError)
  {
    func fail(expected: String, got: String) -> WhiskerError {
      WhiskerError(.invalidSetting, "metrics", expected: expected, got: got)
    }
    for (index, metric) in metrics.enumerated() {
      guard !metrics[..<index].contains(metric) else {
        throw fail(expected: "each once", got: "\(metric.name) twice")
      }
      guard isExclusive || metric == .accuracy else {
        throw fail(
          expected: "only accuracy where each output is a yes or no of its own", got: metric.name)
      }
      guard case .topK(let k) = metric.kind else { continue }
      guard k >= 1 else { throw fail(expected: "a k of at least 1", got: metric.name) }
      guard let classes else { continue }
      guard classes > 2 else {
        throw fail(expected: "more than 2 classes for \(metric.name)", got: "\(classes)")
      }
      guard k < classes else {
        throw fail(
          expected: "a k of 1 to \(classes - 1) for \(classes) classes", got: metric.name)
      }
    }
  }
}
