public import Foundation
public import WhiskerSystem

/// The names of ImageNet's thousand classes, in the order of published networks' outputs.
public enum ImageNetClasses {
  /// Reads the names from a JSON list of them, such as ``PublishedFile/imageNetClasses``.
  ///
  /// Two classes have one name in English (cranes, maillots); the second is known by its number.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `weightMismatch` if it isn't a list of a thousand names.
  public static func names(contentsOf url: URL) throws(WhiskerError) -> [String] {
    guard let data = FileManager.default.contents(atPath: url.path),
      let names = try? JSONDecoder().decode([String].self, from: data), names.count == 1000
    else {
      throw WhiskerError(
        .weightMismatch, url.path, expected: "a JSON list of 1000 names", got: "something else")
    }
    var taken: Set<String> = []
    return names.enumerated().map { index, name in
      taken.insert(name).inserted ? name : "\(name) (\(index))"
    }
  }
}
