import CHDF5
import Synchronization
import WhiskerSystem
import WhiskerTensors

/// Lays out a tree of groups, datasets and attributes as a file, through libhdf5.
///
/// Files are those of h5py's defaults: the format's earliest version, texts of variable length for scalars and of
/// fixed length, padded with zeros, for lists. Datasets of 32-bit floats get their place and no contents.
struct HDF5Writer {
  /// What an attribute may take, as in Keras: an object's header holds messages of up to 64 KB.
  static let attributeSizeLimit = 64_512

  /// libhdf5 keeps its state in global variables and Debian builds it without its own locks.
  private static let lock = Mutex(())

  let name: String
  private var tensors: [(start: Int, tensor: Tensor)] = []

  /// Lays a tree out in the file at a path, and returns where which tensor belongs.
  static func lay(
    out root: HDF5Group, in path: String, name: String
  ) throws(WhiskerError) -> [(start: Int, tensor: Tensor)] {
    let result = lock.withLock { _ in
      Result { () throws(WhiskerError) in
        let messages = whisker_h5_silence()
        defer { whisker_h5_restore(messages) }
        var writer = HDF5Writer(name: name)
        try writer.write(root, path)
        return writer.tensors
      }
    }
    return try result.get()
  }

  private init(name: String) { self.name = name }

  private mutating func write(_ root: HDF5Group, _ path: String) throws(WhiskerError) {
    let creation = try handle(H5Pcreate(whisker_h5p_file_create()), H5Pclose, "")
    try check(H5Pset_obj_track_times(creation.id, false), "")
    let access = try handle(H5Pcreate(whisker_h5p_file_access()), H5Pclose, "")
    // The ordinary driver wants to know the real path of a symbolic link, which a file in memory doesn't have.
    try check(H5Pset_fapl_stdio(access.id), "")
    let file = try handle(
      H5Fcreate(path, whisker_h5f_truncate(), creation.id, access.id), H5Fclose, "")
    let group = try handle(H5Gopen2(file.id, "/", whisker_h5p_default()), H5Gclose, "")
    try write(root, group.id, "")
    try check(H5Fflush(file.id, H5F_SCOPE_GLOBAL), "")
  }

  private mutating func write(_ group: HDF5Group, _ id: hid_t, _ path: String) throws(WhiskerError) {
    try write(group.attributes, id, path)
    let creation = try handle(H5Pcreate(whisker_h5p_group_create()), H5Pclose, path)
    try check(H5Pset_obj_track_times(creation.id, false), path)
    for (name, node) in group.children {
      let path = path + "/" + name
      try checkText(name, path)
      switch node {
      case .group(let group):
        let child = try handle(
          H5Gcreate2(id, name, whisker_h5p_default(), creation.id, whisker_h5p_default()), H5Gclose, path)
        try write(group, child.id, path)
      case .dataset(let dataset):
        try write(dataset, named: name, in: id, path)
      }
    }
  }

  private mutating func write(
    _ dataset: HDF5Dataset, named name: String, in id: hid_t, _ path: String
  ) throws(WhiskerError) {
    let creation = try handle(H5Pcreate(whisker_h5p_dataset_create()), H5Pclose, path)
    try check(H5Pset_obj_track_times(creation.id, false), path)
    let space = try dataspace(dataset.shape, path)
    func create(_ type: hid_t) throws(WhiskerError) -> HDF5Handle {
      let standard = whisker_h5p_default()
      return try handle(
        H5Dcreate2(id, name, type, space.id, standard, creation.id, standard), H5Dclose, path)
    }
    if let tensor = try dataset.heldTensor() {
      // The place is taken at once, and nothing is written to it.
      try check(H5Pset_alloc_time(creation.id, H5D_ALLOC_TIME_EARLY), path)
      try check(H5Pset_fill_time(creation.id, H5D_FILL_TIME_NEVER), path)
      let created = try create(whisker_h5t_float32())
      try write(dataset.attributes, created.id, path)
      guard tensor.shape.count > 0 else { return }
      let start = H5Dget_offset(created.id)
      guard start != whisker_h5_undefined_address() else { throw failure(path) }
      tensors.append((Int(start), tensor))
    } else {
      let value = try dataset.value()
      let type = try datatype(value, path)
      let created = try create(type.id)
      try write(dataset.attributes, created.id, path)
      try withElements(value, type, path) { elements in
        H5Dwrite(created.id, type.id, 0, 0, whisker_h5p_default(), elements)
      }
    }
  }

  private func write(
    _ attributes: [String: HDF5Value], _ id: hid_t, _ path: String
  ) throws(WhiskerError) {
    for (name, value) in attributes.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      let path = "\(path)@\(name)"
      try checkText(name, path)
      let type = try datatype(value, path)
      let size = value.shape.count * Int(H5Tget_size(type.id))
      guard size <= Self.attributeSizeLimit else {
        throw WhiskerError(
          .cannotWrite, self.name,
          "'\(path)': expected an attribute of at most \(Self.attributeSizeLimit) bytes, got \(size)")
      }
      let space = try dataspace(value.shape, path)
      let attribute = try handle(
        H5Acreate2(id, name, type.id, space.id, whisker_h5p_default(), whisker_h5p_default()), H5Aclose, path)
      try withElements(value, type, path) { H5Awrite(attribute.id, type.id, $0) }
    }
  }
}
