import Core
import Datasets
import Foundation
import ReportPages
import Training

private let similarity = Option<String?>.text(
  "similarity", "<share>", "find: also documents with this part of the text's word sequences, such as 0.8")
private let versionName = Option<String?>.text(
  "version", "<id>", "find, report: a version by the beginning of its name; the newest unless given")
private let output = Option<String?>.text(
  "out", "<file>", "report: the page; data-report.html beside the data unless given")
private let formatName = Option<String?>.text(
  "format", "<name>", "add: the format of the files, if their names don't tell")
private let licence = Option<String?>.text("licence", "<name>", "add: the licence of the files, as SPDX names it")

/// `martlet data`: text to tokens.
let dataCommand = Command(
  name: "data",
  summary: "turn the text of a recipe into tokens for training and validation",
  positionals: [
    .init(name: "recipe", help: "the recipe; or a word before it: report, find, diff, add, versions"),
    .init(name: "more", help: "behind such a word: the recipe, and what the word needs", isRequired: false),
    .init(name: "text", help: "find: the text; add: a file, folder or address; diff: a version", isRequired: false),
    .init(name: "other", help: "diff: the other version; the newest unless given", isRequired: false),
  ],
  options: [SharedOption.set, similarity, versionName, output, formatName, licence],
  notes: [
    "`martlet train` does this by itself; alone it shows what is in the text and what is left out.",
    "Nothing is done where files and settings are those of the last time; inputs that are new are read, others not.",
    "report writes a page about the curated documents; find lists those that contain a text; add reads more files",
    "into a new version, without what is in the old one already; diff compares two versions; versions lists them.",
    "What is interrupted goes on with the next start. docs/DATA.md explains sources and steps.",
  ],
  examples: [
    "martlet data recipe.yaml", "martlet data recipe.yaml --set data.validation_fraction=0.05",
    "martlet data report recipe.yaml", "martlet data find recipe.yaml \"to be or not to be\" --similarity 0.7",
    "martlet data add recipe.yaml news.jsonl --licence CC-BY-4.0", "martlet data diff recipe.yaml 3f2a",
  ]
) { arguments in
  Interruption.install()
  let word = arguments.positional(0) ?? ""
  switch word {
  case "report": return try report(arguments)
  case "find": return try find(arguments)
  case "diff": return try compare(arguments)
  case "add": return try add(arguments)
  case "versions": return try listVersions(arguments)
  default:
    if let extra = arguments.positional(1) {
      throw MartletError(
        .invalidArgument, "unexpected argument '\(extra)'", at: "martlet data",
        remedy: "The words before a recipe are report, find, diff, add and versions.")
    }
    return try prepare(try SharedOption.recipe(arguments))
  }
}

private func preparation(_ recipe: Recipe, _ line: ProgressLine) -> DataPreparation {
  DataPreparation(
    recipe.dataSettings, folder: recipe.dataFolder,
    progress: { progress in if Terminal.isLive { line.update(DataConsole.text(progress)) } },
    isCancelled: { Interruption.isRequested })
}

private func prepare(_ recipe: Recipe) throws -> Int32 {
  let line = ProgressLine()
  var preparation = preparation(recipe, line)
  let outcome = try preparation.run()
  line.finish()
  for warning in outcome.warnings { Program.warn(warning) }
  if let version = outcome.version {
    for row in try DataConsole.table(version) { print(row) }
    print("")
  }
  for row in DataConsole.table(outcome.manifest) { print(row) }
  for row in DataConsole.summary(outcome.manifest, wasUpToDate: outcome.wasUpToDate) { print(row) }
  print("The tokens are in \(recipe.dataFolder)")
  if outcome.version != nil { print("`martlet data report` writes a page about the documents.") }
  return Program.Status.success
}

private func recipe(_ arguments: Arguments) throws -> Recipe {
  guard arguments.positional(1) != nil else {
    throw MartletError(
      .invalidArgument, "the recipe is missing", at: "martlet data \(arguments.positional(0) ?? "")",
      remedy: "Write it as: martlet data report recipe.yaml")
  }
  return try SharedOption.recipe(arguments, at: 1)
}

