@_exported public import WhiskerTensors
