import Foundation
import Testing
import WhiskerFormats
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Reading what `Tools/reference/hdf5_fixtures.py` wrote with h5py and Keras.
@Suite struct HDF5ReadingTests {
  static let forms = ["forms-earliest", "forms-v108", "forms-latest"]

  private func root(_ name: String) throws -> HDF5Group {
    try HDF5File(contentsOf: Fixtures.url("HDF5/\(name).h5")).root
  }

  @Test(arguments: forms)
  func `Attributes of every kind are read`(name: String) throws {
    let group = try #require(root(name).group("attributes"))
    #expect(group.attributes["text"] == HDF5Value("고양이 🐈"))
    #expect(group.attributes["empty text"]?.string == "")
    #expect(group.attributes["bytes"]?.string == "tensorflow")
    #expect(group.attributes["integer"] == HDF5Value(3))
    #expect(group.attributes["float"] == HDF5Value(0.1))
    #expect(group.attributes["boolean"] == HDF5Value(true))
    #expect(group.attributes["nothing"] == HDF5Value(shape: [0], elements: .floats([])))
    let lists = try #require(group.group("lists")).attributes
    #expect(lists["names"] == HDF5Value(["conv2d", "dense", ""]))
    #expect(lists["texts"] == HDF5Value(["고양이", "", "dog"]))
    #expect(lists["no names"]?.strings == [])
    #expect(lists["integers"] == HDF5Value(shape: [2, 3], elements: .integers([1, -2, 3, 4, 5, -6])))
    #expect(lists["floats"] == HDF5Value(shape: [2], elements: .floats([0.5, -1])))
    #expect(lists["booleans"] == HDF5Value(shape: [3], elements: .booleans([true, false, true])))
    let odd = try #require(group.group("odd")).attributes
    #expect(odd["reference"]?.elements == .unread("references"))
    #expect(odd["compound"]?.elements == .unread("compound elements"))
    #expect(odd["latin"]?.elements == .unread("text that isn't UTF-8"))
    #expect(odd["large"]?.elements == .unread("whole numbers beyond 2⁶³"))
    #expect(odd["choice"] == HDF5Value(2))
    #expect(odd["padded"]?.strings == ["a", "b\0c"])
  }

  @Test(arguments: forms, ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"])
  func `Numbers of every width and byte order are read`(name: String, kind: String) throws {
    let types = try #require(root(name).group("types/\(kind.prefix(1))"))
    let scale = kind.first == "f" ? 0.5 : kind.first == "i" ? -1 : 1
    let expected = [0, 1, 2, 3, 100, 127].map { $0 * scale }
    for order in ["little", "big"] {
      let dataset = try #require(types.dataset("\(kind) \(order)"))
      #expect(dataset.shape == [2, 3])
      #expect(try dataset.tensor() == Tensor(shape: [2, 3], values: expected.map { Float($0) }))
      #expect(try dataset.value().numbers == expected)
    }
  }

  @Test(arguments: forms)
  func `Datasets of other elements are read as they are`(name: String) throws {
    let types = try #require(root(name).group("types/other"))
    #expect(try types.dataset("iteration")?.value() == HDF5Value(1 << 53 + 1))
    #expect(try types.dataset("flags")?.value().booleans == [true, false])
    #expect(try types.dataset("texts")?.value() == HDF5Value(["a", "고양이"]))
    #expect(try types.dataset("names")?.value() == HDF5Value(["a", "bc"]))
    let compound = try #require(types.dataset("compound"))
    #expect(try compound.value().elements == .unread("compound elements"))
    let error = try #require(try formatError { _ = try compound.tensor() })
    #expect(error.code == .unsupportedType)
    #expect(
      error.description.hasSuffix("in '/types/other/compound': expected numbers, got compound elements"))
  }

  @Test(arguments: forms)
  func `Elements are found however they are laid out`(name: String) throws {
    let layouts = try #require(root(name).group("layouts"))
    let expected = Tensor(shape: [5, 7], values: (0..<35).map { Float($0) })
    #expect(try layouts.dataset("contiguous")?.tensor() == expected)
    #expect(try layouts.dataset("scalar")?.tensor() == Tensor(7.25))
    #expect(try layouts.dataset("empty")?.tensor() == Tensor(shape: [0, 3]))
    #expect(try layouts.dataset("null")?.tensor() == Tensor(shape: [0]))
    let other = try #require(layouts.group("other"))
    #expect(try other.dataset("unwritten")?.tensor() == Tensor(shape: [2, 3], repeating: 1.5))
    #expect(try other.dataset("unwritten zeros")?.tensor() == Tensor(shape: [2, 3]))
    for layout in ["compact", "one chunk", "one gzip"] {
      #expect(try other.dataset(layout)?.tensor() == expected, "\(layout)")
    }
  }

