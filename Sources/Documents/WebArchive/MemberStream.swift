import Core

/// The content of a file of compressed members, one after another, which knows where each begins and finds the next one
/// behind a damaged one; a file that is not compressed is one member.
struct MemberStream {
  /// What comes next.
  enum Event {
    /// What follows is a member that begins at a byte of the file.
    case member(at: Int)
    /// Content.
    case bytes([UInt8])
    /// The content ends before the end of its member; what follows is a new member.
    case damage(String, at: Int)
    /// Bytes of the file behind a whole member are no member.
    case foreignBytes(String, at: Int)
    /// Nothing comes any more.
    case end
  }

  private enum Phase { case beginning, plain, between, inside, searching, ended }

  private let raw: any ByteInput
  private var plain: (any ByteInput)?
  private var compression: Compression?
  private var decoder: (any StreamDecoder)?
  private var phase = Phase.beginning
  private var chunk: [UInt8] = []
  /// The next byte of the chunk to be decoded.
  private var taken = 0
  /// The place of the first byte of the chunk in the file.
  private var chunkStart = 0
  private var rawEnded = false
  /// The place of the present member.
  private var memberStart = 0
  private var pendingDamage: String?

  /// A damaged member may have been decoded beyond its end, into the next.
  private static let lookBack = 1 << 18
  private static let pieceSize = 1 << 18
  /// How much of a member is decoded to see whether it is one.
  private static let probeSize = 512

  /// The content of an input.
  init(_ raw: any ByteInput) { self.raw = raw }

  /// Whether places are those of bytes of the content.
  var isPlain: Bool { plain != nil }

  /// What comes next.
  ///
  /// Throws: `MartletError` if the input cannot be read.
  mutating func next() throws -> Event {
    while true {
      if let damage = pendingDamage {
        pendingDamage = nil
        return .damage(damage, at: memberStart)
      }
      switch phase {
      case .beginning: if let event = try begin() { return event }
      case .plain: return try nextPlain()
      case .between: if let event = try beginMember() { return event }
      case .inside: if let event = try decode() { return event }
      case .searching: try search()
      case .ended: return .end
      }
    }
  }

  private mutating func begin() throws -> Event? {
    try fill(Compression.frontSize)
    compression = Compression(front: chunk)
    switch compression {
    case .gzip: decoder = try InflateDecoder(.gzip)
    case .zstd: decoder = try ZstdDecoder(dictionary: leadingDictionary())
    case .bzip2, .xz, nil:
      let whole = PrefixedInput(chunk, raw)
      chunk = []
      plain = compression == nil ? whole : DecompressedInput(whole, named: "")
      phase = .plain
      return .member(at: 0)
    }
    phase = .between
    return nil
  }

  /// The dictionary of the zstd frames, which lies in front of them in a frame of its own, perhaps compressed.
  private mutating func leadingDictionary() throws -> [UInt8] {
    guard chunk.count >= 8, chunk.starts(with: [0x5D, 0x2A, 0x4D, 0x18]) else { return [] }
    let size = (4..<8).reduce(0) { $0 | Int(chunk[$1]) << (8 * ($1 - 4)) }
    guard size <= 1 << 24 else { return [] }
    try fill(8 + size)
    let content = Array(chunk[8..<min(chunk.count, 8 + size)])
    guard Compression(front: content) == .zstd else { return content }
    return try decodeAll(content, ZstdDecoder(), limit: 1 << 24).bytes
  }

  private mutating func nextPlain() throws -> Event {
    do {
      let bytes = try plain?.read() ?? []
      if bytes.isEmpty { phase = .ended }
      return bytes.isEmpty ? .end : .bytes(bytes)
    } catch let error as MartletError where error.code == .malformedFile {
      phase = .ended
      return .damage(error.message, at: 0)
    }
  }

