import Foundation
import WhiskerDatasets
import WhiskerSystem

/// How much the photos of each class count in the training loss: a recipe's `class_weight`, Keras's and scikit-learn's.
///
/// A photo's loss is multiplied by the weight of its class, besides its own weight if it has one, and the mean is over the
/// photos: `Σ wᵢlᵢ / N`. Metrics and everything on validation photos are as without it.
public enum ClassWeight: Hashable, Sendable {
  /// All classes count the same: `n / (classes · nᵢ)`, with n training photos of which nᵢ are of the class
  /// (``WhiskerDatasets/ClassBalance/balancedWeights``).
  case balanced
  /// Weights by the classes' names, each at least 0; a class that isn't named counts as 1.
  case numbers([String: Double])

  /// Reads `balanced` or `cats=1,dogs=20`; nil for anything else.
  ///
  /// Spaces around names and numbers don't count.
  public init?(text: String) {
    if text.trimmingCharacters(in: .whitespaces) == Self.balancedName {
      self = .balanced
      return
    }
    var numbers: [String: Double] = [:]
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let sign = part.lastIndex(of: "=") else { return nil }
      let name = part[..<sign].trimmingCharacters(in: .whitespaces)
      let value = part[part.index(after: sign)...].trimmingCharacters(in: .whitespaces)
      guard !name.isEmpty, let number = Double(value), numbers.updateValue(number, forKey: name) == nil else {
        return nil
      }
    }
    self = .numbers(numbers)
  }

  private static let balancedName = "balanced"

  /// What is wrong with it whatever the classes are, at a place; nil if nothing is.
  func fault(at place: String) -> WhiskerError? {
    guard case .numbers(let numbers) = self else { return nil }
    if numbers.isEmpty {
      return WhiskerError(.badRecipe, place, expected: "a number for at least one class", got: "none")
    }
    let wrong = numbers.sorted { $0.key < $1.key }.first { !($0.value >= 0 && $0.value.isFinite) }
    return wrong.map {
      WhiskerError(
        .badRecipe, place, expected: "numbers of at least 0", got: "\($0.value) for \($0.key.quoted)")
    }
  }

  /// What is wrong with it for some classes; nil if nothing is.
  func fault(at place: String, for classNames: [String]) -> WhiskerError? {
    guard case .numbers(let numbers) = self else { return nil }
    if let unknown = numbers.keys.sorted().first(where: { !classNames.contains($0) }) {
      return WhiskerError(
        .badRecipe, place, expected: "classes among \(classNames.listed())", got: unknown.quoted)
    }
    let isNothing = classNames.allSatisfy { numbers[$0] == 0 }
    return isNothing
      ? WhiskerError(.badRecipe, place, expected: "a number above 0 for some class", got: "0 for each") : nil
  }

  /// The weight of each class, in the order of labels.
  func weights(for classNames: [String], _ balance: ClassBalance) -> [Double] {
    switch self {
    case .balanced: balance.balancedWeights
    case .numbers(let numbers): classNames.map { numbers[$0] ?? 1 }
    }
  }
}

extension ClassWeight: Codable {
  /// Reads `balanced` or `{cats: 1, dogs: 20}`.
  public init(from decoder: any Decoder) throws {
    if let name = try? decoder.singleValueContainer().decode(String.self) {
      guard name == Self.balancedName else {
        throw DecodingError.dataCorrupted(
          .init(
            codingPath: decoder.codingPath,
            debugDescription:
              "expected balanced or a number for each class, such as {cats: 1, dogs: 20}, got \"\(name)\""))
      }
      self = .balanced
      return
    }
    let container = try decoder.container(keyedBy: AnyKey.self)
    self = .numbers(
      try container.allKeys.reduce(into: [:]) {
        $0[$1.stringValue] = try container.decode(Double.self, forKey: $1)
      })
  }

  /// Writes what ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .balanced:
      var container = encoder.singleValueContainer()
      try container.encode(Self.balancedName)
    case .numbers(let numbers):
      var container = encoder.container(keyedBy: AnyKey.self)
      for (name, number) in numbers.sorted(by: { $0.key < $1.key }) {
        try container.encode(number, forKey: AnyKey(stringValue: name))
      }
    }
  }
}