  @Test func `Chunks are put together, whatever filters they went through`() throws {
    let root = try root("chunks")
    let expected = Tensor(shape: [10, 20, 5], values: (0..<1000).map { Float($0) })
    for name in ["plain", "gzip", "shuffle", "fletcher", "doubles"] {
      #expect(try root.dataset(name)?.tensor() == expected, "\(name)")
    }
    #expect(try root.dataset("many")?.value().integers == (0..<700).map { Int64($0) })
    var partly = Tensor(shape: [10, 10], repeating: -1)
    for (row, column) in [(6, 1), (6, 2), (7, 1), (7, 2)] { partly.values[10 * row + column] = 2 }
    #expect(try root.dataset("partly")?.tensor() == partly)
  }

  @Test func `Many names and attributes and a long text are read`() throws {
    let root = try root("many")
    #expect(root.names.count == 260)
    for index in 0..<260 {
      let name = "number " + String(("00" + String(index)).suffix(3))
      #expect(root.names[index] == name)
      #expect(try root.dataset(name)?.value() == HDF5Value(index))
    }
    for index in 0..<40 {
      #expect(root.attributes["attribute \(index)"]?.integers == (0..<Int64(index)).map { $0 })
    }
    #expect(root.attributes["long text"]?.string == String(repeating: "고양이 ", count: 6_600))
  }

  @Test(arguments: forms)
  func `Paths lead to what lies below`(name: String) throws {
    let root = try root(name)
    #expect(root.names.sorted() == ["attributes", "layouts", "nested", "types"])
    #expect(try root.dataset("nested/a/b/c/고양이 3")?.tensor() == Tensor(3))
    #expect(root["nested/a"]?.group?.names == ["b"])
    #expect(root["nested/d"] == nil && root["layouts/scalar/x"] == nil && root[""] == nil)
    #expect(root.group("layouts/scalar") == nil && root.dataset("layouts") == nil)
  }

  @Test func `A file behind a block of the user's, in another file and in memory is read`() async throws {
    let url = Fixtures.url("HDF5/userblock.h5")
    let bytes = [UInt8](try Data(contentsOf: url))
    let expected = Tensor(shape: [3], values: [0, 1, 2])
    #expect(try HDF5File(contentsOf: url).root.dataset("x")?.tensor() == expected)
    #expect(try HDF5File(bytes: bytes, name: "memory").root.dataset("x")?.tensor() == expected)
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("archive")
      try Data([1, 2, 3] + bytes + [4]).write(to: url)
      let file = try HDF5File(contentsOf: url, range: 3..<3 + bytes.count, name: "entry")
      #expect(try file.root.dataset("x")?.tensor() == expected)
      let error = try formatError {
        _ = try HDF5File(contentsOf: url, range: 3..<9 + bytes.count, name: "entry")
      }
      #expect(error?.code == .truncated && error?.place == "entry")
    }
  }

  @Test func `A model that Keras saved is read`() throws {
    let root = try root("keras")
    #expect(root.attributes["keras_version"]?.string == "3.15.1")
    #expect(root.attributes["model_config"]?.string?.contains("\"Sequential\"") == true)
    let weights = try #require(root.group("model_weights"))
    #expect(weights.attributes["layer_names"]?.strings == ["conv2d", "flatten", "dense"])
    let kernel = try #require(weights.dataset("conv2d/sequential/conv2d/kernel"))
    #expect(try kernel.tensor() == Tensor(shape: [3, 3, 3, 2], values: (0..<54).map { Float($0) / 64 }))
    let iteration = try #require(root.dataset("optimizer_weights/rm_sprop/iteration"))
    #expect(try iteration.value().integers == [2000])
  }

  @Test func `Weights that Keras saved are read`() throws {
    let root = try root("keras.weights")
    let kernel = try #require(root.dataset("layers/dense/vars/0"))
    #expect(try kernel.tensor() == Tensor(shape: [72, 1], values: (0..<72).map { Float($0) / 64 }))
  }

  @Test(arguments: [
    ("dense-attributes", "dense storage"), ("dense-links", "dense storage"), ("fixed-array", "a fixed array"),
    ("lzf", "LZF"), ("soft-link", "symbolic"), ("external-link", "external link"),
    ("hard-link", "used elsewhere"), ("cycle", "used elsewhere"), ("external-data", "other files"),
    ("virtual", "layout 3"), ("committed-type", "got neither"),
  ])
  func `What Keras doesn't write is refused by name`(name: String, reason: String) throws {
    let error = try #require(try formatError { _ = try root("refused-\(name)") })
    #expect(error.code == .unsupportedType)
    #expect(error.message.contains(reason), "\(error)")
    #expect(error.place.contains("refused-\(name).h5: in '/"))
  }

  @Test func `Other files and cut ones are refused`() throws {
    func error(_ bytes: [UInt8]) throws -> WhiskerError? {
      try formatError { _ = try HDF5File(bytes: bytes, name: "file") }
    }
    #expect(try error([])?.code == .notThisFormat)
    #expect(try error(Array("PK".utf8) + [UInt8](repeating: 0, count: 5000))?.code == .notThisFormat)
    let bytes = [UInt8](try Data(contentsOf: Fixtures.url("HDF5/keras.h5")))
    #expect(try error(Array(bytes.dropLast()))?.code == .truncated)
    for count in stride(from: 8, to: 96, by: 1) {
      #expect(try error(Array(bytes.prefix(count))) != nil)
    }
  }
}
