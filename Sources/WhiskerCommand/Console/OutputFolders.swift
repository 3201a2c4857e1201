import Foundation

/// Where a run is written if the user didn't name a folder: `runs/NAME`, `runs/NAME-2`, ….
struct OutputFolders {
  private let candidates: [String]

  /// The folders for a name, such as a recipe's.
  init(_ name: String) {
    // A recipe's name is free text; only its letters and digits are used for the folder.
    let plain = name.map { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" ? $0 : "-" }
    let base = "runs/\(String(plain))"
    candidates = [base] + (2...9999).map { "\(base)-\($0)" }
  }

  /// The first that doesn't exist.
  var free: String {
    candidates.first { !FileManager.default.fileExists(atPath: $0) } ?? candidates[0]
  }

  /// The last that exists, which the latest run without a named folder wrote.
  var newest: String {
    let free = candidates.firstIndex { !FileManager.default.fileExists(atPath: $0) } ?? candidates.count
    return candidates[max(0, free - 1)]
  }
}
