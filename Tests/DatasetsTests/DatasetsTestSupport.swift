import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerInspection
import WhiskerSketches
import WhiskerSystem
import WhiskerTensors
import _TestSupport

/// Names that cause problems: Korean in NFC and NFD, spaces, quotes, line breaks, percent signs, digits.
let awkwardNames = [
  "고양이", "강아지".decomposedStringWithCanonicalMapping, "black cats", "it's \"quoted\"", "two\nlines", "100%41",
  "a;b?c#d", "-rf", "~", "0012", "é", "🐈",
]

/// A random text of up to 8 characters from an alphabet that causes problems.
func randomName(_ stream: inout RandomStream) -> String {
  let alphabet = ["0", "1", "9", "00", "a", "b", ".", "-", " ", "\"", "\n", "고", "e\u{301}", "é", "٣", "🐈"]
  return (0..<stream.integer(below: 9)).map { _ in alphabet[stream.integer(below: alphabet.count)] }.joined()
}

/// Runs `body` and returns the dataset error that it throws, or records that it threw none.
func datasetError(
  _ body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
) async -> WhiskerError? {
  do {
    try await body()
    Issue.record("expected an error", sourceLocation: sourceLocation)
  } catch let error as WhiskerError {
    return error
  } catch {
    Issue.record("expected a WhiskerError, got \(error)", sourceLocation: sourceLocation)
  }
  return nil
}

extension URL {
  /// The file or folder at a path below this folder.
  func below(_ path: String) -> URL { URL(fileURLWithPath: "\(self.path)/\(path)") }

  /// Writes a file below this folder, with the folders that it needs.
  func write(_ contents: String = "", to path: String) throws {
    let file = below(path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(contents.utf8).write(to: file)
  }

  /// Writes a small photo below this folder; its pixels follow from `value` and their place.
  func writePhoto(_ path: String, value: Int, height: Int = 4, width: Int = 5) throws {
    try write(to: path)
    try Photo(height: height, width: width, pixels: photoPixels(value, height: height, width: width))
      .encodedPNG().withUnsafeBytes { try Data($0).write(to: below(path)) }
  }

  /// Writes a photo below this folder as JPEG of quality 90, with the folders that it needs.
  func writeJPEG(_ photo: Photo, to path: String) throws {
    try write(to: path)
    try photo.write(to: below(path))
  }

  /// The names of what lies directly in this folder, in order.
  var names: [String] { (try? fileNames) ?? [] }

  /// Every path below this folder, hidden ones included, folders left out.
  var allFiles: Set<String> {
    let found = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
    return Set(
      found.filter { entry in
        let type = try? FileManager.default.attributesOfItem(atPath: below(entry).path)[.type]
        return type as? FileAttributeType != .typeDirectory
      })
  }
}

func photoPixels(_ value: Int, height: Int = 4, width: Int = 5) -> [UInt8] {
  (0..<height * width * 3).map { UInt8(truncatingIfNeeded: value * 31 + $0 * 7) }
}

/// Different sketches of 96 × 96, drawn once for all tests, since drawing is slow.
enum SketchPool {
  /// The number of sketches of each animal.
  static let perAnimal = 12

  private static let photos: [Animal: [Photo]] = Dictionary(
    Animal.allCases.map { animal in
      let generator = try? SketchGenerator(seed: 3, size: 96)
      return (animal, (0..<perAnimal).compactMap { try? generator?.sketch(of: animal, index: $0) })
    }
  ) { first, _ in first }

  /// Every sketch.
  static var all: [Photo] { Animal.allCases.flatMap { photos[$0, default: []] } }

  /// Writes sketches as class folders: `cat/0.jpg`, `dog/0.jpg`, …, beginning with the given one.
  static func write(to folder: URL, perAnimal count: Int, from first: Int = 0) throws {
    for animal in Animal.allCases {
      for (index, photo) in photos[animal, default: []][first..<first + count].enumerated() {
        try folder.writeJPEG(photo, to: "\(animal.rawValue)/\(index).jpg")
      }
    }
  }
}

/// A table of expected values next to the tests; the scripts in `Tools/reference` wrote it.
func fixture<Table: Decodable>(_ name: String, as type: Table.Type) throws -> Table {
  let file = Bundle.module.bundleURL.appendingPathComponent("Fixtures/\(name)")
  return try JSONDecoder().decode(type, from: Data(contentsOf: file))
}

extension Photo {
  /// Tiles under noise, `[height, width, channels]`, squeezed into `low ... high`; the same as in `Tools/reference`.
  static func tiles(_ shape: Shape, low: Int = 0, high: Int = 255) -> Photo {
    let (width, channels) = (shape[1], shape[2])
    let tiles = Formula.bits("augmentation/tiles", count: shape.count).map { Int($0 >> 17) }
    let noise = Formula.bits("augmentation/noise", count: shape.count).map { Int($0 >> 17) }
    let pixels = noise.indices.map { place in
      let (row, column) = (place / channels / width, place / channels % width)
      let tile = (row / 5 * 5 * width + column / 5 * 5) * channels + place % channels
      return UInt8((tiles[tile] + noise[place]) * (high - low) / 255 + low)
    }
    return Photo(height: shape[0], width: width, channels: channels, pixels: pixels)
  }

  /// The photo to which `draw` was done, its levels times `rescale`.
  func augmented(
    _ augmentation: Augmentation, _ draw: AugmentationDraw, rescale: Float = 1
  ) -> Tensor {
    let augmenter = Augmenter(
      augmentation, seed: 0,
      preparation: PhotoPreparation(height: height, width: width, channels: channels, rescale: rescale))
    var result = Tensor(shape: shape, repeating: .nan)
    withPixelView { view in
      result.values.withUnsafeMutableBufferPointer { augmenter.write(view, draw, into: $0) }
    }
    return result
  }

  /// The photo with its sides exchanged, or turned by a quarter.
  func flipped(_ flip: Flip) -> Photo {
    let (rows, columns) = flip.exchangesAxes ? (width, height) : (height, width)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(self.pixels.count)
    for row in 0..<rows {
      for column in 0..<columns {
        let theirRow = flip.mirrorsRows ? rows - 1 - row : row
        let theirColumn = flip.mirrorsColumns ? columns - 1 - column : column
        let place = flip.exchangesAxes ? theirColumn * width + theirRow : theirRow * width + theirColumn
        pixels += self.pixels[place * channels..<(place + 1) * channels]
      }
    }
    return Photo(height: rows, width: columns, channels: channels, pixels: pixels)
  }
}
