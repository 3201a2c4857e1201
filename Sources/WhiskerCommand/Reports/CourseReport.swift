import Foundation
import Whisker

/// What is shown of a run once it has ended, in whatever way: its curves, and what they show.
struct CourseReport {
  /// What to do next; nil if the curves don't say.
  let advice: Advice?

  /// Draws the curves of the run in a folder, and says what they show.
  ///
  /// If they can't be drawn it only says so: the run is valid without them.
  ///
  /// - Returns: nil if there is no epoch yet.
  init?(ofRun folder: URL) async {
    guard let record = try? RunRecord(contentsOf: folder), !record.history.epochs.isEmpty else { return nil }
    do {
      try await record.writeCurves()
      Console.note(CourseReport.curvesNote(folder))
    } catch {
      Console.note("warning: the curves weren't drawn: \("\(error)".onOneLine)")
    }
    advice = Advice(on: record.history, .init(record))
    if let advice { Console.note(advice.text) }
  }

  /// Draws the curves of a finished run that are missing or from an earlier epoch: it may have been ended
  /// before drawing them.
  ///
  /// - Returns: the names of the pictures.
  static func writeLackingCurves(ofRun folder: URL) async -> [String] {
    func date(_ name: String) -> Date? {
      let file = folder.appendingPathComponent(name)
      return try? file.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
    }
    let end = date("\(RunFolder.FileName.checkpoint)/\(RunFolder.FileName.end)") ?? .distantPast
    let lacking = RunFolder.FileName.curves.filter { date($0).map { $0 < end } ?? true }
    guard !lacking.isEmpty, let record = try? RunRecord(contentsOf: folder) else { return [] }
    do {
      try await record.writeCurves(lacking)
      return lacking
    } catch {
      Console.note("warning: the curves weren't drawn: \("\(error)".onOneLine)")
      return []
    }
  }

  /// `Wrote run/curves.png and run/curves.svg`.
  static func curvesNote(_ folder: URL) -> String {
    let files = RunFolder.FileName.curves.map { folder.appendingPathComponent($0).relativePath.onOneLine }
    return "Wrote \(files.joined(separator: " and "))"
  }
}
