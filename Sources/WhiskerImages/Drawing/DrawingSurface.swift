import CCairo
package import WhiskerSystem

/// A white picture to put rectangles and text on.
///
/// It owns the drawing library's surface and context and frees them with itself. Drawing is done in software, so the
/// same calls give the same pixels.
package final class DrawingSurface {
  /// A colour, each part from 0 to 1.
  package struct Ink: Hashable, Sendable {
    /// Red, green and blue.
    package var red: Double, green: Double, blue: Double

    /// A colour.
    package init(_ red: Double, _ green: Double, _ blue: Double) {
      (self.red, self.green, self.blue) = (red, green, blue)
    }

    /// White.
    package static let paper = Ink(1, 1, 1)
    /// The colour of text.
    package static let text = Ink(0.1, 0.1, 0.1)

    /// The colour at a place, 0 to 1, on the way to another.
    package func mixed(with other: Ink, at place: Double) -> Ink {
      func mix(_ part: KeyPath<Ink, Double>) -> Double {
        self[keyPath: part] + (other[keyPath: part] - self[keyPath: part]) * place
      }
      return Ink(mix(\.red), mix(\.green), mix(\.blue))
    }
  }

  /// Where a text's given place lies in it.
  package enum Anchor {
    case start, middle, end
  }

  private let surface: OpaquePointer
  private let context: OpaquePointer
  private let height: Int
  private let width: Int

  /// An empty picture.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `cannotWrite` if memory runs out.
  package init(height: Int, width: Int) throws(WhiskerError) {
    let problem = WhiskerError(.cannotWrite, "", "a picture of \(width) × \(height) pixels can't be drawn")
    guard let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height)) else {
      throw problem
    }
    guard let context = cairo_create(surface) else {
      cairo_surface_destroy(surface)
      throw problem
    }
    (self.surface, self.context, self.height, self.width) = (surface, context, height, width)
    guard cairo_status(context) == CAIRO_STATUS_SUCCESS else { throw problem }
    fill(x: 0, y: 0, width: Double(width), height: Double(height), .paper)
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  /// Fills a rectangle; the place is that of its upper left corner.
  package func fill(x: Double, y: Double, width: Double, height: Double, _ ink: Ink) {
    cairo_set_source_rgb(context, ink.red, ink.green, ink.blue)
    cairo_rectangle(context, x, y, width, height)
    cairo_fill(context)
  }

  /// Writes a line of text on a baseline; turned text reads from the bottom up.
  package func write(
    _ text: String, x: Double, y: Double, size: Double, _ ink: Ink = .text, anchor: Anchor = .start,
    isBold: Bool = false, isTurned: Bool = false
  ) {
    let length = length(of: text, size: size, isBold: isBold)
    cairo_save(context)
    cairo_translate(context, x, y)
    if isTurned { cairo_rotate(context, -Double.pi / 2) }
    cairo_set_source_rgb(context, ink.red, ink.green, ink.blue)
    let start =
      switch anchor {
      case .start: 0.0
      case .middle: -length / 2
      case .end: -length
      }
    cairo_move_to(context, start, 0)
    cairo_show_text(context, text)
    cairo_restore(context)
  }

  /// How wide a line of text is.
  package func length(of text: String, size: Double, isBold: Bool = false) -> Double {
    cairo_select_font_face(
      context, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
      isBold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    cairo_set_font_size(context, size)
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, text, &extents)
    return extents.x_advance
  }

  /// The beginning of a text that fits a width, with an ellipsis if something is left out.
  package func shortened(_ text: String, to limit: Double, size: Double) -> String {
    if length(of: text, size: size) <= limit { return text }
    // However long a name is, only the part that can fit is tried.
    var kept = text.prefix(200)
    while !kept.isEmpty, length(of: kept + "…", size: size) > limit { kept = kept.dropLast() }
    return kept + "…"
  }

  /// The picture as it is now, in RGB.
  package var photo: Photo {
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
