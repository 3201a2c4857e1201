/// Decides whether other thumbnails show the same picture as one that may be flipped.
///
/// The other one is laid upon it, shifted and stretched as a crop does (``Alignment``). Then they mustn't differ anywhere by
/// more than encoding again changes a picture: the mean difference over 3 × 3 pixels stays within
/// ``largestDifference``, and a quarter of the gradient there more, since an edge that lies half a pixel off isn't another
/// thing. So one small thing on the same background makes another picture, whatever share of it is the same.
///
/// The limits were chosen on 200 photos of cats and dogs, each with 19 copies (JPEG of quality 30 to 90, half to twice the
/// size, sides stretched by a tenth, mirrored, turned, cropped by 5 % at sides and corners), and on drawn things of one
/// background: copies differed by at most 8.8 levels beyond a quarter of the gradient (by 12.1 at 64 × 64 pixels, of which
/// 1 in 50 by more than 11), different photos by at least 55, things of 6 % of a side on plain ground by at least 10.
struct PictureComparison {
  /// The largest difference of a copy, in levels, where the picture is even.
  private static let largestDifference: Float = 10
  /// What part of the gradient is added to that.
  private static let gradientShare: Float = 0.25
  /// What the root mean square difference in luma has come down to after a number of steps, at most: of copies cropped by
  /// 5 % it was 21 after one and 12 after two for 99 of 100.
  private static let limits: [Int: Float] = [2: 30, 3: 24]

  private let isGray: Bool
  private let planes: [[Float]]
  private let aligner: Aligner
  private let gradient: [Float]

  /// A comparison with a thumbnail that was flipped.
  init(_ thumbnail: Thumbnail, flipped flip: Flip) {
    isGray = thumbnail.isGray
    let fine = thumbnail.planes(flipped: flip)
    planes = fine.colors
    aligner = Aligner(luma: fine.luma)
    gradient = Self.evenedGradient(of: fine.luma)
  }

  /// Whether another thumbnail shows the same picture; without colours if one of them has none.
  func matches(_ other: Thumbnail) -> Bool {
    let fine = other.planes(flipped: .none)
    guard let alignment = aligner.alignment(with: fine.luma, limits: Self.limits) else { return false }
    let luma = alignment.moved(fine.luma, else: aligner.luma)
    var limits = Self.evenedGradient(of: luma)
    for place in limits.indices {
      limits[place] = Self.largestDifference + Self.gradientShare * min(limits[place], gradient[place])
    }
    guard !isGray && !other.isGray else { return Self.isWithin(limits, aligner.luma, luma) }
    return (0..<3).allSatisfy { channel in
      Self.isWithin(
        limits, planes[channel], alignment.moved(fine.colors[channel], else: planes[channel]))
    }
  }

  private static func isWithin(_ limits: [Float], _ first: [Float], _ second: [Float]) -> Bool {
    var difference = first
    Aligner.subtract(second, from: &difference)
    let evened = evened(difference)
    for place in limits.indices where abs(evened[place]) > limits[place] { return false }
    return true
  }

  private static func evenedGradient(of luma: [Float]) -> [Float] {
    var (across, down) = Aligner.gradient(of: luma)
    across.withUnsafeMutableBufferPointer { across in
      down.withUnsafeMutableBufferPointer { down in
        for place in across.indices {
          across[place] = (across[place] * across[place] + down[place] * down[place]).squareRoot()
        }
      }
    }
    return evened(across)
  }

  /// The mean of each pixel and its eight neighbours; beyond the edge is 0.
  private static func evened(_ plane: [Float]) -> [Float] {
    let side = Thumbnail.side
    var (rows, result) = (plane, plane)
    plane.withUnsafeBufferPointer { plane in
      rows.withUnsafeMutableBufferPointer { rows in
        result.withUnsafeMutableBufferPointer { result in
          for row in 0..<side {
            let start = row * side
            rows[start] = plane[start] + plane[start + 1]
            for place in start + 1..<start + side - 1 {
              rows[place] = plane[place - 1] + plane[place] + plane[place + 1]
            }
            rows[start + side - 1] = plane[start + side - 2] + plane[start + side - 1]
          }
          for row in 0..<side {
            for place in row * side..<row * side + side {
              var sum = rows[place]
              if row > 0 { sum += rows[place - side] }
              if row < side - 1 { sum += rows[place + side] }
              result[place] = sum / 9
            }
          }
        }
      }
    }
    return result
  }
}
