/// Finds what somebody may have meant.
enum Spelling {
  /// The word nearest to `text`, if one is near enough to be meant.
  static func nearest(_ text: String, among words: [String]) -> String? {
    // A word with something behind it, as `training` for `train`.
    if let stem = words.first(where: { $0.utf8.count >= 4 && text.hasPrefix($0) }) { return stem }
    let scored = words.map { ($0, distance(Array(text.lowercased().utf8), Array($0.lowercased().utf8))) }
    guard let best = scored.min(by: { $0.1 < $1.1 }) else { return nil }
    return best.1 <= max(2, text.utf8.count / 3) && best.1 < best.0.utf8.count ? best.0 : nil
  }

  /// The key that an unknown key stands for: one of another section, one that other programs call so, or a near one.
  static func suggestion(for name: String, among keys: [(name: String, others: [String])]) -> String? {
    let section = name.split(separator: ".").dropLast().joined(separator: ".")
    let last = name.split(separator: ".").last.map(String.init) ?? name
    func short(_ name: String) -> String { name.split(separator: ".").last.map(String.init) ?? name }
    // Keys of the same section come first, so that they win where several fit.
    let sorted =
      keys.filter { $0.name.hasPrefix(section + ".") } + keys.filter { !$0.name.hasPrefix(section + ".") }
    if let same = sorted.first(where: { short($0.name) == last }) { return same.name }
    if let other = sorted.first(where: { $0.others.contains(last) }) { return other.name }
    let siblings = sorted.filter { $0.name.hasPrefix(section.isEmpty ? "" : section + ".") }.map(\.name)
    if let near = nearest(last, among: siblings.map(short)) { return siblings.first { short($0) == near } }
    if section.isEmpty { return nearest(last, among: ["model", "data", "train", "generate"]) }
    return nearest(name, among: keys.map(\.name))
  }

  /// The least number of letters to change, insert, remove or swap with the next.
  ///
  /// Complexity: O(n m); longer words than 100 bytes are cut.
  static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    let (a, b) = (Array(a.prefix(100)), Array(b.prefix(100)))
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1] + last.dropFirst()
      for j in 0..<b.count {
        row[j + 1] = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { row[j + 1] = min(row[j + 1], beforeLast[j - 1] + 1) }
      }
      (beforeLast, last) = (last, row)
    }
    return last[b.count]
  }
}
