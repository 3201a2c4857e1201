import Foundation
import WhiskerDatasets
import WhiskerFormats

/// Which photos a run is trained, validated and measured on: their paths, classes, weights, sizes and contents,
/// in order.
struct PhotoFingerprint: Codable {
  /// One photo.
  struct Entry: Codable, Hashable {
    let split: SplitName
    let path: String
    let className: String
    let weight: Float?
    /// Its size in bytes; nil if it doesn't exist.
    let size: Int?
    /// The checksum of its contents; nil if it can't be read, and in older runs.
    let content: PhotoContent?

    private enum CodingKeys: String, CodingKey {
      case split, path, weight, size, content
      case className = "class"
    }
  }

  let entries: [Entry]

  init(_ data: DataFolder) {
    entries =
      PhotoFingerprint.entries(data.train, .train)
      + (data.validation.map { PhotoFingerprint.entries($0, .validation) } ?? [])
      + (data.measured.map { PhotoFingerprint.entries($0, .test) } ?? [])
  }

  private static func entries(_ folder: PhotoFolder, _ split: SplitName) -> [Entry] {
    zip(folder.photos, PhotoContent.contents(of: folder)).map { photo, content in
      Entry(
        split: split, path: photo.path, className: folder.classNames[photo.classIndex], weight: photo.weight,
        size: size(of: folder.url(of: photo).path), content: content)
    }
  }

  /// The size of a file in bytes; nil if it doesn't exist.
  static func size(of path: String) -> Int? {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : nil
  }

  /// A checksum of the photos' contents, in order.
  var contentDigest: String {
    var checksum = Checksum()
    for entry in entries { checksum.add(entry.content?.checksum ?? .max) }
    return checksum.text
  }

  /// A checksum of everything else.
  var digest: String {
    var checksum = Checksum()
    for entry in entries {
      checksum.add(entry.split.rawValue)
      checksum.add(entry.path)
      checksum.add(entry.className)
      checksum.add(UInt64(entry.weight?.bitPattern ?? .max))
      checksum.add(UInt64(bitPattern: Int64(entry.size ?? -1)))
    }
    return checksum.text
  }

  /// What is different now, in words: `train/cats/1.jpg is new`.
  func changes(to now: PhotoFingerprint) -> [String] {
    let (old, new) = (byName, now.byName)
    var changes: [String] = []
    for (name, entry) in new {
      guard let before = old[name] else {
        changes.append("\(name.text) is new")
        continue
      }
      if before.size != entry.size {
        changes.append("\(name.text) has \(entry.size ?? 0) bytes, had \(before.size ?? 0)")
      } else if before.weight != entry.weight {
        changes.append("\(name.text) has another weight")
      } else if let old = before.content, old != entry.content {
        changes.append("\(name.text) holds another photo")
      } else if before.className != entry.className {
        changes.append("\(name.text) is of another class")
      }
    }
    for name in old.keys where new[name] == nil { changes.append("\(name.text) is gone") }
    return changes.isEmpty ? ["the photos are in another order"] : changes.sorted()
  }

  /// Names by their bytes: strings would be equal whatever their Unicode form, and files aren't.
  private struct Name: Hashable {
    let bytes: [UInt8]

    var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  private var byName: [Name: Entry] {
    Dictionary(
      entries.map { (Name(bytes: Array("\($0.split.rawValue)/\($0.path)".utf8)), $0) },
      uniquingKeysWith: { first, _ in first })
  }
}
