import WhiskerImages
import WhiskerSystem

/// Finds pictures that stand for missing photos: what a web site shows where it has none.
enum Placeholders {
  /// Of so many photos one may be a GIF before GIFs are nothing special.
  private static let rarity = 20

  private static let words: Set<String> = [
    "placeholder", "noimage", "nophoto", "nopicture", "notfound", "imagenotfound",
  ]
  private static let phrases: Set<[String]> = [
    ["not", "found"], ["no", "image"], ["no", "photo"], ["no", "picture"], ["not", "available"],
    ["coming", "soon"], ["image", "unavailable"], ["photo", "unavailable"], ["image", "missing"],
  ]

  /// The paths of photos that may be placeholders.
  ///
  /// - Parameter photos: Paths, and the formats of the files where they are known.
  static func among(_ photos: [(path: String, format: PhotoFormat?)]) -> [String] {
    let isGIF = photos.map { $0.format.map { $0 == .gif } ?? $0.path.lowercased().hasSuffix(".gif") }
    let areRare = isGIF.count(where: \.self) * rarity <= photos.count
    return zip(photos, isGIF).compactMap { photo, isGIF in
      isGIF && areRare || isNamedSo(photo.path) ? photo.path : nil
    }
  }

  /// Whether a file's name says that it stands for something else; of its folder nothing is taken.
  private static func isNamedSo(_ path: String) -> Bool {
    let name =
      path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.utf8.index(after: $0)...] } ?? path[...]
    // Most names are a word and a number.
    guard name.utf8.count >= 7 else { return false }
    let found = parts(of: name)
    return !words.isDisjoint(with: found)
      || zip(found, found.dropFirst()).contains { phrases.contains([$0, $1]) }
  }

  /// The words of a name, which end at a sign, a digit or a capital: `imageNotFound.gif` is image, not, found, gif.
  private static func parts(of name: Substring) -> [String] {
    var parts: [String] = []
    var word = ""
    var wasLower = false
    for character in name {
      let isUpper = character.isUppercase
      if !character.isLetter || isUpper && wasLower {
        if !word.isEmpty { parts.append(word) }
        word = ""
      }
      if character.isLetter { word += character.lowercased() }
      wasLower = character.isLetter && !isUpper
    }
    return word.isEmpty ? parts : parts + [word]
  }
}
