public import WhiskerTraining

extension RunRecord {
  /// Draws `curves.png` and `curves.svg` in the run's folder (``WhiskerReports/CurveChart``).
  ///
  /// - Throws: ``WhiskerReports/ReportError`` with `missingFile` if gnuplot isn't there, `drawingFailed` if it fails,
  ///   `cannotWrite`.
  public func writeCurves() throws(ReportError) {
    for name in RunFolder.FileName.curves {
      try CurveChart(history).write(to: url.appendingPathComponent(name))
    }
  }
}
