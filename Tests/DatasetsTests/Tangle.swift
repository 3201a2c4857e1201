import Foundation
import WhiskerTensors

/// Photos, links, hard links and linked folders in random places of a split.
struct Tangle {
  private enum Piece {
    case photo(Int)
    case link(Int, isAbsolute: Bool)
    case hardLink(Int)
    case poolLink(Int)
    case folderLink(String)
  }

  private var pieces: [(path: String, piece: Piece)] = []

  init(_ stream: inout RandomStream) {
    let splits = ["train", "validation", "test"]
    for split in splits {
      for animal in ["cat", "dog"] { pieces.append(("\(split)/\(animal)/own.jpg", .photo(pieces.count))) }
    }
    for number in 0..<10 {
      let folder = "\(splits[stream.integer(below: 3)])/\(["cat", "dog"][stream.integer(below: 2)])"
      let path = "\(folder)/\(stream.integer(below: 4) == 0 ? "0" : "x")\(number).jpg"
      let target = stream.integer(below: pieces.count)
      switch stream.integer(below: 8) {
      case 0, 1: pieces.append((path, .photo(stream.integer(below: 8))))
      case 2: pieces.append((path, .link(target, isAbsolute: true)))
      case 3: pieces.append((path, .link(target, isAbsolute: false)))
      case 4: pieces.append((path, .hardLink(target)))
      case 5: pieces.append((path, .poolLink(stream.integer(below: 2))))
      case 6:
        let targets = ["../../../pool/cat", "..", "../../test/dog", "../../train/cat", "nowhere"]
        pieces.append(
          ("\(folder)/more\(number)", .folderLink(targets[stream.integer(below: targets.count)])))
      default: pieces.append((path, .photo(target % 8)))
      }
    }
  }

  func write(into folder: URL) throws {
    try SketchPool.write(to: folder.below("pool"), perAnimal: 2)
    let data = folder.below("data")
    for (path, piece) in pieces {
      let place = data.below(path)
      try FileManager.default.createDirectory(
        at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      switch piece {
      case .photo(let number): try data.writeJPEG(SketchPool.all[number], to: path)
      case .link(let number, let isAbsolute):
        let target = pieces[number].path
        try FileManager.default.createSymbolicLink(
          atPath: place.path, withDestinationPath: isAbsolute ? data.below(target).path : "../../" + target)
      case .hardLink(let number):
        // The system's own call, which makes a link to a link where there is one.
        _ = linkat(AT_FDCWD, data.below(pieces[number].path).path, AT_FDCWD, place.path, 0)
      case .poolLink(let number):
        try FileManager.default.createSymbolicLink(
          atPath: place.path, withDestinationPath: folder.below("pool/cat/\(number).jpg").path)
      case .folderLink(let target):
        try FileManager.default.createSymbolicLink(atPath: place.path, withDestinationPath: target)
      }
    }
  }
}
