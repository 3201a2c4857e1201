import WhiskerTensors

#if canImport(Glibc)
  import Glibc
#else
  import Foundation
#endif

/// How one photo of a batch is mixed with the next.
enum MixDraw: Hashable, Sendable {
  /// Every number becomes `part` of its own and the rest of the other's.
  case blend(part: Float)
  /// A rectangle comes from the other photo.
  case paste(rows: Range<Int>, columns: Range<Int>)

  /// The part of its own label that the photo keeps.
  func ownPart(height: Int, width: Int) -> Float {
    switch self {
    case .blend(let part): part
    case .paste(let rows, let columns):
      1 - Float(rows.count * columns.count) / Float(height * width)
    }
  }
}

extension Augmentation {
  /// How a photo is mixed; nil if none is.
  func mixDraw(_ key: RandomKey, height: Int, width: Int) -> MixDraw? {
    guard mixesLabels else { return nil }
    if mixProbability < 1 {
      var stream = RandomStream(key.derived("mixing at all"))
      guard stream.chance(mixProbability) else { return .blend(part: 1) }
    }
    var stream = RandomStream(key.derived("mixing"))
    let pastes = mixupAlpha == 0 || (cutMixAlpha > 0 && stream.chance(0.5))
    let part = stream.symmetricBeta(Double(pastes ? cutMixAlpha : mixupAlpha))
    if !pastes { return .blend(part: Float(part)) }
    // A rectangle of 1 − part of the area, somewhere; what would lie outside is cut off.
    let side = (1 - part).squareRoot()
    func places(_ count: Int) -> Range<Int> {
      let size = side * Double(count)
      let start = Double(stream.uniform()) * Double(count) - size / 2
      let first = min(count, max(0, Int(start.rounded())))
      return first..<max(first, min(count, Int((start + size).rounded())))
    }
    return .paste(rows: places(height), columns: places(width))
  }
}
