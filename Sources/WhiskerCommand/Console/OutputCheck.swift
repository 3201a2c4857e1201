import Foundation
import Whisker

/// Checks, before work that may take minutes, that its result can be written where the user wants it; nothing
/// is left behind.
enum OutputCheck {
  /// Checks a file, which may be there already.
  ///
  /// - Throws: an error that ends with the code for "can't write".
  static func file(_ url: URL) throws { try AtomicFile.check(replacing: url) }

  /// Checks a folder, which needn't be there yet.
  ///
  /// - Throws: an error that ends with the code for "can't write".
  static func folder(_ url: URL) throws { try AtomicFile.check(makingFolder: url) }
}
