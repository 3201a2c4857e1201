package import Foundation

/// The processor's cores.
public enum Processors {
  /// How many cores this process may use, at least 1.
  ///
  /// Those that its affinity names (`taskset`, a scheduler's bindings), but no more than the quota of its control group
  /// pays for (a container's `--cpus`), rounded up. `ProcessInfo.activeProcessorCount` counts the machine's.
  public static var available: Int {
    func text(_ file: String) -> String { (try? String(contentsOfFile: file, encoding: .utf8)) ?? "" }
    let cores =
      affinityCount(status: text("/proc/self/status")) ?? ProcessInfo.processInfo.activeProcessorCount
    let membership = text("/proc/self/cgroup")
    let quota = quota(membership: membership, root: URL(fileURLWithPath: "/sys/fs/cgroup"))
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
  package static func quota(membership: String, root: URL) -> Double? {
    var quotas: [Double] = []
    for line in membership.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 3 else { continue }
      let (controllers, path) = (fields[1], fields[2])
      let read: (URL) -> Double?
      let top: URL
      if controllers.isEmpty {
        (top, read) = (root, unifiedQuota)
      } else if controllers.split(separator: ",").contains("cpu") {
        let joined = root.appendingPathComponent(controllers)
        let isJoined = FileManager.default.fileExists(atPath: joined.path)
        (top, read) = (isJoined ? joined : root.appendingPathComponent("cpu"), separateQuota)
      } else {
        continue
      }
      var group = top
      quotas += [read(group)].compactMap(\.self)
      // Inside a container the path may be that of the host, whose folders aren't there.
      for name in path.split(separator: "/") where name != ".." {
        group.appendPathComponent(String(name))
        quotas += [read(group)].compactMap(\.self)
      }
    }
    return quotas.min()
  }

  /// Version 2: `150000 100000`, or `max 100000` for no quota, in `cpu.max`.
  private static func unifiedQuota(of group: URL) -> Double? {
    let numbers = text("cpu.max", of: group).split(separator: " ").map { Double($0) }
    guard numbers.count == 2, let quota = numbers[0], let period = numbers[1] else { return nil }
    return share(quota, of: period)
  }

  /// Version 1: two files, the quota -1 for none.
  private static func separateQuota(of group: URL) -> Double? {
    guard let quota = Double(text("cpu.cfs_quota_us", of: group)),
      let period = Double(text("cpu.cfs_period_us", of: group))
    else { return nil }
    return share(quota, of: period)
  }

  private static func share(_ quota: Double, of period: Double) -> Double? {
    // Not a number of cores that any machine has.
    guard quota > 0, period > 0, quota / period < 1e6 else { return nil }
    return quota / period
  }

  private static func text(_ name: String, of group: URL) -> String {
    let file = group.appendingPathComponent(name)
    return ((try? String(contentsOf: file, encoding: .utf8)) ?? "")
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
