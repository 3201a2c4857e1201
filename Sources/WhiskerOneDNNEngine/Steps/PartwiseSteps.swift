import COneDNN
import WhiskerSystem

/// Steps that every part of a batch goes through before the next part begins, so that what lies between two steps
/// stays in the processor's cache and takes the memory of one part only.
final class PartwiseSteps: Step {
  let names: [String]
  let buffers: [Buffer]
  private let parts: [(part: BatchPart, steps: [any Step])]
  private let sampleByteCounts: [Buffer: Int]

  /// - Parameters:
  ///   - parts: For each part its own steps.
  ///   - sampleByteCounts: How many bytes of a buffer belong to one sample; of buffers that aren't named here every
  ///     part uses the beginning.
  init(_ parts: [(part: BatchPart, steps: [any Step])], sampleByteCounts: [Buffer: Int]) {
    self.parts = parts
    self.sampleByteCounts = sampleByteCounts
    names = parts.first?.steps.flatMap(\.names) ?? []
    buffers = Set(parts.flatMap { $0.steps.flatMap(\.buffers) }).sorted { $0.index < $1.index }
  }

  func bind(_ address: (Buffer) -> UnsafeMutableRawPointer) {
    for (part, steps) in parts {
      for step in steps {
        step.bind { address($0) + part.first * sampleByteCounts[$0, default: 0] }
      }
    }
  }

  func run(on stream: dnnl_stream_t) throws(WhiskerError) {
    for (_, steps) in parts {
      for step in steps { try step.run(on: stream) }
    }
  }
}
