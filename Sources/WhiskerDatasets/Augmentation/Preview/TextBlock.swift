import WhiskerImages
import WhiskerSystem

/// A few lines of small dark text on white.
struct TextBlock {
  /// The distance from line to line, in pixels.
  static let lineHeight = 15

  private static let fontSize = 11.0
  private let surface: DrawingSurface
  private let width: Int

  /// An empty block.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `cannotWrite` if memory runs out.
  init(height: Int, width: Int) throws(WhiskerError) {
    do {
      surface = try DrawingSurface(height: height, width: width)
    } catch {
      throw WhiskerError(.cannotWrite, "text of \(width) × \(height) pixels", "can't be drawn")
    }
    self.width = width
  }

  /// Writes parts one after another, with commas; a part that doesn't fit a line begins the next.
  func write(_ parts: [String]) {
    var lines: [String] = []
    for (index, part) in parts.enumerated() {
      let text = index < parts.count - 1 ? part + "," : part
      if let last = lines.last,
        surface.length(of: "\(last) \(text)", size: Self.fontSize) <= Double(width)
      {
        lines[lines.count - 1] = "\(last) \(text)"
      } else {
        lines.append(text)
      }
    }
    for (index, line) in lines.enumerated() {
      surface.write(line, x: 0, y: Double((index + 1) * Self.lineHeight) - 4, size: Self.fontSize)
    }
  }

  /// The block as a picture.
  var photo: Photo { surface.photo }
}
