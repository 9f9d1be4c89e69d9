import CPUBackend
import Core
import Foundation

/// The program: finds the command, runs it, and turns errors into messages and exit statuses.
enum Program {
  /// All commands in the order of the help.
  static let commands: [Command] = [
    newCommand, dataCommand, labelCommand, trainCommand, generateCommand, exportCommand, mergeCommand, verifyCommand,
    recipeCommand,
    tokenizerCommand, benchCommand, devicesCommand, doctorCommand,
  ]

  /// What exit statuses mean.
  enum Status {
    static let success: Int32 = 0
    /// The command could not do its work.
    static let failure: Int32 = 1
    /// The command line was wrong.
    static let usage: Int32 = 2
    /// Stopped by Ctrl-C, as shells say it: 128 and the number of the signal.
    static let interrupted: Int32 = 130
  }

  /// Runs the program with the words behind its name; the result is the exit status.
  static func run(_ words: [String]) -> Int32 {
    do {
      try checkProcessor()
      guard let first = words.first else {
        Terminal.write(programHelp(commands))
        return Status.usage
      }
      if ["--help", "-h", "help"].contains(first) {
        if let name = words.dropFirst().first { return printHelp(of: name) }
        print(programHelp(commands), terminator: "")
        return Status.success
      }
      if first == "--version" {
        print("martlet \(martletVersion)")
        return Status.success
      }
      guard let command = find(first) else { return unknownCommand(first) }
      let rest = Array(words.dropFirst())
      if rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
        return printHelp(of: first)
      }
      let arguments: Arguments
      do {
        arguments = try Arguments(rest, of: command)
      } catch {
        report(error)
        return Status.usage
      }
      try InstructionSet.checkEnvironment()
      return try command.run(arguments)
    } catch {
      report(error)
      return (error as? MartletError)?.code == .interrupted ? Status.interrupted : Status.failure
    }
  }

  private static func printHelp(of name: String) -> Int32 {
    guard let command = find(name) else { return unknownCommand(name) }
    print(command.helpText, terminator: "")
    return Status.success
  }

  private static func find(_ name: String) -> Command? { commands.first { $0.name == name } }

  private static func unknownCommand(_ name: String) -> Int32 {
    let near = nearestName(to: name, among: commands.map(\.name)).map { "Did you mean `martlet \($0)`? " } ?? ""
    report(
      MartletError(
        .invalidArgument, "there is no command '\(name)'", at: "martlet",
        remedy: "\(near)`martlet --help` lists the commands."))
    return Status.usage
  }

  private static func report(_ error: any Error) {
    Terminal.write("martlet: error: \((error as? MartletError)?.description ?? error.localizedDescription)\n")
  }

  /// Says on standard error what a person should know and what stops nothing.
  static func warn(_ text: String) { Terminal.write("martlet: warning: \(text)\n") }

  /// Code compiled for a newer processor would end in an illegal instruction somewhere; better said at the start.
  private static func checkProcessor() throws {
    let missing = Features.compiled.filter { !Features.present.contains($0) }
    if !missing.isEmpty {
      throw MartletError(
        .unsupported, "this processor lacks '\(missing.joined(separator: ", "))', for which this martlet was built",
        remedy: "Build it for any processor: MARTLET_CPU=baseline make build")
    }
  }
}
