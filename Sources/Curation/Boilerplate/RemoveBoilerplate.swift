import Documents

/// Takes out lines that belong to the page and not to its text: repeated ones, notices, menus.
public struct RemoveBoilerplate: DocumentStep {
  /// The name of the step in recipes and reports.
  public static let name = "remove_boilerplate"

  /// Whether lines that came before in the document go; the first one stays.
  public var removesRepeatedLines = true
  /// Repeated lines with fewer characters stay: refrains, brackets, answers.
  public var minimumRepeatedLength = 20
  /// Whether paragraphs of several lines that came before go, however short their lines are.
  public var removesRepeatedParagraphs = true
  /// Whether short lines go that contain one of `notices`.
  public var removesNotices = true
  /// Phrases of notices about cookies, subscriptions, sharing and rights.
  public var notices = RemoveBoilerplate.usualNotices
  /// Lines with more characters are text, whatever they contain.
  public var maximumNoticeLength = 160
  /// Whether menus go: lines of short pieces with separators, and runs of lines of one to three words.
  public var removesNavigation = true
  /// How many such lines a run has at least.
  public var minimumNavigationRun = 5
  /// What a line of a run has at most, in characters.
  public var maximumNavigationLength = 24

  /// The step with its usual settings.
  public init() {}

  /// The usual phrases of notices, in English and Chinese.
  public static let usualNotices = PhraseMatcher(
    [
      "accept all cookies", "accept cookies", "we use cookies", "uses cookies", "cookie policy", "cookie settings",
      "cookie preferences", "manage cookies", "privacy policy", "terms of service", "terms of use",
      "terms and conditions",
      "all rights reserved", "subscribe to our newsletter", "sign up for our newsletter", "join our newsletter",
      "join our mailing list", "subscribe now", "subscribe for free", "sign in to", "log in to", "create an account",
      "already have an account", "share on facebook", "share on twitter", "share this article", "share this post",
      "share via", "follow us on", "like us on", "find us on", "click here to", "skip to content",
      "skip to main content",
      "back to top", "read more", "continue reading", "leave a comment", "post a comment", "leave a reply",
      "your email address will not be published", "required fields are marked", "enable javascript",
      "javascript is disabled", "related articles", "related posts", "you may also like", "recommended for you",
      "advertisement", "sponsored content", "add to cart", "powered by wordpress", "print this page",
      "版权所有", "未经授权", "未经许可", "不得转载", "转载请注明", "扫描二维码", "扫一扫", "微信公众号", "关注我们",
      "点击查看", "点击下载", "点击进入", "查看更多", "阅读全文", "阅读原文", "展开全文", "返回顶部", "返回首页", "上一篇", "下一篇",
      "相关阅读", "相关推荐", "相关文章", "推荐阅读", "热门推荐", "猜你喜欢", "责任编辑", "分享到", "免责声明", "隐私政策", "用户协议",
      "网站地图", "联系我们", "加入收藏", "设为首页", "登录后", "请先登录", "发表评论", "暂无评论", "ICP备", "公网安备",
    ])

  /// Takes the lines out; a document of which nothing is left is dropped.
  public func apply(_ document: inout Document, _ counters: inout Counters) -> Verdict {
    var text = document.text
    var removed = Removed()
    var isEmpty = false
    let kept = text.withUTF8 { bytes -> [UInt8]? in
      var ranges: [Range<Int>] = []
      lines(bytes) { ranges.append($0) }
      var isKept = [Bool](repeating: true, count: ranges.count)
      let contents = ranges.map { trimmed(bytes, $0) }
      if removesNotices { dropNotices(bytes, contents, &isKept, &removed) }
      if removesNavigation { dropNavigation(bytes, contents, &isKept, &removed) }
      if removesRepeatedParagraphs { dropParagraphs(bytes, contents, &isKept, &removed) }
      if removesRepeatedLines { dropLines(bytes, contents, &isKept, &removed) }
      guard removed.isAny else { return nil }
      isEmpty = !zip(contents, isKept).contains { $1 && !$0.isEmpty }
      return copy(bytes, ranges, isKept)
    }
    removed.add(to: &counters)
    if isEmpty { return .drop(reason: "only boilerplate") }
    if let kept { document.text = String(decoding: kept, as: UTF8.self) }
    return .keep
  }

  private struct Removed {
    var notices = 0
    var navigation = 0
    var paragraphs = 0
    var lines = 0

    var isAny: Bool { notices + navigation + paragraphs + lines > 0 }

    func add(to counters: inout Counters) {
      for (name, count) in [
        ("notices", notices), ("navigation lines", navigation), ("repeated paragraphs", paragraphs),
        ("repeated lines", lines),
      ] where count > 0 {
        counters[name, default: 0] += count
      }
    }
  }

  private func copy(_ bytes: UnsafeBufferPointer<UInt8>, _ ranges: [Range<Int>], _ isKept: [Bool]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    // Where lines went between two blank ones, one of these is enough.
    var isBlank = true
    var isAfterGap = false
    for (range, stays) in zip(ranges, isKept) {
      guard stays else {
        isAfterGap = true
        continue
      }
      let blank = trimmed(bytes, range).isEmpty
      if blank, isBlank, isAfterGap { continue }
      if !result.isEmpty { result.append(0x0A) }
      result.append(contentsOf: bytes[range])
      isBlank = blank
      if !blank { isAfterGap = false }
    }
    while result.last == 0x0A { result.removeLast() }
    return result
  }

