import ChatTemplates
import Core
import Datasets
import Foundation
import Tokenizers

private let tokenizerPath = Option<String?>.text(
  "tokenizer", "<file>", "tokenizer.json, a sentencepiece .model, a .tiktoken file, tekken.json, or a folder")
private let text = Option<String?>.text("text", "<text>", "one text, instead of the lines of standard input")
private let pair = Option<String?>.text("pair", "<text>", "a second text for --text, for models that take two")
private let jsonLines = Option<Bool>.flag(
  "jsonl", "each line of the input is an object: {\"text\": ..., \"pair\": ...} or {\"ids\": [...]}")
private let details = Option<Bool>.flag(
  "details", "print an object a text: ids, tokens, places, words, types, masks, and the text decoded again")
private let plain = Option<Bool>.flag("plain", "add no marks such as [CLS], and take special tokens in text for text")
private let files = Option<[String]>.list(
  "files", "<path>", "train: text files, JSON lines or folders; may be repeated")
private let algorithm = Option<String>.choice(
  "type", TokenizerTrainer.Algorithm.allCases.map(\.rawValue), "train: what to learn; bpe (of bytes) unless given")
private let vocabularySize = Option<Int?>.integer(
  "vocab-size", "train: how many tokens to learn; 8192 unless given", in: 1...1 << 24)
private let cased = Option<Bool>.flag("cased", "train: wordpiece keeps capital letters and accents")
private let minimumFrequency = Option<Int?>.integer(
  "min-frequency", "train: pairs that come less often are not joined", in: 0...1 << 40)
private let specialTokens = Option<[String]>.list(
  "special-token", "<token>", "train: a special token instead of the usual ones; may be repeated")
private let maximumMemory = Option<String?>.text(
  "max-memory", "<size>", "train: memory for counting and learning, as in 512MB or 8GB; 4GB unless given")
private let output = Option<String?>.text("out", "<folder>", "train: the folder to write")
private let skipSpecial = Option<Bool>.flag("skip-special-tokens", "leave special tokens out of decoded text")

/// `martlet tokenizer`: tokenizers by themselves.
let tokenizerCommand = Command(
  name: "tokenizer",
  summary: "train a tokenizer, encode and decode text with one, or look at it",
  positionals: [.init(name: "action", help: "train, encode, decode, chat or inspect")],
  options: [
    tokenizerPath, text, pair, jsonLines, details, plain, skipSpecial, files, algorithm, vocabularySize,
    minimumFrequency, specialTokens, cased, maximumMemory, output,
  ],
  notes: [
    "chat reads a line of JSON a conversation, {\"messages\": [{\"role\": ..., \"content\": ...}]}, perhaps with \"tools\" and",
    "\"add_generation_prompt\", and prints what the chat template of the folder makes of it, as a string of JSON.",
    "encode reads lines from standard input and prints the ids of each; decode reads ids and prints text; inspect",
    "prints what the tokenizer is made of. Broken UTF-8 is read as U+FFFD. train learns a tokenizer from text of any",
    "size: words that do not fit in memory are put aside in files without names, in TMPDIR.",
  ],
  examples: [
    "martlet tokenizer encode --tokenizer runs/shakespeare --text \"To be\" --details",
    "martlet tokenizer decode --tokenizer my-model/tokenizer.json < ids.txt",
    "martlet tokenizer inspect --tokenizer spiece.model",
    "martlet tokenizer train --files corpus/ --type wordpiece --vocab-size 30000 --out my-tokenizer",
  ]
) { arguments in
  let actions = ["train", "encode", "decode", "chat", "inspect"]
  let action = arguments.positional(0) ?? ""
  guard actions.contains(action) else {
    let near = nearestName(to: action, among: actions).map { "Did you mean `martlet tokenizer \($0)`?" }
    throw MartletError(
      .invalidArgument, "there is no action '\(action)'", at: "martlet tokenizer",
      remedy: near ?? "The actions are \(actions.joined(separator: ", ")).")
  }
  if action == "train" { return try trainTokenizer(arguments) }
  guard let path = arguments[tokenizerPath] else {
    throw MartletError(
      .invalidArgument, "--tokenizer is missing", at: "martlet tokenizer \(action)",
      remedy: "Give a tokenizer's file or folder: --tokenizer my-model/tokenizer.json")
  }
  if action == "chat" { return try renderChats(path, arguments[text]) }
  let tokenizer = try Tokenizer.load(path)
  switch action {
  case "inspect": print(TokenizerConsole.summary(tokenizer), terminator: "")
  case "decode":
    try TokenizerConsole.forEachInput(arguments[text], isJSON: arguments[jsonLines]) { line in
      tokenizer.decode(try line.ids(), skipsSpecialTokens: arguments[skipSpecial])
    }
  default:
    try TokenizerConsole.forEachInput(arguments[text], isJSON: arguments[jsonLines]) { line in
      var input = try line.input()
      if let second = arguments[pair] { input.pair = second }
      let encoding = try tokenizer.encodeForModel(
        input, addsSpecialTokens: !arguments[plain], specialTokens: arguments[plain] ? .plainText : .matched)
      return arguments[details]
        ? TokenizerConsole.details(encoding, input, tokenizer).text()
        : encoding.ids.map(String.init).joined(separator: " ")
    }
  }
  return Program.Status.success
}

