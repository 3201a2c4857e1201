import CCrypto
package import Foundation

/// The checksum SHA-256 (FIPS 180-4), which can't be forged: it shows whether a file is the one that was
/// published.
///
/// libcrypto computes it, with the processor's own instructions where there are any.
package struct SHA256: ~Copyable {
  private let context: OpaquePointer
  private static let byteCount = 32

  package init() {
    // Both fail only without memory.
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex2(context, Self.algorithm, nil) == 1 else {
      preconditionFailure("libcrypto gave no SHA-256")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  /// The checksum of some bytes, in 64 hexadecimal digits.
  package static func text(of bytes: some ContiguousBytes) -> String {
    var hash = SHA256()
    bytes.withUnsafeBytes { hash.add($0) }
    return hash.finish()
  }

  /// Takes more bytes.
  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    let isDone = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
    precondition(isDone, "libcrypto took no bytes")
  }

  /// The checksum of all bytes taken, in 64 hexadecimal digits.
  package consuming func finish() -> String {
    let digest = [UInt8](unsafeUninitializedCapacity: Self.byteCount) { digest, count in
      let isDone = EVP_DigestFinal_ex(context, digest.baseAddress, nil) == 1
      precondition(isDone, "libcrypto gave no checksum")
      count = Self.byteCount
    }
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The algorithm, which any number of threads may use at once.
  ///
  /// From a library context of its own: settings in the system's or the user's openssl.cnf have no effect here.
  nonisolated(unsafe) private static let algorithm = EVP_MD_fetch(OSSL_LIB_CTX_new(), "SHA256", nil)
}
