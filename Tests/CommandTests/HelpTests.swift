import CPUBackend
import Foundation
import Testing

@Suite("Help and command line")
struct HelpTests {
  static let commands = [
    "new", "data", "label", "train", "generate", "export", "merge", "verify", "recipe", "tokenizer", "bench", "devices",
    "doctor",
  ]

  @Test("The help of each command is the golden one", arguments: commands)
  func commandHelp(name: String) throws {
    let result = try Martlet.run(name, "--help")
    #expect(result.status == 0)
    #expect(result.errors == "")
    #expect(result.output.contains("Example"))
    try expectGolden(result.output, "help-\(name).txt")
    #expect(try Martlet.run("help", name).output == result.output)
  }

  @Test("The program's help is the golden one and lists every command")
  func programHelp() throws {
    let result = try Martlet.run("--help")
    #expect(result.status == 0)
    try expectGolden(result.output, "help.txt")
    let listed = result.output.split(separator: "\n").filter { $0.hasPrefix("  ") }
      .compactMap { $0.split(separator: " ").first.map(String.init) }
    for name in Self.commands { #expect(listed.contains(name)) }
  }

  @Test("Without a command the help goes to standard error, with a status of its own")
  func noCommand() throws {
    let result = try Martlet.run()
    #expect(result.status == 2)
    #expect(result.output == "")
    #expect(result.errors.contains("Usage: martlet <command>"))
  }

  @Test("The version is a line with three numbers")
  func version() throws {
    let result = try Martlet.run("--version")
    #expect(result.status == 0)
    let words = result.output.split(separator: " ")
    #expect(words.first == "martlet")
    #expect(words.last?.split(separator: ".").count == 3)
    #expect(result.output.filter { $0 == "\n" }.count == 1)
  }

  @Test("An unknown command or option is refused with the nearest known one")
  func unknown() throws {
    let command = try Martlet.run("docter")
    #expect(command.status == 2)
    #expect(try Martlet.run("help", "docter").status == 2)
    #expect(
      command.errors == """
        martlet: error: martlet: there is no command 'docter'
          Did you mean `martlet doctor`? `martlet --help` lists the commands.

        """)
    let option = try Martlet.run("doctor", "--hlep")
    #expect(option.status == 2)
    #expect(
      option.errors == """
        martlet: error: martlet doctor: unknown option --hlep
          Did you mean --help? `martlet doctor --help` explains the command.

        """)
    let argument = try Martlet.run("doctor", "me")
    #expect(argument.status == 2)
    #expect(argument.errors.contains("unexpected argument 'me'"))
  }

  @Test("doctor and devices report this machine")
  func machine() throws {
    let doctor = try Martlet.run("doctor")
    #expect(doctor.status == 0)
    for name in ["processor", "kernels", "compiled", "memory", "disk", "libyaml", "oniguruma", "sqlite", "microhttpd"] {
      #expect(doctor.output.contains("ok    \(name)"))
    }
    let devices = try Martlet.run("devices")
    #expect(devices.status == 0)
    #expect(devices.output.hasPrefix("cpu  "))
    #expect(devices.output.contains("\(ProcessInfo.processInfo.activeProcessorCount) threads"))
  }

  @Test("Each instruction set of this machine can be chosen; others are refused when a command starts")
  func instructionSets() throws {
    let variable = InstructionSet.variable
    for set in InstructionSet.available {
      for command in ["doctor", "devices"] {
        let result = try Martlet.run(command, environment: [variable: set.name])
        #expect(result.status == 0)
        #expect(result.output.contains(" \(set.name) (available: "))
      }
    }
    let unknown = try Martlet.run("devices", environment: [variable: "mmx"])
    #expect(unknown.status == 1)
    #expect(unknown.output == "")
    #expect(
      unknown.errors == """
        martlet: error: environment variable MARTLET_INSTRUCTION_SET: there is no instruction set 'mmx'
          This machine has \(InstructionSet.available.map(\.name).joined(separator: ", ")); without the variable it uses \
        the first.

        """)
    #expect(try Martlet.run("--version", environment: [variable: "mmx"]).status == 0)
  }
}
