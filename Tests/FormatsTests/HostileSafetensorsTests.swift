import Core
import Formats
import Foundation
import TestSupport
import Testing

/// A file that breaks the format in one way, and a part of the message that says so.
struct HostileFile: CustomTestStringConvertible, Sendable {
  var name: String
  var bytes: [UInt8]
  var message: String
  var testDescription: String { name }

  init(_ name: String, _ bytes: [UInt8], _ message: String) {
    self.name = name
    self.bytes = bytes
    self.message = message
  }

  /// A file of this header and so many zeros of data.
  init(_ header: String, data: Int = 4, _ message: String) {
    self.init(header.count > 90 ? "\(header.prefix(90))…" : header, Self.file(header, data: data), message)
  }

  static func file(_ header: String, data: Int) -> [UInt8] {
    length(UInt64(header.utf8.count)) + Array(header.utf8) + [UInt8](repeating: 0, count: data)
  }

  static func length(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

  /// A header with the one tensor "a".
  static func entry(_ type: String, _ shape: String, _ offsets: String) -> String {
    #"{"a":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}}"#
  }

  private static func two(_ first: String, _ second: String) -> String {
    #"{"a":{"dtype":"U8","shape":[2],"data_offsets":\#(first)},"b":{"dtype":"U8","shape":[2],"data_offsets":\#(second)}}"#
  }

  private static let good = entry("F32", "[1]", "[0,4]")
  private static let beyond = "bytes follow it"
  private static let unreadable = "data_offsets"

  static let all: [HostileFile] = lengths + syntax + entries + layouts

  static let lengths: [HostileFile] = [
    .init("empty", [], "less than the 8 of a header length"),
    .init("one byte", [1], "the file has 1 byte, less than the 8 of a header length"),
    .init("seven bytes", [2, 0, 0, 0, 0, 0, 0], "the file has 7 bytes, less than the 8 of a header length"),
    .init("length only", length(2), "the header length at byte 0 is 2, but only 0 bytes follow it"),
    .init("length of 0", length(0), "the header must begin with '{'"),
    .init("length of 0 with data", length(0) + Array("{}".utf8), "the header must begin with '{'"),
    .init("length beyond the file by one", length(3) + Array("{}".utf8), "is 3, but only 2 bytes follow it"),
    .init("length of 100 MB", length(100_000_000) + Array("{}".utf8), beyond),
    .init("length over 100 MB", length(100_000_001) + Array("{}".utf8), "more than the 100000000 allowed"),
    .init("length of 2^31", length(1 << 31), "more than the 100000000 allowed"),
    .init("length of 2^32 + 2", length(1 << 32 + 2) + Array("{}".utf8), "more than the 100000000 allowed"),
    .init("length of 2^63 - 1", length(UInt64(Int64.max)), "is 9223372036854775807, more than"),
    .init("length of 2^63", length(1 << 63), "is 9223372036854775808, more than"),
    .init("length of 2^64 - 1", length(.max), "is 18446744073709551615, more than"),
    .init("length of 2^64 - 8", length(.max - 7) + Array("{}".utf8), "more than the 100000000 allowed"),
    .init("length that cuts the header", length(20) + Array(good.utf8) + [0, 0, 0, 0], "expected a key"),
    .init(
      "length into the data", length(UInt64(good.utf8.count + 2)) + Array(good.utf8) + [0, 0, 0, 0], "expected the end"),
  ]

  static let syntax: [HostileFile] = [
    .init("not JSON", length(4) + [0x80, 0x02, 0x7D, 0x71], "the header must begin with '{' at byte 8"),
    .init(" {}", "the header must begin with '{' at byte 8"),
    .init("[]", "the header must begin with '{'"),
    .init("\"a\"", "the header must begin with '{'"),
    .init("{", "expected a key in double quotes"),
    .init("{}{}", "expected the end of the text, found '{' at byte 10"),
    .init("{}\0", "expected the end of the text, found the byte 0"),
    .init("{} x", "expected the end of the text"),
    .init("{'a':1}", "expected a key in double quotes"),
    .init(good.replacing("}}", with: "},}"), "expected a key in double quotes"),
    .init(
      "broken UTF-8 in a name", file("{\"a\":{}}", data: 0).map { $0 == 0x61 ? 0xFF : $0 }, "not valid UTF-8 at byte 10"
    ),
    .init("UTF-16", length(4) + [0x7B, 0, 0x7D, 0], "found the byte 0"),
    .init("byte-order mark", length(5) + [0xEF, 0xBB, 0xBF, 0x7B, 0x7D], "the header must begin with '{'"),
    .init(#"{"\ud800":{}}"#, "half of a surrogate pair"),
    .init("{\"a\":" + String(repeating: "[", count: 100_000), "must be described by an object"),
    .init("{\"a\":" + String(repeating: "{\"shape\":", count: 50_000), "a shape that is no array"),
    .init(entry("F32", String(repeating: "[", count: 100_000), "[0,4]"), "something other than whole numbers"),
    .init("{\"__metadata__\":" + String(repeating: "{\"a\":", count: 50_000), "must hold texts only"),
    .init(#"{"__metadata__":{"a":1}}"#, "__metadata__ must hold texts only"),
    .init(#"{"__metadata__":{"a":null}}"#, "__metadata__ must hold texts only"),
    .init(#"{"__metadata__":[]}"#, "expected '{', found '['"),
    .init(#"{"__metadata__":{"a":"1","a":"2"}}"#, "__metadata__ has the key \"a\" twice"),
    .init(#"{"__metadata__":{},"__metadata__":{}}"#, "the header has __metadata__ twice"),
  ]

  static let entries: [HostileFile] = [
    .init(#"{"a":1}"#, "tensor \"a\" must be described by an object"),
    .init(#"{"a":null}"#, "tensor \"a\" must be described by an object"),
    .init(#"{"a":{}}"#, "tensor \"a\" has no dtype"),
    .init(#"{"a":{"dtype":"F32","data_offsets":[0,4]}}"#, "tensor \"a\" has no shape"),
    .init(#"{"a":{"dtype":"F32","shape":[1]}}"#, "tensor \"a\" has no data_offsets"),
    .init(entry("F31", "[1]", "[0,4]"), "tensor \"a\" has the unknown type \"F31\""),
    .init(entry("f32", "[1]", "[0,4]"), "the unknown type \"f32\""),
    .init(entry("", "[1]", "[0,4]"), "the unknown type \"\""),
    .init(entry(String(repeating: "F", count: 10_000), "[1]", "[0,4]"), "the unknown type \"FFFF"),
    .init(good.replacing("\"F32\"", with: "32"), "has a dtype that is no text"),
    .init(
      good.replacing("\"dtype\":\"F32\",", with: "\"dtype\":\"F32\",\"dtype\":\"F32\","), "has the key dtype twice"),
    .init(good.replacing("[1],", with: "[1],\"shape\":[2],"), "has the key shape twice"),
    .init(good.replacing("[0,4]", with: "[0,4],\"data_offsets\":[0,4]"), "has the key data_offsets twice"),
    .init(good.replacing("[1],", with: "[1],\"offset\":[2],"), "has the unknown key \"offset\""),
    .init(
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#,
      "tensor \"a\" comes twice in the header"),
    .init(
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"\u0061":{"dtype":"U8","shape":[0],"data_offsets":[4,4]}}"#,
      "tensor \"a\" comes twice in the header"),
    .init(entry("F32", "1", "[0,4]"), "has a shape that is no array"),
    .init(entry("F32", "[\"1\"]", "[0,4]"), "a shape with something other than whole numbers"),
    .init(entry("F32", "[null]", "[0,4]"), "a shape with something other than whole numbers"),
    .init(entry("F32", "[1.0]", "[0,4]"), "has 1.0 in its shape, which is no size"),
    .init(entry("F32", "[1e0]", "[0,4]"), "has 1e0 in its shape, which is no size"),
    .init(entry("F32", "[-1]", "[0,4]"), "has -1 in its shape, which is no size"),
    .init(entry("F32", "[-1,-1]", "[0,4]"), "has -1 in its shape, which is no size"),
    .init(entry("F32", "[9223372036854775808]", "[0,4]"), "has 9223372036854775808 in its shape"),
    .init(entry("F32", "[1" + String(repeating: "0", count: 10_000) + "]", "[0,4]"), "in its shape, which is no size"),
    .init(
      entry("F32", "[1" + String(repeating: ",1", count: 64) + "]", "[0,4]"), "has more than 64 numbers in its shape"),
    .init(entry("F32", "[1]", "[0]"), "must have two data_offsets, found 1"),
    .init(entry("F32", "[1]", "[]"), "must have two data_offsets, found 0"),
    .init(entry("F32", "[1]", "[0,4,8]"), "has more than 2 numbers in its data_offsets"),
    .init(entry("F32", "[1]", "{}"), "has a data_offsets that is no array"),
    .init(entry("F32", "[1]", "[4,0]"), "has data_offsets [4, 0] that run backwards"),
    .init(entry("F32", "[1]", "[-4,0]"), "has -4 in its data_offsets"),
    .init(entry("F32", "[1]", "[0,18446744073709551620]"), "has 18446744073709551620 in its data_offsets"),
  ]

  static let layouts: [HostileFile] = [
    .init(entry("F32", "[1]", "[0,9223372036854775807]"), "beyond the end of the data (4 bytes)"),
    .init(entry("F32", "[2]", "[0,8]"), "has data_offsets [0, 8] beyond the end of the data (4 bytes)"),
    .init(entry("F32", "[4611686018427387904]", "[0,4]"), "whose size overflows"),
    .init(entry("F32", "[4294967296,4294967296]", "[0,0]"), data: 0, "whose size overflows"),
    .init(entry("F32", "[2147483648,2147483648,2147483648,2147483648,0]", "[0,0]"), data: 0, "whose size overflows"),
    .init(entry("U8", "[16,1152921504606846976]", "[0,0]"), data: 0, "whose size overflows"),
    .init(
      entry("F32", "[2]", "[0,4]"), "takes 8 bytes by its shape [2] and type F32, but its data_offsets [0, 4] span 4"),
    .init(entry("F32", "[0]", "[0,4]"), "takes 0 bytes by its shape"),
    .init(entry("F32", "[]", "[0,8]"), data: 8, "takes 4 bytes by its shape []"),
    .init(two("[0,2]", "[1,3]"), data: 3, "tensor \"b\" has data_offsets [1, 3] that overlap the tensor before"),
    .init(two("[0,2]", "[0,2]"), data: 2, "overlap the tensor before, which ends at 2"),
    .init(two("[2,4]", "[1,3]"), data: 4, "a hole before them: the tensor before ends at 0"),
    .init(two("[0,2]", "[3,5]"), data: 5, "tensor \"b\" has data_offsets [3, 5] with a hole before them"),
    .init(two("[1,3]", "[3,5]"), data: 5, "tensor \"a\" has data_offsets [1, 3] with a hole before them"),
    .init(two("[0,2]", "[2,4]"), data: 5, "1 bytes follow the last tensor at byte"),
    .init(two("[0,2]", "[2,4]"), data: 3, "beyond the end of the data (3 bytes)"),
    .init("{}", data: 1, "1 bytes follow the last tensor at byte 10"),
    .init(entry("F32", "[0]", "[4,4]"), "with a hole before them"),
  ]
}

@Suite struct HostileSafetensorsTests {
  @Test func thereAreEnoughCases() { #expect(HostileFile.all.count >= 60) }

  @Test(arguments: HostileFile.all) func isRefusedWithFileAndPlace(hostile: HostileFile) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.safetensors"
      try AtomicFile.write(hostile.bytes, to: path)
      let error = #expect(throws: MartletError.self) { try SafetensorsFile(path) }
      #expect(error?.code == .malformedFile)
      #expect(error?.place == path)
      #expect(error?.message.contains(hostile.message) == true, "\(error?.message ?? "accepted")")
      #expect((error?.message.count ?? 0) < 400)
      #expect(error?.remedy != nil)
    }
  }

  @Test(arguments: [
    "{}", "{}   ", "{}\n\t ", HostileFile.entry("F32", "[]", "[0,4]"),
    #"{"z":{"data_offsets":[4,4],"shape":[0,9],"dtype":"F64"},"a":{"dtype":"I16","shape":[2],"data_offsets":[0,4]}}"#,
    #"{"__metadata__":{},"a":{"dtype":"BOOL","shape":[1,1,4],"data_offsets":[0,4]}}"#,
    #"{ "a" : { "shape" : [ 4 ] , "dtype" : "U8" , "data_offsets" : [ 0 , 4 ] } }  "#,
  ]) func unusualButValidIsAccepted(header: String) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.safetensors"
      try AtomicFile.write(HostileFile.file(header, data: header.contains("a") ? 4 : 0), to: path)
      let file = try SafetensorsFile(path)
      #expect(file.tensors.isEmpty || file["a"]?.range.count == 4)
    }
  }

  /// Thousands of mutations in CI; MARTLET_FUZZ sets another number.
  @Test func mutatedFilesNeverCrashOrHang() throws {
    let rounds = ProcessInfo.processInfo.environment["MARTLET_FUZZ"].flatMap { Int($0) } ?? 5000
    let seeds = try ["types", "sharded/model-00001-of-00002"].map {
      try FileSystem.read(fixture("safetensors/\($0).safetensors"), limit: 10_000)
    }
    let words = [
      "0", "9", "-", "[", "]", "{", "}", "\"", ",", ":", "9223372036854775807", "\"shape\"", "\"dtype\"", "F64", "e9",
      "\\u0000", "\"a\":", "null", " ", "\u{0}", "[0,0]",
    ].map { Array($0.utf8) }
    var random = RandomStream(RandomKey(seed: 5))
    var accepted = 0
    var slowest = Duration.zero
    try withTemporaryFolder { folder in
      let path = folder + "/a.safetensors"
      for round in 0..<rounds {
        var bytes = seeds[round % 2]
        for _ in 0...Int.random(in: 0..<3, using: &random) {
          Self.mutate(&bytes, words, &random)
        }
        // Written in place: 1,000,000 atomic writes would take hours.
        let handle = open(path, O_WRONLY | O_CREAT, 0o600)
        _ = bytes.withUnsafeBytes { write(handle, $0.baseAddress, $0.count) }
        ftruncate(handle, off_t(bytes.count))
        close(handle)
        let time = ContinuousClock().measure {
          do {
            let file = try SafetensorsFile(path)
            accepted += 1
            for tensor in file.tensors {
              _ = try tensor.withBytes { $0.reduce(0) { $0 ^ $1 } }
              _ = try? tensor.floats()
              _ = try? tensor.integers()
            }
          } catch {
            // One expectation for each round would take most of the time.
            if (error as? MartletError)?.place != path { Issue.record(error) }
          }
        }
        slowest = max(slowest, time)
      }
    }
    #expect(slowest < .seconds(2))
    // Some mutations, such as of the data, leave a valid file, and most do not.
    #expect(accepted > rounds / 100)
    #expect(accepted < rounds / 2)
    if rounds > 5000 {
      var usage = rusage()
      getrusage(0, &usage)  // this process
      print("\(rounds) mutations, \(accepted) accepted, slowest \(slowest), peak memory \(usage.ru_maxrss) kB")
    }
  }

  private static func mutate(_ bytes: inout [UInt8], _ words: [[UInt8]], _ random: inout RandomStream) {
    if bytes.isEmpty { return }
    let place = Int.random(in: 0..<bytes.count, using: &random)
    switch Int.random(in: 0..<9, using: &random) {
    case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
    case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 2: bytes.removeSubrange(place..<min(place + Int.random(in: 1..<20, using: &random), bytes.count))
    case 3: bytes.removeLast(bytes.count - place)
    case 4:
      let end = min(place + Int.random(in: 1..<60, using: &random), bytes.count)
      bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0..<bytes.count, using: &random))
    case 5: bytes[Int.random(in: 0..<min(8, bytes.count), using: &random)] = UInt8.random(in: 0...255, using: &random)
    case 6: bytes.append(UInt8.random(in: 0...255, using: &random))
    case 7:
      // A word over another, with the header length kept right, so that the parser sees more than the length.
      let word = words[Int.random(in: 0..<words.count, using: &random)]
      let end = min(place + Int.random(in: 0..<4, using: &random), bytes.count)
      let before = bytes.count
      bytes.replaceSubrange(place..<end, with: word)
      if place >= 8, bytes.count >= 8 {
        let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << (8 * UInt64($1)) }
        bytes.replaceSubrange(
          0..<8, with: HostileFile.length(length &+ UInt64(bitPattern: Int64(bytes.count - before))))
      }
    default:
      // A digit for another digit.
      guard let digit = bytes[place...].firstIndex(where: { 0x30...0x39 ~= $0 }) else { return }
      bytes[digit] = UInt8.random(in: 0x30...0x39, using: &random)
    }
  }
}
