import Whisker

/// What the user of the command can do about an error: the options that help, which libraries don't know.
struct Hint: CustomStringConvertible {
  let description: String

  /// Nil where the error says all there is to say.
  init?(_ code: WhiskerError.Code) {
    switch code {
    case .runExists: description = "resume it with --resume, or use --overwrite or another --output"
    case .notResumable: description = "use --overwrite or another --output"
    case .runChanged: description = "leave them as they were, or start again with --overwrite"
    case .dataChanged: description = "put them back, or start again with --overwrite"
    case .badSeries: description = "start again with --overwrite"
    case .cannotWriteRun:
      description = "free some space or give the right to write, then resume with --resume"
    case .nameTaken: description = "use --overwrite to replace the file"
    case .flatFolder: description = "run `whisker split` first"
    case .noTrainFolder: description = "`whisker split` makes one, and the others next to it"
    case .tooFewForValidation:
      description =
        "add photos, or give a larger --validation-split; whisker train --no-validation holds back none"
    case .groupsTooLarge: description = "--no-keep-groups divides them all the same"
    case .noValidationPhotos:
      description = "let `whisker split` make some, or hold back a share with --validation-split"
    case .fetchFailed: description = "a file of them is given with --weights"
    case .unpublishedWeights: description = "give it with --weights"
    case .missingPhotos: description = "say with --data where they are"
    case .lfsPointer: description = "get the file itself with `git lfs pull`, or download it"
    case .webPage: description = "download the file itself, not the page about it"
    case .packedModel: description = "unpack it and name the model file in it"
    case .unpackedModel:
      description = "pack what is in the folder as a ZIP archive, its name ending in .keras"
    case .tensorFlowModel:
      description =
        "its layers are code: load the model where it was made and save it with model.save(\"model.keras\")"
    case .otherFormat, .weightsAlone:
      description = "save the whole model as .keras, .h5 or .safetensors where it was made"
    case .openInputSize: description = "state it with --image-size"
    case .severalOutputs: description = "choose it with --output-layer"
    case .unknownPreprocessing:
      description = "state it with --preprocessing, or in the recipe: base: {model: …, preprocessing: …}"
    case .notProbabilities: description = "if they are logits, say so with --logits"
    default: return nil
    }
  }
}

extension WhiskerError {
  /// The settings that options are for, by the names that libraries have for them.
  private static let options = [
    "epochs": "--epochs", "batch size": "--batch-size", "learning rate": "--learning-rate",
    "validation split": "--validation-split", "group by": "--group-by", "folds": "--folds",
    "repeats": "--repeats",
    "image size": "--image-size", "sizes": "--sizes", "per-class": "--per-class", "threads": "--threads",
    "steps per epoch": "--steps-per-epoch", "validation steps": "--validation-steps",
    "checkpoint steps": "--checkpoint-steps", "class names": "--class-names",
    "output layer": "--output-layer", "preprocessing": "--preprocessing",
    "rescale, resize, class names, outputs, output layer or image size":
      "--rescale, --resize, --class-names, --logits, --probabilities, --output-layer or --image-size",
  ]

  /// The same error about the option that the user gave, where it is about that option's setting.
  func namingOption() -> WhiskerError {
    if code == .badRecipe, let key = Self.keys.keys.first(where: { place.hasSuffix($0) }),
      let option = Self.keys[key], Self.isGiven(option)
    {
      return with(.invalidSetting, at: option)
    }
    guard code == .invalidSetting, let option = Self.options[place] else { return self }
    return Self.isGiven(option) ? with(at: option) : self
  }

  /// The same of a recipe's keys whose values are checked with the recipe.
  private static let keys = ["training.class_weight": "--class-weight"]

  private static func isGiven(_ option: String) -> Bool {
    CommandLine.arguments.contains { argument in
      option.split { " ,".contains($0) }.contains { argument == $0 || argument.hasPrefix("\($0)=") }
    }
  }
}
