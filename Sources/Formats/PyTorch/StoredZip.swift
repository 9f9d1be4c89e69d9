import Core

/// The members of a zip archive that are stored as they are, with the places of their bytes in the mapped file.
///
/// A reader of its own, because libraries for archives give a member's content and not its place, and weights are to be
/// mapped, not copied. Archives of more than 4 GiB (zip64) are understood; compressed and encrypted members are refused
/// when they are asked for. Source: PKWARE, "APPNOTE.TXT", 6.3.10, sections 4.3 and 4.5.3.
struct StoredZip {
  /// A member of the archive.
  private struct Member {
    var method: UInt16
    var isEncrypted: Bool
    var size: UInt64
    var storedSize: UInt64
    var header: UInt64
  }

  let file: MappedFile
  private var members: [ExactString: Member] = [:]
  /// The names of all members, in the order of the directory.
  private(set) var names: [String] = []

  /// Whether a file begins like an archive.
  static func isZip(_ file: MappedFile) -> Bool { (try? file.integer(at: 0, as: UInt32.self)) == 0x0403_4B50 }

  /// Reads the directory at the end of the file.
  ///
  /// Throws: `MartletError(.malformedFile)`.
  init(_ file: MappedFile) throws {
    self.file = file
    let (count, start) = try Self.directory(of: file)
    var place = start
    // Each entry takes 46 bytes or more, so that a false count ends at the end of the file.
    for _ in 0..<count { place = try readEntry(at: place) }
  }

  /// The number of entries of the directory, and where it begins.
  private static func directory(of file: MappedFile) throws -> (count: UInt64, start: Int) {
    // A comment of up to 65,535 bytes may follow the end record.
    let lowest = max(0, file.count - 22 - 0xFFFF)
    for end in stride(from: file.count - 22, through: lowest, by: -1)
    where try file.integer(at: end, as: UInt32.self) == 0x0605_4B50 {
      var count = UInt64(try file.integer(at: end + 10, as: UInt16.self))
      var start = UInt64(try file.integer(at: end + 16, as: UInt32.self))
      if end >= 20, try file.integer(at: end - 20, as: UInt32.self) == 0x0706_4B50 {
        let wide = try offset(file.integer(at: end - 12, as: UInt64.self), file)
        guard try file.integer(at: wide, as: UInt32.self) == 0x0606_4B50 else {
          throw failure("has no end record", file)
        }
        // So far in front of the locator, both lie within the file.
        count = try file.integer(at: wide + 32, as: UInt64.self)
        start = try file.integer(at: wide + 48, as: UInt64.self)
      }
      return (count, try offset(start, file))
    }
    throw failure("has no directory at its end", file)
  }

  /// Reads an entry of the directory; gives the place of the next.
  private mutating func readEntry(at place: Int) throws -> Int {
    guard try file.integer(at: place, as: UInt32.self) == 0x0201_4B50 else {
      throw Self.failure("has no entry at byte \(place) of its directory", file)
    }
    func short(_ offset: Int) throws -> Int { Int(try file.integer(at: place + offset, as: UInt16.self)) }
    func word(_ offset: Int) throws -> UInt64 { UInt64(try file.integer(at: place + offset, as: UInt32.self)) }
    let (nameSize, extraSize, commentSize) = try (short(28), short(30), short(32))
    var member = Member(
      method: UInt16(try short(10)), isEncrypted: try short(8) & 1 != 0, size: try word(24), storedSize: try word(20),
      header: try word(42))
    let name = try file.withBytes(place + 46..<place + 46 + nameSize) { String(validating: $0, as: UTF8.self) }
    guard let name else { throw Self.failure("has a name that is not UTF-8 at byte \(place)", file) }
    try widen(&member, extra: place + 46 + nameSize..<place + 46 + nameSize + extraSize)
    guard members.updateValue(member, forKey: ExactString(name)) == nil else {
      throw Self.failure("has \"\(Terminal.fit(name, columns: 100))\" twice", file)
    }
    names.append(name)
    return place + 46 + nameSize + extraSize + commentSize
  }

  /// Takes sizes that need 64 bits from the extra fields.
  private func widen(_ member: inout Member, extra: Range<Int>) throws {
    var place = extra.lowerBound
    while place + 4 <= extra.upperBound {
      let (kind, size) = try (file.integer(at: place, as: UInt16.self), file.integer(at: place + 2, as: UInt16.self))
      var (next, end) = (place + 4, place + 4 + Int(size))
      guard end <= extra.upperBound else { return }
      if kind == 1 {
        for path in [\Member.size, \Member.storedSize, \Member.header] where member[keyPath: path] == 0xFFFF_FFFF {
          guard next + 8 <= end else { throw Self.failure("has a size without its 64 bits at byte \(place)", file) }
          member[keyPath: path] = try file.integer(at: next, as: UInt64.self)
          next += 8
        }
        end = place + 4 + Int(size)
      }
      place = end
    }
  }

  /// Where the bytes of a member lie in the file; nil if there is none of this name.
  ///
  /// Throws: `MartletError(.malformedFile)`, or `(.unsupported)` for members that are compressed or encrypted.
  func range(of name: String) throws -> Range<Int>? {
    guard let member = members[ExactString(name)] else { return nil }
    let shown = Terminal.fit(name, columns: 100)
    guard member.method == 0, !member.isEncrypted, member.size == member.storedSize else {
      throw MartletError(
        .unsupported, "\"\(shown)\" in it is compressed or encrypted", at: file.path,
        remedy: "Write the file anew with torch.save, which stores tensors as they are.")
    }
    let header = try Self.offset(member.header, file)
    guard try file.integer(at: header, as: UInt32.self) == 0x0403_4B50 else {
      throw Self.failure("does not have \"\(shown)\" where its directory says", file)
    }
    let names = try Int(file.integer(at: header + 26, as: UInt16.self))
    let start = try header + 30 + names + Int(file.integer(at: header + 28, as: UInt16.self))
    guard start <= file.count, member.size <= UInt64(file.count - start) else {
      throw Self.failure("has \"\(shown)\" of \(member.size) bytes beyond its end", file)
    }
    return start..<start + Int(member.size)
  }

  private static func offset(_ value: UInt64, _ file: MappedFile) throws -> Int {
    guard value <= UInt64(file.count) else { throw failure("has an offset, \(value), beyond its end", file) }
    return Int(value)
  }

  private static func failure(_ message: String, _ file: MappedFile) -> MartletError {
    MartletError(
      .malformedFile, "the zip archive \(message)", at: file.path,
      remedy: "The file is truncated or damaged; copy or download it again.")
  }
}
