import Testing
import WhiskerGraph
import WhiskerTensors

@Suite struct DumpTests {
  @Test func aTrainingStepReadsWell() throws {
    var graph = Graph()
    let x = try graph.input("x", [2, 6, 6, 1])
    let padding = EdgePadding(bottom: 1, right: 1)
    let three = Window(height: 3, width: 3, rowStride: 2, columnStride: 2, padding: padding)
    let kernel = try graph.state("kernel", [3, 3, 1, 4])
    var y = try graph.append(.convolution(Convolution(window: three, activation: .tanh)), x, kernel)
    y = try graph.append(.reshape([2, 36]), y)
    y = try graph.append(.dropout(rate: 0.5, salt: 3), y, try graph.input("seed", [4]))
    let loss = Crossentropy(kind: .categorical, isFromLogits: true, labelSmoothing: 0.25)
    let losses = try graph.append(.crossentropy(loss), y, try graph.input("labels", [2, 36]))
    let mean = try graph.append(.mean, losses)
    graph.output("loss", mean)
    let gradient = try graph.gradients(of: mean, for: [kernel])[0]
    let rule = UpdateRule.sgd(momentum: 0.5, isNesterov: true)
    try graph.append(.update(rule, state: "kernel"), gradient, graph.constant(0.125))
    #expect(
      graph.dump() == """
        %0 = input "x" : (2, 6, 6, 1)
        %1 = state "kernel" : (3, 3, 1, 4)
        %2 = convolution 3×3 stride 2×2 padding 0,0,1,1 tanh (%0, %1) : (2, 3, 3, 4)
        %3 = reshape (%2) : (2, 36)
        %4 = input "seed" : (4)
        %5 = dropout 0.5 salt 3 (%3, %4) : (2, 36)
        %6 = input "labels" : (2, 36)
        %7 = crossentropy categorical from-logits smoothing 0.25 (%5, %6) : (2)
        %8 = mean (%7) : ()
        %9 = constant 1.0 : ()
        %10 = scale 0.5 (%9) : ()
        %11 = broadcast (%10) : (2)
        %12 = crossentropyGradient categorical from-logits smoothing 0.25 (%5, %6, %11) : (2, 36)
        %13 = dropout 0.5 salt 3 (%12, %4) : (2, 36)
        %14 = reshape (%13) : (2, 3, 3, 4)
        %15 = activationGradient tanh (%2, %14) : (2, 3, 3, 4)
        %16 = convolutionKernelGradient 3×3 stride 2×2 padding 0,0,1,1 (%0, %15) : (3, 3, 1, 4)
        %17 = constant 0.125 : ()
        %18 = update "kernel" sgd(momentum: 0.5, isNesterov: true) (%16, %17)
        output loss = %8
        """)
  }
}
