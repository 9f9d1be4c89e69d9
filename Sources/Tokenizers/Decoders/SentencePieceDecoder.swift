import Core

/// Sentencepiece's way from tokens to text.
struct SentencePieceDecoder: TokenDecoder {
  private let controls: Set<[UInt8]>
  private let unknown: [UInt8]?
  private let unknownSurface: [UInt8]
  private let takesFirstSpace: Bool
  private let takesAllFirstSpaces: Bool

  init(_ file: SentencePieceModel, unknownID: Int32?) {
    controls = Set(file.pieces.filter { $0.kind == .control }.map(\.text))
    unknown = unknownID.map { file.pieces[Int($0)].text }
    unknownSurface = file.unknownSurface
    let normalizer = file.normalizer
    takesFirstSpace = normalizer.addsDummyPrefix || normalizer.removesExtraSpaces
    takesAllFirstSpaces = normalizer.removesExtraSpaces
  }

  /// The nearest that the `tokenizers` library has.
  var json: JSONObject? {
    let mark = SentencePieceNormalizer.mark
    return SequenceDecoder(parts: [
      ReplaceDecoder(pattern: .literal(mark), content: [0x20]), ByteFallbackDecoder(), FuseDecoder(),
      StripDecoder(content: 0x20, start: takesFirstSpace ? 1 : 0, stop: 0),
    ]).json
  }

  func decode(_ tokens: [[UInt8]]) -> [[UInt8]] {
    let mark = SentencePieceNormalizer.mark
    var text: [UInt8] = []
    var bytes: [UInt8] = []
    var isAtBeginning = true
    var tookSpace = false
    for token in tokens {
      if let byte = ByteToken.byte(of: token) {
        bytes.append(byte)
        continue
      }
      flush(&bytes, into: &text)
      if tookSpace || !text.isEmpty { isAtBeginning = false }
      tookSpace = false
      if controls.contains(token) { continue }
      if token == unknown {
        text += unknownSurface
        continue
      }
      var rest = token[...]
      if isAtBeginning, takesFirstSpace, rest.starts(with: mark) {
        rest = rest.dropFirst(mark.count)
        tookSpace = !takesAllFirstSpaces
      }
      while !rest.isEmpty {
        if rest.starts(with: mark) {
          text.append(0x20)
          rest = rest.dropFirst(mark.count)
        } else {
          text.append(rest.removeFirst())
        }
      }
    }
    flush(&bytes, into: &text)
    return [text]
  }

  /// The bytes of byte tokens; U+FFFD for each that is part of no character.
  private func flush(_ bytes: inout [UInt8], into text: inout [UInt8]) {
    guard !bytes.isEmpty else { return }
    bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      var position = 0
      while position < buffer.count {
        let scalar = decodeScalar(base, at: position, end: buffer.count)
        text.append(scalar: scalar.isValid ? scalar.value : 0xFFFD)
        position += scalar.length
      }
    }
    bytes = []
  }
}
