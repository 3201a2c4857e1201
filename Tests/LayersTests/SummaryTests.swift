import Testing
import WhiskerLayers
import WhiskerTraining

/// The tables were printed by Keras 3.15.1 for the same layers.
@Suite struct SummaryTests {
  private let baselineTable = """
    Model: "sequential"
    ┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
    ┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
    ┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
    │ conv2d (Conv2D)                 │ (None, 148, 148, 32)   │           896 │
    ├─────────────────────────────────┼────────────────────────┼───────────────┤
    │ max_pooling2d (MaxPooling2D)    │ (None, 74, 74, 32)     │             0 │
    ├─────────────────────────────────┼────────────────────────┼───────────────┤
    │ conv2d_1 (Conv2D)               │ (None, 72, 72, 64)     │        18,496 │
    ├─────────────────────────────────┼────────────────────────┼───────────────┤
    │ max_pooling2d_1 (MaxPooling2D)  │ (None, 36, 36, 64)     │             0 │
    ├─────────────────────────────────┼────────────────────────┼───────────────┤
    │ conv2d_2 (Conv2D)               │ (None, 34, 34, 128)    │        73,856 │
    ├─────────────────────────────────┼────────────────────────┼───────────────┤
    │ max_pooling2d_2 (MaxPooling2D)  │ (None, 17, 17, 128)    │             0 │
    ├─────────────────────────────────┼────────────────────────┼───────────────┤
    │ conv2d_3 (Conv2D)               │ (None, 15, 15, 128)    │       147,584 │
    ├─────────────────────────────────┼────────────────────────┼───────────────┤
    │ max_pooling2d_3 (MaxPooling2D)  │ (None, 7, 7, 128)      │             0 │
    ├─────────────────────────────────┼────────────────────────┼───────────────┤
    │ flatten (Flatten)               │ (None, 6272)           │             0 │
    ├─────────────────────────────────┼────────────────────────┼───────────────┤
    │ dense (Dense)                   │ (None, 512)            │     3,211,776 │
    ├─────────────────────────────────┼────────────────────────┼───────────────┤
    │ dense_1 (Dense)                 │ (None, 1)              │           513 │
    └─────────────────────────────────┴────────────────────────┴───────────────┘
     Total params: 3,453,121 (13.17 MB)
     Trainable params: 3,453,121 (13.17 MB)
     Non-trainable params: 0 (0.00 B)
    """

  private let smallTable = """
    Model: "sequential"
    ┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
    ┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
    ┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
    │ flatten (Flatten)               │ (None, 64)             │             0 │
    ├─────────────────────────────────┼────────────────────────┼───────────────┤
    │ dense (Dense)                   │ (None, 3)              │           195 │
    └─────────────────────────────────┴────────────────────────┴───────────────┘
     Total params: 195 (780.00 B)
     Trainable params: 195 (780.00 B)
     Non-trainable params: 0 (0.00 B)
    """

  @Test func theBaselinePrintsAsInKeras() throws {
    #expect(try "\(baseline().summary())" == baselineTable)
  }

  @Test func aSmallModelPrintsAsInKeras() throws {
    let model = Sequential(input: [8, 8, 1]) {
      Flatten(); Dense(3)
    }
    #expect(try "\(model.summary())" == smallTable)
  }

  @Test func countsAreNumbersToo() throws {
    let summary = try baseline().summary()
    #expect(summary.parameterCount == 3_453_121)
    #expect(
      summary.rows.map(\.parameterCount).filter { $0 > 0 }
        == [896, 18_496, 73_856, 147_584, 3_211_776, 513])
    #expect(summary.rows.map(\.className).last == "Dense")
  }

  /// Keras breaks lines between words and cuts what is longer than a line.
  @Test func longNamesAreCut() throws {
    let name = String(repeating: "long", count: 12)
    let lines = try "\(Sequential(input: [8]) { Dense(3, name: name) }.summary())".split(separator: "\n")
    #expect(lines[4] == "│ longlonglonglonglonglonglonglo… │ (None, 3)              │            27 │")
    #expect(lines[5] == "│ (Dense)                         │                        │               │")
  }

  private let residualTable = """
    Model: "functional"
    ┏━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┓
    ┃ Layer (type)        ┃ Output Shape      ┃    Param # ┃ Connected to      ┃
    ┡━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━┩
    │ input_layer         │ (None, 150, 150,  │          0 │ -                 │
    │ (InputLayer)        │ 3)                │            │                   │
    ├─────────────────────┼───────────────────┼────────────┼───────────────────┤
    │ conv2d (Conv2D)     │ (None, 150, 150,  │      3,584 │ input_layer[0][0] │
    │                     │ 128)              │            │                   │
    ├─────────────────────┼───────────────────┼────────────┼───────────────────┤
    │ conv2d_1 (Conv2D)   │ (None, 150, 150,  │    147,584 │ conv2d[0][0]      │
    │                     │ 128)              │            │                   │
    ├─────────────────────┼───────────────────┼────────────┼───────────────────┤
    │ a_long_name_of_a_c… │ (None, 150, 150,  │     16,512 │ conv2d[0][0]      │
    │ (Conv2D)            │ 128)              │            │                   │
    ├─────────────────────┼───────────────────┼────────────┼───────────────────┤
    │ add (Add)           │ (None, 150, 150,  │          0 │ conv2d_1[0][0],   │
    │                     │ 128)              │            │ conv2d[0][0],     │
    │                     │                   │            │ a_long_name_of_a… │
    ├─────────────────────┼───────────────────┼────────────┼───────────────────┤
    │ pool                │ (None, 128)       │          0 │ add[0][0]         │
    │ (GlobalAveragePool… │                   │            │                   │
    ├─────────────────────┼───────────────────┼────────────┼───────────────────┤
    │ dense (Dense)       │ (None, 1)         │        129 │ pool[0][0]        │
    └─────────────────────┴───────────────────┴────────────┴───────────────────┘
     Total params: 167,809 (655.50 KB)
     Trainable params: 167,809 (655.50 KB)
     Non-trainable params: 0 (0.00 B)
    """

  @Test func aResidualModelPrintsAsInKeras() throws {
    let input = Input([150, 150, 3])
    let shortcut = Conv2D(128, kernel: 3, padding: .same, activation: .relu)(input)
    let long = Conv2D(128, kernel: 1, name: "a_long_name_of_a_convolution")(shortcut)
    let x = Add()(Conv2D(128, kernel: 3, padding: .same)(shortcut), shortcut, long)
    let model = Model(
      input: input, output: Dense(1, activation: .sigmoid)(GlobalAveragePooling2D(name: "pool")(x)))
    #expect(try "\(model.summary())" == residualTable)
  }

  private let chainTable = """
    Model: "functional"
    ┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
    ┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
    ┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
    │ input_layer (InputLayer)        │ (None, 8, 8, 1)        │             0 │
    ├─────────────────────────────────┼────────────────────────┼───────────────┤
    │ flatten (Flatten)               │ (None, 64)             │             0 │
    ├─────────────────────────────────┼────────────────────────┼───────────────┤
    │ dense (Dense)                   │ (None, 3)              │           195 │
    └─────────────────────────────────┴────────────────────────┴───────────────┘
     Total params: 195 (780.00 B)
     Trainable params: 195 (780.00 B)
     Non-trainable params: 0 (0.00 B)
    """

  @Test func aFunctionalChainPrintsAsInKeras() throws {
    let input = Input([8, 8, 1])
    let model = Model(input: input, output: Dense(3)(Flatten()(input)))
    #expect(try "\(model.summary())" == chainTable)
  }
}
