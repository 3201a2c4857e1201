import Foundation
import Testing
import WhiskerImages
import WhiskerSystem

/// Every file of the grid is read as Pillow reads it, or as docs/photos.md says.
@Suite struct GridTests {
  @Test func theGridCoversEveryFormat() throws {
    #expect(Grid.cells.count == 610)
    let formats = try Grid.cells.map { cell in
      try cell.bytes().withUnsafeBytes { try PhotoHeader(of: $0) }.format
    }
    #expect(Set(formats) == Set(PhotoFormat.allCases))
    #expect(
      Set(Grid.cells.compactMap(\.rule)) == [
        "gray of more than 8 bits", "CIELAB", "palettes of 8 bits", "AVIF of 10 and 12 bits",
      ])
  }

  @Test(arguments: Grid.cells) func pixelsAreTheGrids(cell: Grid.Cell) throws {
    let bytes = try cell.bytes()
    let photo = try PhotoDecoder().decode(bytes, name: cell.file)
    #expect(photo.shape == [cell.height, cell.width, 3])
    if let within = cell.within {
      let expected = try [UInt8](#require(Data(base64Encoded: cell.pixels ?? "")))
      let furthest = zip(photo.pixels, expected).map { abs(Int($0) - Int($1)) }.max()
      #expect(photo.pixels.count == expected.count)
      #expect(try #require(furthest) <= within)
      #expect(try PhotoDecoder(channels: 1).decode(bytes) == photo.gray)
    } else {
      #expect(photo.hash == cell.rgb)
      #expect(try PhotoDecoder(channels: 1).decode(bytes).hash == cell.gray)
    }
  }

  @Test func resizingWhileDecodingEqualsResizingAfterwards() throws {
    for cell in Grid.samples {
      for channels in [1, 3] {
        let decoder = PhotoDecoder(channels: channels)
        let afterwards = try decoder.decode(cell.bytes()).resized(
          height: 9, width: 11, interpolation: .bilinear)
        let size = PhotoSize(height: 9, width: 11, interpolation: .bilinear)
        #expect(try decoder.decode(cell.bytes(), resizedTo: size) == afterwards, "\(cell.file)")
      }
    }
  }

  /// The size and depth that a header tells are those that the decoder checks and allocates.
  @Test func headersTellTheSizeThatIsDecoded() throws {
    for cell in Grid.cells {
      let header = try cell.bytes().withUnsafeBytes { try PhotoHeader(of: $0) }
      #expect([header.height, header.width].sorted() == [cell.height, cell.width].sorted(), "\(cell.file)")
      #expect((1...8).contains(header.channels) && (1...64).contains(header.bitDepth), "\(cell.file)")
      var decoder = PhotoDecoder()
      decoder.limits.maximumPixels = cell.height * cell.width - 1
      #expect(code { _ = try decoder.decode(cell.bytes()) } == .tooLarge, "\(cell.file)")
      decoder.limits.maximumPixels += 1
      #expect(code { _ = try decoder.decode(cell.bytes()) } == nil, "\(cell.file)")
    }
  }

  /// Animations, whose first frame the first half holds, and files without whose last bytes the picture is whole.
  private static let readableInHalf = ["animated", "small-frame", "two-pages", "two.heic", "sequence"]

  @Test(arguments: Grid.cells) func aFileCutInHalfIsRefused(cell: Grid.Cell) throws {
    if Self.readableInHalf.contains(where: cell.file.hasPrefix) { return }
    let bytes = try cell.bytes()
    let half = Array(bytes.prefix(bytes.count / 2))
    let error = #expect(throws: WhiskerError.self) { try PhotoDecoder().decode(half, name: cell.file) }
    // libtiff doesn't distinguish a cut from a lie.
    #expect(error?.code == .truncated || cell.file.hasSuffix(".tif") && error?.code == .unreadable)
  }

  @Test func embeddedOrientationCountsUnlessToldOtherwise() throws {
    for ending in ["webp", "png"] {
      let stem = ending == "webp" ? "rgba" : "rgba-8"
      let upright = try PhotoDecoder().decode(Grid.bytes("\(stem)-1.\(ending)"))
      for orientation in 1...8 {
        let bytes = try Grid.bytes("\(stem)-\(orientation).\(ending)")
        #expect(try PhotoDecoder(honorsOrientation: false).decode(bytes) == upright)
        #expect((try PhotoDecoder().decode(bytes) == upright) == (orientation == 1))
      }
    }
  }

  @Test func manyThreadsDecodeAtOnce() async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<4 {
        group.addTask {
          try Grid.samples.allSatisfy { cell in
            try PhotoDecoder().decode(cell.bytes()).hash == cell.rgb || cell.within != nil
          }
        }
      }
      for try await equal in group { #expect(equal) }
    }
  }
}
