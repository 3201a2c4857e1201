import Foundation

/// Another program's run: what it is to read is given, what it writes is taken, all within a time limit.
///
/// Whatever the program does, the caller gets on: one that never reads or never ends is killed at the limit, and one that
/// stops reading raises no signal here (its input is a socket, to which one can write without).
struct PipedProgram {
  /// How a run ended.
  struct Outcome {
    /// The exit code; that of a signal is 128 and its number.
    let code: Int32
    /// Standard output.
    let output: [UInt8]
    /// Standard error.
    let errors: [UInt8]
  }

  /// Why there is no outcome.
  enum Failure: Error {
    /// The program couldn't be started, in the system's words.
    case notStarted(String)
    /// It took longer than allowed.
    case tooSlow
    /// It wrote more than allowed.
    case tooMuch
  }

  /// The program's file.
  let program: URL
  /// What stands behind its name.
  let arguments: [String]
  /// All of its environment.
  let environment: [String: String]
  /// How long it may take.
  let timeLimit: Duration
  /// How many bytes it may write.
  private static let outputLimit = 1 << 28

  /// Runs it on an input.
  func run(on input: [UInt8]) throws(Failure) -> Outcome {
    let deadline = ContinuousClock.now + timeLimit
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw .notStarted(String(cString: strerror(errno)))
    }
    let (writer, reader) = (
      FileHandle(fileDescriptor: ends[0], closeOnDealloc: true),
      FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
    )
    let (output, errors) = (Pipe(), Pipe())
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.environment = environment
    process.standardInput = reader
    process.standardOutput = output
    process.standardError = errors
    do {
      try process.runWithSignals()
    } catch {
      throw .notStarted(error.localizedDescription)
    }
    // The ends that are the program's: without ours, theirs is the only one, and its end can be seen.
    try? reader.close()
    for pipe in [output, errors] { try? pipe.fileHandleForWriting.close() }

    var exchange = Exchange(
      input: input[...], writer: writer, output: output.fileHandleForReading.fileDescriptor,
      errors: errors.fileHandleForReading.fileDescriptor)
    do throws(Failure) {
      try exchange.run(until: deadline, limit: Self.outputLimit)
      let code = try Self.ending(of: process, until: deadline)
      return Outcome(code: code, output: exchange.written[0], errors: exchange.written[1])
    } catch {
      kill(process.processIdentifier, SIGKILL)
      throw error
    }
  }

  /// Waits for the end of a program that has closed its outputs, and so has little left to do.
  private static func ending(
    of process: Process, until deadline: ContinuousClock.Instant
  ) throws(Failure) -> Int32 {
    while ContinuousClock.now < deadline {
      if let code = process.ending { return code }
      usleep(1000)
    }
    throw .tooSlow
  }
}

/// The writing to and reading from a program, each as soon as it can be done.
private struct Exchange {
  private(set) var written: [[UInt8]] = [[], []]
  private var input: ArraySlice<UInt8>
  private let writer: FileHandle
  /// Where to write, then where to read output and errors; -1 for what is over.
  private var descriptors: [Int32]
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)

  init(input: ArraySlice<UInt8>, writer: FileHandle, output: Int32, errors: Int32) {
    self.input = input
    self.writer = writer
    descriptors = [writer.fileDescriptor, output, errors]
  }

  /// Goes on until the program has closed both of its outputs.
  mutating func run(until deadline: ContinuousClock.Instant, limit: Int) throws(PipedProgram.Failure) {
    writeSome()
    while descriptors[1...].contains(where: { $0 >= 0 }) {
      let left = ContinuousClock.now.duration(to: deadline)
      guard left > .zero else { throw .tooSlow }
      // The system passes over those that are negative.
      var polls = descriptors.enumerated().map { index, descriptor in
        pollfd(fd: descriptor, events: Int16(index == 0 ? POLLOUT : POLLIN), revents: 0)
      }
      guard poll(&polls, nfds_t(polls.count), Int32(left.seconds * 1000) + 1) > 0 else { continue }
      if polls[0].revents != 0 { writeSome() }
      for stream in 0...1 where polls[stream + 1].revents != 0 { readSome(stream) }
      guard written[0].count + written[1].count <= limit else { throw .tooMuch }
    }
  }

  private mutating func writeSome() {
    let count = input.withUnsafeBytes {
      send(descriptors[0], $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
    }
    if count > 0 { input = input.dropFirst(count) }
    let isForLater = count < 0 && (errno == EAGAIN || errno == EINTR)
    if input.isEmpty || (count < 0 && !isForLater) {
      try? writer.close()
      descriptors[0] = -1
    }
  }

  private mutating func readSome(_ stream: Int) {
    let count = read(descriptors[stream + 1], &buffer, buffer.count)
    if count > 0 {
      written[stream] += buffer[..<count]
    } else if count == 0 || errno != EINTR {
      descriptors[stream + 1] = -1
    }
  }
}

extension Duration {
  fileprivate var seconds: Double { self / .seconds(1) }
}
