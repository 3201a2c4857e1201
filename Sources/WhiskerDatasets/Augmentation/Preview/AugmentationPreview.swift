public import WhiskerImages
import WhiskerSystem

/// A picture of a photo and its augmented versions: the original first, then augmented versions, each with
/// what was drawn written under it.
public struct AugmentationPreview: Sendable {
  /// The photo, at the size that the network sees.
  public var photo: Photo
  /// What is shown.
  public var augmentation: Augmentation
  /// How many versions are shown besides the original.
  public var count: Int
  /// What they are drawn from.
  public var seed: UInt64

  /// The numbers of versions that can be shown.
  public static let counts = 1...99

  /// A preview of some versions.
  public init(of photo: Photo, _ augmentation: Augmentation, count: Int = 8, seed: UInt64 = 0) {
    self.photo = photo
    self.augmentation = augmentation
    self.count = count
    self.seed = seed
  }

  /// The grid, in RGB.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `invalidSetting`, or `cannotWrite` if memory runs out.
  public func grid() throws -> Photo {
    try requireSetting(
      Self.counts.contains(count), "count",
      expected: "\(Self.counts.lowerBound) to \(Self.counts.upperBound) versions", got: "\(count)")
    let side = Self.enlarged(photo)
    try requireSetting(
      (count + 1) * (side.height + Self.textHeight + Self.gap) * (side.width + Self.gap) <= Self.largestArea,
      "count",
      expected: "fewer versions, or smaller ones than \(photo.width) × \(photo.height): the grid would have "
        + "more than \(Self.largestArea / 1_000_000) million pixels", got: "\(count)")
    let versions = try augmentation.flow(photo, seed: seed)
    var cells = [try cell(photo, ["original \(photo.width) × \(photo.height)"])]
    for (number, version) in versions.prefix(count).enumerated() {
      cells.append(try cell(Photo(version.reshaped(photo.shape)), versions.draw(of: number).captions))
    }
    let columns = Int(Double(cells.count).squareRoot().rounded(.up))
    return Self.tiled(cells, columns: columns)
  }

  private static let gap = 12
  private static let lines = 4
  private static let smallestSide = 200
  /// Photos aren't enlarged beyond this many pixels a side.
  private static let largestEnlargedSide = 600
  /// Pixels of a grid, at most: 300 MB of it while it is made.
  private static let largestArea = 50_000_000

  /// A photo, enlarged by a whole factor if it is small, with text under it.
  private func cell(_ photo: Photo, _ captions: [String]) throws(WhiskerError) -> Photo {
    let size = Self.enlarged(photo)
    let picture = photo.rgb.resized(height: size.height, width: size.width)
    let text = try TextBlock(height: Self.textHeight, width: picture.width)
    text.write(captions.isEmpty ? ["as it is"] : captions)
    return Photo(
      height: picture.height + text.photo.height, width: picture.width,
      pixels: picture.pixels + text.photo.pixels)
  }

  private static var textHeight: Int { lines * TextBlock.lineHeight }

  /// The size at which a photo is shown.
  private static func enlarged(_ photo: Photo) -> (height: Int, width: Int) {
    let wanted = (smallestSide + photo.width - 1) / photo.width
    let factor = max(1, min(wanted, largestEnlargedSide / max(photo.height, photo.width)))
    return (photo.height * factor, photo.width * factor)
  }

  /// Pictures of one size side by side on white.
  private static func tiled(_ cells: [Photo], columns: Int) -> Photo {
    let (height, width) = (cells[0].height + gap, cells[0].width + gap)
    let rows = (cells.count + columns - 1) / columns
    let size = (height: rows * height + gap, width: columns * width + gap)
    var pixels = [UInt8](repeating: 255, count: size.height * size.width * 3)
    for (number, cell) in cells.enumerated() {
      let (top, left) = (number / columns * height + gap, number % columns * width + gap)
      for row in 0..<cell.height {
        let start = ((top + row) * size.width + left) * 3
        pixels.replaceSubrange(
          start..<start + cell.width * 3, with: cell.pixels[row * cell.width * 3..<(row + 1) * cell.width * 3]
        )
      }
    }
    return Photo(height: size.height, width: size.width, pixels: pixels)
  }
}
