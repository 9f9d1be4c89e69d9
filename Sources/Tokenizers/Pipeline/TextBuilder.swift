/// Writes the text that a stage makes of a slice, scalar by scalar, and where each byte of it comes from.
///
/// Every scalar of the slice is taken once, in order: kept, replaced, left out, or followed by new ones. A new scalar
/// comes from where the one before it does, as the `tokenizers` library has it.
struct TextBuilder {
  private let source: TextSlice
  private let base: UnsafePointer<UInt8>?
  private var bytes: [UInt8] = []
  private var spans: [SourceSpan] = []
  private var previous: SourceSpan
  private var outputStart: Int?
  /// How many bytes of the slice were taken.
  private(set) var position = 0

  init(_ source: TextSlice) {
    self.source = source
    base = source.bytes.baseAddress
    let start = source.source(of: 0..<0).lowerBound
    previous = SourceSpan(start: start, end: start)
    bytes.reserveCapacity(source.count + 16)
    if source.tracksSources { spans.reserveCapacity(source.count + 16) }
  }

  /// Whether nothing of the slice is left.
  var isAtEnd: Bool { position >= source.count }
  /// The scalar to be taken next; there must be one.
  var next: DecodedScalar {
    guard let base else { return DecodedScalar(value: DecodedScalar.invalid, length: 1) }
    return decodeScalar(base, at: position, end: source.count)
  }

  /// Takes the next scalar and keeps it, broken bytes too.
  mutating func keep() {
    let length = next.length
    take(length, isWritten: true)
    bytes.append(contentsOf: UnsafeBufferPointer(rebasing: source.bytes[position - length..<position]))
    if source.tracksSources { for _ in 0..<length { spans.append(previous) } }
  }

  /// Takes everything up to a place of the slice and keeps it.
  mutating func keep(to end: Int) {
    guard end > position else { return }
    if source.tracksSources {
      while position < end { keep() }
      return
    }
    bytes.append(contentsOf: UnsafeBufferPointer(rebasing: source.bytes[position..<end]))
    if outputStart == nil { outputStart = source.source(of: position).start }
    position = end
  }

  /// Takes the next scalar and writes another.
  mutating func replace(with scalar: UInt32) {
    guard !isAtEnd else { return insert(scalar) }
    take(next.length, isWritten: true)
    write(scalar)
  }

  /// Takes the next scalar and leaves it out.
  mutating func skip() {
    if !isAtEnd { take(next.length, isWritten: false) }
  }

  /// Takes everything up to a place of the slice and leaves it out.
  mutating func skip(to end: Int) {
    while position < end { skip() }
  }

  /// Writes a scalar that stands for nothing of its own.
  mutating func insert(_ scalar: UInt32) {
    if outputStart == nil { outputStart = previous.start }
    write(scalar)
  }

  /// Writes text that stands for nothing of its own.
  mutating func insert(_ text: [UInt8]) {
    if outputStart == nil { outputStart = previous.start }
    bytes.append(contentsOf: text)
    if source.tracksSources { for _ in text { spans.append(previous) } }
  }

  /// Writes scalars by the library's reckoning: see `FormScalar.change`.
  mutating func emit(_ scalar: FormScalar) {
    if scalar.change > 0 { return insert(scalar.value) }
    replace(with: scalar.value)
    for _ in 0..<(-scalar.change) { skip() }
  }

  private mutating func take(_ length: Int, isWritten: Bool) {
    if isWritten, outputStart == nil { outputStart = source.source(of: position).start }
    if source.tracksSources {
      let range = source.source(of: position..<position + length)
      previous = SourceSpan(start: range.lowerBound, end: range.upperBound)
    }
    position += length
  }

  private mutating func write(_ scalar: UInt32) {
    let before = bytes.count
    bytes.append(scalar: scalar)
    if source.tracksSources { for _ in before..<bytes.count { spans.append(previous) } }
  }

  /// Hands on the text that was written.
  consuming func finish(_ body: (TextSlice) -> Void) {
    let tracksSources = source.tracksSources
    let origin = outputStart ?? previous.end
    bytes.withUnsafeBufferPointer { bytes in
      spans.withUnsafeBufferPointer { spans in
        body(
          TextSlice(
            bytes, origin: origin, sources: tracksSources ? spans.baseAddress : nil, tracksSources: tracksSources))
      }
    }
  }
}
