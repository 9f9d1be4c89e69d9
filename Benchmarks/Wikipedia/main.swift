// Reads a dump of a wiki and measures how fast its pages become text.
//
//     wikipedia-bench dump.xml.bz2 [--threads N] [--templates] [--rows] [--jsonl PATH]
//
// Pages are read on one thread and become text on N. With --templates a first reading collects the dump's templates. With
// --jsonl each line of the output has a title and a text.
import Core
import Documents
import Foundation

exit(WikipediaBench.run(Array(CommandLine.arguments.dropFirst())))
