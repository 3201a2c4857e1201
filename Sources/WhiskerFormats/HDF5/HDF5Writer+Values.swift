import CHDF5
import WhiskerSystem
import WhiskerTensors

extension HDF5Writer {
  /// The size that stands for text of any length: `H5T_VARIABLE`, all bits set.
  private var variableLength: Int { Int(bitPattern: UInt.max) }

  func handle(
    _ id: hid_t, _ close: @escaping @convention(c) (hid_t) -> herr_t, _ path: String
  ) throws(WhiskerError) -> HDF5Handle {
    guard let handle = HDF5Handle(id, close) else { throw failure(path) }
    return handle
  }

  func check(_ status: herr_t, _ path: String) throws(WhiskerError) {
    guard status >= 0 else { throw failure(path) }
  }

  func failure(_ path: String) -> WhiskerError {
    WhiskerError(.cannotWrite, name, "'\(path.isEmpty ? "/" : path)' can't be written by libhdf5")
  }

  /// Text goes to libhdf5 as C's, which a zero ends.
  func checkText(_ text: String, _ path: String) throws(WhiskerError) {
    guard !text.utf8.contains(0) else {
      throw WhiskerError(.cannotWrite, name, "'\(path)': expected text without zeros, got a zero")
    }
  }

  func dataspace(_ shape: Shape, _ path: String) throws(WhiskerError) -> HDF5Handle {
    guard shape.rank > 0 else { return try handle(H5Screate(H5S_SCALAR), H5Sclose, path) }
    return try handle(
      H5Screate_simple(Int32(shape.rank), shape.sizes.map { hsize_t($0) }, nil), H5Sclose, path)
  }

  /// The type of a value's elements in the file, which is also theirs in memory.
  func datatype(_ value: HDF5Value, _ path: String) throws(WhiskerError) -> HDF5Handle {
    switch value.elements {
    case .integers: return try handle(H5Tcopy(whisker_h5t_int64()), H5Tclose, path)
    case .floats: return try handle(H5Tcopy(whisker_h5t_float64()), H5Tclose, path)
    case .booleans:
      let type = try handle(H5Tenum_create(whisker_h5t_int8()), H5Tclose, path)
      for (name, value) in [("FALSE", Int8(0)), ("TRUE", 1)] {
        let status = withUnsafePointer(to: value) { H5Tenum_insert(type.id, name, $0) }
        try check(status, path)
      }
      return type
    case .strings(let strings):
      for string in strings { try checkText(string, path) }
      let type = try handle(H5Tcopy(whisker_h5t_string()), H5Tclose, path)
      let isList = value.shape.rank > 0
      try check(H5Tset_size(type.id, isList ? Self.width(of: strings) : variableLength), path)
      try check(H5Tset_strpad(type.id, isList ? H5T_STR_NULLPAD : H5T_STR_NULLTERM), path)
      let isASCII = isList && strings.allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } }
      try check(H5Tset_cset(type.id, isASCII ? H5T_CSET_ASCII : H5T_CSET_UTF8), path)
      return type
    case .unread(let what):
      throw WhiskerError(.cannotWrite, name, "'\(path)': expected text or numbers, got \(what)")
    }
  }

  private static func width(of strings: [String]) -> Int { max(1, strings.map(\.utf8.count).max() ?? 1) }

  /// Calls `write` with the value's elements as they go to the file.
  func withElements(
    _ value: HDF5Value, _ type: borrowing HDF5Handle, _ path: String,
    _ write: (UnsafeRawPointer?) -> herr_t
  ) throws(WhiskerError) {
    // libhdf5 wants an address even for no elements.
    let none: [UInt8] = [0]
    guard value.shape.count > 0 else { return try check(write(none), path) }
    switch value.elements {
    case .integers(let integers): try check(write(integers), path)
    case .floats(let floats): try check(write(floats), path)
    case .booleans(let booleans): try check(write(booleans.map { $0 ? 1 : 0 } as [Int8]), path)
    case .strings(let strings):
      if value.shape.rank == 0 {
        let status = (strings.first ?? "").withCString { text in
          withUnsafePointer(to: text) { write(UnsafeRawPointer($0)) }
        }
        try check(status, path)
      } else {
        let width = Self.width(of: strings)
        var bytes: [UInt8] = []
        for string in strings {
          bytes += Array(string.utf8) + [UInt8](repeating: 0, count: width - string.utf8.count)
        }
        try check(write(bytes), path)
      }
    case .unread: throw failure(path)
    }
  }
}
