public import WhiskerSystem
import WhiskerTensors

/// Which of the training photos are used, for measuring what fewer photos would teach.
public enum DataPart: Hashable, Sendable, Codable {
  /// All photos except one fold, which is used for validation (``PhotoFolder/fold(_:of:seed:)``).
  case fold(number: Int, count: Int, seed: UInt64)
  /// Some of the photos, with the validation photos as they are (``PhotoFolder/sample(_:seed:)``).
  case sample(count: Int, seed: UInt64)

  /// What it is drawn from.
  var seed: UInt64 {
    switch self {
    case .fold(_, _, let seed), .sample(_, let seed): seed
    }
  }
}

extension PhotoFolder {
  /// Divides the photos into folds, and takes one of them for validation.
  ///
  /// The photos of each class are shuffled, and class after class all are dealt out in turn: every photo is in one fold,
  /// and two folds differ by a photo at most, in all and in each class. Then photos that belong together are brought together
  /// (``PhotoGroups``), which may make more of a difference. Both parts keep the folder's order.
  ///
  /// - Parameters:
  ///   - number: Which fold, from 1.
  ///   - count: How many folds, at least 2.
  ///   - seed: What the order is drawn from; the same seed gives the same folds.
  /// - Throws: ``WhiskerSystem/WhiskerError``: `invalidSetting`; `tooFewPhotos` if a class has fewer photos than there are folds.
  public func fold(
    _ number: Int, of count: Int, seed: UInt64
  ) throws(WhiskerError) -> (train: PhotoFolder, validation: PhotoFolder) {
    try requireSetting(count >= 2, "folds", expected: "at least 2", got: "\(count)")
    try requireSetting((1...count).contains(number), "fold", expected: "1 to \(count)", got: "\(number)")
    let counts = countsByClass
    for (label, name) in classNames.enumerated() where counts[label] < count {
      throw WhiskerError(
        .tooFewPhotos, root.path,
        "the class \(name.quoted) has too few photos for \(count) folds: \(counts[label])")
    }
    var folds = Array(repeating: 0, count: photos.count)
    for (offset, index) in shuffledByClass(seed, "folds").joined().enumerated() {
      folds[index] = offset % count
    }
    folds = try keepingGroups(folds, count: count, "into \(count) folds")
    return (
      taking(photos.indices.filter { folds[$0] != number - 1 }, withRest: true),
      taking(photos.indices.filter { folds[$0] == number - 1 }, withRest: false)
    )
  }

  /// Takes some of the photos, the classes in their proportions.
  ///
  /// The photos of each class are shuffled; the sample takes the first of every class, and then always one of
  /// the class that is furthest behind. So a sample contains every smaller one of the same seed. It keeps the
  /// folder's order. Photos that belong together aren't brought together: nothing is measured on those that are left out.
  ///
  /// - Parameters:
  ///   - count: How many, at least one for each class.
  ///   - seed: What the order is drawn from; the same seed gives the same sample.
  /// - Throws: ``WhiskerSystem/WhiskerError``: `invalidSetting`; `tooFewPhotos` if there aren't enough.
  public func sample(_ count: Int, seed: UInt64) throws(WhiskerError) -> PhotoFolder {
    try requireSetting(
      count >= classNames.count, "sample",
      expected: "at least one photo for each of the \(classNames.count) classes", got: "\(count)")
    guard count <= photos.count else {
      throw WhiskerError(
        .tooFewPhotos, root.path,
        expected: "at least \(count) photos for a sample of \(count)", got: "\(photos.count)")
    }
    // Where in its class a photo stands, from 0 to 1; on a tie the first class comes first.
    let places = shuffledByClass(seed, "sample").flatMap { indices in
      indices.enumerated().map { rank, index in
        (index: index, share: rank == 0 ? 0 : (Double(rank) + 0.5) / Double(indices.count))
      }
    }
    let order = places.enumerated().sorted {
      ($0.element.share, $0.offset) < ($1.element.share, $1.offset)
    }
    return taking(order.prefix(count).map(\.element.index).sorted(), withRest: true)
  }

  /// Holds back some of the photos of each class, at random, to choose by: which epoch, when to stop.
  ///
  /// Of n photos of a class, ⌊share · n⌋ are held back, at least one; photos that belong together stay together
  /// (``PhotoGroups``). Both parts keep the folder's order.
  ///
  /// - Parameters:
  ///   - share: Above 0 and below 1.
  ///   - seed: What the photos are drawn from.
  /// - Throws: ``WhiskerSystem/WhiskerError``: `invalidSetting`; `tooFewPhotos` if a class has a single photo.
  package func holdingBack(
    _ share: Double, seed: UInt64
  ) throws(WhiskerError) -> (train: PhotoFolder, heldBack: PhotoFolder) {
    try requireSetting(
      share > 0 && share < 1, "share to choose by", expected: "a share above 0 and below 1", got: "\(share)")
    var parts = Array(repeating: 0, count: photos.count)
    for (label, indices) in shuffledByClass(seed, "choices").enumerated() {
      guard indices.count > 1 else {
        throw WhiskerError(
          .tooFewPhotos, root.path,
          "the class \(classNames[label].quoted) has too few photos to hold one back for early stopping and the "
            + "like: \(indices.count)")
      }
      for index in indices.prefix(max(1, Int(share * Double(indices.count)))) { parts[index] = 1 }
    }
    parts = try keepingGroups(parts, count: 2, "for early stopping and the like")
    return (
      taking(photos.indices.filter { parts[$0] == 0 }, withRest: true),
      taking(photos.indices.filter { parts[$0] == 1 }, withRest: false)
    )
  }

  /// The photos of each class by their places in ``photos``, in random order.
  private func shuffledByClass(_ seed: UInt64, _ purpose: StaticString) -> [[Int]] {
    let key = RandomKey(seed: seed).derived(purpose)
    let indices = Dictionary(grouping: photos.indices) { photos[$0].classIndex }
    return classNames.indices.map { label in
      let own = indices[label] ?? []
      var stream = RandomStream(key.derived(UInt64(label)))
      return stream.permutation(own.count).map { own[$0] }
    }
  }

  func taking(_ indices: [Int], withRest: Bool) -> PhotoFolder {
    taking(indices.map { photos[$0] }, withRest: withRest)
  }
}
