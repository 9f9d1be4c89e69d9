import BenchmarkOptions
import Core
import Curation
import Dispatch
import Foundation
import Synchronization

/// The texts of a JSONL file.
func readTexts(_ path: String) throws -> [String] {
  struct Line: Decodable { var text: String }
  let data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
  let decoder = JSONDecoder()
  return try data.withUnsafeBytes { bytes in
    try bytes.split(separator: 0x0A).map { try decoder.decode(Line.self, from: Data($0)).text }
  }
}

/// The results of `body` for all texts in order, computed on so many threads in blocks.
func map<R: Sendable>(_ texts: [String], threads: Int, _ body: @Sendable (String) -> R) -> [R] {
  let size = 256
  let blocks = (texts.count + size - 1) / size
  let next = Atomic<Int>(0)
  let results = Mutex<[[R]]>([[R]](repeating: [], count: blocks))
  DispatchQueue.concurrentPerform(iterations: threads) { _ in
    while true {
      let block = next.add(1, ordering: .relaxed).oldValue
      if block >= blocks { return }
      let found = texts[block * size..<min(texts.count, (block + 1) * size)].map(body)
      results.withLock { $0[block] = found }
    }
  }
  return results.withLock { $0.flatMap { $0 } }
}

func seconds(_ body: () throws -> Void) rethrows -> Double {
  let start = DispatchTime.now().uptimeNanoseconds
  try body()
  return Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
}

/// The most memory that the process had, in bytes.
func peakMemory() -> Int {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") } ?? ""
  return (line.split(separator: " ").compactMap { Int($0) }.first ?? 0) * 1024
}

/// Calls `body` with the texts of a JSONL file, so many at a time, and never holds more of it.
func forEachBlock(of path: String, count: Int, _ body: ([String]) throws -> Void) throws {
  struct Line: Decodable { var text: String }
  guard let file = FileHandle(forReadingAtPath: path) else { throw MartletError(.notFound, "no such file", at: path) }
  let decoder = JSONDecoder()
  var texts: [String] = []
  var rest: [UInt8] = []
  while let data = try file.read(upToCount: 1 << 20), !data.isEmpty {
    rest.append(contentsOf: data)
    var start = 0
    while let end = rest[start...].firstIndex(of: 0x0A) {
      texts.append(try decoder.decode(Line.self, from: Data(rest[start..<end])).text)
      start = end + 1
      if texts.count == count {
        try body(texts)
        texts.removeAll(keepingCapacity: true)
      }
    }
    rest.removeFirst(start)
  }
  if !texts.isEmpty { try body(texts) }
}

func near(_ path: String, output: String, threads: Int, memory: Int, threshold: Double) throws {
  let settings = DuplicateSettings(threshold: threshold)
  let signer = try DocumentSigner(settings)
  let folder = NSTemporaryDirectory() + "dedup-bench-\(getpid())"
  try FileSystem.createFolder(folder)
  defer { try? FileSystem.remove(folder) }
  var found: [Duplicate] = []
  var summary = DuplicateSummary()
  var (signing, adding, finishing) = (0.0, 0.0, 0.0)
  var (ordinal, bytes) = (UInt64(0), 0)
  let search = try NearDuplicates(settings, folder: folder, maximumMemory: memory)
  // Reading JSON is not counted: the peers get their texts ready too.
  try forEachBlock(of: path, count: 1 << 13) { texts in
    bytes += texts.reduce(0) { $0 + $1.utf8.count }
    var signatures: [DocumentSignature] = []
    signing += seconds { signatures = map(texts, threads: threads) { signer.signature(of: $0) } }
    adding += try seconds {
      for signature in signatures {
        try search.add(ordinal, signature)
        ordinal += 1
      }
    }
  }
  finishing = try seconds { summary = try search.finish { found.append($0) } }
  let lines = found.map { "\($0.ordinal) \($0.kept) \($0.similarity)" }
  try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: output)
  let total = signing + adding + finishing
  print(
    "{\"seconds\": \(total), \"signing\": \(signing), \"adding\": \(adding), \"finishing\": \(finishing),"
      + " \"megabytes_per_second\": \(Double(bytes) / total / 1e6), \"dropped\": \(summary.dropped),"
      + " \"comparisons\": \(summary.comparisons), \"spills\": \(summary.spills), \"peak_memory\": \(peakMemory())}")
}

func search(_ texts: [String], _ wanted: String, threads: Int, bytes: Int) throws {
  for containment in [nil, 0.5] as [Double?] {
    let search = DocumentSearch(try TextQuery(wanted, SearchSettings(containment: containment)))
    var found: [FoundDocument] = []
    for _ in 0..<3 {
      let time = try seconds {
        found = try search.search(blocks: (texts.count + 255) / 256, threads: threads) { block, document in
          for number in block * 256..<min(texts.count, block * 256 + 256) {
            var text = texts[number]
            text.withUTF8 { document(UInt64(number), $0) }
          }
        }
      }
      print(
        "{\"containment\": \(containment ?? 1), \"found\": \(found.count), \"GB_per_second\": \(Double(bytes) / time / 1e9)}"
      )
    }
    if let first = found.first { print("  \(first.ordinal): \(first.excerpt)") }
  }
}

let options = BenchmarkOptions(
  """
  dedup-bench near FILE OUTPUT [THREADS] [MEMORY] [THRESHOLD]   near duplicates of the lines of a JSONL file {"text": ...}
  dedup-bench search FILE TEXT [THREADS]                        documents that have a text, with the speed
  dedup-bench overlap FILE ITEMS [THREADS]                      documents that share text with the lines of another file
  dedup-bench paragraphs FILE                                   repeated paragraphs
  """, operands: 2...6)
let operands = options.operands
let threads = options.number(3) ?? 2
let texts = operands[0] == "near" ? [] : try readTexts(operands[1])
let bytes = texts.reduce(0) { $0 + $1.utf8.count }
switch operands[0] {
case "near" where operands.count > 2:
  try near(
    operands[1], output: operands[2], threads: threads, memory: options.number(4) ?? 1 << 28,
    threshold: operands.count > 5 ? Double(operands[5]) ?? 0 : 0.8)
case "search" where operands.count > 2:
  try search(texts, operands[2], threads: threads, bytes: bytes)
case "overlap" where operands.count > 2:
  let items = try readTexts(operands[2]).enumerated().map {
    EvaluationItem(set: "items", name: "\($0.offset)", text: $0.element)
  }
  let index = try EvaluationIndex(items)
  for _ in 0..<3 {
    let time = seconds { _ = map(texts, threads: threads) { index.contamination(of: $0) != nil } }
    print("{\"n_grams\": \(index.count), \"megabytes_per_second\": \(Double(bytes) / time / 1e6)}")
  }
case "paragraphs":
  let hasher = try ParagraphHasher()
  let search = try DuplicateParagraphs(hasher.settings, folder: NSTemporaryDirectory(), maximumMemory: 1 << 28)
  let time = try seconds {
    for (number, hashes) in map(texts, threads: 2, { hasher.hashes(of: $0) }).enumerated() {
      try search.add(UInt64(number), hashes)
    }
    print("{\"cut\": \(try search.finish().count)}")
  }
  print("{\"megabytes_per_second\": \(Double(bytes) / time / 1e6)}")
default: options.refuse()
}
