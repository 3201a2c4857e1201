package import Foundation
package import WhiskerSystem

extension DataFolder {
  /// Refuses an output folder among the photos, where the next scan would treat it as a class.
  ///
  /// - Parameters:
  ///   - output: The folder, which needn't be there yet.
  ///   - data: Where photos are read from; next to a table, or next to the parts of a split, output is fine;
  ///     but not where the parts are only recognised because nothing else is there.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `overlappingFolders`.
  package static func check(output: URL, for data: URL) throws(WhiskerError) {
    guard !PhotoTable.isTable(data.path) else { return }
    let place = try output.absoluteURL.path.realPath()
    let root = try data.absoluteURL.path.realPath()
    guard place == root || place.hasPrefix(root.appendingPath("")) else { return }
    var folder = root
    // With a wrapper, or nothing but parts of a split, a further folder would make it another layout.
    if try SplitFolders(in: URL(fileURLWithPath: root, isDirectory: true)).toleratesNeighbors {
      let below = place.dropFirst(root.appendingPath("").count)
      let name = String(below.prefix { $0 != "/" })
      // Also where there is no such part yet: the next scan would find one.
      guard SplitName(commonName: name) != nil else { return }
      folder = root.appendingPath(name)
    }
    throw WhiskerError(
      .overlappingFolders, place,
      expected: "a folder to write into that lies outside of the photos", got: "one in \(folder.onOneLine)")
  }
}
