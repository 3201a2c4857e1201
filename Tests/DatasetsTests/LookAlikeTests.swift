import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerInspection
import WhiskerTensors
import _TestSupport

/// Photos of different things that resemble each other: of one wall, one belt, one sheet of paper.
@Suite struct LookAlikeTests {
  /// A background, and how things on it are drawn.
  enum Scene: CaseIterable {
    case gray, paper, belt

    private static let side = 160

    /// A thing at a place of its own; all photos of a scene have the same background but for the camera's noise.
    func photo(_ stream: inout RandomStream) -> Photo {
      let side = Scene.side
      let radius = Double(side) * (0.09 + 0.16 * Double(stream.uniform()))
      let (middle, across) = (0.3 + 0.4 * Double(stream.uniform()), 0.3 + 0.4 * Double(stream.uniform()))
      let stretch = 0.4 + Double(stream.uniform())
      let ink = (0..<3).map { _ in 30 + 130 * Double(stream.uniform()) }
      var pixels: [UInt8] = []
      for row in 0..<side {
        for column in 0..<side {
          let (y, x) = (Double(row) - middle * Double(side), Double(column) - across * Double(side))
          let isThing = y * y + x * x * stretch < radius * radius
          let shade = background(row, column)
          let noise = Double(stream.uniform()) * 6 - 3
          for channel in 0..<3 {
            let level = isThing ? ink[channel] + 20 * (y + x) / radius : shade
            pixels.append(UInt8(max(0, min(255, level + noise))))
          }
        }
      }
      return Photo(height: side, width: side, pixels: pixels)
    }

    private func background(_ row: Int, _ column: Int) -> Double {
      let (down, across) = (Double(row), Double(column))
      switch self {
      case .gray: return 128 + down / 10
      case .paper:
        let (y, x): (Double, Double) = (down - 80, across - 80)
        return 240 - (y * y + x * x) / 300
      case .belt: return row % 40 < 4 ? 60 : 150 + Double(column % 16)
      }
    }
  }

  private static func duplicates(_ folder: URL) async throws -> Set<Set<String>> {
    Set(try await Inspector().inspect(folder).duplicates.map { Set($0.paths) })
  }

  /// Of a fixed camera every photo resembles every other; copies of them are still found.
  @Test(arguments: Scene.allCases) func thingsBeforeOneBackgroundAreDifferentPhotos(scene: Scene) async throws
  {
    try await withTemporaryFolder { folder in
      var stream = RandomStream(RandomKey(seed: 12))
      for number in 0..<60 {
        // Names without numbers that run on.
        try folder.writeJPEG(scene.photo(&stream), to: "things/\(number)\(number).jpg")
      }
      #expect(try await Self.duplicates(folder) == [])

      var expected: Set<Set<String>> = []
      for number in 0..<30 {
        let original = "things/\(number)\(number).jpg"
        let photo = try PhotoDecoder().decode(contentsOf: folder.below(original))
        let copy = "copies/\(number).jpg"
        try folder.write(to: copy)
        try Data(Self.copied(photo, number)).write(to: folder.below(copy))
        expected.insert([original, copy])
      }
      #expect(try await Self.duplicates(folder) == expected)
    }
  }

  /// One way after another to make another file of a picture.
  private static func copied(_ photo: Photo, _ number: Int) throws -> [UInt8] {
    switch number % 10 {
    case 0: try photo.encodedJPEG(quality: 40)
    case 1: try photo.resized(height: 80, width: 80, interpolation: .bilinear).encodedJPEG(quality: 80)
    case 2: try photo.resized(height: 300, width: 320, interpolation: .bilinear).encodedPNG()
    case 3: try photo.flipped(.horizontal).encodedJPEG(quality: 90)
    case 4: try photo.flipped(.both).encodedJPEG(quality: 60)
    case 5: try photo.flipped(.right).encodedJPEG(quality: 85)
    case 6: try photo.flipped(.left).encodedPNG()
    case 7: try photo.cropped(top: 0.025, left: 0.025, bottom: 0.025, right: 0.025).encodedJPEG(quality: 85)
    case 8: try photo.cropped(top: 0.05, left: 0.05).encodedJPEG(quality: 85)
    default: try photo.flipped(.vertical).cropped(top: 0.05, right: 0.05).encodedJPEG(quality: 70)
    }
  }
}
