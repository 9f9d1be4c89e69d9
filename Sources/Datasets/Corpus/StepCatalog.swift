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
  /// Which repeated paragraphs are cut, or nil if they stay.
  let paragraphs: ParagraphSettings?
  /// What decides the documents of a part.
  let fingerprints: [JSONValue]

  /// What a recipe's step becomes.
  enum Made {
    case step(any DocumentStep)
    case deduplicate(DuplicateSettings)
    case cutParagraphs(ParagraphSettings)
  }

  /// A step that recipes can name.
  struct Maker: Sendable {
    let name: String
    let make: @Sendable (inout StepOptions) throws -> Made

    init(_ name: String, _ make: @escaping @Sendable (inout StepOptions) throws -> Made) {
      self.name = name
      self.make = make
    }

    /// A step whose settings are the properties of its type.
    ///
    /// - Parameter finish: reads what is no property of it.
    init<Step: DocumentStep>(
      _ start: @escaping @Sendable () -> Step, _ settings: [Setting<Step>],
      finish: @escaping @Sendable (inout Step, inout StepOptions) throws -> Void = { _, _ in }
    ) {
      self.init(Step.name) { options in
        var step = try options.reader.read(settings, from: start())
        try finish(&step, &options)
        return .step(step)
      }
    }
  }

  /// - Parameter readsFiles: whether the files that steps need are read; without, the steps cannot run.
  ///
  /// Throws: `MartletError` for a step or setting that is not known or cannot be used.
  init(_ settings: CorpusSettings, readsFiles: Bool = true) throws {
    var steps: [any DocumentStep] = []
    var fingerprints: [JSONValue] = []
    var duplicates: DuplicateSettings?
    var paragraphs: ParagraphSettings?
    for (index, step) in settings.steps.enumerated() {
      let name = "data.steps[\(index)]"
      guard let maker = Self.makers.first(where: { $0.name == step.name }) else {
        let names = Self.makers.map(\.name)
        throw MartletError(
          .invalidArgument, "\(name): there is no step '\(step.name)'", at: settings.folder,
          remedy: nearestName(to: step.name, among: names).map { "Did you mean \($0)?" }
            ?? "There are: \(names.joined(separator: ", ")).")
      }
      var options = StepOptions(
        reader: OptionReader(step.options, name: "\(name).\(step.name)", at: settings.folder), settings: settings,
        readsFiles: readsFiles)
      switch try maker.make(&options) {
      case .step(let made):
        if duplicates != nil || paragraphs != nil {
          throw MartletError(
            .invalidArgument, "\(name): '\(step.name)' comes after the documents were compared with each other",
            at: settings.folder, remedy: "Let deduplicate and cut_repeated_paragraphs be the last steps.")
        }
        steps.append(made)
      case .deduplicate(let found): duplicates = try found.validated()
      case .cutParagraphs(let found): paragraphs = found
      }
      try options.reader.finish()
      fingerprints.append(.array([.string(step.name), .object(step.options.sorted)] + options.files))
    }
    self.fingerprints = fingerprints
    self.duplicates = duplicates
    self.paragraphs = paragraphs
    signer = try duplicates.map { try DocumentSigner($0) }
    runner = StepRunner(steps)
  }
}

/// The settings of a step while they are read, and the files that it has read.
struct StepOptions {
  var reader: OptionReader
  let settings: CorpusSettings
  let readsFiles: Bool
  /// The hashes of the files.
  private(set) var files: [JSONValue] = []

  /// Makes something of a file that a setting names; nil without the setting, or where files are not read.
  mutating func file<Value>(_ key: String, _ read: (String) throws -> Value) throws -> Value? {
    guard let name = try reader.text(key) else { return nil }
    return try readsFiles ? use(name, read) : nil
  }

  /// Makes something of each file that a setting names.
  mutating func files<Value>(_ key: String, _ read: (InputFile) throws -> Value) throws -> [Value] {
    guard let names = try reader.texts(key), readsFiles else { return [] }
    return try InputFile.list(names.map { resolvedPath($0, from: settings.folder) }).map { file in
      files.append(.string(try file.identity().sha256))
      return try read(file)
    }
  }

  private mutating func use<Value>(_ name: String, _ read: (String) throws -> Value) throws -> Value {
    let path = resolvedPath(name, from: settings.folder)
    files.append(.string(try InputFile.list([path]).first?.identity().sha256 ?? ""))
    return try read(path)
  }
}
