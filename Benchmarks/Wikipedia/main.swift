// Reads a dump of a wiki and measures how fast its pages become text.
//
//     wikipedia-bench dump.xml [--threads N] [--templates] [--rows] [--jsonl PATH]
//
// Pages are read on one thread and become text on N. The dump is plain XML: its decompression is another's work. With
// --jsonl each line of the output has a title and a text.
import Core
import Documents
import Foundation

exit(WikipediaBench.run(Array(CommandLine.arguments.dropFirst())))
