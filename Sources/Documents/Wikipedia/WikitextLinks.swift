/// A link that is being read.
struct WikitextFrame {
  enum Kind {
    /// A page: what stands between the brackets is text.
    case page
    /// A picture: the last parameter is a caption.
    case file
    /// A category or another wiki: nothing is text.
    case hidden
    /// `[http://... text]`.
    case address
  }

  var kind: Kind
  /// Where its text begins in the line.
  var start: Int
}

/// Links, pictures, categories and addresses.
extension WikitextRenderer {
  /// Reads an opening bracket and answers where to go on.
  func openBracket(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, _ squares: inout Int
  ) -> Int {
    guard start + 1 < end, bytes[start + 1] == UInt8(ascii: "[") else {
      if let textStart = address(bytes, start + 1, end) {
        frames.append(WikitextFrame(kind: .address, start: line.count))
        return textStart
      }
      squares += 1
      line.append(UInt8(ascii: "["))
      return start + 1
    }
    // Three brackets: the first is text, or around an address.
    if start + 2 < end, bytes[start + 2] == UInt8(ascii: "[") {
      squares += 1
      line.append(UInt8(ascii: "["))
      return start + 1
    }
    let first = start + 2
    var i = first
    while i < end, i - first < 1000 {
      let byte = bytes[i]
      if byte == UInt8(ascii: "|") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "[") || byte == Mark.verbatim {
        break
      }
      i += 1
    }
    // What has no target is no link, and its brackets go.
    guard i < end,
      bytes[i] == UInt8(ascii: "|")
        || (bytes[i] == UInt8(ascii: "]") && i + 1 < end && bytes[i + 1] == UInt8(ascii: "]"))
    else {
      if address(bytes, first, end) != nil { return start + 1 }
      return first
    }
    return link(bytes, first, i)
  }

  /// Reads a link whose target ends at `targetEnd`.
  private func link(_ bytes: UnsafeBufferPointer<UInt8>, _ first: Int, _ targetEnd: Int) -> Int {
    var lower = first
    while lower < targetEnd, bytes[lower] == 0x20 || bytes[lower] == Mark.vanished { lower += 1 }
    let isShown = lower < targetEnd && bytes[lower] == UInt8(ascii: ":")
    if isShown { lower += 1 }
    let kind = isShown ? .page : self.kind(bytes, lower, targetEnd)
    frames.append(WikitextFrame(kind: kind, start: line.count))
    if bytes[targetEnd] == UInt8(ascii: "|") {
      let next = targetEnd + 1
      if kind == .page, bytes.count > next + 1, bytes[next] == UInt8(ascii: "]"), bytes[next + 1] == UInt8(ascii: "]") {
        pipeTrick(bytes, lower, targetEnd)
      }
      return next
    }
    if kind == .page { inline(bytes, lower, targetEnd) }
    return targetEnd
  }

  /// The text of `[[Namespace:Name (more)|]]`.
  private func pipeTrick(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) {
    var lower = start
    var upper = end
    if let colon = bytes[lower..<upper].firstIndex(of: UInt8(ascii: ":")) { lower = colon + 1 }
    if let open = bytes[lower..<upper].lastIndex(of: UInt8(ascii: "(")), bytes[upper - 1] == UInt8(ascii: ")"),
      open > lower
    {
      upper = open
    } else if let comma = bytes[lower..<upper].firstIndex(of: UInt8(ascii: ",")) {
      upper = comma
    }
    while upper > lower, bytes[upper - 1] == 0x20 { upper -= 1 }
    line.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[lower..<upper]))
  }

  private func kind(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> WikitextFrame.Kind {
    var colon = start
    while colon < end, bytes[colon] != UInt8(ascii: ":"), colon - start < 40 { colon += 1 }
    guard colon < end, bytes[colon] == UInt8(ascii: ":"), colon > start else { return .page }
    var last = colon
    while last > start, bytes[last - 1] == 0x20 { last -= 1 }
    let written = String(decoding: bytes[start..<last], as: UTF8.self)
    let prefix = written.lowercased()
    if names.files.contains(prefix) { return .file }
    if names.categories.contains(prefix) { return .hidden }
    return prefix == written && prefix != page.language && WikitextLanguages.isWiki(prefix) ? .hidden : .page
  }

  /// Where the text of a link to an address begins; nil if no address is here.
  private func address(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
    guard WikitextInline.schemes.contains(where: { WikitextBytes.has($0, at: start, in: bytes) }) else { return nil }
    var i = start
    while i < end, bytes[i] > 0x20, bytes[i] != UInt8(ascii: "]"), bytes[i] != UInt8(ascii: "["),
      bytes[i] != UInt8(ascii: "<")
    { i += 1 }
    guard i < end else { return nil }
    while i < end, bytes[i] == 0x20 { i += 1 }
    return i
  }

  /// Reads a closing bracket and answers where to go on.
  func closeBracket(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, _ squares: inout Int
  ) -> Int {
    let isDouble = start + 1 < end && bytes[start + 1] == UInt8(ascii: "]")
    if let frame = frames.last {
      if frame.kind == .address, squares == 0 {
        frames.removeLast()
        close(frame, isComplete: true)
        return start + 1
      }
      if isDouble, squares == 0 || frame.kind != .address {
        frames.removeLast()
        close(frame, isComplete: true)
        return start + 2
      }
    }
    if squares > 0 {
      squares -= 1
      line.append(UInt8(ascii: "]"))
      return start + 1
    }
    if isDouble { return start + 2 }
    line.append(UInt8(ascii: "]"))
    return start + 1
  }

  /// Ends a link: what of it is no text is taken from the line.
  func close(_ frame: WikitextFrame, isComplete: Bool) {
    guard frame.start <= line.count else { return }
    switch frame.kind {
    case .page: break
    case .address:
      // Nothing is shown of an address without a text but a number.
      if frame.start == line.count { line.append(Mark.vanished) }
    case .hidden:
      line.removeSubrange(frame.start...)
      line.append(Mark.vanished)
    case .file:
      let caption = line[frame.start...]
      if settings.keepsCaptions, isComplete, WikitextCaption.isCaption(caption) { captions.append(Array(caption)) }
      line.removeSubrange(frame.start...)
      line.append(Mark.vanished)
    }
  }
}

