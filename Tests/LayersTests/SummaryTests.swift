import Testing
import WhiskerLayers

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

  @Test func longNamesWidenTheTable() throws {
    let name = String(repeating: "long", count: 12)
    let lines = try "\(Sequential(input: [8]) { Dense(3, name: name) }.summary())".split(separator: "\n")
    #expect(Set(lines.filter { !" M".contains($0.prefix(1)) }.map(\.count)).count == 1)
  }
}
