public import WhiskerSystem

extension StoredModel: ShortDescription {
  /// The network and its state.
  public var description: String {
    "StoredModel(\(network), \(state), tensors: \(tensors.excerpt), metadata: \(metadata.keys.sorted().excerpt))"
  }
}

extension SafeTensorsFile: ShortDescription {
  /// The names of the tensors, of many the first and last three.
  public var description: String { "SafeTensorsFile(tensors: \(tensorNames.excerpt))" }
}

extension HDF5Dataset: ShortDescription {
  /// The shape, and the names of the attributes.
  public var description: String {
    "HDF5Dataset(shape: \(shape), attributes: \(attributes.keys.sorted().excerpt))"
  }
}

extension HDF5Value: ShortDescription {
  /// The shape and the elements, of many the first and last three.
  public var description: String {
    let elements =
      switch elements {
      case .integers(let values): values.excerpt
      case .floats(let values): values.excerpt
      case .strings(let values): values.excerpt
      case .booleans(let values): values.excerpt
      case .unread(let kind): kind
      }
    return "HDF5Value(shape: \(shape), elements: \(elements))"
  }
}
