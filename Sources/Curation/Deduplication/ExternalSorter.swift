import Core

/// A number to sort by, and one that goes with it.
package struct SortRecord: Sendable, Equatable, BitwiseCopyable {
  package var key: UInt64
  package var value: UInt64

  package init(key: UInt64, value: UInt64) {
    self.key = key
    self.value = value
  }
}

/// Sorts more records than fit in memory by their keys; equal keys stay in the order they came in.
///
/// Records are gathered until half of the memory is full, sorted by radix with the other half, and written to a file
/// without a name as a run; runs are merged when all are there. Nothing is written where all records fit.
package final class ExternalSorter {
  private let folder: String
  private let maximumMemory: Int
  private let capacity: Int
  private var records: [SortRecord] = []
  private var file: TemporaryFile?
  private var runs: [Range<Int>] = []
  /// How many records there are.
  package private(set) var count = 0

  /// The least that a run is read by at a time.
  static let smallestBlock = 1 << 12

  /// A sorter that holds at most `maximumMemory` bytes, 64 kB at least.
  package init(folder: String, maximumMemory: Int) {
    self.folder = folder
    self.maximumMemory = max(maximumMemory, 1 << 16)
    capacity = self.maximumMemory / (2 * MemoryLayout<SortRecord>.stride)
  }

  /// Takes in a record.
  ///
  /// Throws: `MartletError` with code `resource` or `inputOutput` if records don't fit on the disk.
  @inline(__always)
  package func append(key: UInt64, value: UInt64) throws {
    if records.count == capacity { try spill() }
    if records.count == records.capacity { records.reserveCapacity(min(capacity, max(1 << 10, 2 * records.count))) }
    records.append(SortRecord(key: key, value: value))
    count &+= 1
  }

  /// How often records were written out.
  package var spills: Int { runs.count }

  private func spill() throws {
    let file = try self.file ?? TemporaryFile(in: folder)
    self.file = file
    RadixSort.sort(&records)
    let start = file.count
    try records.withUnsafeBytes { try file.append($0) }
    runs.append(start..<file.count)
    records.removeAll(keepingCapacity: true)
  }

  /// All records in order. The sorter is empty afterwards.
  ///
  /// - Parameter memory: what runs are read with at a time, by default all that the sorter may use.
  ///
  /// Throws: `MartletError` with code `resource` or `inputOutput`.
  package func sorted(mergingWith memory: Int? = nil) throws -> SortedRecords {
    let memory = max(memory ?? maximumMemory, 2 * Self.smallestBlock)
    defer {
      records = []
      file = nil
      runs = []
      count = 0
    }
    guard file != nil else {
      RadixSort.sort(&records)
      return SortedRecords(records)
    }
    if !records.isEmpty { try spill() }
    records = []
    guard let file else { return SortedRecords([]) }
    // More runs than memory has blocks for are merged to longer ones first, neighbours with neighbours.
    let fanIn = max(2, min(512, memory / Self.smallestBlock))
    var source = file
    while runs.count > fanIn {
      let target = try TemporaryFile(in: folder)
      var longer: [Range<Int>] = []
      for first in stride(from: 0, to: runs.count, by: fanIn) {
        let group = Array(runs[first..<min(first + fanIn, runs.count)])
        let merged = try SortedRecords(source, group, memory: memory / 2)
        let start = target.count
        var block: [SortRecord] = []
        let blockCount = max(1, memory / 4 / MemoryLayout<SortRecord>.stride)
        while let record = try merged.next() {
          block.append(record)
          if block.count == blockCount {
            try block.withUnsafeBytes { try target.append($0) }
            block.removeAll(keepingCapacity: true)
          }
        }
        try block.withUnsafeBytes { try target.append($0) }
        longer.append(start..<target.count)
      }
      runs = longer
      source = target
    }
    return try SortedRecords(source, runs, memory: memory)
  }
}

