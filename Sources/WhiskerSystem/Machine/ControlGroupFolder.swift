import Foundation

/// A folder of Linux's control groups: how much of the machine a group of processes may use, such as a
/// container's.
package struct ControlGroupFolder {
  /// The folder's path.
  package let path: String
  /// Whether it is of version 1, in which each kind of resource has its own folders and names.
  package let isOld: Bool

  /// The groups that limit a resource for a process: its own, and those around it, whose limits hold for it
  /// too.
  ///
  /// - Parameters:
  ///   - controller: The resource, `cpu` or `memory`.
  ///   - membership: The process's groups, as `/proc/self/cgroup` lists them: `0::/a/b`, or in version 1 `4:memory:/a/b`.
  ///   - root: Where the folders are.
  package static func all(of controller: String, membership: String, root: String) -> [ControlGroupFolder] {
    membership.split(separator: "\n").flatMap { line -> [ControlGroupFolder] in
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 3 else { return [] }
      let isOld = fields[1].split(separator: ",").contains(Substring(controller))
      guard isOld || fields[1].isEmpty else { return [] }
      // Version 1 may have several kinds in one folder, `cpu,cpuacct`.
      let joined = "\(root)/\(fields[1])"
      let base =
        !isOld ? root : FileManager.default.fileExists(atPath: joined) ? joined : "\(root)/\(controller)"
      // Inside a container its own group is the root, whatever its name outside, whose folders aren't there.
      let names = fields[2].split(separator: "/").filter { $0 != ".." }
      return (0...names.count).map { count in
        ControlGroupFolder(
          path: ([base] + names.prefix(count).map(String.init)).joined(separator: "/"), isOld: isOld)
      }
    }
  }

  /// What one of the folder's files says, without white space around it; nil if it isn't there.
  package func text(_ name: String) -> String? {
    (try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8))?
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
