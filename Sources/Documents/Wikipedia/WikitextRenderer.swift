/// Makes text of wikitext without braces: paragraphs, list items, headings and rows of tables, a line each.
final class WikitextRenderer {
  let settings: WikitextSettings
  let page: WikitextPage
  let names: WikitextNames
  var counts = WikipediaCounts()
  /// The text so far.
  private(set) var text: [UInt8] = []

  /// The line that is being written, with marks.
  var line: [UInt8] = []
  /// Links and other things in it that are not closed yet.
  var frames: [WikitextFrame] = []
  /// Captions of pictures in it, which follow it.
  var captions: [[UInt8]] = []
  /// How many HTML tables and hidden elements are open, and where the first begins in the line.
  var hiddenDepth = 0
  var hiddenStart = 0
  var hiddenTag: [UInt8] = []
  /// Where a raised or lowered text begins in the line.
  var raisedStart = -1

  private var isItem = false
  private var isInParagraph = false
  private var pendingHeadings: [(level: Int, text: [UInt8])] = []
  private var skippedLevel: Int?

  init(settings: WikitextSettings, page: WikitextPage) {
    self.settings = settings
    self.page = page
    names = WikitextNames(page)
  }

  /// The text of a wikitext.
  func render(_ wikitext: [UInt8]) -> [UInt8] {
    text.reserveCapacity(wikitext.count)
    wikitext.withUnsafeBufferPointer { bytes in
      let tables = WikitextTables(bytes)
      counts.unclosedTables += tables.unclosed
      render(bytes, tables)
    }
    return text
  }

