import Core
import Curation
import Documents

/// The steps of a recipe by name, made ready to run.
struct StepCatalog {
  /// Runs the steps that look at one document at a time.
  let runner: StepRunner
  /// How duplicates are searched for, or nil if they stay.
  let duplicates: DuplicateSettings?
  let signer: DocumentSigner?
  /// What decides the documents of a part.
  let fingerprints: [JSONValue]

  /// - Parameter readsFiles: whether the files that steps need are read; without, the steps cannot run.
  ///
  /// Throws: `MartletError` for a step or setting that is not known or cannot be used.
  init(_ settings: CorpusSettings, readsFiles: Bool = true) throws {
    var steps: [any DocumentStep] = []
    var fingerprints: [JSONValue] = []
    var duplicates: DuplicateSettings?
    for (index, step) in settings.steps.enumerated() {
      var options = OptionReader(step.options, name: "data.steps[\(index)].\(step.name)", at: settings.folder)
      guard let maker = Self.makers.first(where: { $0.name == step.name }) else {
        let names = Self.makers.map(\.name)
        throw MartletError(
          .invalidArgument, "data.steps[\(index)]: there is no step '\(step.name)'", at: settings.folder,
          remedy: nearestName(to: step.name, among: names).map { "Did you mean \($0)?" }
            ?? "There are: \(names.joined(separator: ", ")).")
      }
      if duplicates != nil {
        throw MartletError(
          .invalidArgument, "data.steps[\(index)]: '\(step.name)' comes after the duplicates were removed",
          at: settings.folder, remedy: "Let deduplicate be the last step.")
      }
      var more: [JSONValue] = []
      switch try maker.make(&options, settings) {
      case .step(let made, let files):
        steps.append(made)
        more = files
      case .deduplicate(let found): duplicates = try found.validated()
      }
      try options.finish()
      fingerprints.append(.array([.string(step.name), .object(step.options.sorted)] + more))
    }
    self.fingerprints = fingerprints
    self.duplicates = duplicates
    signer = try duplicates.map { try DocumentSigner($0) }
    runner = StepRunner(steps)
  }

  /// What a maker makes.
  private enum Made {
    /// A step, with the hashes of the files that it has read.
    case step(any DocumentStep, files: [JSONValue] = [])
    case deduplicate(DuplicateSettings)
  }

  private struct Maker: Sendable {
    let name: String
    let make: @Sendable (inout OptionReader, CorpusSettings) throws -> Made
  }

  private static let makers: [Maker] = [
    Maker(name: "deduplicate") { options, _ in
      var duplicates = DuplicateSettings()
      if let threshold = try options.number("threshold", in: 0...1) { duplicates.threshold = threshold }
      if let permutations = try options.integer("permutations", in: 8...1024) { duplicates.permutations = permutations }
      if let size = try options.integer("word_ngram", in: 1...32) { duplicates.wordNGram = size }
      if let size = try options.integer("character_ngram", in: 1...32) { duplicates.characterNGram = size }
      return .deduplicate(duplicates)
    },
  ]
}
