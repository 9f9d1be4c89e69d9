import Core

/// A document that is left out because an earlier one says the same.
public struct Duplicate: Sendable, Equatable {
  /// The document.
  public var ordinal: UInt64
  /// The document that is kept: the first of its cluster.
  public var kept: UInt64
  /// The estimated similarity of the two. It may be below the threshold where others between them are closer to each.
  public var similarity: Double
  /// Whether the folded texts are equal.
  public var isExact: Bool

  /// A finding.
  public init(ordinal: UInt64, kept: UInt64, similarity: Double, isExact: Bool) {
    self.ordinal = ordinal
    self.kept = kept
    self.similarity = similarity
    self.isExact = isExact
  }
}

/// What a search for duplicates came to.
public struct DuplicateSummary: Sendable, Equatable {
  /// The documents that were looked at, those of an earlier index not among them.
  public var documents = 0
  /// How many of them are duplicates.
  public var dropped = 0
  /// How many of these have the text of the document that is kept.
  public var exact = 0
  /// How many pairs of documents were compared.
  public var comparisons = 0
  /// How many sorted runs were written to the disk, for want of memory.
  public var spills = 0
  /// How many clusters of two or more documents there are, old ones included.
  public var clusters = 0

  /// Nothing yet.
  public init() {}
}

/// Finds documents that say the same as earlier ones, in any number of them.
///
/// Documents that agree on all rows of a band are compared by their signatures; those that are similar enough belong to
/// one cluster, as do all that are linked through others; the first document of a cluster is kept. Documents of an
/// earlier index take part and are always kept. The outcome depends on the documents and their order alone, except in
/// bands that more than 256 documents share: there each is compared with the first 256.
///
/// Memory: `maximumMemory`, of which 8 bytes a document are the least. Disk: in `folder`, 32 bytes and a signature a
/// document and, for what does not fit in memory, 16 bytes a band and document; while many runs are merged, twice that.
public final class NearDuplicates {
  /// How the signatures are cut.
  public let layout: BandLayout
  private let settings: DuplicateSettings
  private let folder: String
  private let maximumMemory: Int
  private let store: SignatureStore
  private let recordSize: Int
  private let sorter: ExternalSorter
  private let oldIndex: SignatureIndex?
  private var lastOrdinal: UInt64?
  private var isFinished = false
  private var bandBytes: [UInt8]

  /// Documents of a band that later ones are compared with.
  package static let largestBand = 256

  /// A search that puts aside what does not fit in memory in `folder`, after the documents of an index if one is given.
  ///
  /// Throws: `MartletError` with code `invalidArgument`, `inputOutput` or `resource`, or for an index that cannot be
  /// read or was made with other settings `notFound`, `malformedFile`, `corrupted`, `unsupported` or `mismatch`.
  public init(_ settings: DuplicateSettings, folder: String, maximumMemory: Int, index: String? = nil) throws {
    self.settings = try settings.validated()
    self.folder = folder
    self.maximumMemory = max(maximumMemory, 1 << 17)
    layout =
      settings.isExact
      ? BandLayout(bands: 1, rows: 0)
      : BandLayout.best(
        threshold: settings.threshold, permutations: settings.permutations, missWeight: settings.missWeight)
    recordSize = SignatureRecord.size(settings)
    sorter = ExternalSorter(folder: folder, maximumMemory: self.maximumMemory / 8 * 7)
    oldIndex = try index.map { try SignatureIndex($0, settings) }
    store = try SignatureStore(folder: folder, recordSize: recordSize, index: oldIndex)
    bandBytes = [UInt8](repeating: 0, count: settings.permutations + 16)
    try checkMemory()
    try oldIndex?.verify { position, record in
      lastOrdinal = record.ordinal
      try addBands(position, exact: record.exact, nGrams: record.nGrams, values: record.values)
    }
  }

  /// How many documents there are, those of the index included.
  public var count: Int { store.count }

  /// Takes in the next document. Ordinals increase, and are larger than those of the index.
  ///
  /// Throws: `MartletError` with code `invalidArgument` for a wrong order or a signature made with other settings,
  /// `resource` if memory or disk is not enough, or `inputOutput`.
  public func add(_ ordinal: UInt64, _ signature: DocumentSignature) throws {
    if let lastOrdinal, ordinal <= lastOrdinal {
      throw MartletError(
        .invalidArgument, "document \(ordinal) comes after document \(lastOrdinal): ordinals must increase")
    }
    guard signature.values.count == recordSize - SignatureRecord.headerSize, !isFinished else {
      throw MartletError(.invalidArgument, "the signature of document \(ordinal) was made with other settings")
    }
    lastOrdinal = ordinal
    let position = store.count
    try store.append(ordinal: ordinal, signature)
    if store.count & 0xFFFF == 0 { try checkMemory() }
    try signature.values.withUnsafeBufferPointer { values in
      try addBands(position, exact: signature.exact, nGrams: signature.nGrams, values: values.baseAddress)
    }
  }

  private func checkMemory() throws {
    let needed = 8 * store.count
    guard needed <= maximumMemory, store.count <= Int(UInt32.max) else {
      throw MartletError(
        .resource,
        "removing duplicates from \(store.count) documents or more takes \(ByteCount(needed)) of memory,"
          + " and \(ByteCount(maximumMemory)) are allowed",
        remedy: store.count > Int(UInt32.max)
          ? "Split the data: one index holds \(UInt32.max) documents." : "Allow more memory.")
    }
  }

