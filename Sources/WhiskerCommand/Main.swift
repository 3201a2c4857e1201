import ArgumentParser
import Foundation
import Whisker

/// `whisker`: parses, calls the library, renders.
struct WhiskerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "whisker",
    abstract: "Train image classifiers from small datasets.",
    discussion: """
      From a folder of photos to a trained, saved and tested model:

        whisker split PHOTOS DATA --train 1000 --validation 500 --test 500
        whisker train DATA --recipe baseline --output RUN
        whisker plot RUN --terminal
        whisker evaluate RUN/best.safetensors DATA
        whisker predict RUN/best.safetensors photo.jpg

      Results go to standard output, progress and notes to standard error. Exit codes: 0 done, 64 wrong usage, 65 bad \
      data, 66 missing input, 70 internal error, 73 can't write, 130 interrupted.
      """,
    version: "0.1.0",
    subcommands: [
      SplitCommand.self, SketchesCommand.self, InspectCommand.self, TrainCommand.self, CurveCommand.self,
      RateSearchCommand.self,
      PlotCommand.self,
      EvaluateCommand.self, PredictCommand.self, AverageCommand.self, SummaryCommand.self,
      ExplainCommand.self, ReportCommand.self,
      RecipeCommand.self, PreviewCommand.self, ConvertCommand.self, WeightsCommand.self, BenchCommand.self,
      ManualCommand.self,
    ])
}

@main
enum Main {
  static func main() async {
    OpenMPWaiting.restartWithPatientThreads()
    let interrupts = Interrupts()
    let work = Task { await runCommand() }
    interrupts.listen { work.cancel() }
    let code = await work.value
    withExtendedLifetime(interrupts) {}
    exit(code)
  }

  /// What comes before an empty argument; nil without one, and for a shell that asks for completions.
  ///
  /// It is nearly always a variable that isn't set, and would be the current folder where a path is expected.
  private static var wordBeforeNothing: String? {
    let arguments = CommandLine.arguments
    guard let place = arguments.firstIndex(of: ""), place > 0, !arguments[1].hasPrefix("---") else {
      return nil
    }
    return arguments[place - 1]
  }

  /// Parses and runs; returns the exit code.
  private static func runCommand() async -> Int32 {
    if let word = wordBeforeNothing {
      return tell(
        WhiskerError(
          .invalidSetting, word, expected: "something behind it", got: "an empty argument"))
    }
    var command: any ParsableCommand
    do {
      command = try WhiskerCommand.parseAsRoot()
    } catch {
      // Help, version and wrong usage: the parser's own texts and codes.
      WhiskerCommand.exit(withError: error)
    }
    do {
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      return 0
    } catch {
      return tell(error)
    }
  }

  /// Says what went wrong; returns the exit code.
  private static func tell(_ error: any Error) -> Int32 {
    Console.finishLine()
    guard let failure = Failure(error) else {
      // The parser's own texts (help is a command to it) have their own codes; everything else is our fault.
      if WhiskerCommand.exitCode(for: error) != .failure { WhiskerCommand.exit(withError: error) }
      Console.note("whisker: \(error)")
      return Failure.internalCode
    }
    Console.note(failure.text)
    return failure.code
  }
}
