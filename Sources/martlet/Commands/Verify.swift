import CPUBackend
import Core
import Foundation
import Training

/// `martlet verify`: the promises, proved on the user's own recipe.
let verifyCommand = Command(
  name: "verify",
  summary: "prove on a recipe that its training is right, in about a minute",
  positionals: [.recipe],
  options: [SharedOption.set, SharedOption.threads],
  notes: [
    "threads       1, 2 and 5 threads give the same bits",
    "accumulation  micro-batches give the gradients of the large batch, weighted by tokens",
    "gradients     agree with central differences of the loss",
    "resuming      a run killed with SIGKILL and resumed ends with the same weights, by their hash",
    "",
    "The run itself is not touched. The exit status is 1 if a proof fails.",
  ],
  examples: ["martlet verify recipe.yaml"]
) { arguments in
  Interruption.install()
  let recipe = try SharedOption.recipe(arguments)
  var command = [ownPath(), "train", arguments.positional(0) ?? ""]
  for setting in arguments[SharedOption.set] { command += ["--set", setting] }
  if let threads = arguments[SharedOption.threads] { command += ["--threads", String(threads)] }
  let line = ProgressLine()
  let verifier = Verifier(
    recipe, makeBackend: { SharedOption.processor(threads: $0) }, trainCommand: command)
  let isPassed = try verifier.run(
    onStart: { name in if Terminal.isLive { line.update("verifying \(name) ...") } },
    onResult: { result in
      line.finish()
      print("\(result.isPassed ? "PASS" : "FAIL")  \(result.name.padded(14))\(result.finding)")
      fflush(nil)
    })
  return isPassed ? Program.Status.success : Program.Status.failure
}

/// The path of this program.
private func ownPath() -> String {
  #if os(Linux)
    if let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") { return path }
  #endif
  return Bundle.main.executablePath ?? CommandLine.arguments[0]
}
