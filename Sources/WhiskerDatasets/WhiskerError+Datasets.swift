public import WhiskerSystem

extension WhiskerError.Code {
  /// The folder holds nothing that could be a photo.
  public static let emptyFolder = Self("emptyFolder", .badData)
  /// The photos lie directly in the folder, where one folder per class was expected.
  public static let flatFolder = Self("flatFolder", .badData)
  /// What is in the folder can't be used as one folder per class.
  public static let noClassFolders = Self("noClassFolders", .badData)
  /// The folder of a class holds no photo, or none that can be read.
  public static let emptyClass = Self("emptyClass", .badData)
  /// There is only one class, so there is nothing to classify.
  public static let oneClassOnly = Self("oneClassOnly", .badData)
  /// Two folders have names that are the same text in two Unicode spellings.
  public static let ambiguousClasses = Self("ambiguousClasses", .badData)
  /// Two folders, or two names in a table, stand for the same part of a split.
  public static let ambiguousParts = Self("ambiguousParts", .badData)
  /// The classes aren't the ones that were expected.
  public static let classMismatch = Self("classMismatch", .badData)
  /// Photos lie both directly in the folder and in folders of classes.
  public static let mixedFolder = Self("mixedFolder", .badData)
  /// A class has fewer photos than were asked for.
  public static let tooFewPhotos = Self("tooFewPhotos", .badData)
  /// A class has too few photos to hold the share back for validation that was asked for.
  public static let tooFewForValidation = Self("tooFewForValidation", .badData)
  /// So many photos of a class belong together that some part would have none of it.
  public static let groupsTooLarge = Self("groupsTooLarge", .badData)
  /// A table can't be read as CSV, or lacks columns or rows that it must have.
  public static let badTable = Self("badTable", .badData)
  /// Photos that can't be decoded, where that isn't allowed or came too late.
  public static let unreadablePhotos = Self("unreadablePhotos", .badData)
  /// The source and the destination are the same folder, or one lies in the other.
  public static let overlappingFolders = Self("overlappingFolders", .wrongUsage)
  /// The data has parts of a split, but no folder of training photos among them.
  public static let noTrainFolder = Self("noTrainFolder", .badData)
}
