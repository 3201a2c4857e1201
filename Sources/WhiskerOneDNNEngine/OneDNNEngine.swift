import COneDNN
public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// Runs graphs on the processor through oneDNN, on its own thread with a pool of workers.
///
/// The same program with the same inputs gives the same bits on the same machine and thread count
/// (`Settings/threadCount`). Where oneDNN has no AVX-512, the last bits of a sample's result may depend on how many samples
/// are computed with it.
public actor OneDNNEngine: Engine {
  /// How the engine computes.
  public struct Settings: Hashable, Sendable {
    /// Threads that are to compute, at least 1; nil for every core that the process may use.
    public var threads: Int?
    /// Whether 3 × 3 convolutions may use Winograd's algorithm, 1.5 to 3 times as fast and a little less exact
    /// (relative error about 1e-5).
    public var usesWinograd: Bool
    /// Bytes that a tensor between a convolution and its pooling may take before the batch is computed in parts.
    ///
    /// It should be read back from the processor's cache: 8 MB are a quarter of a common last-level cache. Half
    /// or twice as much made no measurable difference.
    package var partByteCount = 8 << 20
    /// Whether our own kernels for convolutions are used wherever they can be; otherwise only without AVX-512, with
    /// which oneDNN has Winograd's algorithm too.
    package var prefersOwnConvolutions = false

    /// All cores and Winograd unless said otherwise.
    public init(threads: Int? = nil, usesWinograd: Bool = true) {
      self.threads = threads
      self.usesWinograd = usesWinograd
    }

    /// Threads that an engine of these settings computes with: those that were asked for, or as many of them as the
    /// environment allows (`OMP_THREAD_LIMIT`).
    public var threadCount: Int { ThreadTeam.size(asking: threads) }
  }

  /// How the engine computes.
  public nonisolated let settings: Settings
  public nonisolated let programs = ProgramLedger()
  private nonisolated let executor: ThreadExecutor
  private var device: Device?
  private var states: [String: EngineState] = [:]
  /// For each state when it was changed last, counted in changes.
  private var stateVersions: [String: Int] = [:]
  private var lastVersion = 0
  /// Changes whenever states are forgotten, so that programs look for theirs again.
  private var generation = 0
  private var arena: Arena?

  /// An engine without states and programs.
  public init(_ settings: Settings = Settings()) {
    self.settings = settings
    executor = ThreadExecutor(name: "whisker-engine")
  }

  /// The engine's own thread.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  public func compile(_ graph: Graph) throws(WhiskerError) -> Program {
    try graph.verify()
    let device = try startedDevice()
    let shapes = graph.states
    for (name, shape) in shapes where states[name] == nil {
      states[name] = try EngineState(shape: shape)
    }
    for (name, state) in states.sorted(by: { $0.key < $1.key }) {
      guard let shape = shapes[name], shape != state.shape else { continue }
      throw WhiskerError(.badBinding, "state \(name)", expected: "\(state.shape)", got: "\(shape)")
    }
    let lowering = try Lowering(graph, device: device, settings: settings) {
      name, wish throws(WhiskerError) in
      guard let state = self.states[name] else {
        throw WhiskerError(.badBinding, "state \(name)", expected: "a state of the graph", got: "none")
      }
      return try state.claim(wish, on: device)
    }
    let compiled = CompiledProgram(lowering, on: device)
    return programs.program(compiled, byteCount: compiled.arenaByteCount + compiled.keptByteCount)
  }

  public func load(_ tensors: [String: Tensor]) throws(WhiskerError) {
    let device = try startedDevice()
    noteChange(of: tensors.keys)
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      let state: EngineState
      if let known = states[name] {
        guard known.shape == tensor.shape else {
          throw WhiskerError(.badBinding, "state \(name)", expected: "\(known.shape)", got: "\(tensor.shape)")
        }
        state = known
      } else {
        state = try EngineState(shape: tensor.shape)
        states[name] = state
      }
      try state.write(tensor.values, on: device)
    }
  }

  public func discard(_ names: [String]) {
    for name in names {
      states[name] = nil
      stateVersions[name] = nil
    }
    generation += 1
  }

  public func read(_ names: [String]) throws(WhiskerError) -> [String: Tensor] {
    let device = try startedDevice()
    var tensors: [String: Tensor] = [:]
    for name in names {
      guard let state = states[name] else {
        throw WhiskerError(.badBinding, "state \(name)", expected: "a state of the engine", got: "none")
      }
      tensors[name] = Tensor(shape: state.shape, values: try state.values(on: device))
    }
    return tensors
  }

  public func run(_ program: Program, inputs: [String: Tensor]) throws(WhiskerError) -> [String: Tensor] {
    let device = try startedDevice()
    let compiled: CompiledProgram = try programs.body(of: program)
    try compiled.graph.check(inputs: inputs)
    // All programs share one arena: nothing in it outlives a run.
    if arena.map({ $0.byteCount < compiled.arenaByteCount }) ?? true {
      arena = nil
      arena = try Arena(byteCount: compiled.arenaByteCount)
    }
    guard let arena else { throw WhiskerError(.engineFailure, "memory", expected: "an arena", got: "none") }
    try compiled.bind(arena, states, generation)
    let version = compiled.lastingStates.reduce(0) { max($0, stateVersions[$1] ?? 0) }
    try compiled.prepare(version, on: device)
    noteChange(of: compiled.changedStates)
    return try compiled.run(inputs, on: device)
  }

  private func noteChange(of names: some Collection<String>) {
    guard !names.isEmpty else { return }
    lastVersion += 1
    for name in names { stateVersions[name] = lastVersion }
  }

  /// The steps of a program with the implementation that does each, for tests.
  package func stepNames(of program: Program) throws(WhiskerError) -> [String] {
    try programs.body(of: program, as: CompiledProgram.self).steps.flatMap(\.names)
  }

  /// The same of the steps that are done only once.
  package func preparationNames(of program: Program) throws(WhiskerError) -> [String] {
    try programs.body(of: program, as: CompiledProgram.self).preparations.flatMap(\.names)
  }

  /// The device, made on first use so that its workers belong to the engine's thread.
  private func startedDevice() throws(WhiskerError) -> Device {
    if let device { return device }
    try ThreadTeam.start(settings.threadCount)
    let device = try Device()
    self.device = device
    return device
  }
}
