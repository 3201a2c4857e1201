/// The element types that a safetensors header can name.
enum SafeTensorsElementType: String, Sendable, CaseIterable {
  case float4 = "F4"
  case float6Exponent2 = "F6_E2M3"
  case float6Exponent3 = "F6_E3M2"
  case boolean = "BOOL"
  case unsigned8 = "U8"
  case signed8 = "I8"
  case float8Exponent5 = "F8_E5M2"
  case float8Exponent4 = "F8_E4M3"
  case float8Exponent8 = "F8_E8M0"
  case unsigned16 = "U16"
  case signed16 = "I16"
  case float16 = "F16"
  case brainFloat16 = "BF16"
  case unsigned32 = "U32"
  case signed32 = "I32"
  case float32 = "F32"
  case unsigned64 = "U64"
  case signed64 = "I64"
  case float64 = "F64"
  case complex64 = "C64"

  /// The size of one element.
  var bits: Int {
    switch self {
    case .float4: 4
    case .float6Exponent2, .float6Exponent3: 6
    case .boolean, .unsigned8, .signed8, .float8Exponent5, .float8Exponent4, .float8Exponent8: 8
    case .unsigned16, .signed16, .float16, .brainFloat16: 16
    case .unsigned32, .signed32, .float32: 32
    case .unsigned64, .signed64, .float64, .complex64: 64
    }
  }

  /// How the elements are read; nil for those that aren't.
  var number: NumberType? {
    switch self {
    case .float32: .float32
    case .float64: .float64
    case .float16: .float16
    case .brainFloat16: .brainFloat16
    case .boolean: .boolean
    case .unsigned8: .unsigned8
    case .signed8: .signed8
    case .unsigned16: .unsigned16
    case .signed16: .signed16
    case .unsigned32: .unsigned32
    case .signed32: .signed32
    case .unsigned64: .unsigned64
    case .signed64: .signed64
    case .float4, .float6Exponent2, .float6Exponent3, .float8Exponent5, .float8Exponent4, .float8Exponent8,
      .complex64:
      nil
    }
  }
}
