import CLAPACK
import WhiskerSystem
import WhiskerTensors

/// Learns the matrix of ZCA whitening: `U · diag(1 / (√λ + ε / √N)) · Uᵀ`, of the eigenvectors U and eigenvalues λ of
/// the covariance of N photos.
struct Whitening {
  private let size: Int
  private let epsilon: Double
  /// The sum of the photos' outer products; LAPACK's lower half.
  private var products: [Double]
  private var count = 0

  /// Directions that vary less than this part of the most varied one count as not varying at all.
  private static let tolerance = 1e-10

  init(size: Int, epsilon: Float) {
    self.size = size
    self.epsilon = Double(epsilon)
    products = Array(repeating: 0, count: size * size)
  }

  /// Takes centred photos into account, `[N, …]` of N × size numbers.
  mutating func add(_ photos: [Double]) {
    var (n, k, one) = (Int32(size), Int32(photos.count / size), 1.0)
    dsyrk_("L", "N", &n, &k, &one, photos, &n, &one, &products, &n)
    count += photos.count / size
  }

  /// The matrix; directions in which the photos don't differ are dropped.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `invalidSetting` if the eigenvalues can't be found.
  consuming func matrix() throws(WhiskerError) -> Tensor {
    var values = [Double](repeating: 0, count: size)
    try decompose(&values)
    let largest = (values.last ?? 0) / Double(count)
    for (column, sum) in values.enumerated() {
      let variance = max(0, sum / Double(count))
      let isFlat = variance <= largest * Self.tolerance
      let factor = isFlat ? 0 : 1 / (variance.squareRoot() + epsilon / Double(count).squareRoot())
      let root = factor.squareRoot()
      for row in 0..<size { products[column * size + row] *= root }
    }
    var result = [Double](repeating: 0, count: size * size)
    var (n, one, zero) = (Int32(size), 1.0, 0.0)
    dsyrk_("L", "N", &n, &n, &one, products, &n, &zero, &result, &n)
    // Column-major with the lower half filled: element (row, column) lies at column · size + row, row ≥ column.
    return Tensor(
      shape: [size, size],
      values: (0..<size * size).map { place in
        let (row, column) = (place / size, place % size)
        return Float(result[min(row, column) * size + max(row, column)])
      })
  }

  /// Replaces the products by their eigenvectors, one column each.
  private mutating func decompose(_ values: inout [Double]) throws(WhiskerError) {
    var n = Int32(size)
    var workCount = Int32(1 + 6 * size + 2 * size * size)
    var indexCount = Int32(3 + 5 * size)
    var work = [Double](repeating: 0, count: Int(workCount))
    var indices = [Int32](repeating: 0, count: Int(indexCount))
    var status: Int32 = 0
    dsyevd_("V", "L", &n, &products, &n, &values, &work, &workCount, &indices, &indexCount, &status)
    try requireSetting(
      status == 0, "zca_whitening", expected: "photos whose covariance has eigenvalues",
      got: "LAPACK's status \(status)")
  }
}
