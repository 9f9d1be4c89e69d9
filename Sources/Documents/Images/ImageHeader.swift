import Core

/// What the first bytes of a JPEG or PNG file say of the image.
public struct ImageHeader: Sendable, Equatable {
  /// The formats that can be read.
  public enum Format: String, Sendable { case jpeg, png }

  /// The format.
  public var format: Format
  /// The pixels in a row, as stored.
  public var width: Int
  /// The rows, as stored.
  public var height: Int
  /// How the stored image must be turned to be seen upright, 1 to 8 as in EXIF; 1 is not at all.
  public var orientation = 1
  /// Whether the colours of a JPEG file with four channels are stored inverted, as Adobe's programs do.
  var isInverted = false

  /// Reads a header. No more than the file's metadata is looked at, no pixel is decoded.
  public init(_ bytes: [UInt8]) throws(ImageFault) {
    let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    if bytes.starts(with: [0xFF, 0xD8]) {
      self = try Self.jpeg(bytes)
    } else if bytes.starts(with: png) {
      guard bytes.count >= 24 else { throw .cutOff }
      guard bytes[12..<16].elementsEqual("IHDR".utf8) else { throw .badHeader }
      try self.init(.png, width: Self.number(bytes, at: 16, 4), height: Self.number(bytes, at: 20, 4))
    } else {
      throw .unknownFormat
    }
  }

  /// Reads the header of a file, and no more of the file than the header takes, up to 16 MB.
  ///
  /// Throws: `ImageFault`, or `MartletError` with code `notFound` or `inputOutput` if the file cannot be read.
  public init(file: String) throws {
    let stream = try ByteStream(file)
    var bytes: [UInt8] = []
    var header = Result<ImageHeader, ImageFault>.failure(.cutOff)
    var hasMore = true
    // Most headers are short; those with previews and profiles are not.
    while header == .failure(.cutOff), hasMore, bytes.count < 1 << 24 {
      let piece = try stream.bytes(bytes.count..<max(1 << 12, 16 * bytes.count))
      hasMore = !piece.isEmpty
      bytes += piece
      header = Self.header(bytes)
    }
    self = try header.get()
  }

  private static func header(_ bytes: [UInt8]) -> Result<ImageHeader, ImageFault> {
    do { return .success(try ImageHeader(bytes)) } catch { return .failure(error) }
  }

  private init(_ format: Format, width: Int, height: Int) throws(ImageFault) {
    guard 1...Int(Int32.max) ~= width, 1...Int(Int32.max) ~= height else { throw .badHeader }
    self.format = format
    self.width = width
    self.height = height
  }

  /// Whether the image has more pixels than `limit`.
  func exceeds(_ limit: Int) -> Bool {
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    return overflow || pixels > limit
  }

  private static func number(_ bytes: some RandomAccessCollection<UInt8>, at place: Int, _ count: Int) -> Int {
    bytes.dropFirst(place).prefix(count).reduce(0) { $0 << 8 | Int($1) }
  }

  /// Walks over the segments of a JPEG file up to the one with the size.
  private static func jpeg(_ bytes: [UInt8]) throws(ImageFault) -> ImageHeader {
    var place = 2
    var orientation = 1
    var isInverted = false
    while true {
      // Fill bytes before a marker are allowed.
      while place < bytes.count, bytes[place] == 0xFF { place += 1 }
      guard place < bytes.count else { throw .cutOff }
      let marker = bytes[place]
      place += 1
      if marker == 0x01 || 0xD0...0xD8 ~= marker { continue }
      if marker == 0xD9 || marker == 0xDA || marker == 0 { throw .badHeader }
      guard place + 2 <= bytes.count else { throw .cutOff }
      let length = number(bytes[place...], at: 0, 2)
      guard length >= 2 else { throw .badHeader }
      let end = place + length
      guard end <= bytes.count else { throw .cutOff }
      let content = bytes[(place + 2)..<end]
      switch marker {
      case 0xC0...0xCF where ![0xC4, 0xC8, 0xCC].contains(marker):
        guard content.count >= 6 else { throw .badHeader }
        var header = try ImageHeader(.jpeg, width: number(content, at: 3, 2), height: number(content, at: 1, 2))
        header.orientation = orientation
        header.isInverted = isInverted
        return header
      case 0xE1 where content.starts(with: Array("Exif".utf8) + [0, 0]):
        orientation = Self.orientation(Array(content.dropFirst(6))) ?? orientation
      case 0xEE where content.starts(with: "Adobe".utf8): isInverted = true
      default: break
      }
      guard end < bytes.count, bytes[end] == 0xFF else { throw end < bytes.count ? .badHeader : .cutOff }
      place = end
    }
  }

  /// The orientation of EXIF data, which is a TIFF file.
  private static func orientation(_ tiff: [UInt8]) -> Int? {
    let isLittle: Bool
    switch tiff.prefix(4) {
    case [0x49, 0x49, 0x2A, 0]: isLittle = true
    case [0x4D, 0x4D, 0, 0x2A]: isLittle = false
    default: return nil
    }
    func number(at place: Int, _ count: Int) -> Int? {
      guard place >= 0, place + count <= tiff.count else { return nil }
      let bytes = tiff[place..<(place + count)]
      return isLittle ? bytes.reversed().reduce(0) { $0 << 8 | Int($1) } : bytes.reduce(0) { $0 << 8 | Int($1) }
    }
    guard let table = number(at: 4, 4), let entries = number(at: table, 2) else { return nil }
    for entry in 0..<min(entries, 1000) {
      let place = table + 2 + 12 * entry
      guard let tag = number(at: place, 2) else { return nil }
      if tag == 0x0112, number(at: place + 2, 2) == 3, let value = number(at: place + 8, 2) {
        return 1...8 ~= value ? value : nil
      }
    }
    return nil
  }
}
