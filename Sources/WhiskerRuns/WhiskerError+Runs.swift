public import WhiskerSystem

extension WhiskerError.Code {
  /// A recipe can't be read or doesn't make sense.
  public static let badRecipe = Self("badRecipe", .wrongUsage)
  /// The output folder holds a run already.
  public static let runExists = Self("runExists", .wrongUsage)
  /// A file isn't a model of Whisker's.
  public static let badModel = Self("badModel", .badData)
  /// Nothing says how a network wants photos.
  public static let unknownPreprocessing = Self("unknownPreprocessing", .wrongUsage)
  /// What a model gives isn't from 0 to 1.
  public static let notProbabilities = Self("notProbabilities", .badData)
  /// A checkpoint can't be read.
  public static let badCheckpoint = Self("badCheckpoint", .badData)
  /// A table of what training measured can't be read.
  public static let badHistory = Self("badHistory", .badData)
  /// A run is resumed with settings other than it was started with.
  public static let runChanged = Self("runChanged", .wrongUsage)
  /// A run is resumed with photos other than it was started with.
  public static let dataChanged = Self("dataChanged", .badData)
  /// What is in the folder can't be resumed: it is another kind of run, or has no checkpoint.
  public static let notResumable = Self("notResumable", .wrongUsage)
  /// The results of a series can't be read.
  public static let badSeries = Self("badSeries", .badData)
  /// A run's file can't be written; its last checkpoint is intact.
  public static let cannotWriteRun = Self("cannotWriteRun", .cannotWrite)
  /// A file of that name exists, and may not be replaced.
  public static let nameTaken = Self("nameTaken", .cannotWrite)
  /// There are no validation photos where some are needed.
  public static let noValidationPhotos = Self("noValidationPhotos", .missingInput)
  /// The photos of a run aren't where they were, or their place isn't known.
  public static let missingPhotos = Self("missingPhotos", .missingInput)
  /// Another process writes a run into the folder.
  public static let folderInUse = Self("folderInUse", .wrongUsage)
}
