public import Foundation
import WhiskerFormats
import WhiskerLayers
public import WhiskerSystem

/// Turns a file of a model or of weights into one of another format, chosen by the file extensions.
public struct ModelConversion: Sendable {
  /// A kind of file, by its extension.
  public enum Format: String, Sendable, CaseIterable {
    /// Whisker's own models, and weights without an architecture.
    case safetensors
    /// Keras 3's models.
    case keras
    /// Keras's older models.
    case h5, hdf5
    /// A model for other programs to run; written only.
    case onnx
    /// A state dict of PyTorch's; read only.
    case pth
    /// The same.
    case pt

    /// The format of a file.
    ///
    /// - Throws: ``WhiskerSystem/WhiskerError`` with `invalidSetting`, naming the known extensions.
    public init(of url: URL) throws(WhiskerError) {
      guard let format = Format(rawValue: url.pathExtension.lowercased()) else {
        let endings = Format.allCases.map { ".\($0.rawValue)" }.joined(separator: ", ")
        throw WhiskerError(
          .invalidSetting, url.path,
          expected: "a name ending in one of \(endings)", got: "\"\(url.lastPathComponent)\"")
      }
      self = format
    }

    /// The format of a file that is read: by its first bytes, else by its name.
    ///
    /// - Throws: ``WhiskerSystem/WhiskerError`` with `invalidSetting`, or a code that says what the file is.
    init(reading url: URL) throws(WhiskerError) {
      switch FileKind(of: url) {
      case .model(.safetensors): self = .safetensors
      case .model(.keras): self = .keras
      case .model(.hdf5): self = .h5
      case .torch: self = .pth
      case .foreign(.onnx): self = .onnx
      case .foreign(let file): throw file.error(at: url.path)
      case .unknown: self = try Format(of: url)
      }
    }

    /// Whether it holds weights by name but no layers.
    var isStateDict: Bool { self == .pth || self == .pt }
  }

  /// What a conversion made.
  public struct Outcome: Sendable {
    /// How many tensors were written.
    public let tensorCount: Int
    /// What the new file leaves out or changes, in words for the user.
    public let lost: [String]
    /// Whether neither file says how photos become inputs and what the classes are called.
    public var lacksStatement = false
  }

  /// The file to read.
  public let source: URL
  /// The file to write.
  public let target: URL
  private let formats: (source: Format, target: Format)
  private let statement: ModelStatement

  /// A conversion, checked before anything is read.
  ///
  /// - Parameters:
  ///   - source: The file to read.
  ///   - target: The file to write.
  ///   - overwrites: Whether an existing file of the new name may be replaced.
  ///   - statement: What is known about another program's model and isn't in its file; the new file stores it.
  /// - Throws: ``WhiskerSystem/WhiskerError``: `invalidSetting` if a name's ending is unknown, the two don't go together or something
  ///   is stated of weights without a model;
  ///   `missingFile`; `cannotWrite` if the new file is already there, or can't be written.
  public init(
    from source: URL, to target: URL, overwrites: Bool = false, stating statement: ModelStatement = .init()
  ) throws(WhiskerError) {
    self.source = source
    self.target = target
    self.statement = statement
    guard FileManager.default.fileExists(atPath: source.path) else {
      throw WhiskerError(
        .missingFile, source.path, expected: "a file to convert", got: "nothing of this name")
    }
    formats = (try Format(reading: source), try Format(of: target))
    switch formats {
    case (.onnx, _):
      throw WhiskerError(
        .invalidSetting, source.path, expected: "a model or weights to read",
        got: "ONNX, which is only written")
    case (_, .pth), (_, .pt):
      throw WhiskerError(
        .invalidSetting, target.path,
        expected: ".safetensors, .keras, .h5 or .onnx to write",
        got: ".\(formats.target.rawValue): PyTorch reads safetensors"
      )
    case (.pth, .onnx), (.pt, .onnx):
      throw WhiskerError(
        .invalidSetting, target.path,
        expected: ".safetensors for PyTorch's weights",
        got: ".onnx: a state dict doesn't say what is computed with them"
      )
    case (.pth, .keras), (.pth, .h5), (.pth, .hdf5), (.pt, .keras), (.pt, .h5), (.pt, .hdf5):
      throw WhiskerError(
        .invalidSetting, target.path,
        expected: ".safetensors for PyTorch's weights",
        got: ".\(formats.target.rawValue): a state dict has no layers"
      )
    case (.safetensors, _), (.keras, _), (.h5, _), (.hdf5, _), (.pth, .safetensors), (.pt, .safetensors):
      break
    }
    if formats.source.isStateDict { try statement.requireNothing() }
    guard source.resolvingSymlinksInPath().path != target.resolvingSymlinksInPath().path else {
      throw WhiskerError(
        .invalidSetting, target.path, expected: "another name than the source's", got: "the same")
    }
    var status = stat()
    // A broken link counts as existing too.
    guard overwrites || lstat(target.path, &status) != 0 else {
      throw WhiskerError(
        .nameTaken, target.path, expected: "a new name", got: "one that is taken")
    }
    try AtomicFile.check(replacing: target)
  }

