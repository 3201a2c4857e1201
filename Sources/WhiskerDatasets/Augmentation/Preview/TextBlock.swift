import CCairo
import WhiskerImages

/// A few lines of small dark text on white.
///
/// It owns the drawing library's surface and context and frees them with itself.
final class TextBlock {
  /// The distance from line to line, in pixels.
  static let lineHeight = 15

  private let surface: OpaquePointer
  private let context: OpaquePointer
  private let height: Int
  private let width: Int

  /// An empty block.
  ///
  /// - Throws: ``DatasetError`` with code `cannotWrite` if memory runs out.
  init(height: Int, width: Int) throws(DatasetError) {
    let problem = DatasetError(.cannotWrite, "text of \(width) × \(height) pixels", "can't be drawn")
    guard let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height)) else {
      throw problem
    }
    guard let context = cairo_create(surface) else {
      cairo_surface_destroy(surface)
      throw problem
    }
    (self.surface, self.context, self.height, self.width) = (surface, context, height, width)
    guard cairo_status(context) == CAIRO_STATUS_SUCCESS else { throw problem }
    cairo_select_font_face(context, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL)
    cairo_set_font_size(context, 11)
    cairo_set_source_rgb(context, 1, 1, 1)
    cairo_paint(context)
    cairo_set_source_rgb(context, 0.1, 0.1, 0.1)
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  /// Writes parts one after another, with commas; a part that doesn't fit a line begins the next.
  func write(_ parts: [String]) {
    var lines: [String] = []
    for (index, part) in parts.enumerated() {
      let text = index < parts.count - 1 ? part + "," : part
      if let last = lines.last, length(of: "\(last) \(text)") <= Double(width) {
        lines[lines.count - 1] = "\(last) \(text)"
      } else {
        lines.append(text)
      }
    }
    for (index, line) in lines.enumerated() {
      cairo_move_to(context, 0, Double((index + 1) * Self.lineHeight) - 4)
      cairo_show_text(context, line)
    }
  }

  private func length(of text: String) -> Double {
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, text, &extents)
    return extents.x_advance
  }

  /// The block as a picture.
  var photo: Photo {
    cairo_surface_flush(surface)
    var photo = Photo(
      height: height, width: width, pixels: Array(repeating: 255, count: height * width * 3))
    guard let data = cairo_image_surface_get_data(surface) else { return photo }
    let rowBytes = Int(cairo_image_surface_get_stride(surface))
    for row in 0..<height {
      for column in 0..<width {
        let word = UnsafeRawPointer(data).load(fromByteOffset: row * rowBytes + column * 4, as: UInt32.self)
        for channel in 0..<3 {
          photo.pixels[(row * width + column) * 3 + channel] = UInt8(
            truncatingIfNeeded: word >> UInt32(16 - 8 * channel))
        }
      }
    }
    return photo
  }
}