/// Records in order, from memory or merged from runs.
package final class SortedRecords {
  /// A run and the block of it that is in memory.
  private struct Run {
    var rest: Range<Int>
    var block: [SortRecord] = []
    var position = 0
  }

  /// The next record of a run.
  private struct Head {
    var key: UInt64
    var run: Int

    @inline(__always)
    static func < (a: Head, b: Head) -> Bool { a.key != b.key ? a.key < b.key : a.run < b.run }
  }

  private var inMemory: [SortRecord]
  private var position = 0
  private let file: TemporaryFile?
  private var runs: [Run] = []
  private var heads: [Head] = []
  private var blockCount = 0

  init(_ records: [SortRecord]) {
    inMemory = records
    file = nil
  }

  init(_ file: TemporaryFile, _ runs: [Range<Int>], memory: Int) throws {
    inMemory = []
    self.file = file
    self.runs = runs.map { Run(rest: $0) }
    blockCount = max(ExternalSorter.smallestBlock, memory / runs.count) / MemoryLayout<SortRecord>.stride
    for run in runs.indices {
      try fill(run)
      if let first = self.runs[run].block.first { heads.append(Head(key: first.key, run: run)) }
    }
    heads.sort(by: <)
  }

  /// The next record, nil at the end.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  package func next() throws -> SortRecord? {
    if file == nil {
      guard position < inMemory.count else {
        inMemory = []
        return nil
      }
      position &+= 1
      return inMemory[position &- 1]
    }
    guard let head = heads.first else { return nil }
    let run = head.run
    let record = runs[run].block[runs[run].position]
    runs[run].position &+= 1
    if runs[run].position == runs[run].block.count { try fill(run) }
    if runs[run].position < runs[run].block.count {
      sink(Head(key: runs[run].block[runs[run].position].key, run: run))
    } else {
      let last = heads.removeLast()
      if !heads.isEmpty { sink(last) }
    }
    return record
  }

  /// Puts a head in the place of the first, and everything in order.
  private func sink(_ head: Head) {
    heads.withUnsafeMutableBufferPointer { heads in
      var hole = 0
      while true {
        var child = 2 &* hole &+ 1
        if child >= heads.count { break }
        if child &+ 1 < heads.count, heads[child &+ 1] < heads[child] { child &+= 1 }
        if !(heads[child] < head) { break }
        heads[hole] = heads[child]
        hole = child
      }
      heads[hole] = head
    }
  }

  private func fill(_ run: Int) throws {
    let size = MemoryLayout<SortRecord>.stride
    let count = min(blockCount, runs[run].rest.count / size)
    let offset = runs[run].rest.lowerBound
    runs[run].position = 0
    runs[run].rest = (offset + count * size)..<runs[run].rest.upperBound
    guard count > 0, let file else {
      runs[run].block = []
      return
    }
    runs[run].block = try [SortRecord](unsafeUninitializedCapacity: count) { space, filled in
      try file.read(
        UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(space)[..<(count * size)]), at: offset)
      filled = count
    }
  }
}

/// Sorting in memory, eleven bits at a time from the lowest.
enum RadixSort {
  private static let bits = 11
  private static let buckets = 1 << bits

  /// Sorts records by their keys; equal keys stay in order.
  ///
  /// Complexity: O(n), with as much memory again.
  static func sort(_ records: inout [SortRecord]) {
    let count = records.count
    guard count > 1 else { return }
    if count < buckets / 4 {
      // Counting buckets would take longer than sorting. Swift's sort is stable, though no page says that it stays so.
      let order = records.indices.sorted {
        records[$0].key != records[$1].key ? records[$0].key < records[$1].key : $0 < $1
      }
      records = order.map { records[$0] }
      return
    }
    records = [SortRecord](unsafeUninitializedCapacity: count) { other, filled in
      records.withUnsafeMutableBufferPointer { records in
        guard var source = records.baseAddress, var target = other.baseAddress else { return }
        for shift in stride(from: 0, to: 64, by: bits) {
          var starts = [Int](repeating: 0, count: buckets)
          let mask = UInt64(buckets - 1)
          starts.withUnsafeMutableBufferPointer { starts in
            for index in 0..<count { starts[Int(source[index].key &>> UInt64(shift) & mask)] &+= 1 }
            var sum = 0
            for bucket in 0..<buckets {
              let size = starts[bucket]
              starts[bucket] = sum
              sum &+= size
            }
            for index in 0..<count {
              let record = source[index]
              let bucket = Int(record.key &>> UInt64(shift) & mask)
              target[starts[bucket]] = record
              starts[bucket] &+= 1
            }
          }
          swap(&source, &target)
        }
        // Six passes: the last one put the records back where they came from.
        target.update(from: source, count: count)
        filled = count
      }
    }
  }
}
