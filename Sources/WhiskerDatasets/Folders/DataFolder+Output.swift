package import Foundation
package import WhiskerSystem

extension DataFolder {
  /// Refuses an output folder among the photos, where the next scan would treat it as a class.
  ///
  /// - Parameters:
  ///   - output: The folder, which needn't be there yet.
  ///   - data: Where photos are read from; next to a table, or next to the parts of a split, output is fine.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `overlappingFolders`.
  package static func check(output: URL, for data: URL) throws(WhiskerError) {
    guard !PhotoTable.isTable(data.path) else { return }
    let place = try output.absoluteURL.path.realPath()
    let root = try data.absoluteURL.path.realPath()
    let isSplit = try FolderListing(of: root).isSplit
    let folders = isSplit ? SplitName.allCases.map { root.appendingPath($0.rawValue) } : [root]
    for folder in folders where place == folder || place.hasPrefix(folder.appendingPath("")) {
      throw WhiskerError(
        .overlappingFolders, place,
        expected: "a folder to write into that lies outside of the photos", got: "one in \(folder.onOneLine)")
    }
  }
}
