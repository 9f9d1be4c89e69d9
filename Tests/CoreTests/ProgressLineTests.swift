import Core
import Synchronization
import Testing

@Suite struct ProgressLineTests {
  /// A clock that is moved by hand, and all that was put out.
  private final class Bench: Sendable {
    let time = Mutex(ContinuousClock.now)
    let text = Mutex("")

    func line(isLive: Bool, columns: Int = 80) -> ProgressLine {
      ProgressLine(
        isLive: isLive, columns: { columns }, now: { self.time.withLock { $0 } },
        output: { piece in self.text.withLock { $0 += piece } })
    }

    func wait(_ duration: Duration) { time.withLock { $0 += duration } }
  }

  @Test func liveLineIsRewrittenAtMostTenTimesASecond() {
    let bench = Bench()
    let line = bench.line(isLive: true)
    var made = 0
    for step in 0..<1000 {
      line.update(
        {
          made += 1; return "step \(step)"
        }())
      bench.wait(.milliseconds(1))
    }
    #expect(made == 10)
    #expect(bench.text.withLock { $0 }.hasPrefix("\rstep 0\u{1B}[K\rstep 100\u{1B}[K"))
    line.finish("done")
    #expect(bench.text.withLock { $0 }.hasSuffix("\rstep 900\u{1B}[K\r\u{1B}[Kdone\n"))
  }

  @Test func quietLinesComeRarelyAndWhole() {
    let bench = Bench()
    let line = bench.line(isLive: false)
    for step in 0..<100 {
      line.update("step \(step)")
      bench.wait(.seconds(1))
    }
    line.message("saved")
    line.finish("done")
    #expect(bench.text.withLock { $0 } == "step 0\nstep 30\nstep 60\nstep 90\nsaved\ndone\n")
  }

  @Test func messageStaysAboveTheLine() {
    let bench = Bench()
    let line = bench.line(isLive: true)
    line.message("first")
    line.update("50%")
    line.message("saved")
    line.finish()
    #expect(
      bench.text.withLock { $0 } == "first\n\r50%\u{1B}[K\r\u{1B}[Ksaved\n\r50%\u{1B}[K\r\u{1B}[K")
  }

  @Test func longLinesAreCutToTheTerminal() {
    let bench = Bench()
    let line = bench.line(isLive: true, columns: 11)
    line.update("0123456789\nabc")
    #expect(bench.text.withLock { $0 } == "\r012345678…\u{1B}[K")
  }

  @Test func columnsCountWideAndCombiningCharacters() {
    #expect(Terminal.fit("损失 1.5", columns: 8) == "损失 1.5")
    #expect(Terminal.fit("损失 1.5", columns: 7) == "损失 1…")
    #expect(Terminal.fit("损失 1.5", columns: 3) == "损…")
    #expect(Terminal.fit("损失", columns: 2) == "…")
    #expect(Terminal.fit("e\u{301}e\u{301}", columns: 2) == "e\u{301}e\u{301}")
    #expect(Terminal.fit("abc", columns: 0) == "")
    #expect(Terminal.fit("", columns: 0) == "")
    #expect(Terminal.fit("👍👍", columns: 3) == "👍…")
  }
}
