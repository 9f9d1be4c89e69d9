import Inference
import Testing

@Suite struct StopMatcherTests {
  /// What is shown after each piece, and what was held back at the end.
  private func show(_ stops: [String], _ pieces: [String]) -> (shown: [String], rest: String, found: String?) {
    var matcher = StopMatcher(stops)
    let shown = pieces.map { matcher.append($0) }
    return (shown, matcher.finish(), matcher.found)
  }

  @Test func textWithoutStopStringsPassesAtOnce() {
    let result = show(["END"], ["one ", "two", "ED"])
    #expect(result.shown == ["one ", "two", "ED"] && result.rest.isEmpty && result.found == nil)
  }

  @Test func whatCouldBecomeAStopStringIsHeldBack() {
    let result = show(["\n\nUser:"], ["Hi.\n", "\nUse", "ful."])
    #expect(result.shown == ["Hi.", "", "\n\nUseful."] && result.rest.isEmpty && result.found == nil)
    #expect(show(["abc"], ["xab"]).rest == "ab")
  }

  @Test func theTextEndsBeforeTheStopString() {
    let result = show(["END"], ["the E", "N", "D of it"])
    #expect(result.shown == ["the ", "", ""] && result.rest.isEmpty && result.found == "END")
    #expect(show(["END"], ["END", "more"]).shown == ["", ""])
  }

  @Test func theFirstOfSeveralStopStringsCounts() {
    #expect(show(["cd", "bc"], ["abcd"]).shown == ["a"])
    #expect(show(["cd", "bc"], ["abcd"]).found == "bc")
    #expect(show(["x", "aab"], ["aa", "ab"]).shown == ["", "a"])
    #expect(show(["", "x"], ["a", "x"]).found == "x")
  }

  @Test func charactersOfSeveralBytesAreNotCut() {
    let result = show(["né"], ["un", "e", " n", "é"])
    #expect(result.shown == ["u", "ne", " ", ""] && result.found == "né")
    #expect(show(["日本"], ["日", "曜"]).shown == ["", "日曜"])
  }
}
