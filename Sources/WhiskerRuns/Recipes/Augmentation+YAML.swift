public import WhiskerDatasets
public import WhiskerSystem
import Yams

extension Augmentation {
  /// Reads an augmentation as written in a recipe: `{rotation_range: 40, zoom_range: 0.2}`.
  ///
  /// - Parameters:
  ///   - yaml: The text.
  ///   - source: Where it comes from, for errors.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `badRecipe`, naming the key.
  public init(yaml: String, source: String) throws(WhiskerError) {
    do {
      self = try YAMLDecoder().decode(Augmentation.self, from: yaml)
      try validate()
    } catch let error as WhiskerError {
      throw error.inside(source).with(.badRecipe)
    } catch {
      throw WhiskerError(.badRecipe, source, RecipeFault.text(of: error, in: yaml))
    }
  }
}
