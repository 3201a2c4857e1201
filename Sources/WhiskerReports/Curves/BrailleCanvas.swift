/// A drawing of characters: fine lines of Braille dots, two by four in each cell, and whole characters as marks.
struct BrailleCanvas {
  /// What a cell shows, which colours go by.
  enum Content: Hashable {
    case nothing, line, dot, ring
  }

  /// Cells from left to right and from top to bottom.
  let columns: Int, rows: Int
  private var dots: [UInt8]
  private var marks: [Content?]

  /// An empty one.
  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    dots = [UInt8](repeating: 0, count: columns * rows)
    marks = [Content?](repeating: nil, count: columns * rows)
  }

  /// Dots from left to right and from top to bottom.
  var width: Int { 2 * columns }
  /// See ``width``.
  var height: Int { 4 * rows }

  /// A place, in dots from the left and from the top.
  typealias Place = (x: Int, y: Int)

  /// Draws a straight line of dots.
  mutating func draw(from start: Place, to end: Place) {
    let steps = max(abs(end.x - start.x), abs(end.y - start.y))
    for step in 0...steps {
      let share = steps == 0 ? 0 : Double(step) / Double(steps)
      set(
        start.x + Int((Double(end.x - start.x) * share).rounded()),
        start.y + Int((Double(end.y - start.y) * share).rounded()))
    }
  }

  /// Puts a mark in the cell of a place; it hides what dots are there.
  mutating func mark(_ content: Content, at place: Place) {
    marks[place.y / 4 * columns + place.x / 2] = content
  }

  private mutating func set(_ x: Int, _ y: Int) {
    // The Braille characters number their dots by columns, the lowest row last.
    let bit: UInt8 = y % 4 < 3 ? 1 << UInt8(y % 4 + 3 * (x % 2)) : 0x40 << UInt8(x % 2)
    dots[y / 4 * columns + x / 2] |= bit
  }

  /// The cells of a row.
  func row(_ row: Int) -> [(character: Character, content: Content)] {
    (row * columns..<(row + 1) * columns).map { cell in
      switch marks[cell] {
      case .dot: ("•", .dot)
      case .ring: ("○", .ring)
      default: dots[cell] == 0 ? (" ", .nothing) : (Self.braille(dots[cell]), .line)
      }
    }
  }

  /// The Braille character of some dots.
  static func braille(_ dots: UInt8) -> Character {
    Unicode.Scalar(0x2800 + UInt32(dots)).map(Character.init) ?? " "
  }
}
