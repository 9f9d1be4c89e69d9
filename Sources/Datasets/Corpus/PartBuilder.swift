import Core
import Curation
import Documents
import Foundation
import Tokenizers

/// Makes the part of one input: reads it, extracts its documents and runs the steps over them, on all cores.
///
/// Whatever the number of cores, and however often it is killed and started again, the part has the same bytes: batches
/// are cut by the input alone, and every now and then the state is noted, from which the next start goes on.
struct PartBuilder {
  /// How the input is read.
  let source: SourceFormat
  let runner: StepRunner
  let signer: DocumentSigner?
  /// The licence of documents that bring none.
  let licence: String?
  /// Told how many documents there are and how many bytes of text were read; throws to stop.
  let progress: (_ documents: Int, _ bytes: Int) throws -> Void

  /// A batch is as large as this, in bytes of records or in number.
  var batchBytes = 8 << 20
  private static let batchEvents = 4096
  /// Pieces of a batch that are worked on at the same time.
  private static let slices = 16
  /// How much is written between two notes of the state.
  var bytesBetweenNotes = 64 << 20

  /// Makes the part in a folder, which may hold the beginnings of it.
  ///
  /// Throws: `MartletError` if the input cannot be opened or read or the disk is full, or what `progress` throws. Damage
  /// in the input ends it there, and is counted.
  func build(_ input: InputFile, in folder: String) throws -> CorpusPart {
    let reader = try InputReader(source, named: input.name) { try source.open(input) }
    let format = reader.format
    try FileSystem.createFolder(folder)
    try AtomicFile.removeLeftovers(in: folder)
    let note = joinPath(folder, "progress.json")
    var state = State(summary: PartSummary(steps: runner.emptyReports()))
    if let saved = try? JSONFields(file: note), let earlier = try? State(saved) { state = earlier }
    let output: Output
    do {
      output = try Output(folder, state, hasSignatures: signer != nil)
    } catch let error as MartletError where error.code == .corrupted {
      state = State(summary: PartSummary(steps: runner.emptyReports()))
      output = try Output(folder, state, hasSignatures: signer != nil)
    }
    let batches = BatchReader(
      reader, skipping: state.summary.events, bytes: batchBytes, events: Self.batchEvents)
    var noted = output.documents.count
    var batch = try batches.next()
    while !batch.isEmpty {
      // The next batch is read while this one is worked on.
      let results = work(format, on: batch, readingFrom: batches)
      let slices = try results.slices.get()
      batch = try results.next.get()
      for slice in slices {
        try state.summary.add(slice.summary)
        try output.append(slice, &state.continues)
      }
      state.bytes = batches.bytesRead
      try progress(state.summary.documents, state.bytes)
      if output.documents.count - noted >= bytesBetweenNotes, !batch.isEmpty {
        try output.synchronize()
        state.lengths = output.lengths
        // What the reader has given to the next batch is not in the summary yet.
        try AtomicFile.write(JSONValue.object(state.json).text() + "\n", to: note)
        noted = output.documents.count
      }
    }
    let receipt = try output.close()
    var json = state.summary.json
    json["bytes"] = .integer(receipt.bytes)
    json["sha256"] = .string(receipt.sha256 ?? "")
    try AtomicFile.write(JSONValue.object(json).text(indent: 1) + "\n", to: joinPath(folder, CorpusPart.summaryName))
    try FileSystem.remove(note)
    guard let part = try CorpusPart(folder: folder) else {
      throw MartletError(.inputOutput, "the part has vanished", at: folder, remedy: "Run the command again.")
    }
    return part
  }

  /// How far a part has come.
  private struct State {
    var summary: PartSummary
    var bytes = 0
    /// The lengths of the files that hold what the summary counts.
    var lengths = [0, 0, 0]
    /// Whether the next document goes on with the last one.
    var continues = false

    init(summary: PartSummary) { self.summary = summary }

    var json: JSONObject {
      [
        "summary": .object(summary.json), "bytes": .integer(bytes), "lengths": .array(lengths.map { .integer($0) }),
        "continues": .bool(continues),
      ]
    }

    init(_ fields: JSONFields) throws {
      summary = try PartSummary(fields.fields("summary"))
      bytes = try fields.integer("bytes", in: 0...1 << 56)
      lengths = (fields.object["lengths"]?.arrayValue ?? []).compactMap(\.integerValue)
      continues = try fields.bool("continues")
      guard lengths.count == 3, lengths.allSatisfy({ $0 >= 0 }) else {
        throw fields.failure("lengths", mustBe: "3 lengths")
      }
    }
  }

