import Foundation
import Testing
import WhiskerImages

/// The grid of photo files, formats × modes × orientations, that `Tools/reference/photo_grid.py` made.
enum Grid {
  /// What is to be read in one file.
  struct Cell: Decodable, Sendable, CustomTestStringConvertible {
    let file: String
    let height: Int
    let width: Int
    /// The hashes of the pixels in RGB and in gray.
    let rgb: String
    let gray: String
    /// Why the pixels aren't Pillow's, if they aren't.
    let rule: String?
    /// How far a decoder of a lossy codec may be away from the pixels, which are given then, in base64.
    let within: Int?
    let pixels: String?

    var testDescription: String { file }

    /// The file's bytes.
    func bytes() throws -> [UInt8] { try #require(Grid.files[file], "\(file)") }
  }

  static let cells: [Cell] = Fixtures.table("grid.json")

  static let files: [String: [UInt8]] = {
    guard let text = try? String(contentsOf: Fixtures.url("grid-files.txt"), encoding: .utf8) else {
      return [:]
    }
    var files: [String: [UInt8]] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: " ")
      if parts.count == 2, let data = Data(base64Encoded: String(parts[1])) {
        files[String(parts[0])] = Array(data)
      }
    }
    return files
  }()

  /// The bytes of a file.
  static func bytes(_ file: String) throws -> [UInt8] { try #require(files[file], "\(file)") }

  /// A few files of every kind, for tests that look at each in many ways.
  static let samples = cells.enumerated().filter { $0.offset % 7 == 0 || $0.element.within != nil }.map(
    \.element)
}
