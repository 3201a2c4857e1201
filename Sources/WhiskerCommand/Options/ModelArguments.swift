import ArgumentParser
import Foundation
import Whisker

/// Models on a command line, and what comes after them.
struct ModelArguments {
  /// The models, as they were written.
  let models: [String]
  /// What follows.
  let rest: [String]

  static let help: ArgumentHelp = """
    A model file (.safetensors, .keras, .h5) or checkpoint; a run, for its best.safetensors, or model.safetensors without \
    one; or a cross-validation, for the model.safetensors of all its folds.
    """

  /// Takes the models from the beginning of the arguments: the first argument is one whatever it is, so that reading it says
  /// what is wrong with it, and so are those after it that look like models.
  ///
  /// - Parameters:
  ///   - arguments: At least one.
  ///   - name: What the others are, in words for errors.
  /// - Throws: Wrong usage for a model that comes after something else.
  init(_ arguments: [String], then name: String) throws {
    let others = arguments.dropFirst()
    let end = others.firstIndex { !ModelList.isModel($0) } ?? arguments.endIndex
    (models, rest) = (Array(arguments[..<end]), Array(arguments[end...]))
    // By their names alone: there may be very many photos.
    let isThere = FileManager.default.fileExists(atPath: arguments[0])
    if isThere, !ModelList.isModel(arguments[0]), let model = others.first(where: ModelList.isNamedAsModel) {
      throw WhiskerError(
        .invalidSetting, arguments[0], expected: "models before \(name)", got: "\(model) after it")
    }
    if let stray = rest.first(where: ModelList.isNamedAsModel) {
      throw WhiskerError(
        .invalidSetting, stray, expected: "models before \(name)", got: "it after \(rest[0])")
    }
  }

  /// "model", or "3 models".
  var modelCount: String { models.count == 1 ? "model" : "\(models.count) models" }

  /// Finds the models that the arguments name.
  func list() throws -> ModelList { try ModelList(models) }
}

extension ForeignModelOptions {
  /// Reads models as one, and reports what had to be assumed about them.
  func ensemble(_ list: ModelList) throws -> ModelEnsemble {
    let models = try list.models(stating: statement())
    for (entry, saved) in zip(list.entries, models) { introduce(saved, entry.path) }
    return try ModelEnsemble(zip(list.entries, models).map { ModelEnsemble.Member($0.path, $1) })
  }
}