  private func render(_ bytes: UnsafeBufferPointer<UInt8>, _ tables: WikitextTables) {
    var start = 0
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != 0x0A { end += 1 }
      if let table = tables.table(at: start) {
        finishParagraph()
        if skippedLevel == nil { self.table(bytes, table.start, table.end) }
        // What follows a table on its last line is read as a line.
        start = table.next
        continue
      }
      readLine(bytes, start, end)
      start = end + 1
    }
    finishParagraph()
  }

  private func readLine(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) {
    var lower = start
    var upper = end
    while lower < upper, bytes[lower] == Mark.vanished { lower += 1 }
    while upper > lower, bytes[upper - 1] == 0x20 || bytes[upper - 1] == 0x09 || bytes[upper - 1] == Mark.vanished {
      upper -= 1
    }
    guard lower < upper else { return finishParagraph() }
    let first = bytes[lower]
    if first == UInt8(ascii: "="), bytes[upper - 1] == UInt8(ascii: "="), upper - lower > 2 {
      return heading(bytes, lower, upper)
    }
    if skippedLevel != nil { return }
    switch first {
    case UInt8(ascii: "*"), UInt8(ascii: "#"), UInt8(ascii: ":"), UInt8(ascii: ";"):
      finishParagraph()
      var isBullet = false
      while lower < upper, "*#:;".utf8.contains(bytes[lower]) {
        isBullet = isBullet || bytes[lower] == UInt8(ascii: "*") || bytes[lower] == UInt8(ascii: "#")
        lower += 1
      }
      isItem = isBullet
      inline(bytes, lower, end)
      finishParagraph()
    case UInt8(ascii: "-") where upper - lower >= 4 && (0..<4).allSatisfy { bytes[lower + $0] == UInt8(ascii: "-") }:
      finishParagraph()
      while lower < upper, bytes[lower] == UInt8(ascii: "-") { lower += 1 }
      inline(bytes, lower, end)
    case 0x20:
      // Preformatted lines stay lines.
      finishParagraph()
      inline(bytes, lower, end)
      finishParagraph()
    default:
      if isInParagraph, !line.isEmpty { join(bytes[lower]) }
      inline(bytes, start, end)
      isInParagraph = true
    }
  }

  /// Joins two lines of a paragraph: with a space, unless both sides are written without.
  private func join(_ next: UInt8) {
    let isNextCJK = next >= 0xE3 && next <= 0xE9 || next == 0xEF
    if isNextCJK, line.count >= 3 {
      let lead = line[line.count - 3]
      if lead >= 0xE3 && lead <= 0xE9 || lead == 0xEF { return }
    }
    line.append(0x20)
  }

  private func heading(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) {
    finishParagraph()
    var level = 0
    while level < 6, start + level < end - 1 - level, bytes[start + level] == UInt8(ascii: "="),
      bytes[end - 1 - level] == UInt8(ascii: "=")
    {
      level += 1
    }
    inline(bytes, start + level, end - level)
    closeFrames()
    var title: [UInt8] = []
    WikitextTidy.append(line[...], to: &title)
    line.removeAll(keepingCapacity: true)
    captions.removeAll()
    if let skipped = skippedLevel {
      guard level <= skipped else { return }
      skippedLevel = nil
    }
    while let last = pendingHeadings.last, last.level >= level { pendingHeadings.removeLast() }
    if settings.droppedSections.contains(WikitextBytes.string(title).lowercased()) {
      skippedLevel = level
      counts.sections += 1
      return
    }
    if settings.headings != .dropped { pendingHeadings.append((level, title)) }
  }

  /// Ends the line that is being written, if there is one.
  func finishParagraph() {
    closeFrames()
    if hiddenDepth > 0 {
      line.removeSubrange(min(hiddenStart, line.count)...)
      hiddenStart = 0
      // Only tables hide more than a paragraph.
      if hiddenTag != WikitextInline.tableTag { hiddenDepth = 0 }
    }
    raisedStart = -1
    if !line.isEmpty {
      emit(line[...], isItem: isItem)
      line.removeAll(keepingCapacity: true)
    }
    if !captions.isEmpty {
      for caption in captions { emit(caption[...], isItem: false) }
      captions.removeAll()
    }
    isItem = false
    isInParagraph = false
  }

  /// Begins an item of an HTML list.
  func startItem() {
    finishParagraph()
    isItem = true
  }

  /// Writes a line with what was waiting for it, unless nothing is in it.
  func emit(_ content: ArraySlice<UInt8>, isItem: Bool) {
    let start = text.count
    for heading in pendingHeadings {
      if settings.headings == .marked {
        text.append(contentsOf: repeatElement(UInt8(ascii: "#"), count: max(1, heading.level)))
        text.append(0x20)
      }
      text.append(contentsOf: heading.text)
      text.append(0x0A)
    }
    if isItem {
      text.append(UInt8(ascii: "-"))
      text.append(0x20)
    }
    if WikitextTidy.append(content, to: &text) {
      text.append(0x0A)
      pendingHeadings.removeAll(keepingCapacity: true)
    } else {
      text.removeSubrange(start...)
    }
  }

  private func closeFrames() {
    while let frame = frames.popLast() { close(frame, isComplete: false) }
  }
}

/// The names that links begin with on a wiki.
struct WikitextNames {
  /// Prefixes of files, in lower case.
  let files: Set<String>
  /// Prefixes of categories.
  let categories: Set<String>

  init(_ page: WikitextPage) {
    var files = Self.files
    var categories = Self.categories
    for (number, name) in page.namespaces {
      if number == 6 || number == -2 { files.insert(name.lowercased()) }
      if number == 14 { categories.insert(name.lowercased()) }
    }
    self.files = files
    self.categories = categories
  }

  private static let files: Set<String> = [
    "file", "image", "media", "文件", "檔案", "档案", "图像", "圖像", "图片", "圖片", "媒体", "媒體", "datei", "bild", "fichier",
    "archivo",
    "imagen", "ficheiro", "imagem", "ファイル", "画像", "файл", "изображение", "plik", "grafika", "bestand", "afbeelding",
    "immagine",
    "파일", "그림", "ملف", "صورة", "fil", "tập tin", "hình", "berkas", "gambar", "dosya", "resim", "soubor", "kép", "fájl",
    "зображення",
  ]
  private static let categories: Set<String> = [
    "category", "分类", "分類", "kategorie", "catégorie", "categoría", "categoria", "カテゴリ", "категория", "kategoria",
    "categorie", "분류",
    "تصنيف", "kategori", "thể loại", "kategória", "категорія",
  ]
}
