import BenchmarkOptions
import Core
import Documents
import Foundation
import Synchronization

/// The benchmark of dumps of wikis.
enum WikipediaBench {
  /// A dump, decompressed if it has to be.
  private static func input(_ path: String) throws -> any ByteInput {
    DecompressedInput(try FileInput(path), named: path)
  }

  /// What one thread made.
  struct Result {
    var documents: [Document] = []
    var skips: [Skip] = []
  }

  static func run(_ options: BenchmarkOptions) -> Int32 {
    do {
      try measure(options)
      return 0
    } catch {
      print("wikipedia-bench: \(error)")
      return 1
    }
  }

  private static func measure(_ options: BenchmarkOptions) throws {
    let path = options.operands[0]
    let threads = options.number("--threads") ?? 2
    let clock = ContinuousClock()
    let begin = clock.now
    var templates: WikipediaTemplates?
    if options.has("--templates") {
      templates = try WikipediaTemplates(input(path), named: path)
      print("templates: \(templates?.count ?? 0)")
    }
    var settings = WikipediaFormat.Settings()
    if options.has("--rows") { settings.wikitext.tables = .rows }
    let format = WikipediaFormat(settings, templates: templates)
    let reader = WikipediaFormatReader(format.reader(try input(path), named: path))
    let results = Mutex<[Int: Result]>([:])
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      var result = Result()
      while let records = reader.take() {
        for record in records {
          let extraction = format.extract(record)
          result.documents += extraction.documents
          result.skips += extraction.skips
        }
      }
      results.withLock { $0[thread] = result }
    }
    let seconds = (clock.now - begin) / .seconds(1)
    var all = Result()
    for (_, result) in results.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
      all.documents += result.documents
      all.skips += result.skips
    }
    all.skips += reader.skips
    try report(all, format, path, seconds, threads, output: options.value("--jsonl"))
    if let error = reader.error { throw error }
  }

  private static func report(
    _ all: Result, _ format: WikipediaFormat, _ path: String, _ seconds: Double, _ threads: Int, output: String?
  ) throws {
    let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    let text = all.documents.reduce(0) { $0 + $1.text.utf8.count }
    print("documents: \(all.documents.count), bytes of text: \(text)")
    for (reason, skips) in Dictionary(grouping: all.skips, by: \.reason).sorted(by: { $0.key < $1.key }) {
      print("left out, \(reason): \(skips.count)")
    }
    var counts = format.counts
    let unknown = counts.unknownNames.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(600)
    counts.unknownNames = [:]
    print(counts)
    print("unknown templates:", unknown.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
    print(
      String(
        format: "seconds: %.3f, MB of XML a second: %.1f, threads: %d", seconds, Double(size) / 1e6 / seconds, threads))
    guard let output else { return }
    var lines = Data()
    for document in all.documents {
      let row: JSONObject = [
        "title": document.attributes["title"] ?? .null, "place": .string(document.provenance.place),
        "text": .string(document.text),
      ]
      lines.append(contentsOf: Array(JSONValue.object(row).text().utf8))
      lines.append(0x0A)
    }
    try lines.write(to: URL(fileURLWithPath: output))
  }
}

/// A reader that several threads take records from.
final class WikipediaFormatReader: @unchecked Sendable {
  private let lock = NSLock()
  private var reader: any RecordReader
  private(set) var skips: [Skip] = []
  private(set) var error: (any Error)?

  init(_ reader: any RecordReader) { self.reader = reader }

  /// A few records, nil at the end.
  func take() -> [Record]? {
    lock.withLock {
      var records: [Record] = []
      var bytes = 0
      do {
        while records.count < 64, bytes < 1 << 18, let event = try reader.next() {
          switch event {
          case .record(let record):
            records.append(record)
            bytes += record.bytes.count
          case .skip(let skip): skips.append(skip)
          }
        }
      } catch { self.error = error }
      return records.isEmpty ? nil : records
    }
  }
}
