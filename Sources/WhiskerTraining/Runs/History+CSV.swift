extension History {
  /// The history as a table: `epoch,acc,loss,val_acc,val_loss,learning_rate`, a line for each epoch.
  ///
  /// Numbers are written so that they read back exactly. There are no times in it: the same training gives the same
  /// file.
  public var csv: String {
    var lines = ["epoch,acc,loss,val_acc,val_loss,learning_rate"]
    for (index, epoch) in epochs.enumerated() {
      let validation = epoch.validation.map { "\($0.accuracy),\($0.loss)" } ?? ","
      let rate = epoch.learningRate.map { "\($0)" } ?? ""
      lines.append("\(index + 1),\(epoch.accuracy),\(epoch.loss),\(validation),\(rate)")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