/// What the parameters of pictures are.
enum WikitextCaption {
  private static let options: Set<String> = [
    "thumb", "thumbnail", "frame", "framed", "frameless", "border", "right", "left", "center", "centre", "none",
    "baseline", "middle", "sub",
    "super", "top", "text-top", "bottom", "text-bottom", "upright", "缩略图", "縮圖", "左", "右", "居中", "置中", "无", "無", "无框",
    "有框", "mini",
    "miniatur", "links", "rechts", "zentriert", "vignette", "gauche", "droite", "centré", "cadre", "miniatura",
    "izquierda", "derecha",
  ]

  /// Whether the last parameter is a caption, and no setting.
  static func isCaption(_ bytes: ArraySlice<UInt8>) -> Bool {
    let text = String(decoding: bytes.filter { $0 != Mark.vanished }, as: UTF8.self).trimmingSpaces
    if text.isEmpty || text.utf8.count > 20_000 { return false }
    let lowercased = text.lowercased()
    if options.contains(lowercased) { return false }
    if lowercased.hasSuffix("px"), lowercased.dropLast(2).utf8.allSatisfy({ WikitextBytes.isDigit($0) || $0 == 0x78 }) {
      return false
    }
    for prefix in [
      "alt=", "link=", "lang=", "page=", "upright=", "upright ", "class=", "thumb=", "thumbtime=", "start=", "end=",
    ]
    where lowercased.hasPrefix(prefix) {
      return false
    }
    return true
  }
}
