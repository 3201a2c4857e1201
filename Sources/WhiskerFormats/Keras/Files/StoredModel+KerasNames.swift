import WhiskerLayers
import WhiskerSystem
import WhiskerTensors

extension StoredModel {
  /// The same model with names that Keras 3 takes: it refuses a `/`, which Keras 2 wrote into names of layers, and HDF5
  /// has no group of the name `.` or without a name.
  func namedForKeras(_ file: String) throws(WhiskerError) -> StoredModel {
    func isRefused(_ name: String) -> Bool { name.contains("/") || name.isEmpty || name == "." }
    let names = [network.inputName] + network.layers.map(\.name)
    guard names.contains(where: isRefused) else { return self }
    var taken = Set(names.filter { !isRefused($0) })
    var newNames: [String: String] = [:]
    for name in names where isRefused(name) && newNames[name] == nil {
      let base = isRefused(name) && !name.contains("/") ? "layer" : name.replacing("/", with: "_")
      var (new, number) = (base, 0)
      while !taken.insert(new).inserted {
        number += 1
        new = "\(base)_\(number)"
      }
      newNames[name] = new
    }
    var model = self
    do {
      model.network = try network.renamingLayers(newNames)
    } catch {
      throw error.with(.cannotWrite, at: "\(file): \(error.place)")
    }
    // Weights and the optimizer's slots begin with the name of their layer.
    var weightNames: [String: String] = [:]
    for (old, new) in zip(network.layers, model.network.layers) {
      for weight in old.weights { weightNames[old.stateName(of: weight)] = new.stateName(of: weight) }
    }
    model.state.weights = renamed(state.weights, weightNames)
    model.state.slots = renamed(state.slots, weightNames)
    return model
  }

  /// Tensors by their names, which may have the name of a slot after that of the weight.
  private func renamed(_ tensors: [String: Tensor], _ names: [String: String]) -> [String: Tensor] {
    var result: [String: Tensor] = [:]
    for (name, tensor) in tensors {
      let end = names[name] == nil ? name.lastIndex(of: ":") ?? name.endIndex : name.endIndex
      let weight = String(name[..<end])
      result[(names[weight] ?? weight) + name[end...]] = tensor
    }
    return result
  }
}
