import Foundation

extension RunFolder {
  /// Writes the models of a run that is over or interrupted in Keras's formats too: `model.keras`, `model.h5`, and
  /// `best.keras`, `best.h5` if there is a best.
  ///
  /// That is left to the end because three formats of two models, two of them with the optimizer's state, are five
  /// times as many bytes in each epoch. A run that was killed has `model.safetensors`, which converts.
  ///
  /// - Throws: ``TrainingError`` with `cannotWrite`.
  func writeKerasFiles(_ saved: SavedModel) throws {
    let best = file(FileName.best)
    let bestModel = FileManager.default.fileExists(atPath: best.path) ? try SavedModel(contentsOf: best) : nil
    for ending in FileName.kerasEndings {
      try saved.write(to: file("model.\(ending)"))
      try bestModel?.write(to: file("best.\(ending)"))
    }
  }
}
