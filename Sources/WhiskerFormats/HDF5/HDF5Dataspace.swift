import WhiskerSystem
import WhiskerTensors

/// Reads a dataspace message: the sizes of the axes.
///
/// The product of the sizes fits an `Int`, whatever the order in which it is formed, and even times the
/// largest element. A null dataspace, without elements, has the shape `(0)`.
func hdf5Shape(_ cursor: inout HDF5Cursor) throws(WhiskerError) -> Shape {
  let version = try cursor.version(1...2)
  let rank = try cursor.integer(1)
  guard rank <= 32 else { throw cursor.expected("at most 32 axes", got: rank) }
  try cursor.skip(1)
  if version == 1 {
    try cursor.skip(5)
  } else {
    let type = try cursor.integer(1)
    if type == 2 { return [0] }
    guard type == (rank == 0 ? 0 : 1) else { throw cursor.expected("a simple dataspace", got: type) }
  }
  var sizes: [Int] = []
  var product = 1
  for _ in 0..<rank {
    let size = try cursor.length()
    let (next, overflows) = product.multipliedReportingOverflow(by: max(size, 1))
    guard !overflows, next < 1 << 48 else { throw cursor.expected("fewer than 2⁴⁸ elements", got: size) }
    product = next
    sizes.append(size)
  }
  return Shape(sizes)
}
