import Core
import Formats
import Foundation
import TestSupport
import Testing

/// Pickles by their opcodes, in an archive with one storage of 4 floats.
@Suite struct HostilePyTorchTests {
  /// A zip archive of stored members, as `torch.save` makes it.
  static func archive(_ members: [(name: String, content: [UInt8])]) -> [UInt8] {
    var (bytes, directory): ([UInt8], [UInt8]) = ([], [])
    for (name, content) in members {
      let start = UInt32(bytes.count)
      func fields(_ signature: UInt32, _ extra: [UInt16]) -> [UInt8] {
        var part: [UInt8] = []
        part.append(littleEndian: signature)
        for value in extra + [0, 0, 0, 0, 0] { part.append(littleEndian: value) }
        part.append(littleEndian: UInt32(0))
        part.append(littleEndian: UInt32(content.count))
        part.append(littleEndian: UInt32(content.count))
        part.append(littleEndian: UInt16(name.utf8.count))
        part.append(littleEndian: UInt16(0))
        return part
      }
      // Version, flags, method, time and date come before the hash.
      bytes += fields(0x0403_4B50, []) + Array(name.utf8) + content
      directory += fields(0x0201_4B50, [0]) + [UInt8](repeating: 0, count: 10)
      directory.append(littleEndian: start)
      directory += Array(name.utf8)
    }
    let place = UInt32(bytes.count)
    bytes += directory
    bytes.append(littleEndian: UInt32(0x0605_4B50))
    bytes += [0, 0, 0, 0]
    for _ in 0..<2 { bytes.append(littleEndian: UInt16(members.count)) }
    bytes.append(littleEndian: UInt32(directory.count))
    bytes.append(littleEndian: place)
    return bytes + [0, 0]
  }

  static func file(_ pickle: [UInt8]) -> [UInt8] {
    archive([("a/data.pkl", pickle), ("a/data/0", [UInt8](repeating: 0, count: 16))])
  }

  static func open(_ bytes: [UInt8]) throws -> PyTorchFile {
    try withTemporaryFolder { folder in
      try AtomicFile.write(bytes, to: folder + "/a.bin")
      return try PyTorchFile(folder + "/a.bin")
    }
  }

  private static func short(_ text: String) -> [UInt8] { [0x8C, UInt8(text.utf8.count)] + Array(text.utf8) }
  private static func int(_ value: Int) -> [UInt8] {
    var bytes: [UInt8] = [0x8A, 8]
    bytes.append(littleEndian: UInt64(bitPattern: Int64(value)))
    return bytes
  }
  private static func tuple(_ values: [Int]) -> [UInt8] { [0x28] + values.flatMap(int) + [0x74] }

  /// `{"a": tensor}` of a storage of `count` floats.
  static func tensor(
    _ shape: [Int], _ strides: [Int], offset: Int = 0, count: Int = 4, key: String = "0", type: String = "FloatStorage"
  ) -> [UInt8] {
    let storage =
      [0x28] + short("storage") + Array("ctorch\n\(type)\n".utf8) + short(key) + short("cpu") + int(count)
      + [0x74, 0x51]
    return [0x80, 2, 0x7D] + short("a") + Array("ctorch._utils\n_rebuild_tensor_v2\n".utf8) + [0x28] + storage
      + int(offset) + tuple(shape) + tuple(strides) + [0x89, 0x4E, 0x74, 0x52, 0x73, 0x2E]
  }

  @Test func theMakerOfTheseFilesMakesGoodOnesToo() throws {
    let tensor = try #require(try Self.open(Self.file(Self.tensor([2, 2], [2, 1]))).tensors.first)
    #expect(try tensor.name == "a" && tensor.floats() == [0, 0, 0, 0])
    #expect(try Self.open(Self.file(Self.tensor([], [], offset: 3))).tensors.first?.floats() == [0])
    #expect(try Self.open(Self.file(Self.tensor([0, 9], [9, 1], offset: 4))).tensors.first?.floats() == [])
  }

  static let views: [([UInt8], String)] = [
    (tensor([5], [1]), "leaves its storage of 4 elements"), (tensor([2], [4]), "leaves its storage"),
    (tensor([1], [1], offset: 4), "leaves its storage"), (tensor([1], [1], offset: -1), "leaves its storage"),
    (tensor([-1], [1]), "leaves its storage"), (tensor([2], [-1], offset: 2), "leaves its storage"),
    (tensor([.max, .max], [.max, .max]), "leaves its storage"), (tensor([.max, 2], [1, .max]), "leaves its storage"),
    (tensor([1 << 40], [0]), "repeats its 4 elements"), (tensor([1 << 40, 1 << 40], [0, 0]), "leaves its storage"),
    (tensor([.max, .max, 0], [1, 1, 1]), "leaves its storage"),
    (tensor([4], [1], count: 5), "is a view of 5 elements, of which the file has 4"),
    (tensor([4], [1], count: -1), "is a view of -1 elements"),
    (tensor([4], [1], count: .max), "of which the file has 4"),
    (tensor([4], [1], type: "DoubleStorage"), "of which the file has 2"),
    (tensor([4], [1], key: "1"), "a view of data/1, which is not in the archive"),
    (tensor([4], [1], key: "../data.pkl"), "which is not in the archive"),
    (tensor([4], [1, 1]), "not made of a storage, an offset, sizes and strides"),
    (tensor([Int](repeating: 1, count: 65), [Int](repeating: 1, count: 65)), "not made of a storage"),
    (tensor([4], [1], type: "QInt8Storage"), "refers to torch.QInt8Storage, which is no tensor"),
  ]

