import Core
import Datasets
import Foundation
import Inference
import Models
import TensorGraph
import Tokenizers
import ReportPages

/// The end of a run whose steps are done: the model's folder, its loss, samples, and the report.
struct RunFinish {
  let recipe: Recipe
  let backend: any Backend
  let loop: TrainingLoop
  let checkpoints: RunCheckpoints
  let dataset: PreparedDataset
  let objective: Objective
  let plan: TrainingPlan
  /// How long the steps took in this process.
  let seconds: Double
  /// Told what a person should know and what does not stop the end.
  let warn: (String) -> Void

  /// How many texts the model writes for the report, and how long they are at most.
  private static let sampleCount = 3
  private static let sampleTokens = 200
  /// How many of them are written at once: more take more memory and hardly less time.
  private static let sampleRows = 4

  /// Does it.
  ///
  /// Throws: `MartletError` when something cannot be read or written.
  func summary(_ ending: TrainingSummary.Ending) throws -> TrainingSummary {
    guard let best = try checkpoints.best(warn: warn) else {
      throw MartletError(.notFound, "the run has no checkpoint", at: recipe.outputFolder)
    }
    let modelFolder = joinPath(recipe.outputFolder, "model")
    try writeModel(best.path, to: modelFolder)
    let result = try validationResult(best)
    let (loss, state) = (result?.loss, loop.state)
    let writesText = objective.configuration is any LanguageModelConfiguration
    var summary = TrainingSummary(
      ending: ending, steps: state.step, skippedSteps: state.skippedSteps, modelStep: best.step,
      validationLoss: loss, validationAccuracy: result?.accuracy,
      bitsPerByte: writesText ? loss.flatMap { dataset.manifest.bitsPerByte(loss: $0) } : nil,
      unigramEntropy: dataset.manifest.unigramEntropy, samples: writesText ? samples(modelFolder) : [],
      seconds: state.seconds,
      secondsHere: seconds, peakMemory: Machine.peakResidentBytes, diskBytes: checkpoints.diskBytes, plan: plan,
      modelFolder: modelFolder, reportPath: joinPath(recipe.outputFolder, "report.html"))
    summary.data = Self.dataRows(dataset.manifest)
    let metrics = try MetricsFile.read(joinPath(recipe.outputFolder, "metrics.jsonl"))
    try AtomicFile.write(Report(summary, recipe, metrics).html, to: summary.reportPath)
    return summary
  }

  /// Puts a new folder in the place of an old one; a killed process leaves one of them, or the old one set aside.
  private func writeModel(_ checkpoint: String, to folder: String) throws {
    let new = joinPath(recipe.outputFolder, ".model-new")
    let old = joinPath(recipe.outputFolder, ".model-old")
    for path in [new, old] { try FileSystem.remove(path) }
    try RunFolder.export(checkpoint, to: new, on: backend)
    if FileSystem.kind(of: folder) != nil { try FileSystem.move(folder, to: old) }
    try FileSystem.move(new, to: folder)
    try FileSystem.remove(old)
  }

  /// The loss and the accuracy over the whole validation text.
  private func validationResult(_ best: LoadedCheckpoint<RunState>) throws -> ValidationResult? {
    // An evaluation during the run has measured it already, if it took the whole text.
    if recipe.train.evalTokens == 0, let result = loop.state.best { return result }
    if best.step != loop.state.step {
      for parameter in loop.executor.programs.parameters {
        let isAveraged = recipe.train.averageWeights > 0 && parameter.isTrained
        let stored = RunCheckpoints.weightName(parameter.name, loop.executor.programs)
        guard let tensor = best.weights[stored] else { continue }
        loop.executor.states[isAveraged ? TrainingPrograms.averageName(parameter.name) : parameter.name]?.write(
          try tensor.floats())
      }
    }
    return try loop.validationResult(tokens: 0)
  }

  /// Texts that the model wrote; a run whose model cannot write them has its report all the same.
  private func samples(_ folder: String) -> [(prompt: String, text: String)] {
    do {
      return try write(folder)
    } catch {
      let message = (error as? MartletError)?.message ?? "\(error)"
      warn("the model wrote no samples for the report: \(message)")
      return []
    }
  }

