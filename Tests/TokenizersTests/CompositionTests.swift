import Core
import Foundation
import TestSupport
import Testing
import Tokenizers

@Suite struct CompositionTests {
  private let tokenizer: Tokenizer

  init() throws {
    let trainer = try TokenizerTrainer(.init(vocabularySize: 257))
    let plain = String(decoding: try trainer.train().json(), as: UTF8.self)
    tokenizer = try Tokenizer(
      json: Array(
        plain.replacingOccurrences(of: "\"normalizer\": null", with: "\"normalizer\": {\"type\": \"NFC\"}").utf8),
      name: "composing")
  }

  private func composed(_ text: String) -> [UInt32] {
    tokenizer.decode(tokenizer.encode(text)).unicodeScalars.map(\.value)
  }

  @Test func publishedExamplesOfTheStandard() {
    // Unicode standard annex 15, figures 3 to 6.
    #expect(composed("\u{212B}") == [0xC5])
    #expect(composed("\u{2126}") == [0x3A9])
    #expect(composed("\u{41}\u{30A}") == [0xC5])
    #expect(composed("\u{1E9B}\u{323}") == [0x1E9B, 0x323])
    #expect(composed("\u{1E0B}\u{323}") == [0x1E0D, 0x307])
    #expect(composed("\u{64}\u{307}\u{323}") == [0x1E0D, 0x307])
    #expect(composed("\u{1100}\u{1161}\u{11A8}") == [0xAC01])
    #expect(composed("\u{AC00}\u{11A8}") == [0xAC01])
    #expect(composed("\u{958}") == [0x915, 0x93C], "excluded from composition")
    #expect(composed("\u{FB01}") == [0xFB01], "compatibility characters stay")
  }

  /// Every scalar before two marks that are out of order, compared with what the `tokenizers` library makes of it.
  @Test func everyScalarComposesAsTheStandardSays() throws {
    let recorded = try JSONFields(file: fixture("tokenizers/lines.json")).string("composition_sha256")
    var hash = SHA256()
    for value in UInt32(0)..<0x110000 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      var text = String.UnicodeScalarView([scalar])
      text.append("\u{301}")
      text.append("\u{323}")
      tokenizer.decodeBytes(tokenizer.encode(String(text))).withUnsafeBytes { hash.update($0) }
    }
    #expect(hash.finish().hex == recorded)
  }

  @Test func placesOfComposedTextLieInTheText() {
    let text = "x\u{212B}e\u{301}\u{1100}\u{1161}\u{11A8}\u{958}y"
    let encoding = tokenizer.encodeWithOffsets(text)
    #expect(encoding.offsets.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= text.utf8.count })
    #expect(encoding.offsets.first == 0..<1)
    #expect(encoding.offsets.last == text.utf8.count - 1..<text.utf8.count)
  }
}
