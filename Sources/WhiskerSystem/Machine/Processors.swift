import Foundation

/// The processor's cores.
public enum Processors {
  /// How many cores this process may use, at least 1.
  ///
  /// Those that its affinity names (`taskset`, a scheduler's bindings), but no more than the quota of its
  /// control group allows (a container's `--cpus`), rounded up. `ProcessInfo.activeProcessorCount` counts the
  /// machine's.
  public static var available: Int {
    func text(_ file: String) -> String { (try? String(contentsOfFile: file, encoding: .utf8)) ?? "" }
    let cores =
      affinityCount(status: text("/proc/self/status")) ?? ProcessInfo.processInfo.activeProcessorCount
    let membership = text("/proc/self/cgroup")
    let quota = quota(membership: membership, root: "/sys/fs/cgroup")
    return max(1, min(cores, quota.map { Int($0.rounded(.up)) } ?? cores))
  }

  /// How many cores a status file of the system says that a process may be put on; nil if it doesn't say.
  ///
  /// - Parameter status: Lines such as `Cpus_allowed_list:	0-3,8`.
  package static func affinityCount(status: String) -> Int? {
    let name = "Cpus_allowed_list:"
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
    var count = 0
    for part in line.dropFirst(name.count).split(separator: ",") {
      let bounds = part.split(separator: "-", omittingEmptySubsequences: false).map {
        Int($0.trimmingCharacters(in: .whitespaces))
      }
      guard let first = bounds.first ?? nil, let last = bounds.last ?? nil, 0...last ~= first, last < 1 << 20
      else { return nil }
      count += last - first + 1
    }
    return count > 0 ? count : nil
  }

  /// The smallest quota of a process's control group and of those around it, in cores; nil for none.
  ///
  /// - Parameters:
  ///   - membership: The groups, as `/proc/self/cgroup` lists them: `hierarchy:controllers:path` in each line.
  ///   - root: Where the groups' folders are.
  package static func quota(membership: String, root: String) -> Double? {
    ControlGroupFolder.all(of: "cpu", membership: membership, root: root).compactMap(quota).min()
  }

  /// The quota of one group: version 2 has `150000 100000` in a file, or `max 100000` for none; version 1 has two files,
  /// the first with -1 for none.
  private static func quota(of group: ControlGroupFolder) -> Double? {
    let texts =
      group.isOld
      ? ["cpu.cfs_quota_us", "cpu.cfs_period_us"].map { group.text($0) ?? "" }
      : (group.text("cpu.max") ?? "").split(separator: " ").map(String.init)
    guard texts.count == 2, let quota = Double(texts[0]), let period = Double(texts[1]) else { return nil }
    return share(quota, of: period)
  }

  private static func share(_ quota: Double, of period: Double) -> Double? {
    // Not a number of cores that any machine has.
    guard quota > 0, period > 0, quota / period < 1e6 else { return nil }
    return quota / period
  }
}