  static let pickles: [([UInt8], String)] = [
    ([], "is cut off"), ([0x80], "is cut off"), ([0x80, 2], "is cut off"), ([0x80, 9, 0x2E], "is of the protocol 9"),
    ([0x80, 2, 0x2E], "takes what is not there"), ([0x80, 2, 0x7D, 0x7D, 0x2E], "does not end where it stops"),
    ([0x80, 2, 0x7D, 0x2E, 0x2E], "does not end where it stops"), ([0x80, 2, 0x28, 0x2E], "takes what is not there"),
    ([0x80, 2, 0x74, 0x2E], "goes back to a mark"), ([0x80, 2, 0x87], "takes what is not there"),
    ([0x80, 2, 0x68, 7], "recalls what it has not kept"), ([0x80, 2, 0x4E, 0x4E, 0x61], "something other than a list"),
    ([0x80, 2, 0x4E, 0x4E, 0x4E, 0x73], "something other than a dictionary"),
    ([0x80, 2, 0x7D, 0x28, 0x4E, 0x75], "a key without a value"), ([0x80, 2, 0x69], "has the opcode 69"),
    ([0x80, 2, 0x81], "has the opcode 81"), ([0x80, 2, 0x82], "has the opcode 82"),
    ([0x80, 2, 0x50], "has the opcode 50"),
    ([0x80, 2, 0x58, 0xFF, 0xFF, 0xFF, 0xFF], "is cut off"),
    ([0x80, 4, 0x8D] + [UInt8](repeating: 0xFF, count: 8), "a length"),
    ([0x80, 2, 0x8B, 0xFF, 0xFF, 0xFF, 0xFF], "a length"),
    ([0x80, 2, 0x8A, 9] + [UInt8](repeating: 1, count: 9), "9 bytes"),
    ([0x80, 2, 0x58, 1, 0, 0, 0, 0xFF], "not UTF-8"), ([0x80, 4, 0x4E, 0x4E, 0x93], "other than texts"),
    ([0x80, 2, 0x4E, 0x51], "other than a storage"),
    ([0x80, 2, 0x4E, 0x29, 0x52], "calls something that is no function"),
    ([0x80, 2, 0x4E, 0x4E, 0x62], "sets attributes of something other"),
    ([0x80, 2] + Array("ctorch\nFloatStorage\n".utf8) + [0x29, 0x52], "calls a storage"),
    ([0x80, 2] + Array("ccollections\nOrderedDict\n".utf8) + [0x5D, 0x85, 0x52], "makes an OrderedDict of arguments"),
    ([0x80, 2] + Array("cos\nsystem".utf8), "is cut off"),
    ([0x80, 2, 0x5D, 0x2E], "something other than a dictionary of tensors"), ([0x80, 2, 0x7D, 0x2E], "has no tensors"),
    ([0x80, 2, 0x7D, 0x71, 1, 0x4E, 0x68, 1, 0x73, 0x2E], "has no tensors"),
  ]

