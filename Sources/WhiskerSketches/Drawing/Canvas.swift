import CCairo
import WhiskerSystem

/// A square picture to draw on, in units of its side: (0, 0) is the top left corner, (1, 1) the bottom right.
///
/// It owns the drawing library's surface and context and frees them with itself. Drawing is done in software,
/// so the same calls give the same pixels.
final class Canvas {
  /// Pixels along a side.
  let size: Int
  private let surface: OpaquePointer
  private let context: OpaquePointer

  /// An empty, wholly transparent picture.
  init(size: Int) throws(WhiskerError) {
    guard let surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, Int32(size), Int32(size)) else {
      throw Self.failure(size: size, "no surface")
    }
    guard let context = cairo_create(surface) else {
      cairo_surface_destroy(surface)
      throw Self.failure(size: size, "no context")
    }
    self.size = size
    self.surface = surface
    self.context = context
    // A failed surface gives a failed context: one check for both, and the handles are freed by deinit.
    try check()
    cairo_scale(context, Double(size), Double(size))
    cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND)
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    // Sixteen samples a pixel: edges look the same under noise and blur, at less than half the time.
    cairo_set_antialias(context, CAIRO_ANTIALIAS_FAST)
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  /// Throws what went wrong in the drawing so far, if anything.
  func check() throws(WhiskerError) {
    let status = cairo_status(context)
    guard status == CAIRO_STATUS_SUCCESS else {
      throw Self.failure(size: size, String(cString: cairo_status_to_string(status)))
    }
  }

  // MARK: Shapes

  func fill(_ path: Path, _ color: Color) { fill(path, .color(color)) }

  func fill(_ path: Path, _ paint: Paint) {
    trace(path)
    withSource(paint) { cairo_fill(context) }
  }

  func stroke(_ path: Path, _ color: Color, width: Double) {
    trace(path)
    cairo_set_line_width(context, width)
    withSource(.color(color)) { cairo_stroke(context) }
  }

  /// Fills all there is to draw on.
  func cover(_ paint: Paint) { withSource(paint) { cairo_paint(context) } }

  // MARK: Scopes

  /// Draws only within a shape.
  func clipped(to path: Path, _ body: () -> Void) {
    cairo_save(context)
    trace(path)
    cairo_clip(context)
    body()
    cairo_restore(context)
  }

  /// Draws only where something was drawn already in this layer.
  func onTop(_ body: () -> Void) {
    cairo_save(context)
    cairo_set_operator(context, CAIRO_OPERATOR_ATOP)
    body()
    cairo_restore(context)
  }

  /// Erases the shape drawn from this layer.
  func erasing(_ body: () -> Void) {
    cairo_save(context)
    cairo_set_operator(context, CAIRO_OPERATOR_DEST_OUT)
    body()
    cairo_restore(context)
  }

  /// Draws on a separate layer, within bounds, and lays it over the picture.
  func layer(within bounds: Rectangle, opacity: Double = 1, _ body: () -> Void) {
    cairo_save(context)
    trace(.rectangle(bounds))
    cairo_clip(context)
    // The layer is laid down by the operator in force; inside it, drawing starts anew.
    let laying = cairo_get_operator(context)
    cairo_push_group(context)
    cairo_set_operator(context, CAIRO_OPERATOR_OVER)
    body()
    cairo_pop_group_to_source(context)
    cairo_set_operator(context, laying)
    cairo_paint_with_alpha(context, opacity)
    cairo_restore(context)
  }

  /// Draws in coordinates of which the origin and the two axes are given.
  func placed(at origin: Point, x: Point, y: Point, _ body: () -> Void) {
    // Axes that fall together can't be drawn in, and would spoil the context for good.
    guard abs(x.x * y.y - x.y * y.x) > 1e-12 else { return }
    var matrix = cairo_matrix_t()
    cairo_matrix_init(&matrix, x.x, x.y, y.x, y.y, origin.x, origin.y)
    cairo_save(context)
    cairo_transform(context, &matrix)
    body()
    cairo_restore(context)
  }

  // MARK: Pixels

  /// The picture's pixels over black, red, green and blue side by side.
  func pixels() -> [UInt8] {
    cairo_surface_flush(surface)
    guard let data = cairo_image_surface_get_data(surface) else { return [] }
    let rowBytes = Int(cairo_image_surface_get_stride(surface))
    return [UInt8](unsafeUninitializedCapacity: size * size * 3) { buffer, count in
      for row in 0..<size {
        for column in 0..<size {
          // A pixel is one native 32-bit word, opacity in its highest byte, colours already multiplied by it.
          let word = UnsafeRawPointer(data).load(fromByteOffset: row * rowBytes + column * 4, as: UInt32.self)
          let place = (row * size + column) * 3
          buffer[place] = UInt8(truncatingIfNeeded: word >> 16)
          buffer[place + 1] = UInt8(truncatingIfNeeded: word >> 8)
          buffer[place + 2] = UInt8(truncatingIfNeeded: word)
        }
      }
      count = size * size * 3
    }
  }

  /// Blurs what is there, as a lens out of focus does; the radius is in units of the side.
  func blur(radius: Double) {
    let pixels = Int((radius * Double(size)).rounded())
    guard pixels > 0 else { return }
    cairo_surface_flush(surface)
    guard let data = cairo_image_surface_get_data(surface) else { return }
    let rowBytes = Int(cairo_image_surface_get_stride(surface))
    BoxBlur(radius: pixels, passes: 2).apply(
      to: UnsafeMutableBufferPointer(start: data, count: rowBytes * size), width: size, height: size,
      channels: 4, rowBytes: rowBytes)
    cairo_surface_mark_dirty(surface)
  }

  // MARK: Inside

  private static func failure(size: Int, _ reason: String) -> WhiskerError {
    WhiskerError(.cannotWrite, "canvas of \(size) × \(size) pixels", "can't be drawn: \(reason)")
  }

  private func trace(_ path: Path) {
    cairo_new_path(context)
    for step in path.steps {
      switch step {
      case .move(let point): cairo_move_to(context, point.x, point.y)
      case .line(let point): cairo_line_to(context, point.x, point.y)
      case .curve(let first, let second, let end):
        cairo_curve_to(context, first.x, first.y, second.x, second.y, end.x, end.y)
      case .arc(let circle, let from, let to):
        cairo_arc(context, circle.center.x, circle.center.y, circle.radius, from, to)
      case .close: cairo_close_path(context)
      }
    }
  }

  private func withSource(_ paint: Paint, _ body: () -> Void) {
    switch paint {
    case .color(let color):
      cairo_set_source_rgba(context, color.red, color.green, color.blue, color.opacity)
      body()
    case .linear(let from, let to, let colors):
      withGradient(cairo_pattern_create_linear(from.x, from.y, to.x, to.y), colors, body)
    case .radial(let circle, let colors):
      let (center, radius) = (circle.center, circle.radius)
      withGradient(
        cairo_pattern_create_radial(center.x, center.y, 0, center.x, center.y, radius), colors, body)
    }
  }

  private func withGradient(_ gradient: OpaquePointer?, _ colors: [Color], _ body: () -> Void) {
    for (index, color) in colors.enumerated() {
      let place = Double(index) / Double(max(colors.count - 1, 1))
      cairo_pattern_add_color_stop_rgba(gradient, place, color.red, color.green, color.blue, color.opacity)
    }
    cairo_set_source(context, gradient)
    cairo_pattern_destroy(gradient)
    body()
  }
}
