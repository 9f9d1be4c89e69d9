import Core
import Testing

@Suite struct SHA256Tests {
  /// The examples of FIPS 180-4 and one million times the letter a.
  @Test(arguments: [true, false]) func matchesPublishedVectors(instructions: Bool) {
    let cases: [(String, String)] = [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (
        String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
      ),
    ]
    for (text, expected) in cases {
      var hash = SHA256(allowingInstructions: instructions)
      Array(text.utf8).withUnsafeBytes { hash.update($0) }
      #expect(hash.finish().hex == expected)
    }
  }

  @Test func piecesOfAnySizeAndBothPathsAgree() {
    var random = RandomStream(RandomKey(seed: 3))
    for _ in 0..<200 {
      let bytes = (0..<Int.random(in: 0..<700, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      var hash = SHA256(allowingInstructions: false)
      var rest = bytes[...]
      while !rest.isEmpty {
        let piece = rest.prefix(Int.random(in: 0..<150, using: &random))
        piece.withUnsafeBytes { hash.update($0) }
        rest = rest.dropFirst(piece.count)
      }
      #expect(hash.finish() == SHA256.hash(bytes))
    }
  }
}