private func trainTokenizer(_ arguments: Arguments) throws -> Int32 {
  let place = "martlet tokenizer train"
  guard let folder = arguments[output], !arguments[files].isEmpty else {
    throw MartletError(
      .invalidArgument, "\(arguments[files].isEmpty ? "--files" : "--out") is missing", at: place,
      remedy: "Write it as: martlet tokenizer train --files corpus.txt --vocab-size 16000 --out my-tokenizer")
  }
  Interruption.install()
  let kind = TokenizerTrainer.Algorithm(rawValue: arguments[algorithm]) ?? .byteLevelBytePair
  var options = TokenizerTrainer.Options(kind, vocabularySize: arguments[vocabularySize] ?? 8192)
  if let least = arguments[minimumFrequency] { options.minimumFrequency = UInt64(least) }
  if !arguments[specialTokens].isEmpty { options.specialTokens = arguments[specialTokens] }
  if let size = arguments[maximumMemory] { options.maximumMemory = try byteCount(size, of: "--max-memory") }
  options.lowercases = !arguments[cased]
  let line = ProgressLine()
  var preparation = DataPreparation(
    DataSettings(sources: arguments[files], tokenizer: .trained(options)), folder: folder,
    progress: { progress in if Terminal.isLive { line.update(DataConsole.text(progress)) } },
    isCancelled: { Interruption.isRequested })
  let outcome = try preparation.trainTokenizer()
  line.finish()
  try FileSystem.createFolder(folder)
  try outcome.tokenizer.save(to: folder)
  print("Wrote \(folder) with \(outcome.tokenizer.vocabularySize) tokens")
  if outcome.droppedWords > 0 {
    print(
      "\(outcome.droppedWords) rare words, met \(outcome.droppedOccurrences) times together, did not fit in memory and "
        + "were left out; --max-memory allows more")
  }
  return Program.Status.success
}

/// A number of bytes that a person typed: 512MB, 8GB, or plain bytes.
private func byteCount(_ text: String, of what: String) throws -> Int {
  let units: [(String, Int)] = [("KB", 10), ("MB", 20), ("GB", 30), ("TB", 40), ("B", 0), ("", 0)]
  let upper = text.uppercased()
  for (unit, shift) in units where upper.hasSuffix(unit) {
    guard let number = Double(upper.dropLast(unit.count)), number > 0, number * Double(1 << shift) < 1e18 else { break }
    return Int(number * Double(1 << shift))
  }
  throw MartletError(
    .invalidArgument, "\(what) must be a size such as 512MB or 8GB, found '\(text)'", remedy: "Correct the value.")
}

/// Prints the text of every conversation by the chat template of a folder.
private func renderChats(_ folder: String, _ text: String?) throws -> Int32 {
  guard let template = try ChatTemplate.load(folder: folder) else {
    throw MartletError(
      .notFound, "there is no chat template", at: folder,
      remedy: "Give a folder with chat_template.jinja, or with a chat_template in tokenizer_config.json.")
  }
  let roles = try SpecialTokenRoles(folder: folder)
  try TokenizerConsole.forEachInput(text, isJSON: true) { line in
    let fields = try line.fields()
    var variables = fields.object
    for key in ["messages", "tools", "add_generation_prompt"] { variables[key] = nil }
    for (key, token) in roles.byKey where variables[key] == nil { variables[key] = .string(token) }
    let rendered = try template.render(
      messages: fields.object["messages"] ?? .array([]), tools: fields.object["tools"],
      addsGenerationPrompt: try fields.bool("add_generation_prompt", default: false), variables: variables)
    return JSONValue.string(rendered).text()
  }
  return Program.Status.success
}
