import Foundation
import Testing
import WhiskerImages
import WhiskerSystem
import _TestSupport

@Suite struct ImageErrorTests {
  private func failure(decoding bytes: [UInt8], name: String? = nil) -> WhiskerError? {
    do throws(WhiskerError) {
      _ = try PhotoDecoder().decode(bytes, name: name)
      return nil
    } catch {
      return error
    }
  }

  @Test func anEmptyFileSaysSo() {
    #expect(failure(decoding: [])?.code == .emptyFile)
    #expect(
      failure(decoding: [], name: "cat.0.jpg")?.description
        == "cat.0.jpg: expected a photo, got an empty file")
  }

  @Test(arguments: [
    ("<!DOCTYPE html><title>404", "an HTML page"), ("\u{FEFF}\n <html>", "an HTML page"), ("%PDF-1.7", "PDF"),
    ("\0\0\0\u{18}ftypmp42\0\0\0\0", "a video"), ("<svg xmlns=\"\"/>", "SVG"), ("P7\nWIDTH 1\n", "PAM"),
    ("hello", "unknown bytes 68656c6c"), ("BMW and other cars, a list", "unknown bytes 424d5720"),
    ("P5", "unknown bytes 5035"),
  ]) func foreignFormatsAreNamed(start: String, name: String) throws {
    let error = try #require(failure(decoding: Array(start.utf8)))
    #expect(error.code == .unsupportedFormat)
    #expect(error.message.hasSuffix("got \(name)"))
  }

  @Test(arguments: Fixtures.photos) func aFileCutInHalfIsRefused(fixture: Fixtures.Expectation) throws {
    // Of the animation, the first frame is in the first half.
    if fixture.file == "animated.gif" { return }
    let bytes = try Fixtures.bytes(fixture.file)
    let error = try #require(failure(decoding: Array(bytes.prefix(bytes.count / 2)), name: fixture.file))
    let isTIFF = fixture.format == .tiff  // libtiff doesn't distinguish a cut from a lie
    #expect(error.code == .truncated || isTIFF && error.code == .unreadable, "\(error)")
    #expect(error.place == fixture.file)
  }

  /// Every length: headers, tables, scans and restarts end in different ways.
  @Test(arguments: ["baseline-420.jpg", "progressive.jpg", "restarts.jpg", "gray.jpg", "cmyk.jpg"])
  func aJPEGCutAnywhereIsTruncated(file: String) throws {
    let bytes = try Fixtures.bytes(file)
    for length in 3..<bytes.count {
      let error = failure(decoding: Array(bytes.prefix(length)))
      #expect(
        error?.code == .truncated, "after \(length) of \(bytes.count) bytes: \(String(describing: error))")
    }
  }

  @Test func filesThatArentThereOrArentFilesSayWhich() async throws {
    try await withTemporaryFolder { folder in
      let missing = folder.appendingPathComponent("cat.jpg")
      #expect(code { _ = try PhotoDecoder().decode(contentsOf: missing) } == .missingFile)
      #expect(code { _ = try PhotoDecoder().decode(contentsOf: folder) } == .unreadable)
      try Data().write(to: missing)
      #expect(code { _ = try PhotoDecoder().decode(contentsOf: missing) } == .emptyFile)
      try Data(repeating: 0, count: 2000).write(to: missing)
      var decoder = PhotoDecoder()
      decoder.limits.maximumFileSize = 1999
      #expect(code { _ = try decoder.decode(contentsOf: missing) } == .tooLarge)
    }
  }
}
