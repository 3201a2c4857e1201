import Foundation
package import WhiskerSystem

/// What is often taken for a model file and isn't one that can be read.
package enum ForeignFile: Hashable, Sendable {
  /// The few lines that Git keeps in the place of a large file.
  case lfsPointer
  /// A page that shows or refuses a download.
  case webPage
  /// Nothing at all.
  case empty
  /// A ZIP archive of other files, with their names.
  case packed(contents: [String])
  /// A file packed by another program: gzip and the like.
  case compressed(by: String)
  /// TensorFlow's folder `saved_model.pb`, `variables/`, …, or its file.
  case savedModel
  /// The folder of an unpacked `.keras` file.
  case unpackedKeras
  /// TensorFlow Lite's file.
  case lite
  /// A frozen graph of TensorFlow's, or a checkpoint of variables: the program's own form without layers.
  case tensorFlow(String)
  /// ONNX, which is only written.
  case onnx
  /// A description in JSON without weights: Keras's `to_json`, TensorFlow.js.
  case description
  /// Anything pickled by Python.
  case pickle

  /// What a file is by its beginning and the ending of its name; nil for anything else.
  init?(_ beginning: [UInt8], ending: String) {
    func begins(_ bytes: [UInt8], at place: Int = 0) -> Bool {
      beginning.dropFirst(place).starts(with: bytes)
    }
    let text = String(decoding: beginning.prefix(512).drop { $0 <= 0x20 || $0 >= 0xBB }, as: UTF8.self)
      .lowercased()
    switch true {
    case beginning.isEmpty: self = .empty
    case text.hasPrefix("version https://git-lfs"): self = .lfsPointer
    case text.hasPrefix("<!doctype html"), text.hasPrefix("<html"), text.hasPrefix("<?xml"): self = .webPage
    case text.hasPrefix("{"): self = .description
    case begins(Array("TFL3".utf8), at: 4): self = .lite
    case begins([0x1F, 0x8B]): self = .compressed(by: "gzip")
    case begins([0x42, 0x5A, 0x68]): self = .compressed(by: "bzip2")
    case begins([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]): self = .compressed(by: "xz")
    case begins([0x37, 0x7A, 0xBC, 0xAF]): self = .compressed(by: "7-Zip")
    case begins(Array("Rar!".utf8)): self = .compressed(by: "RAR")
    case begins([0x28, 0xB5, 0x2F, 0xFD]): self = .compressed(by: "Zstandard")
    case begins([0x80]) && beginning.count > 1 && (2...5).contains(beginning[1]): self = .pickle
    // Protocol buffers have no mark of their own.
    case ending == "onnx" && begins([0x08]): self = .onnx
    case ending == "tflite": self = .lite
    case ending == "pb" && begins([0x08, 1, 0x12]): self = .savedModel
    case ending == "pb" || ending == "pbtxt": self = .tensorFlow("a graph of TensorFlow's (.\(ending))")
    case ["index", "ckpt", "meta"].contains(ending) || ending.hasPrefix("data-0"):
      self = .tensorFlow("a checkpoint of TensorFlow's (.\(ending))")
    default: return nil
    }
  }

  /// What a folder is by the names in it; nil for any other.
  init?(folder: URL) {
    func holds(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
    }
    if holds("saved_model.pb") || holds("saved_model.pbtxt") {
      self = .savedModel
    } else if holds("config.json"), holds("model.weights.h5") {
      self = .unpackedKeras
    } else {
      return nil
    }
  }

  /// What an error calls it.
  private var name: String {
    switch self {
    case .lfsPointer: "a pointer of Git LFS, which stands for the file"
    case .webPage: "a web page"
    case .empty: "an empty file"
    case .packed(let contents): "a ZIP archive of \(ForeignFile.summary(of: contents))"
    case .compressed(let program): "a file packed by \(program)"
    case .savedModel: "a SavedModel of TensorFlow's"
    case .unpackedKeras: "a .keras file that was unpacked into a folder"
    case .lite: "a model of TensorFlow Lite's"
    case .tensorFlow(let what): what
    case .onnx: "ONNX, which is only written"
    case .description: "JSON: a description without weights"
    case .pickle: "a pickle of Python's, which could run code"
    }
  }

  /// What is in an archive, by the names that matter.
  private static func summary(of contents: [String]) -> String {
    guard !contents.contains(where: { $0.hasSuffix("saved_model.pb") }) else {
      return "a SavedModel of TensorFlow's"
    }
    let endings = [".keras", ".h5", ".hdf5", ".safetensors", ".tflite", ".onnx", ".pb", ".pth", ".pt"]
    let models = contents.filter { name in endings.contains { name.lowercased().hasSuffix($0) } }
    let named = models.isEmpty ? contents : models
    let list = named.prefix(3).joined(separator: ", ")
    return list.isEmpty ? "nothing" : list + (named.count > 3 ? ", …" : "")
  }

  /// The code of an error about it.
  var code: WhiskerError.Code {
    switch self {
    case .lfsPointer: .lfsPointer
    case .webPage: .webPage
    case .empty: .notThisFormat
    case .packed, .compressed: .packedModel
    case .savedModel: .tensorFlowModel
    case .unpackedKeras: .unpackedModel
    case .lite, .tensorFlow, .onnx, .description, .pickle: .otherFormat
    }
  }

  /// The error about a file or folder that was given as a model and isn't one.
  package func error(at path: String) -> WhiskerError {
    WhiskerError(code, path, expected: "a model file", got: name)
  }
}
