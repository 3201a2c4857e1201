import Foundation
public import WhiskerImages
public import WhiskerInspection
import WhiskerSystem

/// A contact sheet of photos that belong together: a row for each group, since a look decides faster than names whether two
/// pictures are one.
///
/// Copies that lie in several parts of a split come first, then those of several classes, then other copies, then series and
/// groups by a rule.
public struct GroupSheet: Sendable {
  /// How many groups there are.
  public let groupCount: Int
  /// How many of them are shown.
  public var shownCount: Int { rows.count }

  /// The most groups that are shown.
  public static let largestRowCount = 60
  private static let largestColumnCount = 6
  private static let cell = 180
  private static let gap = 10
  private static let line = 16
  private static let textSize = 11.0

  private struct Row: Hashable {
    let title: String
    let paths: [String]
    /// How many of the group aren't shown.
    let hidden: Int
  }

  private let rows: [Row]
  private let root: URL

  /// A sheet of what an inspection found; nil if no two photos belong together.
  public init?(_ inspection: Inspection) {
    let copies = inspection.duplicates
    let ordered =
      copies.filter(\.isLeak) + copies.filter { !$0.isLeak && $0.isLabelConflict }
      + copies.filter { !$0.isLeak && !$0.isLabelConflict }
    var titled = ordered.map { (Self.title(of: $0), $0.paths) }
    let known = Set(copies.map { Set($0.paths) })
    titled += inspection.together.groups.filter { !known.contains(Set($0)) }.map { ("series or group", $0) }
    guard !titled.isEmpty else { return nil }
    groupCount = titled.count
    root = inspection.root
    rows = titled.prefix(Self.largestRowCount).enumerated().map { number, group in
      let shown = group.1.prefix(Self.largestColumnCount)
      return Row(
        title: "\(number + 1)  \(group.0), \(group.1.count) photos", paths: Array(shown),
        hidden: group.1.count - shown.count)
    }
  }

  private static func title(of group: DuplicateGroup) -> String {
    let parts = Set(group.photos.compactMap(\.split?.rawValue)).sorted()
    return (group.isExact ? "equal bytes" : "near-duplicate")
      + (group.isLeak ? " in \(parts.joined(separator: " and "))" : "")
      + (group.isLabelConflict ? " in different classes" : "")
  }

  /// The picture, in RGB.
  ///
  /// A photo that can't be read any more is left blank.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `cannotWrite` if memory runs out; `CancellationError` if the task was cancelled.
  public func photo() throws -> Photo {
    let columns = rows.map(\.paths.count).max() ?? 1
    let width = columns * (Self.cell + Self.gap) + Self.gap
    let rowHeight = 2 * Self.line + Self.cell + Self.gap
    let surface = try DrawingSurface(height: rows.count * rowHeight + Self.gap, width: width)
    for (number, row) in rows.enumerated() {
      let top = Double(Self.gap + number * rowHeight)
      let rest = row.hidden > 0 ? "; \(row.hidden) more aren't shown" : ""
      surface.write(
        surface.shortened(row.title + rest, to: Double(width - 2 * Self.gap), size: Self.textSize),
        x: Double(Self.gap), y: top + Double(Self.line) - 4, size: Self.textSize)
      for (column, path) in row.paths.enumerated() {
        surface.write(
          Self.ending(of: path.onOneLine, on: surface), x: Double(Self.gap + column * (Self.cell + Self.gap)),
          y: top + Double(2 * Self.line + Self.cell) - 4, size: Self.textSize)
      }
    }
    var sheet = surface.photo
    for (number, row) in rows.enumerated() {
      try Task.checkCancellation()
      for (column, path) in row.paths.enumerated() {
        guard let picture = picture(path) else { continue }
        sheet.place(
          picture, row: Self.gap + number * rowHeight + Self.line,
          column: Self.gap + column * (Self.cell + Self.gap))
      }
    }
    return sheet
  }

  /// A photo that fits a cell, with its proportions.
  private func picture(_ path: String) -> Photo? {
    let file = path.hasPrefix("/") ? path : root.path.appendingPath(path)
    guard let photo = try? PhotoDecoder().decode(contentsOf: URL(fileURLWithPath: file, isDirectory: false))
    else { return nil }
    let scale = Double(Self.cell) / Double(max(photo.height, photo.width))
    return photo.rgb.resized(
      height: max(1, Int(Double(photo.height) * scale)), width: max(1, Int(Double(photo.width) * scale)),
      interpolation: .bilinear)
  }

  /// The end of a path that fits under a cell: what differs between siblings stands there.
  private static func ending(of path: String, on surface: DrawingSurface) -> String {
    if surface.length(of: path, size: textSize) <= Double(cell) { return path }
    var kept = path.suffix(120)
    while !kept.isEmpty, surface.length(of: "…" + kept, size: textSize) > Double(cell) {
      kept = kept.dropFirst()
    }
    return "…" + kept
  }
}

extension Photo {
  /// Puts another photo of as many channels over a part of this one, which it must fit.
  fileprivate mutating func place(_ other: Photo, row: Int, column: Int) {
    for line in 0..<other.height {
      let start = ((row + line) * width + column) * channels
      let own = line * other.width * channels
      pixels.replaceSubrange(
        start..<start + other.width * channels, with: other.pixels[own..<own + other.width * channels])
    }
  }
}
