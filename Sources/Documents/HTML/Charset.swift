/// An encoding of text, as pages name it and as `iconv` does.
struct Charset: Equatable {
  /// The name for people, in lower case.
  let name: String
  /// The name of the decoder: that of the widest encoding which contains it.
  let converter: String
  /// Bytes of the smallest unit.
  var unit: Int { name.hasPrefix("utf-16") ? 2 : name.hasPrefix("utf-32") ? 4 : 1 }

  static let utf8 = Charset(name: "utf-8", converter: "UTF-8")
  static let windows1252 = Charset(name: "windows-1252", converter: "CP1252")

  private init(name: String, converter: String) {
    self.name = name
    self.converter = converter
  }

  /// The encoding of a label, nil if it is none.
  init?(label: some Collection<UInt8>) {
    // Names differ in case, hyphens and underscores only.
    var key = ""
    var name = ""
    for byte in label.prefix(40) {
      switch byte {
      case 0x41...0x5A:
        key.unicodeScalars.append(Unicode.Scalar(byte | 0x20))
        name.unicodeScalars.append(Unicode.Scalar(byte | 0x20))
      case 0x30...0x39, 0x61...0x7A:
        key.unicodeScalars.append(Unicode.Scalar(byte))
        name.unicodeScalars.append(Unicode.Scalar(byte))
      case 0x2D, 0x5F, 0x3A: name.append("-")
      case 0x20, 0x09, 0x22, 0x27: continue
      default: return nil
      }
    }
    switch key {
    case "": return nil
    case "utf8", "unicode11utf8", "xunicode20utf8", "ascii", "usascii": self = .utf8
    case "iso88591", "latin1", "l1", "cp1252", "windows1252", "xcp1252", "iso885915", "ansi":
      self = key == "iso885915" ? Charset(name: "iso-8859-15", converter: "ISO-8859-15") : .windows1252
    case "gb2312", "gbk", "xgbk", "gb18030", "gb231280", "cp936", "ms936", "windows936", "euccn":
      self = Charset(name: "gb18030", converter: "GB18030")
    case "big5", "big5hkscs", "xxbig5", "cnbig5", "cp950", "euctw":
      self =
        key == "euctw" ? Charset(name: "euc-tw", converter: "EUC-TW") : Charset(name: "big5", converter: "BIG5-HKSCS")
    case "shiftjis", "sjis", "xsjis", "windows31j", "ms932", "cp932", "mskanji":
      self = Charset(name: "shift_jis", converter: "CP932")
    case "eucjp", "xeucjp": self = Charset(name: "euc-jp", converter: "EUC-JP-MS")
    case "iso2022jp": self = Charset(name: "iso-2022-jp", converter: "ISO-2022-JP-2")
    case "euckr", "ksc5601", "ksc56011987", "ksc56011989", "korean", "windows949", "cp949", "uhc", "johab":
      self = key == "johab" ? Charset(name: "johab", converter: "JOHAB") : Charset(name: "euc-kr", converter: "CP949")
    case "iso2022kr": self = Charset(name: "iso-2022-kr", converter: "ISO-2022-KR")
    case "iso88599", "latin5", "windows1254", "cp1254": self = Charset(name: "windows-1254", converter: "CP1254")
    case "tis620", "iso885911", "windows874", "cp874": self = Charset(name: "windows-874", converter: "CP874")
    case "koi8r", "koi8", "koi": self = Charset(name: "koi8-r", converter: "KOI8-R")
    case "koi8u", "koi8ru": self = Charset(name: "koi8-u", converter: "KOI8-U")
    case "macintosh", "mac", "xmacroman": self = Charset(name: "macintosh", converter: "MACINTOSH")
    case "maccyrillic", "xmaccyrillic": self = Charset(name: "x-mac-cyrillic", converter: "MAC-CYRILLIC")
    case "viscii": self = Charset(name: "viscii", converter: "VISCII")
    case "utf16", "utf16le", "unicode": self = Charset(name: "utf-16le", converter: "UTF-16LE")
    case "utf16be": self = Charset(name: "utf-16be", converter: "UTF-16BE")
    case "utf32", "utf32le": self = Charset(name: "utf-32le", converter: "UTF-32LE")
    case "utf32be": self = Charset(name: "utf-32be", converter: "UTF-32BE")
    default:
      if let page = Self.page(key, "windows") ?? Self.page(key, "cp"), (1250...1258).contains(page) || page == 866 {
        self = Charset(name: page == 866 ? "ibm866" : "windows-\(page)", converter: "CP\(page)")
      } else if let page = Self.page(key, "ibm"), [850, 852, 855, 866].contains(page) {
        self = Charset(name: "ibm\(page)", converter: "CP\(page)")
      } else if let part = Self.page(key, "iso8859"), (2...16).contains(part), part != 12 {
        self = Charset(name: "iso-8859-\(part)", converter: "ISO-8859-\(part)")
      } else {
        return nil
      }
    }
  }

