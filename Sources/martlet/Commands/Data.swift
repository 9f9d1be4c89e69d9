import Core
import Datasets
import Training

/// `martlet data`: text to tokens.
let dataCommand = Command(
  name: "data",
  summary: "turn the text of a recipe into tokens for training and validation",
  positionals: [.recipe],
  options: [SharedOption.set],
  notes: [
    "`martlet train` does this by itself; alone it shows what is in the text and what is left out.",
    "Nothing is done where files and settings are those of the last time.",
  ],
  examples: ["martlet data recipe.yaml", "martlet data recipe.yaml --set data.validation_fraction=0.05"]
) { arguments in
  Interruption.install()
  let recipe = try SharedOption.recipe(arguments)
  let line = ProgressLine()
  var preparation = DataPreparation(
    recipe.dataSettings, folder: recipe.dataFolder,
    progress: { progress in if Terminal.isLive { line.update(DataConsole.text(progress)) } },
    isCancelled: { Interruption.isRequested })
  let outcome = try preparation.run()
  line.finish()
  for warning in outcome.warnings { Program.warn(warning) }
  for row in DataConsole.table(outcome.manifest) { print(row) }
  for row in DataConsole.summary(outcome.manifest, wasUpToDate: outcome.wasUpToDate) { print(row) }
  print("The tokens are in \(recipe.dataFolder)")
  return Program.Status.success
}
