import Core
import Foundation
import Tokenizers

// Times the training of a byte-level BPE tokenizer and its encoding: tokenizer-bench <file of JSON lines> <vocabulary>.
// Prints megabytes of text a second and the number of tokens as one line of JSON.
guard CommandLine.arguments.count == 3, let size = Int(CommandLine.arguments[2]) else {
  print("tokenizer-bench <file of JSON lines with a member \"text\"> <vocabulary>")
  exit(2)
}
let path = CommandLine.arguments[1]
let lines = try FileSystem.read(path, limit: 1 << 30).split(separator: UInt8(ascii: "\n"))
let texts = try lines.map { line in
  try JSONValue(parsing: Array(line), name: path).objectValue?["text"]?.stringValue ?? ""
}
let megabytes = Double(texts.reduce(0) { $0 + $1.utf8.count }) / 1e6

/// Megabytes a second of the work on all texts.
func speed(_ work: () throws -> Void) rethrows -> Double {
  megabytes / (try ContinuousClock().measure(work) / .seconds(1))
}

var trained: Tokenizer?
let training = try speed {
  var trainer = try TokenizerTrainer(.init(vocabularySize: size))
  try trainer.add(texts.map { Array($0.utf8) })
  trained = try trainer.train()
}
guard let tokenizer = trained else { exit(1) }
var count = 0
let alone = speed { for text in texts { count += tokenizer.encode(text).count } }
let together = speed {
  DispatchQueue.concurrentPerform(iterations: texts.count) { [texts] index in _ = tokenizer.encode(texts[index]) }
}
print(
  JSONValue.object([
    "train": .double(training), "encode, one thread": .double(alone), "encode, all threads": .double(together),
    "tokens": .integer(count),
  ]).text())