  /// Puts a document into its bands.
  private func addBands(_ position: Int, exact: ExactHash, nGrams: UInt32, values: UnsafePointer<UInt8>?) throws {
    let value = UInt64(truncatingIfNeeded: position)
    guard nGrams > 0, let values, !settings.isExact else {
      try sorter.append(key: TokenHash.mix(exact.low ^ exact.high, 11), value: value)
      return
    }
    let rows = layout.rows
    // The hash reads a few bytes more than it takes in.
    try bandBytes.withUnsafeMutableBufferPointer { bytes in
      guard let start = bytes.baseAddress else { return }
      start.update(from: values, count: settings.permutations)
      for band in 0..<layout.bands {
        let hash = TokenHash.hash(start + band * rows, rows)
        try sorter.append(key: TokenHash.mix(hash, TokenHash.mark(ofRound: band)), value: value)
      }
    }
  }

  /// Finds the duplicates and calls `body` with each in the order of the documents; with `index` also writes the
  /// signatures of all documents to a file, for later ones to be compared with.
  ///
  /// - Parameters:
  ///   - index: where the index goes; it may be the one that was there before.
  ///   - similarity: the true similarity of two documents by their ordinals, asked where the estimate is close to the
  ///     threshold or above; without it the estimate decides.
  ///
  /// Throws: `MartletError` with code `resource` or `inputOutput`, or what the closures throw. An index that was at the
  /// path before is then untouched.
  public func finish(
    index: String? = nil, similarity: ((UInt64, UInt64) throws -> Double)? = nil,
    _ body: (Duplicate) throws -> Void
  ) throws -> DuplicateSummary {
    guard !isFinished else { throw MartletError(.invalidArgument, "this search for duplicates has ended before") }
    isFinished = true
    try checkMemory()
    try store.flush()
    var summary = DuplicateSummary()
    summary.documents = store.count - store.oldCount
    let roots = try findClusters(similarity, &summary)
    var left = [UInt64](repeating: 0, count: store.count / 64 + 1)
    try report(roots, &summary, leftOut: &left, body)
    if let index { try write(index, roots, leftOut: left) }
    return summary
  }

  /// Compares the documents of each band.
  private func findClusters(
    _ similarity: ((UInt64, UInt64) throws -> Double)?, _ summary: inout DuplicateSummary
  ) throws -> [UInt32] {
    let memory = max(maximumMemory / 8 * 7 - 4 * store.count, maximumMemory / 4)
    summary.spills = sorter.spills
    let records = try sorter.sorted(mergingWith: memory)
    var clusters = DocumentClusters(count: store.count)
    try oldIndex?.verify { position, record in clusters.join(position, Int(record.root)) }
    let band = DuplicateBand(store, settings, recordSize, similarity)
    var key: UInt64?
    while let record = try records.next() {
      if record.key != key {
        band.start()
        key = record.key
      }
      try band.take(Int(record.value), &clusters)
    }
    summary.comparisons = band.comparisons
    return clusters.roots()
  }

  /// Reports the documents that are no first of a cluster. Those that have the very text of the first are marked as
  /// left out: the index needs them no more.
  private func report(
    _ roots: [UInt32], _ summary: inout DuplicateSummary, leftOut: inout [UInt64], _ body: (Duplicate) throws -> Void
  ) throws {
    var kept = [UInt8](repeating: 0, count: recordSize + 16)
    var isLarge = [UInt64](repeating: 0, count: roots.count / 64 + 1)
    for (position, root) in roots.enumerated() where Int(root) != position {
      isLarge[Int(root) / 64] |= 1 << UInt64(root % 64)
    }
    summary.clusters = isLarge.reduce(0) { $0 + $1.nonzeroBitCount }
    try store.forEach(from: store.oldCount) { position, record in
      let root = Int(roots[position])
      guard root != position else { return }
      let finding = try kept.withUnsafeMutableBufferPointer { kept in
        guard let start = kept.baseAddress else {
          throw MartletError(.resource, "there is no memory for a signature")
        }
        try store.read(root, to: start)
        let first = SignatureRecord(start: start)
        let similarity = record.similarity(to: first, permutations: settings.isExact ? 0 : settings.permutations)
        return Duplicate(
          ordinal: record.ordinal, kept: first.ordinal, similarity: similarity, isExact: record.exact == first.exact)
      }
      summary.dropped += 1
      if finding.isExact {
        summary.exact += 1
        leftOut[position / 64] |= 1 << UInt64(position % 64)
      }
      try body(finding)
    }
  }

  private func write(_ path: String, _ roots: [UInt32], leftOut: [UInt64]) throws {
    var places = roots
    let count = store.count - leftOut.reduce(0) { $0 + $1.nonzeroBitCount }
    let size = SignatureIndex.headerSize + count * recordSize + SignatureIndex.digestSize
    try AtomicFile.write(to: path, expecting: size) { file in
      var hash = SHA256()
      func append(_ bytes: UnsafeRawBufferPointer) throws {
        hash.update(bytes)
        try file.append(bytes)
      }
      try SignatureIndex.header(settings, count: UInt64(count)).withUnsafeBytes { try append($0) }
      var next: UInt32 = 0
      var bytes = [UInt8](repeating: 0, count: recordSize)
      try store.forEach(from: 0) { position, record in
        guard leftOut[position / 64] >> UInt64(position % 64) & 1 == 0 else { return }
        // The first of a cluster is never left out, and its new place is known before it is asked for.
        let root = Int(roots[position]) == position ? next : places[Int(roots[position])]
        places[position] = root
        next += 1
        bytes.withUnsafeMutableBytes { target in
          target.copyMemory(from: UnsafeRawBufferPointer(start: record.start, count: recordSize))
          target.storeBytes(of: root.littleEndian, toByteOffset: 28, as: UInt32.self)
        }
        try bytes.withUnsafeBytes { try append($0) }
      }
      try file.append(hash.finish().bytes)
    }
  }
}
