public import WhiskerDatasets
import WhiskerSystem

/// Something about the numbers of photos that will lead to a poor model, though training can continue.
public enum DataWarning: Hashable, Sendable {
  /// One class has far more photos than another.
  case imbalance(split: SplitName?, most: ClassCount, least: ClassCount)
  /// A class has very few photos.
  case fewPhotos(split: SplitName?, ClassCount)
  /// A part of the split has classes that the training part doesn't have.
  case otherClasses(split: SplitName?, expected: [String?], got: [String?])
  /// Files with the same bytes are in train and in a part that is used for measuring: how many, and the first
  /// of them.
  case sharedPhotos(count: Int, train: String, other: String, split: SplitName)
  /// Photos and folders that aren't used, since they are next to the folders of classes or of the split.
  case passedOver([String])
  /// Classes are spelled in another way in a part than in the training part, and taken for the same.
  case respelledClasses(split: SplitName?, [RespelledClass])
  /// A part of the split has no photo of these classes.
  case emptyClasses(split: SplitName?, [String])
  /// Classes of the training part whose names differ only in case, and which are nevertheless different ones.
  case similarClasses([[String]])
  /// Photos that may stand for missing ones, by their names, or as the few GIFs among other formats.
  case placeholders([String])

  /// How many times as many photos the largest class may have as the smallest.
  public static let largestRatio = ClassBalance.largestRatio
  /// The number of photos of a class that is no longer very few.
  public static let fewestPhotos = 20

  /// Warnings about the sizes of the classes.
  static func balance(of classes: [ClassCount], in split: SplitName?) -> [DataWarning] {
    let named = classes.filter { $0.name != nil && $0.count > 0 }
    guard let most = named.max(by: { $0.count < $1.count }),
      let least = named.min(by: { $0.count < $1.count })
    else { return [] }
    let few = named.filter { $0.count < fewestPhotos }.map { DataWarning.fewPhotos(split: split, $0) }
    let isImbalanced = ClassBalance.isUneven(most: most.count, least: least.count)
    return isImbalanced ? [.imbalance(split: split, most: most, least: least)] + few : few
  }
}

extension DataWarning: CustomStringConvertible {
  /// What is wrong, why it matters and what to do, on one line.
  public var description: String {
    switch self {
    case .imbalance(let split, let most, let least):
      "\(split.place)\(most.quoted) has \(most.count) photos, \(least.quoted) only \(least.count): a model that "
        + "always says \(most.quoted) would look good. Add photos of \(least.quoted), or train with class_weight: balanced or "
        + "sampling: balanced, and go by balanced accuracy."
    case .fewPhotos(let split, let few):
      "\(split.place)\(few.quoted) has \(few.count.counted("photo")): a model learns so few "
        + "by heart. Some hundreds are a good start."
    case .otherClasses(let split, let expected, let got):
      "\(split.place)expected the classes \(expected.compactMap(\.self).listed()), as in train, got "
        + "\(got.compactMap(\.self).listed()). A model can't be measured on classes that it doesn't know."
    case .sharedPhotos(let count, let train, let other, let split):
      "\(count == 1 ? "1 photo of \(split.rawValue) is" : "\(count) photos of \(split.rawValue) are") in train too "
        + "(\(other.quoted) is \(train.quoted)): results on it would look better than they are."
    case .passedOver(let names):
      "ignored \(names.listed()), next to the folders that are used (a folder for each class; train, "
        + "validation and test)."
    case .respelledClasses(let split, let classes):
      "\(split.place)read "
        + classes.map { "\($0.name.quoted) as the class \($0.className.quoted)" }.joined(separator: ", ")
        + ", from which only the case of the letters differs."
    case .emptyClasses(let split, let names):
      "\(split.place)no photo of \(names.listed()) that can be read: "
        + (split == .train || split == nil
          ? "training needs photos of every class."
          : "nothing is measured on \(names.count == 1 ? "it" : "them").")
    case .similarClasses(let groups):
      groups.prefix(5).map { $0.listed() }.joined(separator: "; ")
        + (groups.count > 5 ? " and \(groups.count - 5) more" : "")
        + " differ only in the case of the letters, and are different classes: if they are one, put their photos into one "
        + "folder."
    case .placeholders(let names):
      "\(names.count == 1 ? "1 photo" : "\(names.count) photos") may stand for "
        + "\(names.count == 1 ? "a missing one" : "missing ones"): \(names.listed()) (by the name, or as a GIF among "
        + "photos of other formats). Look, and take out what shows no example of its class."
    }
  }
}

extension ClassCount {
  fileprivate var quoted: String { (name ?? "").quoted }
}

extension SplitName? {
  fileprivate var place: String { map { "\($0.rawValue): " } ?? "" }
}