  @Test(arguments: views + pickles) func isRefusedWithFileAndPlace(_ pickle: [UInt8], _ message: String) throws {
    let error = #expect(throws: MartletError.self) { try Self.open(Self.file(pickle)) }
    #expect([.malformedFile, .unsupported].contains(error?.code))
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "accepted")")
    #expect(error?.place?.hasSuffix("/a.bin") == true && error?.remedy != nil)
  }

  /// A list in a list in a list ... must end neither the reading nor the release of what was read.
  @Test func depthCostsNoStack() throws {
    let depth = 1_000_000
    for pickle in [
      [0x80, 2] + [UInt8](repeating: 0x5D, count: depth) + [UInt8](repeating: 0x61, count: depth - 1) + [0x2E],
      [0x80, 2, 0x29] + [UInt8](repeating: 0x85, count: depth) + [0x2E],
    ] {
      let error = #expect(throws: MartletError.self) { try Self.open(Self.file(pickle)) }
      #expect(error?.message == "the file holds something other than a dictionary of tensors")
    }
  }

  @Test func archivesThatAreNotOfTorchAreRefused() throws {
    let pickle = Self.tensor([4], [1])
    let good = Self.file(pickle)
    func message(_ bytes: [UInt8]) -> String? {
      do {
        _ = try Self.open(bytes)
        return nil
      } catch { return (error as? MartletError)?.message }
    }
    #expect(message(good) == nil)
    #expect(message([]) == "the file is none of torch.save")
    #expect(message(Array("not a file of torch".utf8)) == "the file is none of torch.save")
    #expect(message(good.dropLast(30)) == "the zip archive has no directory at its end")
    #expect(message(Self.archive([("b", [1])])) == "the zip archive is none of torch.save: it has 0 members data.pkl")
    #expect(
      message(Self.archive([("b/data.pkl", pickle), ("c/data.pkl", pickle)]))
        == "the zip archive is none of torch.save: it has 2 members data.pkl")
    #expect(
      message(Self.archive([("a/data.pkl", pickle), ("a/data.pkl", pickle)]))
        == "the zip archive has \"a/data.pkl\" twice")
    #expect(
      message(Self.archive([("a/data.pkl", pickle), ("a/byteorder", Array("big".utf8))]))
        == "the tensors are not little-endian")
    #expect(
      message(zipArchive(of: [("a/data.pkl", [UInt8](repeating: 0, count: 5000))]))
        == "\"a/data.pkl\" in it is compressed or encrypted")
    var far = good
    far.replaceSubrange(far.count - 6..<far.count - 2, with: [0xFF, 0xFF, 0xFF, 0x7F])
    #expect(message(far) == "the zip archive has an offset, 2147483647, beyond its end")
  }

  /// Archives of more than 4 GiB, or whose writer had their sizes in 64 bits.
  @Test func wideSizesAreRead() throws {
    var bytes = Self.archive([("a/data.pkl", Self.tensor([4], [1])), ("a/data/0", [UInt8](repeating: 1, count: 16))])
    let end = bytes.count - 22
    var start = 0
    for byte in bytes[end + 16..<end + 20].reversed() { start = start << 8 | Int(byte) }
    bytes.removeSubrange(end...)
    // The entry of the storage: its sizes and its place move into the extra field.
    let entry = bytes.count - 46 - 8
    func word(_ at: Int) -> UInt64 { (0..<4).reduce(UInt64(0)) { $0 | UInt64(bytes[at + $1]) << (8 * UInt64($1)) } }
    var extra: [UInt8] = [1, 0, 24, 0]
    for value in [word(entry + 24), word(entry + 20), word(entry + 42)] { extra.append(littleEndian: value) }
    for place in [20, 24, 42] {
      bytes.replaceSubrange(entry + place..<entry + place + 4, with: [0xFF, 0xFF, 0xFF, 0xFF])
    }
    bytes[entry + 30] = UInt8(extra.count)
    bytes += extra
    let record = bytes.count
    bytes.append(littleEndian: UInt32(0x0606_4B50))
    bytes.append(littleEndian: UInt64(44))
    bytes += [UInt8](repeating: 0, count: 12)
    for value in [2, 2, record - start, start] { bytes.append(littleEndian: UInt64(value)) }
    bytes.append(littleEndian: UInt32(0x0706_4B50))
    bytes.append(littleEndian: UInt32(0))
    bytes.append(littleEndian: UInt64(record))
    bytes.append(littleEndian: UInt32(1))
    bytes.append(littleEndian: UInt32(0x0605_4B50))
    bytes += [0, 0, 0, 0] + [UInt8](repeating: 0xFF, count: 12) + [0, 0]
    let tensor = try #require(try Self.open(bytes).tensors.first)
    #expect(try tensor.withBytes { Array($0) } == [UInt8](repeating: 1, count: 16))
  }

  @Test func changedFilesNeverCrashOrHang() throws {
    let seeds = try ["protocol2.bin", "protocol4.bin", "module.bin", "hostile_numpy.bin"].map {
      try PyTorchTests.read($0)
    }
    var accepted = 0
    try withTemporaryFolder { folder in
      let path = folder + "/a.bin"
      let words = [
        "ctorch\nFloatStorage\n", "ctorch._utils\n_rebuild_tensor_v2\n", "storage", "PK\u{1}\u{2}", "\u{7F}", "(", "t",
        "R", "Q",
      ]
      let (inputs, longest) = try fuzz(
        "pytorch", seeds: seeds + [Self.file(Self.tensor([2, 2], [1, 2]))], words: words
      ) { bytes in
        // Written in place, which is faster than atomic writes.
        let handle = Foundation.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        _ = bytes.withUnsafeBytes { write(handle, $0.baseAddress, $0.count) }
        close(handle)
        do {
          for tensor in try PyTorchFile(path).tensors {
            _ = try tensor.withBytes { $0.reduce(0) { $0 ^ $1 } }
            _ = try? tensor.floats()
            _ = try? tensor.integers()
          }
          accepted += 1
        } catch {
          if (error as? MartletError)?.place != path { Issue.record(error) }
        }
      }
      #expect(longest < 2)
      #expect(accepted > 0 && accepted < inputs)
    }
  }
}