private func corpus(_ recipe: Recipe) -> Corpus {
  Corpus(folder: DataPreparation.corpusFolder(of: recipe.dataFolder))
}

private func needed(_ arguments: Arguments, _ what: String, _ example: String) throws -> String {
  guard let value = arguments.positional(2) else {
    throw MartletError(
      .invalidArgument, "\(what) is missing", at: "martlet data \(arguments.positional(0) ?? "")",
      remedy: "Write it as: \(example)")
  }
  return value
}

private func report(_ arguments: Arguments) throws -> Int32 {
  let recipe = try recipe(arguments)
  let version = try corpus(recipe).version(arguments[versionName])
  let path = arguments[output] ?? joinPath(recipe.dataFolder, "data-report.html")
  let isNewest = arguments[versionName] == nil
  let page = try CorpusReport(version, dataset: isNewest ? try? DatasetManifest(folder: recipe.dataFolder) : nil).html()
  try AtomicFile.write(page, to: path)
  print("Wrote \(path)")
  return Program.Status.success
}

private func find(_ arguments: Arguments) throws -> Int32 {
  let text = try needed(arguments, "the text to find", "martlet data find recipe.yaml \"to be or not to be\"")
  var share: Double?
  if let given = arguments[similarity] {
    guard let value = Double(given), value > 0, value <= 1 else {
      throw MartletError(
        .invalidArgument, "--similarity must be above 0 and at most 1, found \(given)", at: "martlet data find",
        remedy: "0.8 finds documents with four fifths of the text's word sequences.")
    }
    share = value
  }
  let version = try corpus(try recipe(arguments)).version(arguments[versionName])
  let found = try version.find(text, similarity: share, threads: ProcessInfo.processInfo.activeProcessorCount)
  for finding in found {
    let provenance = finding.provenance
    var line = "\(provenance.input), \(provenance.place)"
    if let url = provenance.url { line += ", \(url)" }
    line += ", licence \(provenance.licence ?? "unknown"), version \(version.id)"
    if finding.containment < 1 { line += ", \(Quantity.percent(finding.containment)) of the text" }
    if finding.isLeftOut { line += ", left out as a duplicate" }
    print(Terminal.printable(line))
    print("  \(Terminal.printable(finding.excerpt))")
  }
  print(
    found.isEmpty
      ? "No document of \(Quantity.count(version.documents)) contains it."
      : "\(Quantity.count(found.count)) of \(Quantity.count(version.documents)) documents.")
  return Program.Status.success
}

private func compare(_ arguments: Arguments) throws -> Int32 {
  let first = try needed(arguments, "the version to compare with", "martlet data diff recipe.yaml 3f2a")
  let recipe = try recipe(arguments)
  let corpus = corpus(recipe)
  let (before, after) = (try corpus.version(first), try corpus.version(arguments.positional(3)))
  let difference = try CorpusDifference(before, after, maximumMemory: recipe.data.maxMemory << 20)
  for row in DataConsole.lines(difference, before.id, after.id) { print(row) }
  return Program.Status.success
}

private func add(_ arguments: Arguments) throws -> Int32 {
  let file = try needed(arguments, "the file to add", "martlet data add recipe.yaml news.jsonl")
  let recipe = try recipe(arguments)
  let line = ProgressLine()
  var more = recipe.dataSettings.corpus
  more.sources = [.init(files: [file], format: arguments[formatName], licence: arguments[licence])]
  more.folder = "."
  var curation = preparation(recipe, line)
  let outcome = try curation.curate(adding: more)
  line.finish()
  for warning in outcome.warnings { Program.warn(warning) }
  print("Version \(outcome.version.id) has what \(outcome.version.manifest.parent ?? "the last one") had, and more.")
  return try prepare(recipe)
}

private func listVersions(_ arguments: Arguments) throws -> Int32 {
  let corpus = corpus(try recipe(arguments))
  let newest = try? corpus.version().id
  for id in try corpus.versions().sorted() {
    let version = try corpus.version(id)
    print(
      "\(id)  \(Quantity.count(version.documents - version.manifest.duplicates)) documents of "
        + "\(version.manifest.inputs.count) inputs\(id == newest ? "  (newest)" : "")")
  }
  return Program.Status.success
}
