@_exported public import WhiskerDatasets
@_exported public import WhiskerFormats
@_exported public import WhiskerGraph
@_exported public import WhiskerImages
@_exported public import WhiskerInspection
@_exported public import WhiskerLayers
@_exported public import WhiskerOneDNNEngine
@_exported public import WhiskerPretrained
@_exported public import WhiskerReferenceEngine
@_exported public import WhiskerReports
@_exported public import WhiskerRuns
@_exported public import WhiskerSketches
@_exported public import WhiskerSystem
@_exported public import WhiskerTensors
@_exported public import WhiskerTraining

extension Model {
  /// Chooses what training minimises and how; computes on every core through oneDNN.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the layers, the optimizer's settings or the loss don't fit.
  public func compile(
    loss: Loss, optimizer: Optimizer = .rmsprop(), metrics: [Metric] = [.accuracy]
  ) throws(WhiskerError) {
    try compile(loss: loss, optimizer: optimizer, metrics: metrics, engine: OneDNNEngine())
  }
}
