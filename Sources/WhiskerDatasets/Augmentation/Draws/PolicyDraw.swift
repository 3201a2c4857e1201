import WhiskerTensors

/// The operations that RandAugment or TrivialAugment drew for one use of a photo, in the order of their application.
///
/// They are computed when they are asked for, so that drawing them takes no memory.
public struct PolicyDraw: RandomAccessCollection, Hashable, Sendable {
  /// The number of operations.
  public let count: Int
  private let key: RandomKey
  /// The one strength of all, 0 to 1; nil if each draws its own.
  private let level: Float?
  private let strengths: PolicyOperation.Strengths

  /// No operation.
  static let none = PolicyDraw(
    count: 0, key: RandomKey(seed: 0), level: nil, strengths: .trivialAugment)

  init(_ policy: RandAugment, key: RandomKey, height: Int, width: Int) {
    self.init(
      count: policy.number, key: key,
      level: Float(policy.magnitude) / Float(PolicyOperation.largestMagnitude),
      strengths: .randAugment(height: height, width: width))
  }

  /// TrivialAugment's single operation.
  static func trivial(key: RandomKey) -> PolicyDraw {
    PolicyDraw(count: 1, key: key, level: nil, strengths: .trivialAugment)
  }

  private init(count: Int, key: RandomKey, level: Float?, strengths: PolicyOperation.Strengths) {
    self.count = count
    self.key = key
    self.level = level
    self.strengths = strengths
  }

  /// 0.
  public var startIndex: Int { 0 }
  /// ``count``.
  public var endIndex: Int { count }

  /// One of the operations.
  public subscript(position: Int) -> PolicyOperation {
    var stream = RandomStream(key.derived(UInt64(position)))
    let kind = stream.integer(below: PolicyOperation.kinds)
    let sign: Float = stream.chance(0.5) ? -1 : 1
    let magnitude = stream.integer(below: PolicyOperation.largestMagnitude + 1)
    return PolicyOperation(
      kind: kind, level: level ?? Float(magnitude) / Float(PolicyOperation.largestMagnitude), sign: sign,
      strengths: strengths)
  }
}
