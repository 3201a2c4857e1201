public import WhiskerDatasets
import Yams

extension Augmentation {
  /// Reads an augmentation as it stands in a recipe: `{rotation_range: 40, zoom_range: 0.2}`.
  ///
  /// - Parameters:
  ///   - yaml: The text.
  ///   - source: Where it comes from, for errors.
  /// - Throws: ``WhiskerTraining/TrainingError`` with `badRecipe`, naming the key.
  public init(yaml: String, source: String) throws(TrainingError) {
    do {
      self = try YAMLDecoder().decode(Augmentation.self, from: yaml)
      try validate()
    } catch let error as DatasetError {
      throw TrainingError(.badRecipe, source, "\(error)")
    } catch {
      throw TrainingError(.badRecipe, source, RecipeFault.text(of: error, in: yaml))
    }
  }
}
