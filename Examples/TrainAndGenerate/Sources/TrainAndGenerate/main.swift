// Trains a small model on the text file that is given, and lets it write.
import CPUBackend
import Core
import Foundation
import Inference
import Training

guard CommandLine.arguments.count == 2 else {
  print("usage: TrainAndGenerate <text file>")
  exit(2)
}

var recipe = Recipe()
recipe.name = "example"
recipe.model.configuration = ["n_layer": .integer(2), "n_head": .integer(4), "n_embd": .integer(64)]
recipe.data.files = [CommandLine.arguments[1]]
recipe.data.tokenizer.type = .char
recipe.train.contextLength = 64
recipe.train.maxSteps = 300
recipe.train.learningRate = 3e-3
recipe.train.outputDir = NSTemporaryDirectory() + "martlet-example-\(ProcessInfo.processInfo.processIdentifier)"

do {
  let device = CPU()
  let summary = try Trainer(recipe, on: device).train { event in
    if case .evaluated(let step, let loss, _, _) = event { print("step \(step): validation loss \(loss)") }
  }
  let generator = try Generator(folder: summary.modelFolder, on: device)
  let options = GenerationOptions(sampling: SamplingOptions(temperature: 0.8), maxNewTokens: 100, seed: 1)
  _ = try generator.generate("The ", options) { _, piece in print(piece, terminator: "") }
  print("\nThe model is in \(summary.modelFolder)")
} catch {
  print(error)
  exit(1)
}
