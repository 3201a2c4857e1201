import COneDNN
import WhiskerSystem

/// Throws if oneDNN did not succeed.
func check(_ status: dnnl_status_t, _ place: @autoclosure () -> String) throws(WhiskerError) {
  guard status == dnnl_success else {
    let code: WhiskerError.Code = status == dnnl_unimplemented ? .unsupportedOp : .engineFailure
    throw WhiskerError(code, place(), expected: "oneDNN to succeed", got: "\(name(of: status))")
  }
}

private func name(of status: dnnl_status_t) -> String {
  switch status {
  case dnnl_out_of_memory: "out of memory"
  case dnnl_invalid_arguments: "invalid arguments"
  case dnnl_unimplemented: "unimplemented"
  default: "status \(status.rawValue)"
  }
}

/// Owns oneDNN's handle of the processor and of one in-order stream of work on it.
final class Device {
  let engine: dnnl_engine_t
  let stream: dnnl_stream_t
  /// Attributes that let the caller provide the scratchpad.
  let attributes: dnnl_primitive_attr_t

  init() throws(WhiskerError) {
    var engine: dnnl_engine_t?
    try WhiskerOneDNNEngine.check(dnnl_engine_create(&engine, dnnl_cpu, 0), "engine")
    guard let engine else { throw WhiskerError(.engineFailure, "engine", expected: "a handle", got: "none") }
    var stream: dnnl_stream_t?
    try WhiskerOneDNNEngine.check(
      dnnl_stream_create(&stream, engine, dnnl_stream_default_flags.rawValue), "stream")
    guard let stream else { throw WhiskerError(.engineFailure, "stream", expected: "a handle", got: "none") }
    self.engine = engine
    self.stream = stream
    attributes = try Device.makeAttributes(activation: nil)
  }

  /// Whether oneDNN has its kernels for AVX-512: whether the processor has the instructions, and they aren't
  /// disabled (`ONEDNN_MAX_CPU_ISA`).
  static let hasAVX512 =
    dnnl_get_effective_cpu_isa().rawValue & dnnl_cpu_isa_avx512_core.rawValue
    == dnnl_cpu_isa_avx512_core.rawValue

  deinit {
    dnnl_primitive_attr_destroy(attributes)
    dnnl_stream_destroy(stream)
    dnnl_engine_destroy(engine)
  }

  /// Attributes with a caller-provided scratchpad and, if wanted, an activation applied to the result.
  ///
  /// The caller destroys them.
  static func makeAttributes(activation: Eltwise?) throws(WhiskerError) -> dnnl_primitive_attr_t {
    var attributes: dnnl_primitive_attr_t?
    try WhiskerOneDNNEngine.check(dnnl_primitive_attr_create(&attributes), "attributes")
    guard let attributes else {
      throw WhiskerError(.engineFailure, "attributes", expected: "a handle", got: "none")
    }
    dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user)
    if let activation {
      var operations: dnnl_post_ops_t?
      dnnl_post_ops_create(&operations)
      dnnl_post_ops_append_eltwise(operations, 1, activation.algorithm, activation.alpha, activation.beta)
      dnnl_primitive_attr_set_post_ops(attributes, operations)
      dnnl_post_ops_destroy(operations)
    }
    return attributes
  }
}

/// Owns a primitive descriptor: an operation for which oneDNN has chosen an implementation and layouts.
final class PrimitiveDescriptor {
  let handle: dnnl_primitive_desc_t

  /// - Parameters:
  ///   - operation: a pointer to one of oneDNN's operation descriptors.
  ///   - hint: for a backward pass, the descriptor of its forward pass.
  init(
    _ operation: UnsafeRawPointer, on device: Device, activation: Eltwise? = nil,
    hint: PrimitiveDescriptor? = nil, place: String
  ) throws(WhiskerError) {
    let attributes = try Device.makeAttributes(activation: activation)
    defer { dnnl_primitive_attr_destroy(attributes) }
    var handle: dnnl_primitive_desc_t?
    try check(
      dnnl_primitive_desc_create(&handle, operation, attributes, device.engine, hint?.handle), place)
    guard let handle else { throw WhiskerError(.engineFailure, place, expected: "a handle", got: "none") }
    self.handle = handle
  }

  /// Takes over a handle that oneDNN made.
  init(owning handle: dnnl_primitive_desc_t) { self.handle = handle }

  deinit { dnnl_primitive_desc_destroy(handle) }

  /// The layout that the implementation expects of one of its operands.
  func layout(_ what: dnnl_query_t) -> Layout {
    guard let descriptor = dnnl_primitive_desc_query_md(handle, what, 0) else { return Layout.empty }
    return Layout(descriptor.pointee)
  }

  /// What oneDNN calls the implementation: `jit_wino_4x3:avx512_core`, `ref:any`.
  var implementation: String {
    var name: UnsafePointer<CChar>?
    dnnl_primitive_desc_query(handle, dnnl_query_impl_info_str, 0, &name)
    return name.map { String(cString: $0) } ?? ""
  }
}

/// One of oneDNN's elementwise functions with its two numbers.
struct Eltwise {
  var algorithm: dnnl_alg_kind_t
  var alpha: Float = 0
  var beta: Float = 0
}
