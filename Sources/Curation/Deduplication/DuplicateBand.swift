/// The documents that share a band: each is compared with those before it, unless they are in one cluster already.
final class DuplicateBand {
  private let store: SignatureStore
  private let settings: DuplicateSettings
  private let recordSize: Int
  private let similarity: ((UInt64, UInt64) throws -> Double)?
  private var members: [Int] = []
  private var isLoaded: [Bool] = []
  /// The records of the members, and behind them that of the document that is compared.
  private let memory: UnsafeMutablePointer<UInt8>
  /// Whether all members are in one cluster.
  private var isUniform = true
  private(set) var comparisons = 0

  init(
    _ store: SignatureStore, _ settings: DuplicateSettings, _ recordSize: Int,
    _ similarity: ((UInt64, UInt64) throws -> Double)?
  ) {
    self.store = store
    self.settings = settings
    self.recordSize = recordSize
    self.similarity = similarity
    memory = .allocate(capacity: (NearDuplicates.largestBand + 1) * recordSize)
  }

  deinit { memory.deallocate() }

  func start() {
    members.removeAll(keepingCapacity: true)
    isLoaded.removeAll(keepingCapacity: true)
    isUniform = true
  }

  func take(_ position: Int, _ clusters: inout DocumentClusters) throws {
    if let first = members.first {
      if !isUniform || clusters.root(of: first) != clusters.root(of: position) { try compare(position, &clusters) }
    }
    if members.count < NearDuplicates.largestBand {
      members.append(position)
      isLoaded.append(false)
    }
  }

  private func compare(_ position: Int, _ clusters: inout DocumentClusters) throws {
    let record = memory + NearDuplicates.largestBand * recordSize
    try store.read(position, to: record)
    for (member, other) in members.enumerated() where clusters.root(of: other) != clusters.root(of: position) {
      let otherRecord = memory + member * recordSize
      if !isLoaded[member] {
        try store.read(other, to: otherRecord)
        isLoaded[member] = true
      }
      comparisons += 1
      if try isDuplicate(SignatureRecord(start: record), of: SignatureRecord(start: otherRecord)) {
        clusters.join(position, other)
      }
    }
    let root = clusters.root(of: position)
    isUniform = members.allSatisfy { clusters.root(of: $0) == root }
  }

  private func isDuplicate(_ record: SignatureRecord, of other: SignatureRecord) throws -> Bool {
    if settings.isExact { return record.exact == other.exact }
    let estimate = record.similarity(to: other, permutations: settings.permutations)
    guard let similarity else { return estimate >= settings.threshold }
    // Three standard errors at the threshold, so that hardly any pair is missed for its estimate.
    let error = (settings.threshold * (1 - settings.threshold) / Double(settings.permutations)).squareRoot()
    return try estimate >= settings.threshold - 3 * error
      && similarity(other.ordinal, record.ordinal) >= settings.threshold
  }
}
