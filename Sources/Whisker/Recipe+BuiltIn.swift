import Foundation
import WhiskerTraining

extension Recipe {
  /// The text of the built-in recipes, by name.
  private static let builtInTexts: [String: [UInt8]] = [
    "augmented": PackageResources.augmented_yaml, "baseline": PackageResources.baseline_yaml,
    "features": PackageResources.features_yaml, "finetune": PackageResources.finetune_yaml,
  ]

  /// The names of the built-in recipes.
  public static var builtInNames: [String] { builtInTexts.keys.sorted() }

  /// The YAML text of a built-in recipe, nil if there is none of that name.
  public static func builtInText(_ name: String) -> String? {
    builtInTexts[name].map { String(decoding: $0, as: UTF8.self) }
  }

  /// A recipe by name, or by the path of a YAML file.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `badRecipe` if there is neither, or the file is invalid;
  ///   `missingFile` for a path that leads to no file, or to one that can't be read.
  public init(named nameOrPath: String) throws(WhiskerError) {
    if let text = Recipe.builtInText(nameOrPath) {
      try self.init(yaml: text, source: nameOrPath)
      return
    }
    guard FileManager.default.fileExists(atPath: nameOrPath) else {
      // A name written as a path is treated as one.
      if nameOrPath.contains("/") || ["yaml", "yml"].contains(URL(fileURLWithPath: nameOrPath).pathExtension)
      {
        throw WhiskerError(.missingFile, nameOrPath, expected: "a recipe file", got: "nothing of this name")
      }
      let names = Recipe.builtInNames.joined(separator: ", ")
      throw WhiskerError(
        .badRecipe, nameOrPath, expected: "one of \(names), or the path of a recipe file", got: "neither")
    }
    guard let bytes = FileManager.default.contents(atPath: nameOrPath) else {
      throw WhiskerError(
        .missingFile, nameOrPath, expected: "a recipe file", got: "something that can't be read")
    }
    guard let text = String(bytes: bytes, encoding: .utf8) else {
      throw WhiskerError(
        .badRecipe, nameOrPath, expected: "a text file in UTF-8", got: "something that can't be read so")
    }
    try self.init(yaml: text, source: nameOrPath)
  }
}
