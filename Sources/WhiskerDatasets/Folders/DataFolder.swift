public import Foundation
public import WhiskerSystem

/// Data as the command reads it: a folder with `train/` and perhaps `validation/` and `test/` in it, by these or
/// other common names; a folder of class folders, all of whose photos are for training; or a table.
public struct DataFolder: Hashable, Sendable {
  /// The photos to train on.
  public let train: PhotoFolder
  /// The photos to watch while training, labelled as those of ``train``; nil if there are none.
  public let validation: PhotoFolder?
  /// The files of all photos in a folder, whatever its layout, or in a table; a folder that can't be read
  /// counts as empty.
  package static func photoFiles(in data: URL) -> [String] {
    guard !PhotoTable.isTable(data.path) else {
      guard let table = try? PhotoTable(contentsOf: data, minimumClasses: 1) else { return [] }
      return SplitName.allCases.compactMap { table.photos(of: $0) }.flatMap { folder in
        folder.photos.map { folder.path(of: $0) }
      }
    }
    return ((try? PhotoSearch(root: data.path, folder: ""))?.paths ?? []).map { data.path.appendingPath($0) }
  }

  /// The photos kept for the end, if there are any and they are labelled as those of ``train``; only looked at to warn
  /// of photos that are trained on too, and to count them.
  public let test: PhotoFolder?
  /// The photos that a part is measured on after everything was chosen on ``validation``; nil where nothing is
  /// chosen, and ``validation`` is used for measuring.
  public let measured: PhotoFolder?
  /// Existing validation photos that aren't used, since a fold of the training photos takes their place.
  public let unusedValidation: PhotoFolder?
  /// What isn't used: photos next to the class folders, folders next to those of the split.
  public let passedOver: [String]

  /// Finds the photos to train on.
  ///
  /// - Parameters:
  ///   - data: A folder, or a CSV file (``PhotoTable``).
  ///   - share: What part of the training photos to hold back for validation (``PhotoFolder/split(validation:)``), where
  ///     there are no others for it; nil for none (``usualValidationSplit(with:)`` says what is usual).
  ///   - part: Which of the training photos to take; nil for all. With a fold there is no share to hold back.
  ///   - groups: Which of the training photos belong together, by their paths: all photos of a group are trained on or
  ///     none, and all are in one fold.
  ///   - choosing: What share of a part's training photos to choose on, so that nothing is chosen on the photos
  ///     that it is measured on: these are then ``measured``, and the share is ``validation``. Nil if nothing
  ///     is chosen; ignored without a part.
  /// - Throws: ``WhiskerSystem/WhiskerError``: those of ``PhotoFolder`` and ``PhotoTable``; `noTrainFolder` if there are parts of
  ///   a split, but none to train on; `ambiguousParts`; `invalidSetting` if there are validation photos already;
  ///   `tooFewForValidation`, `tooFewPhotos`.
  public init(
    forTraining data: URL, validationSplit share: Double? = nil, part: DataPart? = nil,
    groups: PhotoGroups? = nil, choosing: Double? = nil
  ) throws(WhiskerError) {
    let isFold = if case .fold = part { true } else { false }
    var found = try PhotoTable.isTable(data.path) ? Self.table(data) : Self.folders(data)
    passedOver = found.passedOver
    if let groups { found.train = found.train.joining(groups) }
    if let share {
      try requireSetting(!isFold, "validation split", expected: "none together with folds", got: "\(share)")
      try requireSetting(
        found.validation == nil, "validation split",
        expected: "none for data that has validation photos", got: "\(share)")
      (found.train, found.validation) = try found.train.split(validation: share)
    }
    unusedValidation = isFold ? found.validation : nil
    var measured: PhotoFolder?
    if let part {
      switch part {
      case .fold(let number, let count, let seed):
        (found.train, found.validation) = try found.train.fold(number, of: count, seed: seed)
      case .sample(let count, let seed): found.train = try found.train.sample(count, seed: seed)
      }
      if let choosing, let validation = found.validation {
        measured = validation
        (found.train, found.validation) = try found.train.holdingBack(choosing, seed: part.seed)
      }
    }
    self.measured = measured
    (train, validation, test) = (found.train, found.validation, found.test)
  }

  /// Photos that were found before.
  package init(
    train: PhotoFolder, validation: PhotoFolder?, test: PhotoFolder?, measured: PhotoFolder? = nil
  ) {
    (self.train, self.validation, self.test, self.measured) = (train, validation, test, measured)
    unusedValidation = nil
    passedOver = []
  }

  private struct Parts {
    var train: PhotoFolder
    var validation: PhotoFolder?
    var test: PhotoFolder?
    var passedOver: [String] = []
  }

  private static func table(_ url: URL) throws(WhiskerError) -> Parts {
    let table = try PhotoTable(contentsOf: url)
    guard let train = try table.usablePhotos(of: .train, namingStrays: true) else {
      throw WhiskerError(.badTable, url.path, expected: "rows of the split \"train\"", got: "none")
    }
    // Problems with the test photos are for `evaluate` and `inspect` to report.
    let test = table.photos(of: .test).flatMap { $0.photos.isEmpty ? nil : $0 }
    return Parts(
      train: train, validation: try table.usablePhotos(of: .validation, namingStrays: false), test: test)
  }

