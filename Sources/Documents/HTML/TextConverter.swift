import Core
import Foundation
import Synchronization

/// A decoder of `iconv` from one encoding to UTF-8, for one thread at a time.
struct TextConverter: @unchecked Sendable {
  private let handle: iconv_t
  /// Bytes that are skipped where nothing can be decoded.
  private let unit: Int

  /// Decoders that nobody uses now. They stay open: to open one may need a file, and of those there may be too few later.
  private static let idle = Mutex<[String: [TextConverter]]>([:])

  /// Calls `body` with a decoder of `charset`.
  ///
  /// Throws: `MartletError(.unsupported)` if the system has none or could not open it.
  static func with<Result>(_ charset: Charset, _ body: (TextConverter) -> Result) throws -> Result {
    let known = idle.withLock { $0[charset.converter]?.popLast() }
    let converter = try known ?? TextConverter(charset)
    defer { idle.withLock { $0[charset.converter, default: []].append(converter) } }
    return body(converter)
  }

  private init(_ charset: Charset) throws {
    // Without a descriptor for the file that it is in, a decoder is said not to exist.
    guard let handle = iconv_open("UTF-8", charset.converter), handle != iconv_t(bitPattern: -1) else {
      throw MartletError(
        .unsupported, "the C library has no decoder of the encoding \(charset.name), or could not open it",
        at: "iconv, \(charset.converter)",
        remedy:
          "Install its character sets (Debian: libc-gconv-modules-extra) or allow more open files (ulimit -n 4096).")
    }
    self.handle = handle
    unit = charset.unit
  }

  /// Decodes all bytes, with U+FFFD for what is broken.
  func convert(_ input: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(input.count + input.count / 2 + 16)
    var source = UnsafeMutablePointer(
      mutating: UnsafeRawPointer(input.baseAddress ?? UnsafePointer(bitPattern: 1)!).assumingMemoryBound(to: CChar.self)
    )
    var left = input.count
    iconv(handle, nil, nil, nil, nil)
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1 << 16) { room in
      while left > 0 {
        var target: UnsafeMutablePointer<CChar>? = room.baseAddress!
        var free = room.count
        var from: UnsafeMutablePointer<CChar>? = source
        let result = iconv(handle, &from, &left, &target, &free)
        let problem = errno
        output.append(contentsOf: UnsafeRawBufferPointer(start: room.baseAddress!, count: room.count - free))
        source = from!
        if result == -1 && problem != E2BIG && left > 0 {
          output.append(contentsOf: [0xEF, 0xBF, 0xBD])
          // The next character begins with the next byte, in encodings of wide units with the next unit.
          let skipped = min(left, unit)
          source += skipped
          left -= skipped
          iconv(handle, nil, nil, nil, nil)
        }
      }
    }
    return output
  }
}
