import WhiskerSystem
import WhiskerTensors

/// How classes become labels; the raw values are Keras's names.
public enum ClassMode: String, Hashable, Sendable, CaseIterable, Codable {
  /// 0 or 1, `[N]`: the probability of the second class. Two classes only.
  case binary
  /// A row with a 1 in the place of the class, `[N, classes]`.
  case categorical
  /// The number of the class, `[N]`.
  case sparse
  /// The images themselves, `[N, H, W, C]`, augmented alike: for autoencoders.
  ///
  /// The batches are for your own training code: the losses of this package are about classes, and `fit`
  /// refuses such labels.
  case input
  /// Nothing, `[N, 0]`.
  ///
  /// Keras's `None`. It isn't called `none` here, since that would mean "the usual mode" wherever a mode is
  /// optional.
  case unlabeled = "none"

  /// The usual mode for a number of classes: `binary` for two, otherwise `categorical`.
  public init(forClasses count: Int) { self = count == 2 ? .binary : .categorical }

  /// Whether labels stand for classes, so that there must be at least two of them.
  public var tellsClasses: Bool {
    switch self {
    case .binary, .categorical, .sparse: true
    case .input, .unlabeled: false
    }
  }

  /// The shape of one sample's label.
  func labelShape(classes: Int, sample: Shape) -> Shape {
    switch self {
    case .binary, .sparse: []
    case .categorical: [classes]
    case .input: sample
    case .unlabeled: [0]
    }
  }
}

extension ClassMode {
  /// Reads a name.
  public init(from decoder: any Decoder) throws { self = try decodeChoice(from: decoder) }
}
