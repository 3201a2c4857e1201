public import Foundation
import WhiskerLayers
public import WhiskerSystem

/// The formats of whole models, chosen by the file extension.
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
  /// Reads a model file in the format that its extension says.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError``.
  public init(contentsOf url: URL) throws(WhiskerError) {
    switch try ModelFormat(of: url) {
    case .safetensors: self = try ModelFile.model(contentsOf: url)
    case .keras: self = try KerasArchive.model(contentsOf: url)
    case .hdf5: self = try KerasH5File.model(HDF5File(contentsOf: url).root, file: url.path)
    }
  }

  /// Writes a model file in the format that its extension says, completely or not at all; the same model gives
  /// the same bytes.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`, or `notThisFormat` for another extension.
  public func write(to url: URL) throws(WhiskerError) {
    switch try ModelFormat(of: url) {
    case .safetensors: try ModelFile.write(self, to: url)
    case .keras: try KerasArchive.write(self, to: url)
    case .hdf5: try HDF5File.write(KerasH5File.tree(self, file: url.path), to: url)
    }
  }
}