  /// The number behind a prefix.
  private static func page(_ key: String, _ prefix: String) -> Int? {
    key.hasPrefix(prefix) ? Int(key.dropFirst(prefix.count)) : nil
  }

  /// The encoding of a byte-order mark, and the length of the mark.
  static func byteOrderMark(_ input: UnsafeBufferPointer<UInt8>) -> (Charset, length: Int)? {
    func begins(_ mark: UInt8...) -> Bool { input.starts(with: mark) }
    if begins(0xEF, 0xBB, 0xBF) { return (.utf8, 3) }
    if begins(0xFF, 0xFE, 0, 0) && input.count % 4 == 0 { return (Charset(name: "utf-32le", converter: "UTF-32LE"), 4) }
    if begins(0, 0, 0xFE, 0xFF) { return (Charset(name: "utf-32be", converter: "UTF-32BE"), 4) }
    if begins(0xFF, 0xFE) { return (Charset(name: "utf-16le", converter: "UTF-16LE"), 2) }
    if begins(0xFE, 0xFF) { return (Charset(name: "utf-16be", converter: "UTF-16BE"), 2) }
    return nil
  }

  /// UTF-16 without a mark, which has a zero in each second byte of its markup.
  static func wideText(_ input: UnsafeBufferPointer<UInt8>) -> Charset? {
    let sample = input.prefix(256)
    guard sample.count >= 16 else { return nil }
    var zeros = [0, 0]
    for (index, byte) in sample.enumerated() where byte == 0 { zeros[index & 1] += 1 }
    let half = sample.count / 2
    if zeros[1] > half * 3 / 4 && zeros[0] * 8 < half { return Charset(name: "utf-16le", converter: "UTF-16LE") }
    if zeros[0] > half * 3 / 4 && zeros[1] * 8 < half { return Charset(name: "utf-16be", converter: "UTF-16BE") }
    return nil
  }

  /// The value of `charset=` in a content type.
  static func inContentType(_ value: [UInt8]) -> Charset? {
    value.withUnsafeBufferPointer { afterCharset($0, 0, $0.count) }
  }

  /// The encoding that the beginning of a page declares.
  static func inMarkup(_ input: UnsafeBufferPointer<UInt8>) -> Charset? {
    // Browsers look at 1 KB; many pages declare later.
    let end = min(input.count, 8192)
    var position = 0
    while position < end {
      guard input[position] == 0x3C else {
        position += 1
        continue
      }
      if matches(input, position, end, "<!--") {
        position += 4
        while position < end && !matches(input, position, end, "-->") { position += 1 }
      } else if matches(input, position, end, "<?xml") || matches(input, position, end, "<meta") {
        let begin = position
        while position < end && input[position] != 0x3E { position += 1 }
        let found =
          input[begin + 1] == 0x3F
          ? after("encoding", input, begin, position) : afterCharset(input, begin, position)
        // A page that says in ASCII that it is UTF-16 is not.
        if let found { return found.unit > 1 ? .utf8 : found }
      } else {
        position += 1
      }
    }
    return nil
  }

  private static func afterCharset(_ input: UnsafeBufferPointer<UInt8>, _ begin: Int, _ end: Int) -> Charset? {
    after("charset", input, begin, end)
  }

  /// The label behind `key =`, with or without quotation marks.
  private static func after(
    _ key: StaticString, _ input: UnsafeBufferPointer<UInt8>, _ begin: Int, _ end: Int
  ) -> Charset? {
    var position = begin
    while position < end {
      guard matches(input, position, end, key) else {
        position += 1
        continue
      }
      position += key.utf8CodeUnitCount
      while position < end && input[position] <= 0x20 { position += 1 }
      guard position < end && input[position] == 0x3D else { continue }
      position += 1
      while position < end && (input[position] <= 0x20 || input[position] == 0x22 || input[position] == 0x27) {
        position += 1
      }
      let first = position
      while position < end, input[position] > 0x20, ![0x22, 0x27, 0x3B, 0x3E, 0x2F, 0x3F].contains(input[position]) {
        position += 1
      }
      return Charset(label: input[first..<position])
    }
    return nil
  }

  /// Whether lower-case ASCII text stands at a position, in either case.
  private static func matches(
    _ input: UnsafeBufferPointer<UInt8>, _ position: Int, _ end: Int, _ text: StaticString
  ) -> Bool {
    let length = text.utf8CodeUnitCount
    guard position + length <= end else { return false }
    for index in 0..<length {
      let byte = input[position + index]
      let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
      if lower != text.utf8Start[index] { return false }
    }
    return true
  }
}
