public import WhiskerDatasets
import WhiskerSystem

/// Something about the numbers of photos that will lead to a poor model, though training can continue.
public enum DataWarning: Hashable, Sendable {
  /// One class has far more photos than another.
  case imbalance(split: SplitName?, most: ClassCount, least: ClassCount)
  /// A class has very few photos.
  case fewPhotos(split: SplitName?, ClassCount)
  /// A part of the split has different classes from the training part.
  case otherClasses(split: SplitName?, expected: [String?], got: [String?])
  /// Files with the same bytes are in train and in a part that is used for measuring: how many, and the first
  /// of them.
  case sharedPhotos(count: Int, train: String, other: String, split: SplitName)
  /// Photos and folders that aren't used, since they are next to the folders of classes or of the split.
  case passedOver([String])

  /// How many times as many photos the largest class may have as the smallest.
  public static let largestRatio = 3.0
  /// The number of photos of a class that is no longer very few.
  public static let fewestPhotos = 20

  /// Warnings about the sizes of the classes.
  static func balance(of classes: [ClassCount], in split: SplitName?) -> [DataWarning] {
    let named = classes.filter { $0.name != nil }
    guard let most = named.max(by: { $0.count < $1.count }),
      let least = named.min(by: { $0.count < $1.count })
    else { return [] }
    let few = named.filter { $0.count < fewestPhotos }.map { DataWarning.fewPhotos(split: split, $0) }
    let isImbalanced = Double(most.count) > largestRatio * Double(least.count)
    return isImbalanced ? [.imbalance(split: split, most: most, least: least)] + few : few
  }
}

extension DataWarning: CustomStringConvertible {
  /// What is wrong, why it matters and what to do, on one line.
  public var description: String {
    switch self {
    case .imbalance(let split, let most, let least):
      "\(split.place)\(most.quoted) has \(most.count) photos, \(least.quoted) only \(least.count): a model that "
        + "always says \(most.quoted) would look good. Let the rare classes count for more: class weights or balanced "
        + "sampling. All photos stay in use."
    case .fewPhotos(let split, let few):
      "\(split.place)\(few.quoted) has \(few.count.counted("photo")): a model learns so few "
        + "by heart. Some hundreds are a good start."
    case .otherClasses(let split, let expected, let got):
      "\(split.place)expected the classes \(expected.compactMap(\.self).listed()), as in train, got "
        + "\(got.compactMap(\.self).listed()). Every part needs a folder for each class."
    case .sharedPhotos(let count, let train, let other, let split):
      "\(count == 1 ? "1 photo of \(split.rawValue) is" : "\(count) photos of \(split.rawValue) are") in train too "
        + "(\(other.quoted) is \(train.quoted)): results on it would look better than they are."
    case .passedOver(let names):
      "ignored \(names.listed()), next to the folders that are used (a folder for each class; train, "
        + "validation and test)."
    }
  }
}

extension ClassCount {
  fileprivate var quoted: String { (name ?? "").quoted }
}

extension SplitName? {
  fileprivate var place: String { map { "\($0.rawValue): " } ?? "" }
}
