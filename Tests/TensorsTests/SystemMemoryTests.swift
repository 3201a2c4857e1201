import Foundation
import Testing
import WhiskerSystem
import WhiskerTensors
import _TestSupport

/// What Linux reports about memory, on machines and in containers.
@Suite struct SystemMemoryTests {
  private func memory(_ files: [String: String], _ body: (SystemMemory) throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      for (path, text) in files {
        let file = URL(fileURLWithPath: "\(folder.path)/\(path)")
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: true, encoding: .utf8)
      }
      try body(SystemMemory(processes: "\(folder.path)/proc", groups: "\(folder.path)/cgroup"))
    }
  }

  private let machine = "MemTotal: 8000000 kB\nMemFree:  1000 kB\nMemAvailable:    4000000 kB\n"

  @Test func aMachineTellsWhatIsAvailable() async throws {
    try await memory(["proc/meminfo": machine, "proc/self/cgroup": "0::/\n"]) { memory in
      #expect(memory.available == 4_096_000_000)
      #expect(memory.physical == Int(ProcessInfo.processInfo.physicalMemory))
      #expect(memory.shortage(of: 4_096_000_000) == nil)
      #expect(
        memory.shortage(of: 40_960_000_000) == "needs 41 GB of memory, and 4.1 GB are free")
    }
  }

  /// A container's limit counts, less what its processes have, of which cached file contents can be reclaimed.
  @Test func aContainerHasLess() async throws {
    try await memory([
      "proc/meminfo": machine, "proc/self/cgroup": "0::/\n", "cgroup/memory.max": "1000000000\n",
      "cgroup/memory.current": "700000000\n",
      "cgroup/memory.stat": "anon 100\ninactive_file 150000000\nactive_file 50000000\n",
    ]) { memory in
      #expect(memory.available == 500_000_000)
      #expect(memory.physical == 1_000_000_000)
      #expect(memory.shortage(of: 600_000_000) == "needs 600 MB of memory, and 500 MB are free")
    }
  }

  @Test func groupsAboveHaveLimitsToo() async throws {
    try await memory([
      "proc/meminfo": machine, "proc/self/cgroup": "0::/a.slice/b.scope\n",
      "cgroup/a.slice/memory.max": "300000000\n", "cgroup/a.slice/memory.current": "100000000\n",
      "cgroup/a.slice/b.scope/memory.max": "max\n",
    ]) { #expect($0.available == 200_000_000) }
  }

  @Test func theOlderGroupsAreRead() async throws {
    try await memory([
      "proc/meminfo": machine, "proc/self/cgroup": "11:cpu:/x\n4:memory:/job\n",
      "cgroup/memory/job/memory.limit_in_bytes": "400000000\n",
      "cgroup/memory/job/memory.usage_in_bytes": "500000000\n",
    ]) { #expect($0.available == 0) }
  }

  @Test func whatIsSmallOrUnknownIsGranted() async throws {
    try await memory([:]) { memory in
      #expect(memory.shortage(of: .max) == nil)
    }
    try await memory(["proc/meminfo": "MemAvailable: 0 kB\n"]) { memory in
      #expect(memory.shortage(of: 1_000_000) == nil)
      #expect(memory.shortage(of: 1_000_000_000) != nil)
    }
  }
}
