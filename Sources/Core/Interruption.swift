import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A wish to stop: Ctrl-C or `kill` set a flag that long loops look at between steps, so that they can save first.
///
/// A second Ctrl-C ends the process at once.
public enum Interruption {
  private static let requests = Atomic<Int>(0)

  /// Catches SIGINT and SIGTERM from now on. To be called on the main thread, before others are started.
  public static func install() {
    _ = requests.load(ordering: .relaxed)  // made here, because a signal handler must not
    for number in [SIGINT, SIGTERM] {
      var action = sigaction()
      #if canImport(Darwin)
        action.__sigaction_u.__sa_handler = handle
      #else
        action.__sigaction_handler.sa_handler = handle
      #endif
      sigemptyset(&action.sa_mask)
      // Without SA_RESTART a read or write that is under way would fail with EINTR in code that doesn't expect it.
      action.sa_flags = Int32(SA_RESTART)
      sigaction(number, &action, nil)
    }
    // A process inherits which signals are blocked; one started by a thread that blocks them would never hear of these.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] { sigaddset(&signals, number) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  private static let handle: @convention(c) (Int32) -> Void = { number in
    if Interruption.requests.add(1, ordering: .relaxed).newValue > 1 {
      // The system's own way to die of this signal, so that the parent process sees it.
      signal(number, SIG_DFL)
      raise(number)
    }
  }

  /// Whether somebody asked to stop. Cheap enough for every step.
  public static var isRequested: Bool { requests.load(ordering: .relaxed) > 0 }

  /// Asks to stop, as one Ctrl-C does.
  public static func request() { requests.store(1, ordering: .relaxed) }

  /// Takes the wish back; what a program calls before it begins anew.
  public static func reset() { requests.store(0, ordering: .relaxed) }

  /// Throws if somebody asked to stop.
  ///
  /// Throws: `MartletError` with code `interrupted`, and `remedy` as what to do to go on.
  public static func check(remedy: String? = nil) throws {
    if isRequested { throw MartletError(.interrupted, "stopped on request", remedy: remedy) }
  }
}