  /// The files of a part while they grow.
  private final class Output {
    let documents: FileWriter
    private let offsets: FileWriter
    private let signatures: FileWriter?

    init(_ folder: String, _ state: State, hasSignatures: Bool) throws {
      documents = try FileWriter(resuming: CorpusPart.documents(folder), at: state.lengths[0], hashing: true)
      offsets = try FileWriter(resuming: CorpusPart.offsets(folder), at: state.lengths[1])
      signatures =
        hasSignatures ? try FileWriter(resuming: CorpusPart.signatures(folder), at: state.lengths[2]) : nil
    }

    var lengths: [Int] { [documents.count, offsets.count, signatures?.count ?? 0] }

    func append(_ slice: Slice, _ continues: inout Bool) throws {
      var entries: [UInt8] = []
      entries.reserveCapacity(8 * slice.documents.count)
      for document in slice.documents {
        entries.append(littleEndian: UInt64(documents.count + document.offset) << 1 | (continues ? 1 : 0))
        continues = document.continues
      }
      try documents.append(slice.lines)
      try offsets.append(entries)
      try signatures?.append(slice.signatures)
    }

    func synchronize() throws {
      try documents.synchronize()
      try offsets.synchronize()
      try signatures?.synchronize()
    }

    func close() throws -> AtomicFile.Receipt {
      _ = try offsets.close()
      _ = try signatures?.close()
      return try documents.close()
    }
  }

  /// What a piece of a batch gives.
  private struct Slice: Sendable {
    var lines: [UInt8] = []
    var documents: [(offset: Int, continues: Bool)] = []
    var signatures: [UInt8] = []
    var summary: PartSummary
  }

  private enum Outcome: Sendable {
    case slice(Result<Slice, any Error>)
    case batch(Result<[RecordEvent], any Error>)
  }

  private func work(
    _ format: (any DocumentFormat)?, on batch: [RecordEvent], readingFrom batches: BatchReader
  ) -> (slices: Result<[Slice], any Error>, next: Result<[RecordEvent], any Error>) {
    let count = min(Self.slices, batch.count)
    let (runner, signer, licence) = (self.runner, self.signer, self.licence)
    @Sendable func slice(_ events: ArraySlice<RecordEvent>) throws -> Slice {
      var slice = Slice(summary: PartSummary(steps: runner.emptyReports()))
      for event in events {
        slice.summary.events += 1
        switch event {
        case .skip(let skip): slice.summary.skips.add(skip)
        case .record(let record):
          let extraction = try format?.extract(record) ?? Extraction()
          for skip in extraction.skips { slice.summary.skips.add(skip) }
          for var document in extraction.documents {
            slice.summary.found += 1
            if document.provenance.licence == nil { document.provenance.licence = licence }
            guard case .keep = runner.run(&document, &slice.summary.steps) else { continue }
            slice.summary.count(document)
            slice.documents.append((slice.lines.count, document.continues))
            document.appendLine(to: &slice.lines)
            if let signer { signer.signature(of: document.text).append(to: &slice.signatures) }
          }
        }
      }
      return slice
    }
    let outcomes = parallelMap(count + 1) { index -> Outcome in
      if index == 0 { return .batch(Result { try batches.next() }) }
      return .slice(Result { try slice(batch[(index - 1) * batch.count / count..<index * batch.count / count]) })
    }
    var slices: [Result<Slice, any Error>] = []
    var next: Result<[RecordEvent], any Error> = .success([])
    for outcome in outcomes {
      switch outcome {
      case .slice(let slice): slices.append(slice)
      case .batch(let result): next = result
      }
    }
    return (Result { try slices.map { try $0.get() } }, next)
  }
}

/// Gives the events of an input in batches. One thread at a time reads, each after the other has ended.
private final class BatchReader: @unchecked Sendable {
  private var reader: InputReader
  private var toSkip: Int
  private let bytes: Int
  private let events: Int
  private var isAtEnd = false
  /// Bytes of the records that were given out.
  private(set) var bytesRead = 0

  init(_ reader: InputReader, skipping: Int, bytes: Int, events: Int) {
    self.reader = reader
    toSkip = skipping
    self.bytes = bytes
    self.events = events
  }

  /// The next events, none at the end.
  func next() throws -> [RecordEvent] {
    var batch: [RecordEvent] = []
    var size = 0
    while !isAtEnd, batch.count < events, size < bytes {
      guard let event = try reader.next() else {
        isAtEnd = true
        break
      }
      if case .record(let record) = event { size += record.bytes.count }
      if toSkip > 0 {
        toSkip -= 1
        bytesRead += size
        size = 0
        continue
      }
      batch.append(event)
    }
    bytesRead += size
    return batch
  }
}
