import Core

/// Cuts WARC, WET and ARC files into their records.
///
/// A damaged record is a skip, and the next is found: by the next member of a compressed file, or by a line that begins
/// like a record. The memory is bounded by the largest record that is let through.
package struct WebArchiveReader: RecordReader {
  private var stream: MemberStream
  private let name: String
  private let largestBlock: Int
  private let givesAll: Bool

  /// Content that was not yet handed out, from `head` on.
  private var buffer: [UInt8] = []
  private var head = 0
  /// The place of the buffer in the content.
  private var base = 0
  /// Where members begin whose content begins like a record, in the content and in the file; from the present one on.
  private var members: [Member] = []
  /// The last member that began, until enough of it is there to be looked at.
  private var unseen: Member?
  /// Where the last member began.
  private var lastMember = 0
  /// What the buffer is followed by, other than more content.
  private var stop: Stop?
  private var recordNumber = 0
  /// Whether this is an ARC file: the first record says it.
  private var isArc: Bool?

  private struct Member {
    var position: Int
    var offset: Int
  }

  private enum Stop {
    /// Content is missing from here on to the next member; the broken member began at a position.
    case damage(String, at: Int, member: Int)
    case end
  }

  private static let largestHeader = 1 << 16
  /// How many bytes tell whether something begins like a record.
  private static let enough = 16
  private static let mark = Array("WARC/".utf8)

  /// A reader of an input as it lies in the file.
  ///
  /// - Parameters:
  ///   - largestBlock: records with larger blocks are skips.
  ///   - givesAll: whether records are given too that no documents are made of.
  package init(_ input: any ByteInput, name: String, largestBlock: Int, givesAll: Bool = false) {
    self.givesAll = givesAll
    stream = MemberStream(input)
    self.name = name
    self.largestBlock = largestBlock
  }

  /// The next record or what is left out, nil at the end.
  ///
  /// Throws: `MartletError` if the input cannot be read.
  package mutating func next() throws -> RecordEvent? {
    while true {
      compact()
      try skipLineEnds()
      guard head < buffer.count else {
        switch stop {
        case .damage(let reason, let offset, _)?:
          stop = nil
          return .skip(Skip(reason: reason, place: "\(name), byte \(offset)"))
        case .end?: return nil
        case nil: continue
        }
      }
      recordNumber += 1
      if let event = try record() { return event }
    }
  }

  /// Whether content begins like a record: WARC's version, or the address in a line of ARC.
  static func beginsLikeRecord(_ content: some Collection<UInt8>) -> Bool {
    content.starts(with: mark) || beginsWithAddress(content)
  }

  private static func beginsWithAddress(_ content: some Collection<UInt8>) -> Bool {
    let rest = content.prefix(16).drop { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 }
    return rest.starts(with: "://".utf8) && rest.startIndex != content.startIndex || content.starts(with: "dns:".utf8)
  }

  // MARK: The buffer

  private var end: Int { base + buffer.count }

  private mutating func compact() {
    if head == buffer.count || head > max(1 << 18, buffer.count / 2) {
      buffer.removeFirst(head)
      base += head
      head = 0
    }
    let here = base + head
    while members.count > 1, members[1].position <= here { members.removeFirst() }
  }

  /// Takes the next piece of the content; false where there is a stop.
  private mutating func pull() throws -> Bool {
    if stop != nil { return false }
    switch try stream.next() {
    case .bytes(let bytes):
      if buffer.isEmpty { buffer = bytes } else { buffer += bytes }
      if let unseen, end - unseen.position >= Self.enough { lookAtMember() }
    case .member(let offset):
      lookAtMember()
      unseen = Member(position: end, offset: offset)
      lastMember = end
    case .damage(let reason, let offset):
      lookAtMember()
      stop = .damage(reason, at: offset, member: lastMember)
    case .foreignBytes(let reason, let offset):
      lookAtMember()
      stop = .damage(reason, at: offset, member: end)
    case .end:
      lookAtMember()
      stop = .end
    }
    return true
  }

  private mutating func lookAtMember() {
    guard let member = unseen else { return }
    unseen = nil
    if member.position >= base, Self.beginsLikeRecord(buffer[(member.position - base)...]) { members.append(member) }
  }

  private mutating func skipLineEnds() throws {
    while true {
      while head < buffer.count, buffer[head] == 0x0A || buffer[head] == 0x0D { head += 1 }
      if head < buffer.count { return }
      compact()
      if try !pull() { return }
    }
  }

  private func starts(with mark: [UInt8], at position: Int) -> Bool {
    let index = position - base
    return index >= 0 && index + mark.count <= buffer.count && buffer[index..<index + mark.count].elementsEqual(mark)
  }

  /// Where the next record begins for sure: at the first member behind `position` whose content begins so.
  private func memberWithRecord(after position: Int) -> Int? { members.first { $0.position > position }?.position }

  /// The place of what begins at a position of the content, as a person would look it up.
  private func place(_ position: Int) -> String {
    let member = members.last { $0.position <= position }
    let offset = stream.isPlain ? position : member?.offset ?? 0
    return "record \(recordNumber), byte \(offset)"
  }

  private func skip(_ reason: String, at position: Int) -> Skip {
    Skip(reason: reason, Provenance(input: name, place: place(position)), sample: buffer[max(0, position - base)...])
  }

  // MARK: Records

  private enum Reach { case there, member(Int), stop }

  /// Reads on until the content reaches `position`, unless it stops or another record begins in a member before.
  private mutating func reach(_ position: Int, from start: Int) throws -> Reach {
    while true {
      if let member = memberWithRecord(after: start), member < position { return .member(member) }
      if end >= position { return .there }
      if try !pull() { return .stop }
    }
  }

  /// Reads the record at the head, or what else is there; nil for a record of no interest.
  private mutating func record() throws -> RecordEvent? {
    let start = base + head
    let header: WebArchiveHeader
    switch try findHeader() {
    case .found(let found): header = found
    case .dropped(let event): return event
    }
    let block = start + header.size
    guard let length = header.length else { return try drop("record without Content-Length", at: start, from: block) }
    let (blockEnd, overflow) = block.addingReportingOverflow(length)
    if overflow || length > largestBlock {
      return try drop("record too large", at: start, from: block, to: overflow ? Int.max : blockEnd)
    }
    switch try reach(blockEnd, from: start) {
    case .there: break
    case .member(let next):
      let event = skip("wrong length of a record", at: start)
      head = next - base
      return .skip(event)
    case .stop: return try stopped(in: start)
    }
    head = blockEnd - base
    try skipLineEndsKeepingBlock()
    if head == buffer.count, case .damage(_, _, let member)? = stop, member < blockEnd {
      // The checksum of its member is wrong, or more is missing: the record cannot be trusted.
      return try stopped(in: start)
    }
    // Two line ends are behind a block; some writers leave them out.
    let isEnded = buffer[(blockEnd - base)...].starts(with: [0x0D, 0x0A, 0x0D, 0x0A])
    guard isEnded || head == buffer.count || lastMember == base + head || isRecord(at: base + head) else {
      return try drop("wrong length of a record", at: start, from: block)
    }
    return event(header, content: block - base..<blockEnd - base, at: start)
  }

  private func isRecord(at position: Int) -> Bool {
    let content = buffer[(position - base)...]
    return content.starts(with: Self.mark) || isArc == true && Self.beginsWithAddress(content)
  }

  /// As `skipLineEnds`, but what is before stays in the buffer; enough is read to see what follows.
  private mutating func skipLineEndsKeepingBlock() throws {
    while true {
      while head < buffer.count, buffer[head] == 0x0A || buffer[head] == 0x0D { head += 1 }
      if buffer.count - head >= Self.enough { return }
      if try !pull() { return }
    }
  }

  /// Drops a record that the content stops in, and looks for others behind its beginning: a length that is too large
  /// would swallow them.
  private mutating func stopped(in start: Int) throws -> RecordEvent {
    try drop("record cut off", at: start, from: start + Self.mark.count)
  }

  /// Drops a record, and moves the head to the next one behind `position`, or to `limit` if none comes before.
  private mutating func drop(_ reason: String, at start: Int, from position: Int, to limit: Int? = nil) throws
    -> RecordEvent
  {
    var event = skip(reason, at: start)
    head = min(buffer.count, position - base)
    try pass(limit)
    // Damage of the same member is the cause, and told with the record.
    if head == buffer.count, case .damage(let damage, _, let member)? = stop, member < base + head {
      event.reason = damage
      stop = nil
    }
    return .skip(event)
  }

  /// No blank line begins before this place of the file, unless it is before the head.
  private var headersEndBehind = 0

  private enum HeaderSearch { case found(WebArchiveHeader), dropped(RecordEvent) }

  private mutating func findHeader() throws -> HeaderSearch {
    let start = base + head
    while buffer.count - head < Self.enough, try pull() {}
    if isArc == nil { isArc = Self.beginsWithAddress(buffer[head...]) }
    guard isRecord(at: start) else { return .dropped(try drop("no record", at: start, from: start + 1)) }
    let isLine = isArc == true && !starts(with: Self.mark, at: start)
    // Where many lines look like the first of a record, the bytes behind them are searched for the end of a header once.
    var searched = isLine ? head : max(head, headersEndBehind - base)
    while true {
      let size = headerSize(isLine: isLine, from: searched)
      if !isLine {
        headersEndBehind = max(headersEndBehind, base + max(head, (size.map { head + $0 } ?? buffer.count) - 3))
      }
      if let next = memberWithRecord(after: start), next - start < size ?? Int.max {
        let event = skip("record cut off", at: start)
        head = next - base
        return .dropped(.skip(event))
      }
      if let size, size <= Self.largestHeader {
        let bytes = Array(buffer[head..<head + size])
        if let header = isLine ? WebArchiveHeader(arc: bytes) : WebArchiveHeader(warc: bytes) { return .found(header) }
        return .dropped(try drop("broken record header", at: start, from: start + size))
      }
      if buffer.count - head > Self.largestHeader {
        return .dropped(try drop("record header too large", at: start, from: start + Self.mark.count))
      }
      searched = max(head, buffer.count - 3)
      if try !pull() { return .dropped(try stopped(in: start)) }
    }
  }

  /// The size of the header at the head, with the blank line that ends it or as one line, if it ends behind `index`.
  private func headerSize(isLine: Bool, from index: Int) -> Int? {
    buffer.withUnsafeBufferPointer { bytes in
      var index = index
      while let feed = bytes.firstPlace(of: 0x0A, from: index) {
        if isLine { return feed + 1 - head }
        index = feed + 1
        if index < bytes.count, bytes[index] == 0x0A { return index + 1 - head }
        if index + 1 < bytes.count, bytes[index] == 0x0D, bytes[index + 1] == 0x0A { return index + 2 - head }
      }
      return nil
    }
  }

  /// Moves the head to the first record at it or behind, or to `limit` if none comes before.
  private mutating func pass(_ limit: Int?) throws {
    while buffer.count - head < Self.enough, try pull() {}
    if starts(with: Self.mark, at: base + head) { return }
    while true {
      let member = memberWithRecord(after: base + head - 1)
      let line = lineWithRecord()
      if let found = [member, line].compactMap({ $0 }).min(), limit.map({ found < $0 }) ?? true {
        head = found - base
        return
      }
      if let limit, end >= limit {
        head = limit - base
        return
      }
      // A mark may lie across the end of what is there.
      head = max(head, buffer.count - 8)
      compact()
      if try !pull() {
        head = buffer.count
        return
      }
    }
  }

  /// The first line behind the head that begins with the mark of WARC and a number.
  private func lineWithRecord() -> Int? {
    buffer.withUnsafeBufferPointer { bytes in
      var index = head
      while let feed = bytes.firstPlace(of: 0x0A, from: index) {
        index = feed + 1
        if index + 6 <= bytes.count, Self.mark.elementsEqual(bytes[index..<index + 5]),
          UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[index + 5]
        {
          return base + index
        }
      }
      return nil
    }
  }

  private func event(_ header: WebArchiveHeader, content: Range<Int>, at start: Int) -> RecordEvent? {
    if !givesAll {
      switch header.interest {
      case .none: return nil
      case .skip(let reason): return .skip(skip(reason, at: start))
      case .documents: if header.url == nil { return .skip(skip("no target address", at: start)) }
      }
    }
    return .record(
      Record(
        bytes: Array(buffer[content]), headers: header.fields,
        provenance: Provenance(input: name, place: place(start), url: header.url, date: header.date)))
  }
}
