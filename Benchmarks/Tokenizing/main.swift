import BenchmarkOptions
import Core
import Foundation
import Tokenizers

// Times the training of a byte-level BPE tokenizer and its encoding.
// Prints megabytes of text a second and the number of tokens as one line of JSON.
let options = BenchmarkOptions(
  "tokenizer-bench FILE VOCABULARY    a file of JSON lines with a member \"text\"", operands: 2...2)
let path = options.operands[0]
guard let size = options.number(1) else { options.refuse() }
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
