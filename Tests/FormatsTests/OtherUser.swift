import Foundation

/// Runs `body` with the file permissions of a user who owns nothing, if this is root, to whom nothing is
/// forbidden.
///
/// Only the calling thread changes its user; the others, running other tests, stay as they are.
func asOrdinaryUser<Result>(_ body: () throws -> Result) throws -> Result {
  guard geteuid() == 0 else { return try body() }
  // The Glibc module leaves out <sys/fsuid.h>.
  guard let symbol = dlsym(nil, "setfsuid") else { return try body() }
  let setFileUser = unsafeBitCast(symbol, to: (@convention(c) (uid_t) -> CInt).self)
  _ = setFileUser(65534)
  defer { _ = setFileUser(0) }
  return try body()
}
