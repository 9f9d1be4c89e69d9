import Core
import Curation
import Documents
import Foundation
import TestSupport
import Testing

private func matches(_ matcher: PhraseMatcher, _ text: String) -> [String] {
  var text = text
  var found: [String] = []
  text.withUTF8 { bytes in
    matcher.forEachMatch(bytes, 0..<bytes.count) { match in
      found.append(matcher.phrases[match.phrase])
      return true
    }
  }
  return found
}

@Suite("Block and allow lists")
struct ListTests {
  @Test("Phrases are found as whole words, in any case, and anywhere among Chinese characters")
  func phrases() {
    let matcher = PhraseMatcher(["cat", "Cats and dogs", "赌博", "КОТ", "über"])
    #expect(matches(matcher, "The CAT sat.") == ["cat"])
    #expect(matches(matcher, "concatenate category") == [])
    #expect(matches(matcher, "cats and dogs") == ["Cats and dogs"])
    #expect(matches(matcher, "网上赌博网站") == ["赌博"])
    #expect(matches(matcher, "кот и Кот, коты") == ["КОТ", "КОТ"])
    #expect(matches(matcher, "ÜBER alles, darüber") == ["über"])
    #expect(matches(matcher, "猫cat狗") == ["cat"])
  }

  @Test("Case and words can be made to matter or not")
  func settings() {
    #expect(matches(PhraseMatcher(["cat"], ignoresCase: false), "Cat cat") == ["cat"])
    #expect(matches(PhraseMatcher(["cat"], wholeWords: false), "concatenate") == ["cat"])
  }

  @Test("Overlapping phrases are all found, longer ones first at an end")
  func overlapping() {
    let matcher = PhraseMatcher(["he", "she", "his", "hers"], wholeWords: false)
    #expect(matches(matcher, "ushers") == ["she", "he", "hers"])
  }

  @Test("A list of many phrases finds what a search one by one finds")
  func large() {
    var random = SplitMix(seed: 7)
    let letters = Array("abcdé汉字")
    func word(_ longest: Int) -> String { String((0...random.below(longest)).map { _ in random.choice(letters) }) }
    let phrases = (0..<6000).map { _ in word(7) }
    let matcher = PhraseMatcher(phrases, wholeWords: false)
    #expect(Set(matcher.phrases).count == matcher.phrases.count)
    for _ in 0..<60 {
      let text = word(60)
      let expected = Set(phrases.filter { text.contains($0) })
      #expect(Set(matches(matcher, text)) == expected)
    }
  }

  @Test(
    "Addresses are found by domain, subdomain and path",
    arguments: [
      ("https://example.com/", true), ("http://www.example.com/a?b=c", true), ("https://notexample.com", false),
      ("https://example.com.evil.net/", false), ("http://shop.test/sale/1", true), ("http://shop.test/sales", false),
      ("http://shop.test/", false), ("HTTP://EXAMPLE.COM:8080/x", true), ("https://u:p@example.com/", true),
      ("//a.b.example.com", true), ("example.com", true), ("", false), ("http://shop.test/sale?x", true),
    ])
  func addresses(url: String, isListed: Bool) throws {
    let matcher = try AddressMatcher(["example.com", "https://shop.test/sale/"])
    #expect(matcher.contains(url) == isListed)
  }

  @Test("Lists are read from files, with comments, and a bad entry names the file")
  func files() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/list.txt"
      try AtomicFile.write("\u{FEFF}# comment\r\nexample.com\r\n\r\n  other.org/x  \n", to: path)
      #expect(try AddressMatcher(file: path).count == 2)
      #expect(try PhraseMatcher(file: path).phrases == ["example.com", "other.org/x"])
      try AtomicFile.write("/only/a/path\n", to: path)
      let error = try #require(throws: MartletError.self) { try AddressMatcher(file: path) }
      #expect(error.place == path)
      #expect(throws: MartletError.self) { try PhraseMatcher(file: folder + "/none.txt") }
    }
  }

  @Test("Block lists drop, allow lists keep")
  func steps() throws {
    let addresses = try AddressMatcher(["example.com"])
    let block = BlockList(addresses: addresses, phrases: PhraseMatcher(["casino", "jackpot"]), minimumPhrases: 2)
    #expect(judged(block, "fine", url: "http://example.com/x").verdict == .drop(reason: "blocked address"))
    #expect(judged(block, "casino casino casino").verdict == .keep)
    #expect(judged(block, "casino with jackpot").verdict == .drop(reason: "blocked phrase"))
    let allow = AllowList(addresses: addresses)
    #expect(judged(allow, "x").verdict == .drop(reason: "no address"))
    #expect(judged(allow, "x", url: "https://en.example.com").verdict == .keep)
    #expect(judged(allow, "x", url: "https://other.org").verdict == .drop(reason: "address not allowed"))
    #expect(judged(AllowList(phrases: PhraseMatcher(["tea"])), "no").verdict == .drop(reason: "no allowed phrase"))
  }
}

@Suite("Selection of documents")
struct SelectionTests {
  @Test("Lengths are counted in characters, words, bytes and lines")
  func lengths() {
    let text = "Ein Fluß,\n\n今天天气很好。 ok"
    #expect(judged(SelectLength(.characters, minimum: 21, maximum: 21), text).verdict == .keep)
    #expect(judged(SelectLength(.words, minimum: 9, maximum: 9), text).verdict == .keep)
    #expect(judged(SelectLength(.bytes, minimum: text.utf8.count, maximum: text.utf8.count), text).verdict == .keep)
    #expect(judged(SelectLength(.lines, minimum: 2, maximum: 2), text).verdict == .keep)
    #expect(judged(SelectLength(minimum: 22), text).verdict == .drop(reason: "too short"))
    #expect(judged(SelectLength(maximum: 20), text).verdict == .drop(reason: "too long"))
    #expect(judged(SelectLength(), "").verdict == .drop(reason: "too short"))
  }

  @Test("A sample keeps its fraction, copies alike, and another seed keeps others")
  func samples() {
    func kept(_ step: SampleFraction) -> Set<Int> {
      Set((0..<4000).filter { judged(step, "document \($0)").verdict == .keep })
    }
    let first = kept(SampleFraction(0.25))
    #expect((900...1100).contains(first.count))
    #expect(first == kept(SampleFraction(0.25)))
    #expect(first != kept(SampleFraction(0.25, seed: 1)))
    #expect(first.isSubset(of: kept(SampleFraction(0.5))))
    #expect(kept(SampleFraction(1)).count == 4000)
    #expect(kept(SampleFraction(0)).isEmpty)
  }
}
