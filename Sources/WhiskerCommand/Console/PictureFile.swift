import Foundation
import Whisker

/// A picture that a command is to write.
struct PictureFile {
  let url: URL

  /// Checks the name that a user gave, and that the file can be written.
  ///
  /// - Parameters:
  ///   - source: A file that the picture mustn't replace.
  ///   - option: The option that gave the name.
  init(_ path: String, unlike source: String? = nil, option: String = "--output") throws {
    url = URL(fileURLWithPath: path)
    guard ["png", "jpg", "jpeg"].contains(url.pathExtension.lowercased()) else {
      throw WhiskerError(
        .invalidSetting, option, expected: "a file ending in .png, .jpg or .jpeg", got: path.quoted)
    }
    if let source, let identity = FileIdentity(of: source), identity == FileIdentity(of: path) {
      throw WhiskerError(.invalidSetting, option, expected: "another file than the photo", got: path.quoted)
    }
    try OutputCheck.file(url)
  }
}
