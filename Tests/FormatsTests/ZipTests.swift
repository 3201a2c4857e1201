import Foundation
import Testing
import WhiskerFormats
import WhiskerSystem
import WhiskerTensors
import _TestSupport

@Suite struct ZipTests {
  private let entries: [(name: String, bytes: [UInt8])] = [
    ("metadata.json", Array("{}".utf8)), ("폴더/고양이", [UInt8](repeating: 7, count: 3_000_000)), ("empty", []),
  ]
  private var written: [ZipWriter.Entry] { entries.map { ZipWriter.Entry($0.name, $0.bytes) } }

  /// Numbers beyond the limit stand in the form for files of 4 GB and more, which the first size, the later places and
  /// the directory take here.
  @Test(arguments: [ZipWriter.largestSmallNumber, 1])
  func `What was written is read`(limit: Int) async throws {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.zip")
      try ZipWriter.write(written, to: url, limit: limit)
      let archive = try ZipArchive(contentsOf: url)
      #expect(archive.sizes == ["metadata.json": 2, "폴더/고양이": 3_000_000, "empty": 0])
      for entry in entries { #expect(try archive.contents(of: entry.name) == entry.bytes) }
      #expect(try formatError { _ = try archive.contents(of: "other") }?.code == .missingEntry)
    }
  }

  /// Neither the clock nor the time zone is in it: every entry is of midnight, the first of January 1980.
  @Test func `The same entries give the same bytes at any time`() async throws {
    try await withTemporaryFolder { folder in
      let urls = ["a", "b"].map { folder.appendingPathComponent($0) }
      for url in urls { try ZipWriter.write(written, to: url) }
      let files = try urls.map { [UInt8](try Data(contentsOf: $0)) }
      #expect(files[0] == files[1])
      // Time and date stand at 10 in the first entry's header, and at 12 in the directory's.
      #expect(files[0][10..<14] == [0, 0, 0x21, 0])
      let directory = try #require(files[0].firstRange(of: [0x50, 0x4b, 1, 2])?.lowerBound)
      #expect(files[0][directory + 12..<directory + 16] == [0, 0, 0x21, 0])
    }
  }

  @Test func `A handmade archive is read`() async throws {
    try await withTemporaryFolder { folder in
      let archive = try open(HandmadeZip(entries: [.init("a/"), .init("a/b", [1, 2, 3])]), in: folder)
      #expect(archive.sizes == ["a/b": 3])
      #expect(try archive.contents(of: "a/b") == [1, 2, 3])
    }
  }

  @Test func `A changed byte is noticed while reading`() async throws {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.zip")
      try ZipWriter.write(written, to: url)
      var bytes = try Data(contentsOf: url)
      bytes[2_000_000] ^= 1
      try bytes.write(to: url)
      let archive = try ZipArchive(contentsOf: url)
      #expect(try archive.contents(of: "metadata.json") == entries[0].bytes)
      let error = try formatError { _ = try archive.contents(of: "폴더/고양이") }
      #expect(error?.code == .corruptHeader && error?.message.contains("checksum") == true)
    }
  }

  /// Archives that are refused, with a part of what is said.
  private static var hostile: [(HandmadeZip, WhiskerError.Code, String)] {
    func changed(_ change: (inout HandmadeZip.Entry) -> Void) -> HandmadeZip {
      var entry = HandmadeZip.Entry("a", [1, 2, 3])
      change(&entry)
      return HandmadeZip(entries: [entry])
    }
    let names = ["../a", "a/../../b", "/etc/passwd", "a\\..\\b", "C:/a", ".."]
    return names.map { (HandmadeZip(entries: [.init($0)]), .refused, "leads out") } + [
      (HandmadeZip(entries: [.init("a"), .init("a", [1])]), .refused, "got two"),
      (changed { $0.flags = 1 }, .refused, "encryption"),
      (changed { $0.externalAttributes = 0xA1FF_0000 }, .refused, "symbolic link"),
      (changed { $0.declaredSize = 1 << 30 }, .refused, "bomb"),
    ]
  }

  @Test(arguments: 0..<hostile.count)
  func `Archives that mean harm are refused`(_ index: Int) async throws {
    let (archive, code, message) = ZipTests.hostile[index]
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("hostile")
      try Data(archive.bytes).write(to: url)
      let error = try formatError { _ = try ZipArchive(contentsOf: url) }
      #expect(error?.code == code)
      #expect(error?.message.contains(message) == true, "\(error.map { "\($0)" } ?? "none")")
    }
  }

  @Test func `More or fewer bytes than declared are noticed while reading`() async throws {
    try await withTemporaryFolder { folder in
      // Stored or deflated: 5 bytes that unpack to 3.
      for (method, bytes) in [(UInt16(0), [1, 2, 3] as [UInt8]), (8, [0x63, 0x64, 0x62, 0x06, 0x00])] {
        for size in [2, 4] as [UInt32] {
          var entry = HandmadeZip.Entry("a", bytes)
          entry.method = method
          entry.declaredSize = size
          let archive = try open(HandmadeZip(entries: [entry]), in: folder)
          let error = try formatError { _ = try archive.contents(of: "a") }
          #expect(error?.code == .corruptHeader)
        }
      }
    }
  }

  @Test func `What is no ZIP file is named`() async throws {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a")
      #expect(try formatError { _ = try ZipArchive(contentsOf: url) }?.code == .missingFile)
      try Data("no ZIP file".utf8).write(to: url)
      #expect(try formatError { _ = try ZipArchive(contentsOf: url) }?.code == .notThisFormat)
      #expect(try formatError { _ = try ZipArchive(contentsOf: folder) }?.code == .cannotRead)
    }
  }

  private func open(_ zip: HandmadeZip, in folder: URL) throws -> ZipArchive {
    let url = folder.appendingPathComponent("handmade")
    try Data(zip.bytes).write(to: url)
    return try ZipArchive(contentsOf: url)
  }
}
