import Core
import Curation
import Dispatch
import Foundation
import Testing

@Suite("Document signatures")
struct DocumentSignatureTests {
  @Test("fold what the settings say and nothing else")
  func folding() throws {
    func isSame(_ a: String, _ b: String, _ folding: TextFolding) throws -> Bool {
      let near = try DocumentSigner(DuplicateSettings(folding: folding))
      let exact = try DocumentSigner(DuplicateSettings(threshold: 1, folding: folding))
      let isNear = near.signature(of: a).exact == near.signature(of: b).exact
      #expect(isNear == (exact.signature(of: a).exact == exact.signature(of: b).exact))
      return isNear
    }
    #expect(try isSame("Hello,  World!\n", "hello world", .all))
    #expect(try isSame("ÄRGER und Σοφία", "ärger UND σοφία", .all))
    #expect(try isSame("中 文\u{3000}文本。", "中文文本", .all))
    #expect(try isSame("co\u{AD}op\u{FEFF}", "coop", .all))
    #expect(try !isSame("Hello", "hello", [.whiteSpace, .punctuation]))
    #expect(try !isSame("a b", "a  b", [.letterCase, .punctuation]))
    #expect(try isSame("A\tb", "a\tB", .letterCase))
    #expect(try !isSame("a, b", "a b", [.letterCase, .whiteSpace]))
    #expect(try isSame("a,b", "a;b", [.punctuation]))
    #expect(try !isSame("a b", "ab", .all))
    #expect(try !isSame("!!", "??", .all))
    #expect(try !isSame("", " ", .all))
    #expect(try isSame("", "", .all))
    #expect(try isSame("a", "a", []))
    #expect(try !isSame("中a", "中b", .all))
  }

  @Test("estimate the Jaccard similarity without bias, for short and long texts", arguments: [12, 60, 400, 3000])
  func unbiased(length: Int) throws {
    var samples = SampleTexts(seed: UInt64(length))
    let signer = try DocumentSigner()
    var sum = 0.0
    var squares = 0.0
    var expected = 0.0
    let pairs = 300
    for _ in 0..<pairs {
      let text = samples.text(length)
      let other = samples.changed(text, words: max(1, length / 20))
      let truth = signer.jaccard(text, other)
      let estimate = signer.signature(of: text).similarity(to: signer.signature(of: other))
      sum += estimate - truth
      squares += (estimate - truth) * (estimate - truth)
      expected += truth * (1 - truth) / 128
    }
    let error = (expected / Double(pairs)).squareRoot()
    #expect(abs(sum / Double(pairs)) < 4 * error / Double(pairs).squareRoot())
    // No worse than one permutation for each value would be, with some room for chance.
    #expect((squares / Double(pairs)).squareRoot() < 1.15 * error)
  }

  @Test("of texts with nothing in common are as good as 0")
  func unrelated() throws {
    var samples = SampleTexts(seed: 1)
    let signer = try DocumentSigner()
    for _ in 0..<100 {
      let (a, b) = (signer.signature(of: samples.text(100)), signer.signature(of: samples.text(100)))
      #expect(a.similarity(to: b) < 0.05)
    }
  }

  @Test("take n-grams of words or characters by the script")
  func scripts() throws {
    let signer = try DocumentSigner(DuplicateSettings(wordNGram: 3, characterNGram: 4))
    #expect(signer.signature(of: "one two three four five").nGrams == 3)
    #expect(signer.signature(of: "一二三四五六").nGrams == 3)
    #expect(signer.signature(of: "สวัสดีค").nGrams == 4)
    #expect(signer.signature(of: "한국어 문장 하나 둘").nGrams == 2)
    #expect(signer.signature(of: "one two").nGrams == 1)
    #expect(signer.signature(of: "… !").nGrams == 0)
    // A word ends three tokens, a character four.
    #expect(signer.signature(of: "一二三 four 五").nGrams == 2)
    var samples = SampleTexts(seed: 4)
    let chinese = samples.chineseText(500)
    let near = chinese.prefix(250) + "改" + chinese.dropFirst(251)
    #expect(signer.signature(of: chinese).similarity(to: signer.signature(of: String(near))) > 0.9)
    #expect(signer.jaccard(chinese, String(near)) == 493.0 / 501.0)
  }

