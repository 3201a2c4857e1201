import ArgumentParser
import Foundation
import Whisker

/// What a shell offers to complete an argument with.
extension CompletionKind {
  /// Model files, of every format that can be read.
  static let model = CompletionKind.file(extensions: ["safetensors", "keras", "h5"])

  /// Files of weights: models, and PyTorch's state dicts.
  static let weights = CompletionKind.file(extensions: ["safetensors", "keras", "h5", "pth", "pt"])

  /// The files that a model can be converted to.
  static let converted = CompletionKind.file(extensions: ["safetensors", "keras", "h5", "onnx"])

  /// Pictures that are drawn.
  static let picture = CompletionKind.file(extensions: ["png", "jpg", "jpeg"])

  /// The names of published networks.
  static let network = CompletionKind.list(PretrainedNetwork.allCases.map(\.rawValue))

  /// The built-in recipes, and recipe files; in a folder too, once its name is typed.
  static let recipe = CompletionKind.custom { _, _, typed in
    let folder = String(
      typed[..<(typed.lastIndex(of: "/").map { typed.index(after: $0) } ?? typed.startIndex)])
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
    let files = names.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.sorted().map { folder + $0 }
    return (folder.isEmpty ? Recipe.builtInNames : []) + files
  }
}
