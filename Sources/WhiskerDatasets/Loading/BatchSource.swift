public import WhiskerTensors

/// What a network is trained and evaluated on: a ``PhotoDataset`` or an ``ArrayDataset``.
public protocol BatchSource: Sendable {
  /// The number of samples, at least 1.
  var count: Int { get }
  /// The shape of one sample: `[H, W, C]` for photos.
  var sampleShape: Shape { get }
  /// The shape of one sample's label: `[]` for a number, `[classes]` for categorical labels, ``sampleShape`` for
  /// images that are their own labels, `[0]` for none.
  var labelShape: Shape { get }
  /// The number of samples in a training batch.
  var batchSize: Int { get }
  /// The names of the classes in the order of their labels; empty if they have none.
  var classNames: [String] { get }

  /// The endless stream of training batches, each of ``batchSize`` samples.
  ///
  /// The samples are an endless stream too: every sample once, in a different order for each pass, then every
  /// sample again. A batch may hold the end of one pass and the beginning of the next. With balanced sampling
  /// (``ClassSampling``) each class is such a stream, and they take turns.
  ///
  /// - Parameter step: Where to begin, at least 0: the first batch is the one that a stream from 0 gives after
  ///   `step` others.
  func trainingBatches(fromStep step: Int) -> BatchSequence

  /// Every sample once, in the order of the dataset; the last batch may be smaller.
  ///
  /// With fewer `steps` than a pass has, the samples are spread evenly over the dataset, so that every class has its
  /// share: place i of n takes the sample ⌊i · count / n⌋.
  ///
  /// - Parameters:
  ///   - batchSize: Samples in a batch, at least 1; nil is the dataset's own ``batchSize``.
  ///   - steps: How many batches, at least 0; nil, or more than there are, is the whole pass.
  func evaluationBatches(batchSize: Int?, steps: Int?) -> BatchSequence
}

extension BatchSource {
  /// The endless stream of training batches from its beginning.
  public func trainingBatches() -> BatchSequence { trainingBatches(fromStep: 0) }

  /// Every sample once, in the dataset's own batch size.
  public func evaluationBatches() -> BatchSequence { evaluationBatches(batchSize: nil, steps: nil) }

  /// How many batches it takes to see every sample: `⌈count / batchSize⌉`.
  public var stepsPerPass: Int { (count + batchSize - 1) / batchSize }
}
