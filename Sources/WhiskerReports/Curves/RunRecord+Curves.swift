import Foundation
public import WhiskerRuns
public import WhiskerSystem

extension RunRecord {
  /// Draws `curves.png` and `curves.svg` in the run's folder (``WhiskerReports/CurveChart``).
  ///
  /// - Parameter names: Which of them.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `missingFile` if gnuplot isn't there, `drawingFailed` if it fails,
  ///   `cannotWrite` if it can't be written, or if there is a file of that name which no run wrote.
  public func writeCurves(_ names: [String] = RunFolder.FileName.curves) async throws(WhiskerError) {
    let contents = RunContents(of: url)
    for name in names {
      let file = url.appendingPathComponent(name)
      var status = stat()
      guard contents.owns(name) || lstat(file.path, &status) != 0 else {
        throw WhiskerError(
          .cannotWrite, file.path,
          expected: "the curves of a run or no file", got: "a file that no run wrote: name another to write")
      }
    }
    for name in names { try await CurveChart(history).write(to: url.appendingPathComponent(name)) }
  }
}
