/// Words before a number that tell what it is.
enum Cue: UInt8 {
  case phone, identity, card, address, account
  /// It is something else: an order, a version, a book.
  case other

  /// How far before a number its word may stand.
  private static let reach = 40

  private static let words: [(StaticString, Cue)] = [
    ("phone", .phone), ("tel", .phone), ("call", .phone), ("mobile", .phone), ("cell", .phone), ("fax", .phone),
    ("whatsapp", .phone), ("contact", .phone), ("dial", .phone), ("ring", .phone), ("text me", .phone),
    ("hotline", .phone), ("sms", .phone), ("reach", .phone), ("landline", .phone), ("number is", .phone),
    ("电话", .phone), ("手机", .phone), ("联系", .phone), ("致电", .phone), ("热线", .phone), ("传真", .phone),
    ("拨打", .phone), ("座机", .phone), ("号码是", .phone), ("電話", .phone), ("手機", .phone), ("聯絡", .phone),
    ("短信", .phone), ("微信", .phone), ("咨询", .phone), ("来电", .phone),
    ("ssn", .identity), ("social security", .identity), ("identity", .identity), ("id number", .identity),
    ("身份证", .identity), ("身分證", .identity), ("证件", .identity), ("公民", .identity),
    ("card", .card), ("visa", .card), ("mastercard", .card), ("amex", .card), ("银行卡", .card), ("信用卡", .card),
    ("卡号", .card), ("储蓄卡", .card),
    ("ip", .address), ("server", .address), ("host", .address), ("dns", .address), ("ping", .address),
    ("address", .address), ("地址", .address), ("服务器", .address), ("主机", .address),
    ("iban", .account), ("account", .account), ("账号", .account), ("账户", .account),
    ("id", .other), ("version", .other), ("ver", .other), ("release", .other), ("firmware", .other), ("build", .other),
    ("section", .other), ("chapter", .other), ("paragraph", .other), ("clause", .other), ("upgrade", .other),
    ("isbn", .other), ("issn", .other), ("doi", .other), ("order", .other), ("invoice", .other), ("tracking", .other),
    ("serial", .other), ("sku", .other), ("part no", .other), ("ticket", .other), ("case no", .other),
    ("model", .other),
    ("item", .other), ("article", .other), ("patent", .other), ("imei", .other), ("barcode", .other),
    ("parcel", .other),
    ("reference", .other), ("issue", .other), ("transaction", .other), ("batch", .other), ("coordinates", .other),
    ("timestamp", .other), ("product", .other), ("population", .other), ("total", .other), ("ean", .other),
    ("版本", .other), ("订单", .other), ("单号", .other), ("编号", .other), ("序列号", .other), ("条形码", .other),
    ("书号", .other), ("快递", .other), ("运单", .other), ("流水号", .other), ("合同", .other), ("批号", .other),
    ("型号", .other), ("第", .other), ("专利", .other), ("时间戳", .other), ("产值", .other), ("人口", .other),
    ("qq", .other), ("发票", .other), ("坐标", .other), ("条款", .other), ("固件", .other), ("升级", .other),
  ]

  /// The word that stands nearest before a place in its line and behind `limit`, and how far its end is away.
  ///
  /// Complexity: O(reach x words).
  static func nearest(
    before place: Int, behind limit: Int, in bytes: UnsafeBufferPointer<UInt8>
  ) -> (cue: Cue, distance: Int)? {
    var start = max(limit, place - reach)
    var index = place
    while index > start {
      index -= 1
      if bytes[index] == 0x0A || (bytes[index] == UInt8(ascii: ">") && endsPlaceholder(bytes, index)) {
        start = index + 1
      }
    }
    let window = bytes[start..<place].map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }
    var best: (cue: Cue, distance: Int)?
    for (word, cue) in words {
      let count = word.utf8CodeUnitCount
      guard count <= window.count else { continue }
      // Short words must stand by themselves: "tel" is no part of "hotel".
      let isASCII = word.utf8Start[0] < 0x80
      var at = window.count - count
      let farthest = best.map { max(0, window.count - $0.distance - count + 1) } ?? 0
      while at >= farthest {
        if window[at] == word.utf8Start[0], matches(window, at, word),
          !isASCII || at == 0 || !isASCIILetter(window[at - 1]),
          !isASCII || count > 4 || at + count == window.count || !isASCIILetter(window[at + count])
        {
          best = (cue, window.count - at - count)
          break
        }
        at -= 1
      }
    }
    return best
  }

  /// Whether a placeholder such as `<PHONE>` ends at a place: the word before it spoke for what it stands for.
  private static func endsPlaceholder(_ bytes: UnsafeBufferPointer<UInt8>, _ end: Int) -> Bool {
    var place = end
    while place > 0, end - place < 24 {
      place -= 1
      let byte = bytes[place]
      if byte == UInt8(ascii: "<") { return end - place > 2 }
      guard byte &- 0x41 < 26 || isDigit(byte) || byte == UInt8(ascii: "-") else { return false }
    }
    return false
  }

  private static func matches(_ window: [UInt8], _ at: Int, _ word: StaticString) -> Bool {
    for index in 0..<word.utf8CodeUnitCount where window[at + index] != word.utf8Start[index] { return false }
    return true
  }
}