  /// Reads until `count` bytes are there to be taken, or the file ends.
  private mutating func fill(_ count: Int) throws {
    while chunk.count - taken < count, !rawEnded {
      let next = try raw.read()
      rawEnded = next.isEmpty
      let kept = max(0, min(taken, max(memberStart + 1 - chunkStart, taken - Self.lookBack)))
      chunk.removeFirst(kept)
      chunk += next
      chunkStart += kept
      taken -= kept
    }
  }

  private func isMember(at index: Int) -> Bool {
    let front = chunk[index..<min(chunk.count, index + 4)]
    if compression == .gzip {
      return front.starts(with: [0x1F, 0x8B, 0x08]) && front.count == 4 && front[index + 3] < 0x20
    }
    return front.count == 4 && Compression(front: front) == .zstd
  }

  private mutating func beginMember() throws -> Event? {
    repeat {
      try fill(4)
      while taken < chunk.count, chunk[taken] == 0 { taken += 1 }
    } while taken == chunk.count && !rawEnded
    try fill(4)
    guard taken < chunk.count else {
      phase = .ended
      return nil
    }
    memberStart = chunkStart + taken
    guard isMember(at: taken) else {
      phase = .searching
      return .foreignBytes("bytes between \(kind) members", at: memberStart)
    }
    try decoder?.restart()
    phase = .inside
    return .member(at: memberStart)
  }

  private var kind: String { compression?.rawValue ?? "compressed" }

  private mutating func decode() throws -> Event? {
    guard let decoder else { return nil }
    var failure: String?
    let bytes = try [UInt8](unsafeUninitializedCapacity: Self.pieceSize) { space, count in
      let space = UnsafeMutableRawBufferPointer(space)
      while count < space.count, failure == nil, phase == .inside {
        try fill(1)
        let piece = chunk.withUnsafeBytes {
          decoder.decode(
            UnsafeRawBufferPointer(rebasing: $0[taken...]),
            into: UnsafeMutableRawBufferPointer(rebasing: space[count...]))
        }
        taken += piece.consumed
        count += piece.produced
        switch piece.state {
        case .complete: phase = .between
        case .damaged: failure = "damaged \(kind) member"
        case .underWay where piece.consumed == 0 && piece.produced == 0:
          failure = taken == chunk.count ? "\(kind) member cut off" : "damaged \(kind) member"
        case .underWay: break
        }
      }
    }
    if let failure {
      pendingDamage = failure
      taken = max(0, min(taken, max(memberStart + 1 - chunkStart, taken - Self.lookBack)))
      phase = .searching
    }
    return bytes.isEmpty ? nil : .bytes(bytes)
  }

  /// Looks for the next member whose content begins like a record.
  private mutating func search() throws {
    let probe = try InflateDecoder(.gzip)
    while true {
      try fill(Self.probeSize)
      if chunk.count - taken < 4 { break }
      let first: UInt8 = compression == .gzip ? 0x1F : 0x28
      // Near the end of the chunk more is read before the bytes are looked at.
      let last = rawEnded ? chunk.count - 4 : chunk.count - Self.probeSize
      while taken <= last, chunk[taken] != first || !isMember(at: taken) || !isRecord(probe) { taken += 1 }
      if taken <= last {
        phase = .between
        return
      }
      // Nothing here is to be looked at again.
      memberStart = chunkStart + taken - 1
      if rawEnded { break }
    }
    phase = .ended
  }

  private func isRecord(_ probe: InflateDecoder) -> Bool {
    // Blocks of zstd have up to 128 KiB, too much for a try; but its mark is longer.
    if compression != .gzip { return true }
    probe.restart()
    let end = min(chunk.count, taken + Self.probeSize)
    return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { output in
      let piece = chunk.withUnsafeBytes {
        probe.decode(UnsafeRawBufferPointer(rebasing: $0[taken..<end]), into: output)
      }
      return WebArchiveReader.beginsLikeRecord(output[..<piece.produced])
    }
  }
}
