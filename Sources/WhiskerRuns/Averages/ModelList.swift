import Foundation
import WhiskerDatasets
import WhiskerFormats
import WhiskerLayers
public import WhiskerSystem
import WhiskerTraining

/// Models named by a user, in the order given: files, runs, cross-validations and checkpoints.
///
/// A run's folder stands for its `best.safetensors`, or `model.safetensors` where there is no best. A cross-validation's folder
/// stands for the `model.safetensors` of each fold, which is what its figures are of. A run's checkpoint stands for the
/// run's model with the weights that it had then, averaged ones where averages are kept.
public struct ModelList: Hashable, Sendable {
  /// One model.
  public struct Entry: Hashable, Sendable {
    /// The file, as the user wrote it or below what the user wrote.
    public let path: String
    /// The file of the run's model whose weights a checkpoint has; nil for a model file.
    let frame: String?
  }

  /// The models, each once.
  public let entries: [Entry]

  /// Finds the models.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError``: `missingFile` for a run, a fold or a checkpoint's run without a model;
  ///   `invalidSetting` for a model that is named twice, or a learning curve, which keeps none.
  public init(_ names: [String]) throws(WhiskerError) {
    var entries: [Entry] = []
    for name in names { entries += try ModelList.entries(of: name) }
    var places: [String: String] = [:]
    for entry in entries {
      let place = URL(fileURLWithPath: entry.path).resolvingSymlinksInPath().standardizedFileURL.path
      if let other = places.updateValue(entry.path, forKey: place) {
        throw WhiskerError(
          .invalidSetting, entry.path, expected: "each model once",
          got: other == entry.path ? "it twice" : "it and \(other), the same file")
      }
    }
    self.entries = entries
  }

  /// Whether a name is a model's, and not that of a photo or of a folder of photos: by ``isNamedAsModel(_:)``, or the file's first
  /// bytes.
  public static func isModel(_ name: String) -> Bool {
    if isNamedAsModel(name) { return true }
    guard kind(of: name) == .file else { return false }
    switch FileKind(of: URL(fileURLWithPath: name)) {
    case .model, .torch: return true
    case .foreign, .unknown: return false
    }
  }

  /// The same without looking into files: by the ending of a name, whether it is there or not, or as the folder of a run or of a
  /// series.
  public static func isNamedAsModel(_ name: String) -> Bool {
    let url = URL(fileURLWithPath: name)
    return endings.contains(url.pathExtension.lowercased())
      || kind(of: name) == .folder && RunContents(of: url).kind != nil
  }

  private static let endings: Set = ["safetensors", "keras", "h5", "hdf5", "pth", "pt", "onnx"]

  /// Reads the models; what is stated of another program's is ignored for Whisker's own if there are both.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` as ``SavedModel``.
  public func models(stating statement: ModelStatement = .init()) throws(WhiskerError) -> [SavedModel] {
    var minor = statement
    minor.isMinor = entries.count > 1
    var models: [SavedModel] = []
    for entry in entries { models.append(try entry.model(minor)) }
    // A statement that no file needs is refused as for one model.
    if let first = entries.first, !models.contains(where: \.isForeign) { _ = try first.model(statement) }
    return models
  }

  // MARK: Finding

  private enum Kind { case nothing, file, folder }

  private static func kind(of name: String) -> Kind {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) else { return .nothing }
    return isFolder.boolValue ? .folder : .file
  }

  private static func entries(of name: String) throws(WhiskerError) -> [Entry] {
    switch kind(of: name) {
    // Whoever reads it says what is wrong.
    case .nothing: return [Entry(path: name, frame: nil)]
    case .file:
      guard Checkpoint.isOne(URL(fileURLWithPath: name)) else { return [Entry(path: name, frame: nil)] }
      return [Entry(path: name, frame: try frame(ofCheckpoint: name))]
    case .folder:
      switch RunContents(of: URL(fileURLWithPath: name, isDirectory: true)).kind {
      case nil: return [Entry(path: name, frame: nil)]
      case .run?: return [Entry(path: try model(ofRun: name, [fileNames.best, fileNames.model]), frame: nil)]
      case .crossValidation?: return try folds(of: name)
      case .learningCurve?:
        throw WhiskerError(
          .invalidSetting, name, expected: "a model, a run or a cross-validation",
          got: "a learning curve, whose models aren't kept")
      }
    }
  }

  private static let fileNames = (best: RunFolder.FileName.best, model: RunFolder.FileName.model)

  private static func model(ofRun name: String, _ files: [String]) throws(WhiskerError) -> String {
    let paths = files.map { name.appendingPath($0) }
    guard let path = paths.first(where: { kind(of: $0) == .file }) else {
      throw WhiskerError(
        .missingFile, name, expected: "\(files.joined(separator: " or ")) in the run",
        got: "none: it has no epoch behind it yet")
    }
    return path
  }

  private static func folds(of name: String) throws(WhiskerError) -> [Entry] {
    let url = URL(fileURLWithPath: name, isDirectory: true)
    guard let folders = CrossValidation.folderNames(in: url), !folders.isEmpty else {
      throw WhiskerError(
        .badSeries, name, expected: "a cross-validation with folds that were measured", got: "none yet")
    }
    var entries: [Entry] = []
    for folder in folders {
      entries.append(
        Entry(path: try model(ofRun: name.appendingPath(folder), [fileNames.model]), frame: nil))
    }
    return entries
  }

  private static func frame(ofCheckpoint name: String) throws(WhiskerError) -> String {
    let run = URL(fileURLWithPath: name).deletingLastPathComponent().deletingLastPathComponent()
    let file = run.appendingPathComponent(RunFolder.FileName.model).path
    guard kind(of: file) == .file else {
      throw WhiskerError(
        .missingFile, file, expected: "the run's model, in which the checkpoint \(name) has its weights",
        got: "none: it is written after the first epoch")
    }
    return file
  }
}

extension ModelList.Entry {
  /// The run that the model belongs to; nil for a file elsewhere.
  var run: URL? {
    let file = URL(fileURLWithPath: frame ?? path)
    let folder = file.deletingLastPathComponent()
    return RunContents(of: folder).kind == .run ? folder : nil
  }

  fileprivate func model(_ statement: ModelStatement) throws(WhiskerError) -> SavedModel {
    let url = URL(fileURLWithPath: path)
    guard let frame else { return try SavedModel(contentsOf: url, stating: statement) }
    let checkpoint = try Checkpoint(contentsOf: url)
    var saved = try SavedModel(contentsOf: URL(fileURLWithPath: frame), stating: statement)
    do throws(WhiskerError) {
      try saved.model.setWeights(checkpoint.state.result.weights)
    } catch {
      throw error.inside(path).with(.badCheckpoint)
    }
    // The optimizer's state is that of the end.
    saved.optimizer = nil
    return saved
  }
}
