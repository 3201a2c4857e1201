import Foundation

/// Where a training writes whose folder the user didn't name: `runs/NAME`, `runs/NAME-2`, ….
struct OutputFolders {
  private let candidates: [String]

  /// The folders for a name, such as a recipe's.
  init(_ name: String) {
    // A recipe's name is free text; only its letters and digits make the folder's.
    let plain = name.map { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" ? $0 : "-" }
    let base = "runs/\(String(plain))"
    candidates = [base] + (2...9999).map { "\(base)-\($0)" }
  }

  /// The first that isn't there.
  var free: String {
    candidates.first { !FileManager.default.fileExists(atPath: $0) } ?? candidates[0]
  }

  /// The last that is there, which is what a run without a named folder wrote.
  var newest: String {
    let free = candidates.firstIndex { !FileManager.default.fileExists(atPath: $0) } ?? candidates.count
    return candidates[max(0, free - 1)]
  }
}
