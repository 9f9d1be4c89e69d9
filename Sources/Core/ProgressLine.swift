import Synchronization

/// One line that is rewritten in place while work goes on, at most ten times a second.
///
/// Where standard error is no terminal (a log file, CI), it prints whole lines instead, the first at once and then
/// one in 30 seconds, so that logs stay short.
public final class ProgressLine: Sendable {
  private struct State {
    var lastShown: ContinuousClock.Instant?
    /// What stands on the terminal's last line now.
    var shown: String?
  }

  private let isLive: Bool
  private let interval: Duration
  private let columns: @Sendable () -> Int
  private let now: @Sendable () -> ContinuousClock.Instant
  private let output: @Sendable (String) -> Void
  private let state = Mutex(State())

  /// Makes a progress line; nothing is shown yet.
  ///
  /// - Parameters:
  ///   - isLive: whether the line is rewritten in place.
  ///   - quietInterval: the least time between lines where it is not.
  ///   - columns, now, output: the terminal's width, the clock, and where the text goes; tests replace them.
  public init(
    isLive: Bool = Terminal.isLive, quietInterval: Duration = .seconds(30),
    columns: @escaping @Sendable () -> Int = { Terminal.columns },
    now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now },
    output: @escaping @Sendable (String) -> Void = { Terminal.write($0) }
  ) {
    self.isLive = isLive
    interval = isLive ? .milliseconds(100) : quietInterval
    self.columns = columns
    self.now = now
    self.output = output
  }

  /// Shows `text` if enough time went by since the last one; `text` is not made otherwise.
  public func update(_ text: @autoclosure () -> String) {
    state.withLock { state in
      let time = now()
      if let last = state.lastShown, time - last < interval { return }
      state.lastShown = time
      show(text(), &state)
    }
  }

  /// Prints a line that stays, above the progress line.
  public func message(_ line: String) {
    state.withLock { state in
      guard let shown = state.shown else { return output("\(line)\n") }
      output("\r\u{1B}[K\(line)\n")
      show(shown, &state)
    }
  }

  /// Ends the line with a last text, which is always shown, or removes it.
  public func finish(_ text: String? = nil) {
    state.withLock { state in
      if let text {
        output(state.shown != nil ? "\r\u{1B}[K\(text)\n" : "\(text)\n")
      } else if state.shown != nil {
        output("\r\u{1B}[K")
      }
      state = State()
    }
  }

  private func show(_ text: String, _ state: inout State) {
    let oneLine = String(text.map { $0.isNewline ? " " : $0 })
    if isLive {
      // The last column stays free: some terminals wrap when it is written.
      output("\r\(Terminal.fit(oneLine, columns: max(columns() - 1, 1)))\u{1B}[K")
      state.shown = oneLine
    } else {
      output(oneLine + "\n")
    }
  }
}
