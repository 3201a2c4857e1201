public import Foundation
import WhiskerLayers
public import WhiskerSystem

/// The formats of whole models.
///
/// A file that is written is of the format that its extension says; one that is read is of the format that its
/// first bytes say.
public enum ModelFormat: String, Hashable, Sendable, CaseIterable {
  /// Whisker's own: tensors with a description in the metadata.
  case safetensors
  /// Keras 3's archive.
  case keras
  /// Keras's older HDF5 file.
  case hdf5

  /// The extensions of the format's files, the usual one first.
  public var endings: [String] {
    switch self {
    case .safetensors: ["safetensors"]
    case .keras: ["keras"]
    case .hdf5: ["h5", "hdf5"]
    }
  }

  /// The format that a file's ending says, in capitals or not.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `notThisFormat`, naming the known extensions.
  public init(of url: URL) throws(WhiskerError) {
    let ending = url.pathExtension.lowercased()
    guard let format = ModelFormat.allCases.first(where: { $0.endings.contains(ending) }) else {
      let endings = ModelFormat.allCases.flatMap(\.endings).map { ".\($0)" }.joined(separator: ", ")
      throw WhiskerError(
        .notThisFormat, url.path,
        expected: "a model file, whose name ends in \(endings)",
        got: "\(ending.isEmpty ? "none of them" : ".\(ending)")"
      )
    }
    self = format
  }
}

extension StoredModel {
  /// Reads a model file in the format of its first bytes, whatever its name ends in.
  ///
  /// - Parameters:
  ///   - url: The file.
  ///   - choices: What the file leaves open.
  /// - Throws: ``WhiskerSystem/WhiskerError``: `openInputSize` or `severalOutputs` if the model leaves that open and it isn't
  ///   chosen, `invalidSetting` if it isn't for such; for what is no model file a code that says what it is, such as
  ///   `lfsPointer`.
  public init(contentsOf url: URL, choices: ModelChoices = .init()) throws(WhiskerError) {
    let format: ModelFormat
    switch FileKind(of: url) {
    case .model(let found): format = found
    case .foreign(let file): throw file.error(at: url.path)
    case .torch:
      throw WhiskerError(
        .weightsAlone, url.path, expected: "a model file",
        got: "PyTorch's weights: they don't say what is computed with them")
    case .unknown: format = try ModelFormat(of: url)
    }
    switch format {
    case .safetensors: self = try ModelFile.model(contentsOf: url)
    case .keras: self = try KerasArchive.model(contentsOf: url, choices: choices)
    case .hdf5:
      self = try KerasH5File.model(HDF5File(contentsOf: url).root, file: url.path, choices: choices)
    }
    if let output = choices.output, format == .safetensors {
      throw WhiskerError(
        .invalidSetting, "output layer", expected: "none for safetensors, which have one result",
        got: "\"\(output)\"")
    }
    guard let imageSize = choices.imageSize, network.input.rank == 3 else { return }
    let size = Size2D(height: network.input[0], width: network.input[1])
    guard size == imageSize else {
      throw WhiskerError(
        .invalidSetting, "image size", expected: "\(size), which the model is for", got: "\(imageSize)")
    }
  }

  /// Writes a model file in the format that its extension says, completely or not at all; the same model gives
  /// the same bytes.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`, or `notThisFormat` for another extension.
  public func write(to url: URL) throws(WhiskerError) {
    switch try ModelFormat(of: url) {
    case .safetensors: try ModelFile.write(self, to: url)
    case .keras: try KerasArchive.write(namedForKeras(url.path), to: url)
    case .hdf5: try HDF5File.write(KerasH5File.tree(namedForKeras(url.path), file: url.path), to: url)
    }
  }
}
