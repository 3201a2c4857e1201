import Foundation

extension RunFolder {
  /// Writes the models of a finished or interrupted run in Keras's formats too: `model.keras`, `model.h5`, and
  /// `best.keras`, `best.h5` if there is a best.
  ///
  /// This happens at the end because three formats of two models, two of them with the optimizer's state, are
  /// five times as many bytes in each epoch. A run that was killed has `model.safetensors`, which converts.
  ///
  /// - Parameter wanted: The names of the files to write; nil for all of them.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`.
  func writeKerasFiles(_ saved: SavedModel, _ wanted: Set<String>? = nil) async throws {
    func write(_ name: String, _ saved: SavedModel) async throws {
      for ending in FileName.kerasEndings where wanted?.contains("\(name).\(ending)") ?? true {
        try await saved.write(to: file("\(name).\(ending)"))
      }
    }
    try await write("model", saved)
    if holds(FileName.best) { try await write("best", SavedModel(contentsOf: file(FileName.best))) }
  }

  /// Writes a finished run's missing files from those that it has.
  ///
  /// - Returns: whether that was all; nothing is written if it isn't.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`, or `badModel` if a file can't be read.
  func writeLacking(_ lacking: [String], of end: RunResult, _ recipe: Recipe) async throws -> Bool {
    let sources = [("model", FileName.model), ("best", FileName.best)]
    let gone = Set(lacking + end.changed(in: self))
    for (name, source) in sources where lacking.contains(where: { $0.hasPrefix("\(name).") }) {
      if gone.contains(source) { return false }
    }
    if lacking.contains(FileName.history) { try write(end.history.csv, to: FileName.history) }
    if lacking.contains(FileName.recipe) { try write(recipe.yaml(), to: FileName.recipe) }
    for (name, source) in sources {
      let wanted = FileName.kerasEndings.map { "\(name).\($0)" }.filter(lacking.contains)
      guard !wanted.isEmpty else { continue }
      let saved = try SavedModel(contentsOf: file(source))
      for name in wanted { try await saved.write(to: file(name)) }
    }
    return true
  }
}
