import Core
import Foundation

/// What the machine has, as far as a training run asks.
public enum Machine {
  /// Physical memory, and how much of it this process could still take without swapping.
  public struct Memory: Sendable {
    /// All memory in bytes; in a container with a limit, the limit.
    public var total: Int
    /// What is free or can be freed at once, in bytes.
    public var available: Int
  }

  /// The memory of the machine or of the container that the process runs in.
  public static var memory: Memory {
    let installed = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    var memory = Memory(total: installed, available: installed)
    if let free = entry("MemAvailable:", inFile: "/proc/meminfo") { memory.available = free * 1024 }
    // Control groups, version 2 and 1: the limit and the use of the container. Cached files count as used there, and
    // are given back when memory is asked for.
    for (folder, limitName, usageName, cacheName) in [
      ("/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
      ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ] {
      guard let limit = number(inFile: "\(folder)/\(limitName)"), limit < memory.total else { continue }
      let used = number(inFile: "\(folder)/\(usageName)") ?? 0
      let cached = entry(cacheName, inFile: "\(folder)/memory.stat") ?? 0
      memory.total = limit
      memory.available = min(memory.available, max(0, limit - used + cached))
    }
    return memory
  }

  /// Checks that so much memory could be taken.
  ///
  /// Throws: `MartletError(.resource)` with both figures.
  static func requireMemory(_ byteCount: Int, remedy: String) throws {
    let available = memory.available
    guard byteCount > available else { return }
    throw MartletError(
      .resource, "this needs about \(ByteCount(byteCount)) of memory, \(ByteCount(available)) are available",
      remedy: remedy)
  }

  /// The most memory that this process had so far, in bytes.
  public static var peakResidentBytes: Int {
    var usage = rusage()
    #if canImport(Darwin)
      getrusage(RUSAGE_SELF, &usage)
      return usage.ru_maxrss
    #else
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      return usage.ru_maxrss * 1024
    #endif
  }

  /// The memory that this process has now, in bytes; its peak where the system does not say.
  public static var residentBytes: Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
      let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return peakResidentBytes }
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }

  /// The processor's name as the system gives it.
  public static var processorName: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    for line in text.split(separator: "\n") where line.hasPrefix("model name") {
      return line.split(separator: ":").last?.trimmingCharacters(in: .whitespaces) ?? "unknown"
    }
    return "unknown"
  }

  /// How many threads the process may run at once.
  public static var processorCount: Int { ProcessInfo.processInfo.activeProcessorCount }

  /// The number behind a word at the start of a line.
  private static func entry(_ key: String, inFile path: String) -> Int? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.first.map(String.init) == key, words.count > 1 { return Int(words[1]) }
    }
    return nil
  }

  private static func number(inFile path: String) -> Int? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
