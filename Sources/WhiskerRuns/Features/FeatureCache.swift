public import Foundation
import WhiskerFormats
import WhiskerPretrained
import WhiskerSystem
import WhiskerTensors

/// Features that were computed before, on disk: by the photo's contents, the network and the preparation.
///
/// One safetensors file for each network with its weights and preparation holds a tensor `features` `[N, F]`; its
/// metadata say what it belongs to (`source`) and, in `photos`, the first 32 digits of the SHA-256 of each photo's file,
/// divided by commas, in the order of the rows. Files are replaced whole; when one outgrows the limit its
/// oldest rows are dropped. What can't be read is computed again.
public struct FeatureCache: Sendable {
  /// The folder.
  public let folder: URL
  /// Bytes that one file may take.
  public var byteLimit = 512 << 20

  /// The user's: `features` in ``WhiskerPretrained/WeightsStore/cacheFolder``.
  public init() {
    self.init(folder: WeightsStore.cacheFolder.appendingPathComponent("features", isDirectory: true))
  }

  /// A cache in a folder, which is made when something is kept.
  public init(folder: URL) { self.folder = folder }

  private static let (featuresName, photosName, sourceName) = ("features", "photos", "source")

  /// What is cached for a source.
  func table(of source: FeatureSource) -> FeatureTable {
    let empty = FeatureTable(featureCount: source.featureCount)
    guard let file = try? SafeTensorsFile(contentsOf: url(of: source)),
      file.metadata[Self.sourceName] == source.text,
      let photos = file.metadata[Self.photosName]?.split(separator: ",").map(String.init),
      let tensor = try? file.tensor(Self.featuresName, shape: [photos.count, source.featureCount])
    else { return empty }
    return FeatureTable(featureCount: source.featureCount, photos: photos, values: tensor.values)
  }

  /// Keeps a table.
  ///
  /// - Throws: `WhiskerError` with `cannotWrite`; the caller can continue without a cache.
  func keep(_ table: FeatureTable, of source: FeatureSource) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    AtomicFile.removeLeftovers(in: folder)
    let rows = min(table.photos.count, byteLimit / (table.featureCount * MemoryLayout<Float>.stride))
    let kept = table.suffix(rows)
    try SafeTensorsFile.write(
      [Self.featuresName: Tensor(shape: [rows, table.featureCount], values: kept.values)],
      metadata: [Self.photosName: kept.photos.joined(separator: ","), Self.sourceName: source.text],
      to: url(of: source))
  }

  private func url(of source: FeatureSource) -> URL {
    let digits = SHA256.text(of: Array(source.text.utf8)).prefix(16)
    // Names of other programs' models may be paths.
    let name = source.name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) ? $0 : "_" }
    return folder.appendingPathComponent("\(String(name.prefix(60)))-\(digits).safetensors")
  }
}

/// What features depend on, besides the photo.
struct FeatureSource: Sendable {
  /// What the network is called.
  let name: String
  let featureCount: Int
  /// Network, weights, preparation, and how it is computed.
  let text: String
}

/// Features by photo.
package struct FeatureTable: Sendable {
  package let featureCount: Int
  /// The digests of the photos, in the order of the rows.
  package private(set) var photos: [String] = []
  package private(set) var values: [Float] = []
  private var rows: [String: Int] = [:]

  package init(featureCount: Int, photos: [String] = [], values: [Float] = []) {
    self.featureCount = featureCount
    self.photos = photos
    self.values = values
    rows = Dictionary(photos.enumerated().map { ($1, $0) }) { first, _ in first }
  }

  package func holds(_ photo: String) -> Bool { rows[photo] != nil }

  package subscript(photo: String) -> ArraySlice<Float>? {
    rows[photo].map { values[$0 * featureCount..<($0 + 1) * featureCount] }
  }

  package mutating func add(_ photo: String, _ features: ArraySlice<Float>) {
    guard rows[photo] == nil else { return }
    rows[photo] = photos.count
    photos.append(photo)
    values += features
  }

  /// The rows that were added last.
  package func suffix(_ count: Int) -> FeatureTable {
    FeatureTable(
      featureCount: featureCount, photos: Array(photos.suffix(count)),
      values: Array(values.suffix(count * featureCount)))
  }
}