  private func dropNotices(
    _ bytes: UnsafeBufferPointer<UInt8>, _ lines: [Range<Int>], _ isKept: inout [Bool], _ removed: inout Removed
  ) {
    for (index, line) in lines.enumerated() where !line.isEmpty && line.count <= 4 * maximumNoticeLength {
      guard scalarCount(bytes, line) <= maximumNoticeLength, notices.hasMatch(bytes, line) else { continue }
      isKept[index] = false
      removed.notices += 1
    }
  }

  private func dropNavigation(
    _ bytes: UnsafeBufferPointer<UInt8>, _ lines: [Range<Int>], _ isKept: inout [Bool], _ removed: inout Removed
  ) {
    func drop(_ indexes: Range<Int>) {
      for index in indexes where isKept[index] && !lines[index].isEmpty {
        isKept[index] = false
        removed.navigation += 1
      }
    }
    var runStart = 0
    var run = 0
    for (index, line) in lines.enumerated() {
      if hasMenuSeparators(bytes, line) { drop(index..<index + 1) }
      if line.isEmpty { continue }
      if isKept[index], isMenuItem(bytes, line) {
        if run == 0 { runStart = index }
        run += 1
      } else {
        if run >= minimumNavigationRun { drop(runStart..<index) }
        run = 0
      }
    }
    if run >= minimumNavigationRun { drop(runStart..<lines.count) }
  }

  /// A line of few words that ends in no mark: an item of a menu if others like it stand around it.
  private func isMenuItem(_ bytes: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) -> Bool {
    guard line.count <= 3 * maximumNavigationLength, scalarCount(bytes, line) <= maximumNavigationLength else {
      return false
    }
    let last = scalar(bytes, before: line.upperBound).value
    switch last {
    case 0x2C, 0x3B, 0x3A, 0x22, 0x29, 0x201D, 0x2026, 0xFF0C, 0xFF1B, 0x3001, 0x300D, 0xFF1A, 0x7D, 0x7B, 0x5D:
      return false
    default: if Punctuation.isTerminal(last) { return false }
    }
    // Tables and code are no menus.
    if isDigit(bytes[line.lowerBound]) || bytes[line].contains(where: { $0 == 0x3D || $0 == 0x09 }) { return false }
    var hasUnspaced = false
    var place = line.lowerBound
    while place < line.upperBound {
      let next = scalar(bytes, at: place)
      if isUnspaced(next.value) { hasUnspaced = true }
      place += next.length
    }
    return wordCount(bytes, line) <= (hasUnspaced ? 6 : 3)
  }

  /// Three or more separators with short pieces between them: `Home | News | Sport | Contact`.
  private func hasMenuSeparators(_ bytes: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) -> Bool {
    var separators = 0
    var pieceStart = line.lowerBound
    var place = line.lowerBound
    func endPiece(_ end: Int) -> Bool { scalarCount(bytes, pieceStart..<end) <= maximumNavigationLength + 4 }
    while place < line.upperBound {
      let next = scalar(bytes, at: place)
      switch next.value {
      case 0x7C, 0xBB, 0x203A, 0xB7, 0x2022, 0xFF5C, 0x3E:
        guard endPiece(place) else { return false }
        separators += 1
        pieceStart = place + next.length
      default: if Punctuation.isTerminal(next.value) { return false }
      }
      place += next.length
    }
    // A table's row begins or ends with a separator.
    return separators >= 3 && endPiece(line.upperBound) && bytes[line.lowerBound] != 0x7C
      && bytes[line.lowerBound] != 0x3E
  }

  private func dropParagraphs(
    _ bytes: UnsafeBufferPointer<UInt8>, _ lines: [Range<Int>], _ isKept: inout [Bool], _ removed: inout Removed
  ) {
    let table = HashTable(for: lines.count)
    var start = 0
    while start < lines.count {
      var end = start
      while end < lines.count, !lines[end].isEmpty { end += 1 }
      if end - start >= 2, let first = lines[start..<end].first, let last = lines[start..<end].last {
        let hash = contentHash(bytes.slice(first.lowerBound..<last.upperBound), seed: 1)
        if !table.addOnce(hash) {
          for index in start..<end { isKept[index] = false }
          removed.paragraphs += 1
        }
      }
      start = end + 1
    }
  }

  private func dropLines(
    _ bytes: UnsafeBufferPointer<UInt8>, _ lines: [Range<Int>], _ isKept: inout [Bool], _ removed: inout Removed
  ) {
    let table = HashTable(for: lines.count)
    for (index, line) in lines.enumerated() where isKept[index] && line.count >= minimumRepeatedLength {
      guard scalarCount(bytes, line) >= minimumRepeatedLength else { continue }
      if !table.addOnce(contentHash(bytes.slice(line), seed: 0)) {
        isKept[index] = false
        removed.lines += 1
      }
    }
  }
}
