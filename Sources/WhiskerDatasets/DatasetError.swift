/// Why a folder of photos can't be used or made: what kind of trouble, where, and what was expected.
public struct DatasetError: Error, Hashable, Sendable {
  /// The kinds of trouble; each belongs to one ``Kind``.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// No folder of that name.
    case missingFolder
    /// No file of that name, and none that matches it.
    case missingFile
    /// A file stands where a folder was expected.
    case notAFolder
    /// The permissions of a folder or file forbid reading it, or the disk failed.
    case cannotRead

    /// The folder holds nothing that could be a photo.
    case emptyFolder
    /// The folder holds photos, but not in one folder per class.
    case noClassFolders
    /// The folder of a class holds no photo, or none that can be read.
    case emptyClass
    /// There is only one class, so nothing could be told apart.
    case oneClassOnly
    /// Two folders have names that are the same text in two Unicode spellings.
    case ambiguousClasses
    /// The classes are not the ones that were expected.
    case classMismatch
    /// Photos lie both directly in the folder and in folders of classes.
    case mixedFolder
    /// A class has fewer photos than were asked for.
    case tooFewPhotos
    /// A table can't be read as CSV, or lacks columns or rows that it must have.
    case badTable
    /// Photos that can't be decoded, where that is not allowed or came too late.
    case unreadablePhotos

    /// A number, a name or a combination of settings that makes no sense.
    case invalidSetting
    /// The source and the destination are the same folder, or one lies in the other.
    case overlappingFolders

    /// The destination can't be created or written.
    case cannotWrite
    /// The destination holds files that Whisker didn't put there.
    case notOurs

    /// The group of the code.
    public var kind: Kind {
      switch self {
      case .missingFolder, .missingFile, .notAFolder, .cannotRead: .missingInput
      case .emptyFolder, .noClassFolders, .emptyClass, .oneClassOnly, .ambiguousClasses, .classMismatch,
        .mixedFolder, .tooFewPhotos, .badTable, .unreadablePhotos:
        .badData
      case .invalidSetting, .overlappingFolders: .wrongUsage
      case .cannotWrite, .notOurs: .cannotWrite
      }
    }
  }

  /// Whose fault it is, roughly: what a command turns into its exit code.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The input isn't there or may not be read.
    case missingInput
    /// The input is there, but unusable.
    case badData
    /// What was asked for makes no sense.
    case wrongUsage
    /// The output can't be written.
    case cannotWrite
  }

  /// The kind of trouble.
  public let code: Code
  /// The folder, file or setting that the trouble is about.
  public let place: String
  /// What is wrong: "expected …, got …" where there is something to compare.
  public let message: String

  /// An error of the given kind.
  public init(_ code: Code, _ place: String, _ message: String) {
    self.code = code
    self.place = place
    self.message = message
  }
}

extension DatasetError: CustomStringConvertible {
  /// The place, a colon and the message, on one line even if the place's name holds line breaks.
  public var description: String { "\(place.onOneLine): \(message)" }
}

extension String {
  /// The text with control characters and line separators escaped, so that a message stays on its line.
  package var onOneLine: String {
    guard unicodeScalars.contains(where: \.breaksTheLine) else { return self }
    return unicodeScalars.reduce(into: "") { text, scalar in
      if scalar.breaksTheLine {
        text += scalar.escaped(asASCII: true)
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
  }

  /// The text in double quotes, on one line: how messages show the names of files and classes.
  package var quoted: String { "\"\(onOneLine)\"" }
}

extension Unicode.Scalar {
  fileprivate var breaksTheLine: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}

extension Int {
  /// So many things: `1 epoch`, `3 epochs`.
  package func counted(_ noun: String) -> String { "\(self) \(noun)\(self == 1 ? "" : "s")" }
}

extension Collection<String> {
  /// The first few names in quotes and how many more there are: `"a", "b" and 3 more`.
  package func listed(limit: Int = 5) -> String {
    let shown = prefix(limit).map(\.quoted).joined(separator: ", ")
    return count > limit ? "\(shown) and \(count - limit) more" : shown
  }
}
