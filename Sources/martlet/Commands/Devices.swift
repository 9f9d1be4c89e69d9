import CPUBackend
import Core
import Training
import ReportPages

/// `martlet devices`: what can train here.
let devicesCommand = Command(
  name: "devices",
  summary: "list the devices that can train and generate here",
  examples: ["martlet devices"]
) { _ in
  let memory = Machine.memory
  let peak = CPU().measuredPeak()
  print("cpu  \(Machine.processorName)")
  print(
    "     \(Machine.processorCount) threads, \(ByteCount(memory.available)) free of \(ByteCount(memory.total)) memory")
  print("     instruction set \(InstructionSet.summary)")
  let compiled = Features.compiled
  print("     other code compiled for \(compiled.isEmpty ? "any processor" : compiled.joined(separator: ", "))")
  print("     \(Quantity.scaled(peak))FLOP/s at most in 32 bits, measured now")
  return Program.Status.success
}
