// Reads a dump of a wiki and measures how fast its pages become text.
//
// Pages are read on one thread and become text on N. With --templates a first reading collects the dump's templates. With
// --jsonl each line of the output has a title and a text.
import BenchmarkOptions
import Foundation

exit(
  WikipediaBench.run(
    BenchmarkOptions(
      "wikipedia-bench DUMP [--threads N] [--templates] [--rows] [--jsonl PATH]", operands: 1...1)))
