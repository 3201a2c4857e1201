import Foundation
import Testing
import WhiskerFormats
import WhiskerSystem
import WhiskerTensors
import _TestSupport

@Suite struct AtomicFileTests {
  @Test func `A file is replaced as a whole`() async throws {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("file")
      try AtomicFile.write("before, and longer", to: url)
      try AtomicFile.write("after", to: url)
      #expect(try String(contentsOf: url, encoding: .utf8) == "after")
      #expect(try folder.fileNames == ["file"])
    }
  }

  @Test func `An error on the way leaves the old file and nothing else`() async throws {
    struct Interruption: Error {}
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("file")
      try AtomicFile.write("before", to: url)
      #expect(throws: Interruption.self) {
        var file = try AtomicFile(replacing: url)
        try file.append(Array("half".utf8))
        #expect(try folder.fileNames.count == 2)
        throw Interruption()
      }
      #expect(try String(contentsOf: url, encoding: .utf8) == "before")
      #expect(try folder.fileNames == ["file"])
    }
  }

  @Test func `Left over is what a process left, not what one is writing or somebody else's`() async throws {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("file")
      for name in [".whisker-notes.tmp", ".whisker-12-short.tmp", ".whisker-x-0123456789abc.tmp"] {
        try Data("mine".utf8).write(to: folder.appendingPathComponent(name))
      }
      let mine = try folder.fileNames
      var file = try AtomicFile(replacing: url)
      try file.append(Array("half".utf8))
      let temporary = try #require(try folder.fileNames.first { !mine.contains($0) })
      AtomicFile.removeLeftovers(in: folder)
      #expect(try folder.fileNames.contains(temporary))
      try file.append(Array(", whole".utf8))
      try file.commit()
      #expect(try String(contentsOf: url, encoding: .utf8) == "half, whole")
      // The same as a process leaves it that is killed: nobody holds it.
      try Data("half".utf8).write(to: folder.appendingPathComponent(temporary))
      AtomicFile.removeLeftovers(in: folder)
      #expect(try folder.fileNames == (mine + ["file"]).sorted())
    }
  }

  @Test func `A name as long as the system allows can be written`() async throws {
    try await withTemporaryFolder { folder in
      let name = String(repeating: "n", count: 255)
      try AtomicFile.write("text", to: folder.appendingPathComponent(name))
      #expect(try folder.fileNames == [name])
    }
  }

  @Test func `A missing folder, a file for a folder and a folder for a file are refused`() async throws {
    try await withTemporaryFolder { folder in
      func error(_ name: String) throws -> WhiskerError? {
        try formatError { try AtomicFile.write("text", to: folder.appendingPathComponent(name)) }
      }
      try AtomicFile.write("text", to: folder.appendingPathComponent("file"))
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("folder"), withIntermediateDirectories: false)
      for (name, reason) in [
        ("absent/file", "No such file or directory"), ("file/below", "Not a directory"),
        ("folder", "expected a file's name"),
      ] {
        let error = try #require(try error(name))
        #expect(error.code == .cannotWrite)
        #expect(error.place.hasSuffix(name))
        #expect(error.message.contains(reason))
      }
      #expect(try folder.fileNames == ["file", "folder"])
    }
  }

  @Test func `A folder without permission is refused`() async throws {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("file")
      #expect(chmod(folder.path, 0o555) == 0)
      defer { chmod(folder.path, 0o755) }
      let error = try asOrdinaryUser { try formatError { try AtomicFile.write("text", to: url) } }
      #expect(error?.code == .cannotWrite)
      #expect(error?.message == "can't be written: Permission denied")
    }
  }

  @Test func `A device is not replaced`() throws {
    let error = try formatError { try AtomicFile.write("text", to: URL(fileURLWithPath: "/dev/full")) }
    #expect(error?.code == .cannotWrite)
    #expect(FileManager.default.fileExists(atPath: "/dev/full"))
  }

  @Test(.enabled("needs the right to mount a file system") { await SmallDisk.canBeMade })
  func `A full disk leaves the old file and nothing else`() async throws {
    try await withTemporaryFolder { folder in
      let disk = try SmallDisk(at: folder)
      defer { disk.unmount() }
      let url = folder.appendingPathComponent("file")
      try AtomicFile.write("before", to: url)
      let error = try formatError {
        try AtomicFile.write([UInt8](repeating: 1, count: SmallDisk.size + 1), to: url)
      }
      #expect(error?.code == .cannotWrite)
      #expect(error?.message == "can't be written: No space left on device")
      #expect(try String(contentsOf: url, encoding: .utf8) == "before")
      #expect(try folder.fileNames == ["file"])
      let size = SmallDisk.size / 4
      #expect(throws: WhiskerError.self) {
        try SafeTensorsFile.write(["a": Tensor(shape: [size])], to: folder.appendingPathComponent("weights"))
      }
      #expect(try folder.fileNames == ["file"])
    }
  }

  @Test func `Whether a file can be written is found out without a trace`() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("file")
      try AtomicFile.write("before", to: file)
      func error(_ name: String) throws -> WhiskerError? {
        try formatError { try AtomicFile.check(replacing: folder.appendingPathComponent(name)) }
      }
      try AtomicFile.check(replacing: file)
      try AtomicFile.check(replacing: folder.appendingPathComponent("new"))
      for (name, reason) in [
        ("absent/file", "No such file or directory"), ("file/below", "Not a directory"),
        (String(repeating: "n", count: 256), "File name too long"),
      ] {
        let error = try #require(try error(name))
        #expect(error.code == .cannotWrite && error.message.contains(reason))
      }
      #expect(try folder.fileNames == ["file"])
      #expect(try String(contentsOf: file, encoding: .utf8) == "before")
    }
  }

  @Test func `Whether a folder can be made is found out without a trace`() async throws {
    try await withTemporaryFolder { folder in
      try AtomicFile.write("text", to: folder.appendingPathComponent("file"))
      let full = folder.appendingPathComponent("full/er")
      try FileManager.default.createDirectory(at: full, withIntermediateDirectories: true)
      for name in ["new", "new/er/still", "full", "full/er"] {
        try AtomicFile.check(makingFolder: folder.appendingPathComponent(name))
      }
      func error(_ name: String) throws -> WhiskerError? {
        try formatError { try AtomicFile.check(makingFolder: folder.appendingPathComponent(name)) }
      }
      #expect(try error("file")?.message == "expected a folder, got a file")
      #expect(try error("file/below")?.message.contains("Not a directory") == true)
      chmod(full.path, 0o555)
      let denied = try asOrdinaryUser { try error("full/er/new") }
      #expect(denied?.message.contains("Permission denied") == true)
      #expect(try folder.fileNames == ["file", "full"] && full.fileNames.isEmpty)
    }
  }
}
