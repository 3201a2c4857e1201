import Testing
import WhiskerSystem
import WhiskerTraining

@Suite struct HistoryTests {
  private func history(_ scores: [(accuracy: Double, loss: Double)?]) -> History {
    var history = History()
    history.epochs = scores.map { score in
      History.Epoch(
        loss: 0.5, accuracy: 0.75, validation: score.map { .init(loss: $0.loss, accuracy: $0.accuracy) })
    }
    return history
  }

  @Test func theBestEpochHasTheHighestAccuracyThenTheLowestLoss() {
    #expect(history([(0.5, 1), (0.7, 2), (0.6, 0.1)]).bestEpoch == 1)
    #expect(history([(0.7, 2), (0.7, 1), (0.7, 3)]).bestEpoch == 1)
    #expect(history([(0.7, 1), (0.7, 1)]).bestEpoch == 0)
    #expect(history([nil, (0.1, 9), nil]).bestEpoch == 1)
    #expect(history([nil, nil]).bestEpoch == nil)
    #expect(history([]).bestEpoch == nil)
  }

  @Test func curvesGoByKerasNames() {
    let some = history([(0.5, 1), (0.7, 2)])
    #expect(History.keys == ["acc", "loss", "val_acc", "val_loss"])
    #expect(some["acc"] == [0.75, 0.75])
    #expect(some["loss"] == [0.5, 0.5])
    #expect(some["val_acc"] == [0.5, 0.7])
    #expect(some["val_loss"] == [1, 2])
    #expect(some["lr"].isEmpty)
    #expect(history([nil])["val_acc"].isEmpty)
  }

  @Test func theTableReadsBackExactly() {
    var history = history([(2.0 / 3, 1e-9), nil])
    history.epochs[0].loss = 0.1 + 0.2
    history.epochs[0].learningRate = 1e-3
    history.seconds = 99
    #expect(
      history.csv == """
        epoch,acc,loss,val_acc,val_loss,learning_rate
        1,0.75,0.30000000000000004,0.6666666666666666,1e-09,0.001
        2,0.75,0.5,,,

        """)
  }
}

@Suite struct HistoryTableTests {
  @Test func whatWasWrittenReadsBack() throws {
    var history = History()
    history.epochs = [
      .init(
        loss: 0.1 + 0.2, accuracy: 2.0 / 3, validation: .init(loss: 1e-9, accuracy: 1), learningRate: 1e-4),
      .init(loss: .infinity, accuracy: 0), .init(loss: 5e300, accuracy: 0.5),
    ]
    #expect(try History(csv: history.csv, source: "").epochs == history.epochs)
    #expect(try History(csv: History().csv, source: "").epochs.isEmpty)
  }

  @Test func columnsGoByTheirNames() throws {
    let history = try History(csv: "loss,other,acc\n0.5,x,0.75\n", source: "")
    #expect(history.epochs == [.init(loss: 0.5, accuracy: 0.75)])
  }

  @Test func whatIsWrongIsSaidWithTheLine() {
    for (text, message) in [
      ("", "expected a header with the columns acc and loss, got \"\""),
      ("epoch,acc\n1,2\n", "expected a header with the columns acc and loss, got \"epoch,acc\""),
      ("acc,loss\n1,2\n1,a\n", "line 3: expected a number for \"loss\", got \"a\""),
      ("acc,loss\n1\n", "line 2: expected numbers for acc and loss, got none"),
      ("acc,loss\n\"1,2\n", "line 2: a quoted cell that doesn't end"),
    ] {
      let error = #expect(throws: WhiskerError.self) { try History(csv: text, source: "history.csv") }
      #expect(error?.code == .badHistory)
      #expect(error?.description == "history.csv: \(message)")
    }
  }
}
