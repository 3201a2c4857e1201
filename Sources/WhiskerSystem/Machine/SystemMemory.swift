import Foundation

/// The memory of the machine, or of the container that the process runs in, as Linux reports it.
///
/// The system grants more memory than there is and kills the process once it is used: large amounts are checked
/// here first.
package struct SystemMemory: Sendable {
  private let processes: String
  private let groups: String

  /// This machine's; other folders than `/proc` and `/sys/fs/cgroup` are for tests.
  package init(processes: String = "/proc", groups: String = "/sys/fs/cgroup") {
    self.processes = processes
    self.groups = groups
  }

  /// All of it, in bytes.
  package var physical: Int {
    controlGroups.compactMap(\.limit).reduce(Int(clamping: ProcessInfo.processInfo.physicalMemory), min)
  }

  /// The available memory in bytes: what is free, and what only caches files' contents.
  package var available: Int {
    let free = ControlGroup.numbers(in: "\(processes)/meminfo")["MemAvailable:"].map { $0 * 1024 }
    return controlGroups.compactMap(\.available).reduce(free ?? .max, min)
  }

  /// Why this many bytes aren't available, in words; nil if they are.
  package func shortage(of bytes: Int) -> String? {
    // Small amounts are always available, and not worth checking.
    guard bytes > 64 << 20 else { return nil }
    let available = available
    guard bytes > available else { return nil }
    return "needs \(Self.text(bytes)) of memory, and \(Self.text(available)) are free"
  }

  private static func text(_ bytes: Int) -> String {
    let (number, unit) = bytes < 1_000_000_000 ? (Double(bytes) / 1e6, "MB") : (Double(bytes) / 1e9, "GB")
    // One decimal where it matters.
    let rounded = number < 10 ? (number * 10).rounded() / 10 : number.rounded()
    return rounded == rounded.rounded() ? "\(Int(rounded)) \(unit)" : "\(rounded) \(unit)"
  }

  /// The groups of processes that this one belongs to, each of which may have less than the machine.
  private var controlGroups: [ControlGroup] {
    let membership = (try? String(contentsOfFile: "\(processes)/self/cgroup", encoding: .utf8)) ?? ""
    return ControlGroupFolder.all(of: "memory", membership: membership, root: groups).map(ControlGroup.init)
  }
}

/// A group of processes with a limit on their memory.
private struct ControlGroup {
  let folder: ControlGroupFolder

  /// Bytes that the group may have; nil without a limit.
  var limit: Int? { number(folder.isOld ? "memory.limit_in_bytes" : "memory.max") }

  /// Bytes that it may still have; memory that caches files' contents counts, as it can be reclaimed.
  var available: Int? {
    guard let limit else { return nil }
    let used = number(folder.isOld ? "memory.usage_in_bytes" : "memory.current") ?? 0
    let statistics = Self.numbers(in: "\(folder.path)/memory.stat")
    let files = (statistics["inactive_file"] ?? 0) + (statistics["active_file"] ?? 0)
    return max(0, limit - max(0, used - files))
  }

  private func number(_ name: String) -> Int? {
    folder.text(name).flatMap { Int($0) }
  }

  /// The first number after each name in a file of lines such as `MemAvailable:  123 kB`.
  static func numbers(in file: String) -> [String: Int] {
    let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
    return Dictionary(
      text.split(separator: "\n").compactMap { line in
        let fields = line.split(separator: " ", omittingEmptySubsequences: true)
        return fields.count > 1 ? Int(fields[1]).map { (String(fields[0]), $0) } : nil
      }
    ) { first, _ in first }
  }
}
