#if canImport(Glibc)
  import Glibc
#else
  import Foundation
#endif

/// Random numbers drawn one after another from the stream of one ``RandomKey``.
///
/// The distributions are spelled out here rather than taken from the standard library, whose algorithms may
/// change between Swift versions: the same key always gives the same numbers.
public struct RandomStream: RandomNumberGenerator, Sendable {
  private let key: RandomKey
  private var nextBlock: UInt64 = 0
  private var words = SIMD4<UInt32>()
  private var wordsLeft = 0

  /// The stream of a key, from its beginning.
  public init(_ key: RandomKey) { self.key = key }

  /// The next 32 random bits.
  public mutating func nextWord() -> UInt32 {
    if wordsLeft == 0 {
      words = key.block(at: nextBlock)
      nextBlock += 1
      wordsLeft = 4
    }
    wordsLeft -= 1
    return words[3 - wordsLeft]
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 { UInt64(nextWord()) << 32 | UInt64(nextWord()) }

  /// Uniform in `0 ..< 1`, in steps of 2⁻²⁴.
  public mutating func uniform() -> Float { Float(nextWord() >> 8) * 0x1p-24 }

  /// Uniform in `range.lowerBound ..< range.upperBound` (the upper bound only if the range is empty).
  public mutating func uniform(in range: ClosedRange<Float>) -> Float {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// Uniform in `0 ..< bound`; the bias is below `bound / 2⁶⁴`.
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "nothing lies below \(bound)")
    return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// Normal with mean 0 and standard deviation 1 (Box and Muller).
  public mutating func normal() -> Float {
    let radius = (-2 * log(1 - Double(uniform()))).squareRoot()
    return Float(radius * cos(2 * Double.pi * Double(uniform())))
  }

  /// Whether an event of this probability happens.
  public mutating func chance(_ probability: Float) -> Bool { uniform() < probability }

  /// The numbers `0 ..< count` in random order (Fisher and Yates).
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for index in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(index, integer(below: index + 1))
    }
    return order
  }
}

extension RandomKey {
  /// Two independent normal numbers with mean 0 and standard deviation 1, from block number `index` of the key's stream
  /// (Box and Muller).
  package func normals(at index: UInt64) -> (Double, Double) {
    let words = block(at: index)
    let radius = (-2 * log(1 - Double(words[0] >> 8) * 0x1p-24)).squareRoot()
    let angle = 2 * Double.pi * Double(words[1] >> 8) * 0x1p-24
    return (radius * cos(angle), radius * sin(angle))
  }
}