  private func write(_ folder: String) throws -> [(prompt: String, text: String)] {
    let settings = recipe.generate
    let count = max(settings.samples, Self.sampleCount)
    let generator = try Generator(folder: folder, on: backend, rowCount: min(count, Self.sampleRows))
    var options = GenerationOptions(
      sampling: SamplingOptions(
        temperature: settings.temperature, topK: settings.topK > 0 ? settings.topK : nil, topP: settings.topP,
        minP: settings.minP, repetitionPenalty: settings.repetitionPenalty),
      maxNewTokens: min(settings.maxNewTokens, Self.sampleTokens), stopStrings: settings.stop,
      seed: UInt64(settings.seed))
    options.overflow = .slide
    let prompt = try prompt()
    for warning in generator.warnings(for: prompt, options) { warn(warning) }
    return try generator.generate(prompt, options, samples: count) { _, _ in try Interruption.check() }
      .map { (prompt, $0.text) }
  }

  /// The recipe's prompt, else nothing where the tokenizer has a token that begins a text, else the beginning of the text.
  private func prompt() throws -> String {
    let tokenizer = dataset.tokenizer
    if !recipe.generate.prompt.isEmpty { return recipe.generate.prompt }
    if tokenizer.beginningOfTextID != nil || tokenizer.endOfTextID != nil { return "" }
    let tokens = dataset.validation.count > 0 ? dataset.validation : dataset.train
    var first = [Int32](repeating: 0, count: min(8, tokens.count))
    try first.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { try tokens.copy(0..<buffer.count, to: base) }
    }
    return tokenizer.decode(first)
  }

  /// What the data is and what was left out.
  private static func dataRows(_ manifest: DatasetManifest) -> [[String]] {
    let report = manifest.report
    var rows = [
      ["files", Quantity.count(manifest.sources.count)],
      ["bytes", "\(ByteCount(manifest.sources.reduce(0) { $0 + $1.bytes }))"],
      ["documents read", Quantity.count(report.read)],
    ]
    for reason in report.reasons {
      if let count = report.skipped[reason] {
        rows.append([
          "left out: " + reason.map { $0 == "_" ? " " : String($0) }.joined(), Quantity.count(count),
        ])
      }
    }
    if report.repaired > 0 { rows.append(["broken UTF-8 repaired", Quantity.count(report.repaired)]) }
    rows += [
      ["training tokens", Quantity.count(manifest.train.tokens)],
      ["validation tokens", Quantity.count(manifest.validation.tokens)],
      ["split by", manifest.split.rawValue], ["vocabulary", Quantity.count(manifest.vocabularySize)],
      ["bytes a token", Quantity.short(manifest.train.bytesPerToken)],
    ]
    return rows
  }
}

extension Report {
  /// The report of a run.
  init(_ summary: TrainingSummary, _ recipe: Recipe, _ metrics: [MetricsFile.Line]) {
    self.init(title: recipe.name)
    subtitle =
      "\(Quantity.scaled(Double(summary.plan.parameterCount))) parameters, \(Quantity.count(summary.steps)) steps of "
      + "\(Quantity.count(summary.plan.tokensPerStep)) tokens in \(Quantity.time(summary.seconds))"
      + (summary.ending == .stoppedEarly ? "; stopped early" : "")
    if let loss = summary.validationLoss {
      figures.append(HTML.Figure("validation loss", Quantity.loss(loss), "nats a token, step \(summary.modelStep)"))
    }
    if let accuracy = summary.validationAccuracy {
      figures.append(HTML.Figure("validation accuracy", Quantity.percent(accuracy), "step \(summary.modelStep)"))
    }
    if let entropy = summary.unigramEntropy {
      figures.append(HTML.Figure("unigram entropy", Quantity.loss(entropy), "what counting tokens gives"))
    }
    if let bits = summary.bitsPerByte { figures.append(HTML.Figure("bits a byte", Quantity.loss(bits), "of text")) }
    let tokens = Double(summary.steps) * Double(summary.plan.tokensPerStep)
    figures.append(
      HTML.Figure(
        "speed", Quantity.scaled(tokens / max(summary.seconds, 1e-9)), "tokens a second, evaluations and saves included"
      ))
    if summary.skippedSteps > 0 {
      figures.append(HTML.Figure("skipped steps", "\(summary.skippedSteps)", "their numbers were not finite"))
    }
    self.metrics = metrics
    unigramEntropy = summary.unigramEntropy
    samples = summary.samples.map { Sample(prompt: $0.prompt, text: $0.text) }
    predictions = summary.comparison
    data = summary.data
    settings = recipe.yaml
  }
}
