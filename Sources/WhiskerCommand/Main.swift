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
        whisker evaluate RUN/best.safetensors DATA
        whisker predict RUN/best.safetensors photo.jpg

      Results go to standard output, progress and notes to standard error. Exit codes: 0 done, 64 wrong usage, 65 bad \
      data, 66 missing input, 70 internal error, 73 can't write, 130 interrupted.
      """,
    version: "0.1.0",
    subcommands: [TrainCommand.self, RecipeCommand.self])
}

@main
enum Main {
  static func main() async {
    let work = Task {
      do {
        var command = try WhiskerCommand.parseAsRoot()
        if var asynchronous = command as? any AsyncParsableCommand {
          try await asynchronous.run()
        } else {
          try command.run()
        }
      } catch {
        Console.finishLine()
        guard let failure = Failure(error) else { WhiskerCommand.exit(withError: error) }
        Console.note(failure.text)
        exit(failure.code)
      }
    }
    let interrupts = Interrupts { work.cancel() }
    await work.value
    withExtendedLifetime(interrupts) {}
  }
}