  /// Converts the file; the new file appears whole or not at all.
  ///
  /// - Parameter progress: Called with the number of tensors read and of all, where there are many.
  /// - Throws: ``WhiskerSystem/WhiskerError``, each naming the file;
  ///   `CancellationError` if the task was cancelled before the file was read.
  public func run(
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> Outcome {
    if formats.source.isStateDict { return try convertStateDict(progress) }
    if formats.target != .onnx && statement == ModelStatement(choices: statement.choices) {
      return try convertModel()
    }
    let model = try SavedModel(contentsOf: source, stating: statement)
    try Task.checkCancellation()
    var lost = model.trainingRemarks + model.remarks
    if formats.target == .onnx {
      lost += try await model.writeONNX(to: target)
    } else {
      try await model.write(to: target)
      lost += lostOptimizer(model.optimizer)
    }
    lost += model.assumptions.map { "the file doesn't say how it's to be used; assumed, and now said: \($0)" }
    return Outcome(tensorCount: try model.model.network().weights.count, lost: lost)
  }

  /// From one format of models to another: with whatever the file says, and nothing that it doesn't.
  private func convertModel() throws -> Outcome {
    let model = try StoredModel(contentsOf: source, choices: statement.choices)
    try Task.checkCancellation()
    try model.write(to: target)
    var lost = model.readingRemarks + model.remarks + lostOptimizer(model.optimizer)
    if formats.target == .safetensors, model.lossTakesLogits {
      lost.append("that its outputs are logits, as its loss says, which safetensors models don't have")
    }
    if !SavedModel.isOwn(model), ForeignModel.takesPhotos(model.network) {
      lost.append(
        "the file doesn't say how photos become inputs and what the classes are called, nor does the new one")
      return Outcome(tensorCount: model.state.weights.count, lost: lost, lacksStatement: true)
    }
    return Outcome(tensorCount: model.state.weights.count, lost: lost)
  }

  private func lostOptimizer(_ optimizer: Optimizer?) -> [String] {
    guard formats.target == .safetensors, formats.source != .safetensors, optimizer != nil else { return [] }
    return ["the optimizer and its state, which safetensors models don't have"]
  }

  private func convertStateDict(_ progress: (Int, Int) -> Void) throws -> Outcome {
    let file = try TorchFile(contentsOf: source)
    let names = file.tensorNames
    guard !names.isEmpty else {
      throw WhiskerError(.missingTensor, source.path, expected: "tensors", got: "a file without any")
    }
    var done = 0
    try SafeTensorsFile.write(
      names.map { ($0, file.shape(of: $0) ?? []) }, metadata: file.notes, to: target
    ) { name throws(WhiskerError) in
      let tensor = try file.tensor(name)
      done += 1
      progress(done, names.count)
      return tensor
    }
    return Outcome(
      tensorCount: names.count,
      lost: [
        "a state dict holds tensors without the layers: the new file holds them too, under PyTorch's names and with "
          + "PyTorch's axes, and isn't a model that Whisker can run",
        "every number became a 32-bit float",
      ])
  }
}
