package import Foundation
package import WhiskerSystem

/// The folders of a split's parts: the one place that knows what they may be called and where they may lie.
///
/// A folder is a split's root if `train` is in it, or the training photos under another of their names together
/// with another part, or nothing but parts (``SplitName/init(commonName:)`` has the names). One folder may be
/// wrapped around the parts, and one within each, as archives unpack: `archive/training_set/training_set/cats`. Class
/// folders without a split may have one wrapper too: `PHOTOS/PHOTOS/cats`.
package struct SplitFolders {
  /// One part.
  package struct Part {
    /// The folder of the part's own name, below the data; it may hold just a wrapper.
    package let folder: String
    /// The folder that holds the class folders, below the data.
    package let path: String
  }

  /// The folder that was named.
  package let data: String
  /// The folder that the parts lie in, below the data; empty if that is the data itself.
  package let root: String
  /// What is in the data itself.
  package let listing: FolderListing
  /// The parts that are there; empty if the data isn't split.
  package let parts: [SplitName: Part]
  /// The only folder of the data, where that is just wrapped around class folders; nil without one, and for a split.
  package let wrapper: String?
  /// What nobody misses next to the parts, to the class folders' wrapper and to the parts' wrappers.
  package let litter: SkippedFiles
  /// What isn't used, below the data: folders and photos next to those of the parts.
  package let passedOver: [String]
  /// Where the data isn't split: folders that would be parts by their names, and that hold folders of classes.
  package let strayParts: [String]
  /// Whether it stays a split with one more folder next to its parts.
  let toleratesNeighbors: Bool

  /// The path of the folder that the parts lie in.
  package var rootPath: String { root.isEmpty ? data : data.appendingPath(root) }

  /// The folder that holds the class folders of data that isn't split.
  package var classes: URL {
    URL(fileURLWithPath: wrapper.map { data.appendingPath($0) } ?? data, isDirectory: true)
  }

  /// Whether there are parts of a split, rather than folders of classes.
  package var isSplit: Bool { !parts.isEmpty }

  /// Looks for the parts.
  ///
  /// - Parameters:
  ///   - data: The folder.
  ///   - classNames: A model's classes: folders of just these names are classes, whatever they are called.
  /// - Throws: ``WhiskerSystem/WhiskerError``: `missingFolder`, `notAFolder`, `cannotRead`; `ambiguousParts` if two
  ///   folders are the same part.
  package init(in data: URL, expecting classNames: [String]? = nil) throws(WhiskerError) {
    let path = data.path
    listing = try FolderListing(ofData: path)
    self.data = path
    var (root, inner) = ("", listing)
    var wrapper: String?
    var litter = SkippedFiles()
    let isClass = listing.onlyFolder.map { ClassMatch([$0], to: classNames ?? []).labels != [nil] } ?? false
    if !listing.isSplit, !isClass, let only = listing.onlyFolder,
      let wrapped = try? FolderListing(of: path.appendingPath(only)),
      wrapped.isSplit || wrapped.holdsClasses
    {
      litter.add(litterOf: listing)
      inner = wrapped
      if wrapped.isSplit { root = only } else { wrapper = only }
    }
    self.root = root
    guard inner.isSplit, !isClass, !inner.holds(classNames ?? []) else {
      (parts, passedOver, toleratesNeighbors) = ([:], [], false)
      self.wrapper = wrapper
      self.litter = litter
      strayParts = inner.partFolders.filter { name in
        let part = try? FolderListing(of: inner.path.appendingPath(name))
        return part.map { !$0.folders.isEmpty && !$0.hasPhotos } ?? false
      }
      return
    }
    self.wrapper = nil
    litter.add(litterOf: inner)
    var parts: [SplitName: Part] = [:]
    for split in SplitName.allCases {
      let names = inner.partFolders.filter { SplitName(commonName: $0) == split }
      guard let name = names.first else { continue }
      guard names.count == 1 else {
        throw WhiskerError(
          .ambiguousParts, root.isEmpty ? path : path.appendingPath(root),
          expected: "one folder for \(split.rawValue)", got: "\(names.count): \(names.listed())")
      }
      let folder = root.appendingPath(name)
      let outer = try? FolderListing(of: path.appendingPath(folder))
      let wrapper = outer?.onlyFolder.flatMap { name in
        (try? FolderListing(of: path.appendingPath(folder).appendingPath(name)))
          .flatMap { $0.holdsClasses ? name : nil }
      }
      if wrapper != nil, let outer { litter.add(litterOf: outer) }
      parts[split] = Part(folder: folder, path: wrapper.map { folder.appendingPath($0) } ?? folder)
    }
    self.parts = parts
    self.litter = litter
    strayParts = []
    passedOver = inner.besideParts.map { root.appendingPath($0) }
    toleratesNeighbors = root.isEmpty && inner.isSplitWithNeighbors
  }

  /// The folder that holds a part's class folders; nil if there is no such part.
  package func url(of split: SplitName) -> URL? {
    parts[split].map { URL(fileURLWithPath: data.appendingPath($0.path), isDirectory: true) }
  }

  /// Where a part would be looked for first, whether it is there or not.
  func standardURL(of split: SplitName) -> URL {
    URL(fileURLWithPath: rootPath.appendingPath(split.rawValue), isDirectory: true)
  }

  /// The parts in order, with the folders that they were read from.
  var named: [NamedPart] {
    SplitName.allCases.compactMap { split in parts[split].map { NamedPart(split: split, name: $0.path) } }
  }
}

extension FolderListing {
  /// The names of the folders in it.
  fileprivate var folders: Set<String> { Set(entries.filter { $0.kind == .folder }.map(\.name)) }

  /// The names of the folders in it that may be parts of a split, in order.
  fileprivate var partFolders: [String] {
    entries.filter { $0.kind == .folder && SplitName(commonName: $0.name) != nil }.map(\.name)
  }

  /// Whether it holds class folders: a single class may have folders of its own, while what is wrapped around classes
  /// holds several, and no photos.
  fileprivate var holdsClasses: Bool { folders.count > 1 && !hasPhotos }

  /// Whether its folders are classes of a model, whatever they are called: all of them, or some with photos in each.
  fileprivate func holds(_ classNames: [String]) -> Bool {
    guard folders != Set(classNames) else { return true }
    return folders.isSubset(of: classNames)
      && folders.allSatisfy { (try? FolderListing(of: path.appendingPath($0)))?.hasPhotos ?? false }
  }

  /// The only folder in it, without photos next to it.
  fileprivate var onlyFolder: String? {
    let found = entries.filter { $0.kind == .folder }
    guard let only = found.first, found.count == 1, only.hasValidName, !hasPhotos else { return nil }
    return only.name
  }

  /// Whether it is a split's root rather than a folder of classes.
  fileprivate var isSplit: Bool {
    let names = partFolders
    return isSplitWithNeighbors || !names.isEmpty && names.count == folders.count
  }

  /// Whether it is a split's root whatever else is in it: classes may be called `training` or `test`, but hardly
  /// `train`, or both.
  fileprivate var isSplitWithNeighbors: Bool {
    let found = Set(partFolders.compactMap(SplitName.init(commonName:)))
    return partFolders.contains { $0.lowercased() == SplitName.train.rawValue }
      || found.contains(.train) && found.count > 1
  }

  /// What isn't used in a split's root.
  fileprivate var besideParts: [String] {
    let photos = Set(photos.map { Array($0.name.utf8) })
    return entries.filter { entry in
      entry.kind == .folder
        ? SplitName(commonName: entry.name) == nil : photos.contains(Array(entry.name.utf8))
    }.map(\.name)
  }
}
