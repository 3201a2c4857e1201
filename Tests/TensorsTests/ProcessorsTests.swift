import Foundation
import Testing
import WhiskerSystem
import WhiskerTensors
import _TestSupport

@Suite struct ProcessorsTests {
  @Test func thereIsAtLeastOne() {
    // Foundation's count may heed a quota in its own way.
    #expect((1...Int(sysconf(Int32(_SC_NPROCESSORS_CONF)))).contains(Processors.available))
  }

  @Test func affinityCounts() throws {
    func count(_ list: String) -> Int? {
      Processors.affinityCount(
        status: "Name:\tx\nCpus_allowed:\tffff\nCpus_allowed_list:\t\(list)\nMems: 0\n")
    }
    #expect(count("0") == 1)
    #expect(count("0-1") == 2)
    #expect(count("0-3,8,10-11") == 7)
    #expect(count("1000-2023") == 1024)
    for strange in ["", "x", "3-1", "-1", "0-", "0-99999999999", "1,,y"] { #expect(count(strange) == nil) }
    #expect(Processors.affinityCount(status: "Name: x\n") == nil)
  }

  /// Writes the files of control groups, by their paths, and reads the quota of a process in them.
  private func quota(_ membership: String, _ files: [String: String]) async throws -> Double? {
    try await withTemporaryFolder { root in
      for (path, text) in files {
        let file = root.appendingPathComponent(path)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try (text + "\n").write(to: file, atomically: true, encoding: .utf8)
      }
      return Processors.quota(membership: membership, root: root.path)
    }
  }

  @Test func quotasOfVersion2() async throws {
    #expect(try await quota("0::/\n", ["cpu.max": "150000 100000"]) == 1.5)
    #expect(try await quota("0::/\n", ["cpu.max": "max 100000"]) == nil)
    #expect(try await quota("0::/\n", [:]) == nil)
    // The least of a group and those around it counts.
    let nested = ["cpu.max": "max 100000", "a/cpu.max": "200000 100000", "a/b/cpu.max": "50000 10000"]
    #expect(try await quota("0::/a/b\n", nested) == 2)
    #expect(try await quota("0::/a\n", nested) == 2)
    #expect(try await quota("0::/other\n", nested) == nil)
    // As a container with the host's path sees it, and one whose group lies above what it sees.
    #expect(try await quota("0::/docker/4f\n", ["cpu.max": "400000 100000"]) == 4)
    #expect(try await quota("0::/../..\n", ["cpu.max": "400000 100000"]) == 4)
  }

  @Test func quotasOfVersion1() async throws {
    let files = ["cpu/cpu.cfs_quota_us": "250000", "cpu/cpu.cfs_period_us": "100000"]
    #expect(try await quota("4:memory:/x\n3:cpu:/x\n0::/\n", files) == 2.5)
    #expect(try await quota("4:memory:/x\n", files) == nil)
    let joined = [
      "cpu,cpuacct/cpu.cfs_quota_us": "-1", "cpu,cpuacct/cpu.cfs_period_us": "100000",
      "cpu,cpuacct/x/cpu.cfs_quota_us": "50000", "cpu,cpuacct/x/cpu.cfs_period_us": "100000",
    ]
    #expect(try await quota("3:cpu,cpuacct:/x\n", joined) == 0.5)
    #expect(try await quota("3:cpu,cpuacct:/\n", joined) == nil)
    #expect(try await quota("3:cpuset:/x\n", joined) == nil)
  }

  @Test(arguments: ["", "nonsense", "0::", "0:::", "::", "3:cpu", "0::/\n\n\n", "0::/a:b"])
  func strangeMembershipsAreNoQuotas(text: String) async throws {
    #expect(try await quota(text, ["x/cpu.max": "100000 100000"]) == nil)
  }

  @Test(arguments: ["", "max", "abc def", "0 100000", "-1 100000", "100000 0", "1e300 1", "nan nan", "inf 1"])
  func strangeQuotasAreNone(text: String) async throws {
    #expect(try await quota("0::/", ["cpu.max": text]) == nil)
  }
}