  @Test("are the same on any number of threads, and stay the same from version to version", arguments: [1, 2, 5])
  func sameBits(threads: Int) throws {
    var samples = SampleTexts(seed: 8)
    let texts = samples.collection(200) + [samples.chineseText(300), "Ünïcödé ΑΒΓ 12,5 ½", ""]
    let signer = try DocumentSigner()
    let lock = NSLock()
    nonisolated(unsafe) var signatures = [DocumentSignature?](repeating: nil, count: texts.count)
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      for number in stride(from: thread, to: texts.count, by: threads) {
        let signature = signer.signature(of: texts[number])
        lock.withLock { signatures[number] = signature }
      }
    }
    var hash = SHA256()
    for signature in signatures {
      let exact = try #require(signature).exact
      withUnsafeBytes(of: exact.low.littleEndian) { hash.update($0) }
      withUnsafeBytes(of: exact.high.littleEndian) { hash.update($0) }
      signature?.values.withUnsafeBytes { hash.update($0) }
    }
    // Indexes that were written before hold these numbers: another value here needs another version of their format.
    #expect(hash.finish().hex.prefix(16) == "6eef726fd9283a89")
  }

  @Test("take broken UTF-8 and any text without a fault")
  func anyBytes() throws {
    var random = RandomStream(RandomKey(seed: 6))
    for folding in [TextFolding.all, [], .letterCase, .punctuation, .whiteSpace] {
      let signer = try DocumentSigner(DuplicateSettings(folding: folding))
      for _ in 0..<2000 {
        let pieces: [[UInt8]] = [
          [0xE4, 0xB8, 0xAD], [0xF0, 0xA0, 0x80], [0xC8, 0xBA], [0x20], [0x61], [0xFF], [0xC4, 0xB0],
        ]
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 0..<40, using: &random) {
          bytes +=
            Int.random(in: 0..<3, using: &random) == 0
            ? [UInt8.random(in: 0...255, using: &random)] : pieces[Int.random(in: 0..<pieces.count, using: &random)]
        }
        let signature = bytes.withUnsafeBufferPointer { signer.signature(of: $0) }
        let again = (bytes + []).withUnsafeBufferPointer { signer.signature(of: $0) }
        #expect(signature == again)
      }
    }
  }

  @Test("of texts beyond the limit tell apart what differs anywhere, and find equal texts alone", arguments: [0.8, 1])
  func longTexts(threshold: Double) throws {
    var signer = try DocumentSigner(DuplicateSettings(threshold: threshold))
    let long = (0..<200).map { "Word\($0)" }.joined(separator: " ")
    let all = signer.signature(of: long)
    signer.largestText = 1000
    let signature = signer.signature(of: long)
    #expect(signature == signer.signature(of: long))
    for other in [long + "!", long.uppercased(), String(long.dropLast()) + "8", "", "short"] {
      #expect(signature.similarity(to: signer.signature(of: other)) == 0)
    }
    #expect(signature.similarity(to: all) == 0 && signature.values.count == all.values.count)
  }

  @Test("are cut into bands as datasketch cuts them where misses weigh as much as false positives")
  func bands() {
    // datasketch 2.0: _optimal_param(threshold, 128, 0.5, 0.5)
    let expected = [0.5: (25, 5), 0.7: (14, 9), 0.8: (9, 13), 0.9: (5, 25)]
    for (threshold, layout) in expected {
      let best = BandLayout.best(threshold: threshold, permutations: 128, missWeight: 0.5)
      #expect(best == BandLayout(bands: layout.0, rows: layout.1))
    }
    let careful = BandLayout.best(threshold: 0.8, permutations: 128, missWeight: 0.9)
    #expect(careful.probability(at: 0.85) > 0.95)
  }
}
