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
  /// Everything in the folders of ``train`` and ``validation``, and next to them, that isn't used; unreadable photos
  /// are counted by those who decode them.
  public let skipped: SkippedFiles

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
  ///   `tooFewForValidation`, `tooFewPhotos`, `groupsTooLarge`.
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
    skipped = found.skipped
  }

  /// Photos that were found before.
  package init(
    train: PhotoFolder, validation: PhotoFolder?, test: PhotoFolder?, measured: PhotoFolder? = nil
  ) {
    (self.train, self.validation, self.test, self.measured) = (train, validation, test, measured)
    unusedValidation = nil
    passedOver = []
    skipped = train.skipped
  }

  private struct Parts {
    var train: PhotoFolder
    var validation: PhotoFolder?
    var test: PhotoFolder?
    var passedOver: [String] = []
    var skipped = SkippedFiles()
  }

  private static func table(_ url: URL) throws(WhiskerError) -> Parts {
    let table = try PhotoTable(contentsOf: url)
    guard let listed = try table.usablePhotos(of: .train, namingStrays: true) else {
      throw WhiskerError(.badTable, url.path, expected: "rows of the split \"train\"", got: "none")
    }
    let train = listed.withoutEmptyClasses
    guard train.classNames.count > 1 else {
      throw WhiskerError(
        .oneClassOnly, url.path, expected: "rows of at least 2 classes to train on",
        got: train.classNames.listed())
    }
    let validation = try table.usablePhotos(of: .validation, namingStrays: false).map {
      (listed) throws(WhiskerError) in
      try Self.validation(listed, labeledAs: train, in: url)
    }
    // Problems with the test photos are for `evaluate` and `inspect` to report.
    let test = table.photos(of: .test)?.labeled(as: train.classNames).known.nonEmpty
    return Parts(train: train, validation: validation, test: test)
  }

  /// The validation photos of a table; rows of classes that nothing is trained on are named as rows that make no sense.
  private static func validation(
    _ listed: PhotoFolder, labeledAs train: PhotoFolder, in url: URL
  ) throws(WhiskerError) -> PhotoFolder {
    let (known, strangers) = listed.labeled(as: train.classNames)
    let named = known.naming(
      strangers.map { photo in
        UnreadablePhoto(
          row: photo.line ?? 0, of: url.lastPathComponent,
          reason: "expected a class with rows to train on, got \(listed.classNames[photo.classIndex].quoted)")
      })
    guard named.photos.isEmpty else { return named }
    throw WhiskerError(
      .badTable, url.path,
      "no row of the split \"validation\" can be used: \(named.unreadable.described)")
  }

  private static func folders(_ data: URL) throws(WhiskerError) -> Parts {
    let split = try SplitFolders(in: data)
    if split.listing.entries.isEmpty { throw WhiskerError(.emptyFolder, data.path, "the folder is empty") }
    guard split.isSplit || !split.strayParts.isEmpty else {
      let train = try PhotoFolder(scanning: split.classes)
      var skipped = split.litter
      skipped.add(train.skipped)
      return Parts(train: train, passedOver: train.passedOver, skipped: skipped)
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
      validation = try PhotoFolder(scanning: root, forSomeOf: train.classNames)
    }
    // Problems with these are for `evaluate` and `inspect` to report.
    let test = split.url(of: .test).flatMap { try? PhotoFolder(scanning: $0, forSomeOf: train.classNames) }
    let beside = [(SplitName.train, train.passedOver), (.validation, validation?.passedOver ?? [])]
      .flatMap { part, names in names.map { (split.parts[part]?.path ?? "").appendingPath($0) } }
    // A folder with photos would be missed; anything else there, such as a run, is none of our business.
    let lost = split.passedOver.filter { name in
      let url = URL(fileURLWithPath: data.path.appendingPath(name), isDirectory: true)
      return (try? PhotoFolder(scanning: url, minimumClasses: 1)) != nil
    }
    var skipped = split.litter
    for _ in lost { skipped.add(.outsideClasses, ending: SkippedFiles.folder) }
    skipped.add(train.skipped)
    if let validation { skipped.add(validation.skipped) }
    return Parts(
      train: train, validation: validation, test: test, passedOver: lost + beside, skipped: skipped)
  }

  /// Finds the photos to evaluate a model on: the class folders in `root`, or in its `test/` if it is a split; or the
  /// photos of a table, of its split `test` if it has splits.
  ///
  /// Class folders win: a model whose classes are called `train` and `test` still finds its photos. Photos of some of a
  /// model's classes are enough (``PhotoFolder/emptyClasses``).
  ///
  /// - Parameters:
  ///   - root: The folder or CSV file that the user named.
  ///   - classNames: The model's classes in the order of its labels; nil takes what is found.
  /// - Throws: ``WhiskerSystem/WhiskerError``: those of ``PhotoFolder`` and ``PhotoTable``, and `missingFolder` for a split without
  ///   `test/`.
  public static func forEvaluation(
    _ root: URL, expecting classNames: [String]? = nil
  ) throws(WhiskerError) -> PhotoFolder {
    if PhotoTable.isTable(root.path) { return try evaluatedTable(root, expecting: classNames) }
    let split = try SplitFolders(in: root, expecting: classNames)
    var folder = split.classes
    if split.isSplit {
      guard let test = split.url(of: .test) else {
        let other = split.url(of: .train) ?? split.url(of: .validation) ?? root
        throw WhiskerError(
          .missingFolder, split.standardURL(of: .test).path,
          "there is no such folder; name the folder to evaluate on, such as \(other.path)")
      }
      folder = test
    }
    guard let classNames else { return try PhotoFolder(scanning: folder).skipping(split.litter) }
    return try PhotoFolder(scanning: folder, forSomeOf: classNames).skipping(split.litter)
  }

  private static func evaluatedTable(
    _ url: URL, expecting classNames: [String]?
  ) throws(WhiskerError) -> PhotoFolder {
    let table = try PhotoTable(
      contentsOf: url, expecting: nil, minimumClasses: classNames == nil ? 2 : 1, needsClass: true)
    let split: SplitName = table.hasSplits ? .test : .train
    guard let photos = try table.usablePhotos(of: split, namingStrays: true) else {
      throw WhiskerError(
        .badTable, url.path,
        expected: "rows\(table.hasSplits ? " of the split \"test\"" : "")", got: "none")
    }
    guard let classNames else { return photos }
    let (known, strangers) = photos.labeled(as: classNames)
    guard let first = strangers.first else { return known }
    throw WhiskerError(
      .classMismatch, url.path, expected: "the classes \(classNames.listed())",
      got: photos.withoutEmptyClasses.classNames.listed(),
      note: first.line.map { "\(photos.classNames[first.classIndex].quoted) is in line \($0)" })
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
    guard folders.parts[.train] != nil else { return folders.isSplit ? data : folders.classes }
    return folders.url(of: split) ?? folders.standardURL(of: split)
  }

  /// The photos kept for the end, if there are any and they are labelled with the classes.
  package static func test(of data: URL, expecting classNames: [String]) -> PhotoFolder? {
    guard !PhotoTable.isTable(data.path) else {
      let found = (try? PhotoTable(contentsOf: data, minimumClasses: 1))?.photos(of: .test)
      return found?.labeled(as: classNames).known.nonEmpty
    }
    let folder = (try? SplitFolders(in: data, expecting: classNames))?.url(of: .test)
    return folder.flatMap { try? PhotoFolder(scanning: $0, forSomeOf: classNames) }
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
  /// What else is read as something though it isn't named so, in words: the folder that is wrapped around class folders,
  /// or the columns of a table and where its photos are.
  ///
  /// - Parameters:
  ///   - data: A folder or a CSV file.
  ///   - classNames: A model's classes: a folder of such a name is a class.
  /// - Throws: ``WhiskerSystem/WhiskerError``: as ``parts(of:expecting:)``.
  package static func readings(
    of data: URL, expecting classNames: [String]? = nil
  ) throws(WhiskerError) -> [String] {
    guard !PhotoTable.isTable(data.path) else {
      return try PhotoTable(contentsOf: data, minimumClasses: 1).readings
    }
    let wrapper = try SplitFolders(in: data, expecting: classNames).wrapper
    return wrapper.map { ["the folders in \($0.quoted) as classes"] } ?? []
  }
}

extension PhotoFolder {
  /// The same, or nil if there is no photo.
  fileprivate var nonEmpty: PhotoFolder? { photos.isEmpty ? nil : self }
}