  private static func folders(_ data: URL) throws(WhiskerError) -> Parts {
    let split = try SplitFolders(in: data)
    if split.listing.entries.isEmpty { throw WhiskerError(.emptyFolder, data.path, "the folder is empty") }
    guard split.isSplit || !split.strayParts.isEmpty else {
      let train = try PhotoFolder(scanning: data)
      return Parts(train: train, passedOver: train.passedOver)
    }
    guard let root = split.url(of: .train) else {
      throw WhiskerError(
        .noTrainFolder, split.rootPath,
        expected: "a folder \"train\" with one folder per class in it",
        got: split.isSplit ? split.named.map(\.name).listed() : split.listing.entries.map(\.name).listed())
    }
    let train = try PhotoFolder(scanning: root)
    var validation: PhotoFolder?
    if let root = split.url(of: .validation) {
      validation = try PhotoFolder(scanning: root, expecting: train.classNames)
    }
    // Problems with these are for `evaluate` and `inspect` to report.
    let test = split.url(of: .test).flatMap { try? PhotoFolder(scanning: $0, expecting: train.classNames) }
    let beside = [(SplitName.train, train.passedOver), (.validation, validation?.passedOver ?? [])]
      .flatMap { part, names in names.map { (split.parts[part]?.path ?? "").appendingPath($0) } }
    // A folder with photos would be missed; anything else there, such as a run, is none of our business.
    let lost = split.passedOver.filter { name in
      let url = URL(fileURLWithPath: data.path.appendingPath(name), isDirectory: true)
      return (try? PhotoFolder(scanning: url, minimumClasses: 1)) != nil
    }
    return Parts(train: train, validation: validation, test: test, passedOver: lost + beside)
  }

  /// Finds the photos to evaluate a model on: the class folders in `root`, or in its `test/` if it is a split; or the
  /// photos of a table, of its split `test` if it has splits.
  ///
  /// Class folders win: a model whose classes are called `train` and `test` still finds its photos.
  ///
  /// - Parameters:
  ///   - root: The folder or CSV file that the user named.
  ///   - classNames: The model's classes in the order of its labels; nil takes what is found.
  /// - Throws: ``WhiskerSystem/WhiskerError``: those of ``PhotoFolder`` and ``PhotoTable``, and `missingFolder` for a split without
  ///   `test/`.
  public static func forEvaluation(
    _ root: URL, expecting classNames: [String]? = nil
  ) throws(WhiskerError) -> PhotoFolder {
    if PhotoTable.isTable(root.path) {
      let table = try PhotoTable(contentsOf: root, expecting: classNames)
      let split: SplitName = table.hasSplits ? .test : .train
      guard let photos = try table.usablePhotos(of: split, namingStrays: true) else {
        throw WhiskerError(
          .badTable, root.path,
          expected: "rows\(table.hasSplits ? " of the split \"test\"" : "")", got: "none")
      }
      return photos
    }
    let split = try SplitFolders(in: root, expecting: classNames)
    guard split.isSplit else { return try PhotoFolder(scanning: root, expecting: classNames) }
    guard let test = split.url(of: .test) else {
      let other = split.url(of: .train) ?? split.url(of: .validation) ?? root
      throw WhiskerError(
        .missingFolder, split.standardURL(of: .test).path,
        "there is no such folder; name the folder to evaluate on, such as \(other.path)")
    }
    return try PhotoFolder(scanning: test, expecting: classNames)
  }
}

extension DataFolder {
  /// Where the photos of a part are, as training looks for them.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError``: `missingFolder`, `notAFolder`, `cannotRead`, or `missingFile` for a table.
  package static func root(of split: SplitName, in data: URL) throws(WhiskerError) -> URL {
    guard !PhotoTable.isTable(data.path) else {
      guard FileKind(of: data.path) == .file else {
        throw WhiskerError(.missingFile, data.path, expected: "a CSV file", got: "nothing of this name")
      }
      return data.deletingLastPathComponent()
    }
    let folders = try SplitFolders(in: data)
    guard folders.parts[.train] != nil else { return data }
    return folders.url(of: split) ?? folders.standardURL(of: split)
  }

  /// The photos kept for the end, if there are any and they are labelled with the classes.
  package static func test(of data: URL, expecting classNames: [String]) -> PhotoFolder? {
    guard !PhotoTable.isTable(data.path) else {
      let found = (try? PhotoTable(contentsOf: data, expecting: classNames))?.photos(of: .test)
      return found.flatMap { $0.photos.isEmpty ? nil : $0 }
    }
    let folder = (try? SplitFolders(in: data, expecting: classNames))?.url(of: .test)
    return folder.flatMap { try? PhotoFolder(scanning: $0, expecting: classNames) }
  }

  /// The parts of a split that data has, and what each is called there; none if it isn't split.
  ///
  /// - Parameters:
  ///   - data: A folder or a CSV file.
  ///   - classNames: A model's classes: folders of just these names aren't parts.
  /// - Throws: ``WhiskerSystem/WhiskerError``: those of ``PhotoTable``; `missingFolder`, `notAFolder`, `cannotRead`,
  ///   `ambiguousParts`.
  public static func parts(
    of data: URL, expecting classNames: [String]? = nil
  ) throws(WhiskerError) -> [NamedPart] {
    try PhotoTable.isTable(data.path)
      ? PhotoTable(contentsOf: data, minimumClasses: 1).named
      : SplitFolders(in: data, expecting: classNames).named
  }
}
