import Curation

/// A sentence with the personal data that is in it.
struct LabelledSentence {
  var text = ""
  var labels: [(kind: PersonalDataKind, range: Range<Int>)] = []

  /// Adds text.
  mutating func add(_ more: String) { text += more }

  /// Adds personal data.
  mutating func add(_ more: String, _ kind: PersonalDataKind) {
    let start = text.utf8.count
    text += more
    labels.append((kind, start..<text.utf8.count))
  }
}

/// Makes sentences as people write them: forms, letters, forum posts, logs, in English and Chinese.
///
/// What is made here was collected from how numbers are printed on web pages, cards and forms of many countries, before and
/// apart from the rules that look for them.
struct PersonalDataSentences {
  private var random: SplitMix

  init(seed: UInt64) { random = SplitMix(seed: seed) }

  // MARK: Sentences

  private typealias Maker = @Sendable (inout SplitMix) -> String

  /// Sentences with personal data at `%`: a kind, what is put in, and the frames that go with it.
  private static let positives: [(kind: PersonalDataKind, make: Maker, frames: [String])] = [
    (.email, { NumberForms.email(&$0) }, emailFrames),
    (.email, { NumberForms.spelledEmail(&$0) }, emailFrames),
    (.phone, { NumberForms.writtenPhone(&$0) }, phoneFrames + plainFrames),
    (.phone, { NumberForms.chinesePhone(&$0) }, phoneFrames + chinesePhoneFrames + plainFrames),
    (.phone, { NumberForms.barePhone(&$0) }, phoneFrames + chinesePhoneFrames),
    (.chineseIdentity, { NumberForms.chineseIdentity(&$0) }, identityFrames),
    (.socialSecurity, { NumberForms.socialSecurity(&$0) }, socialFrames + plainFrames),
    (.card, { NumberForms.card(&$0) }, cardFrames + plainFrames),
    (.iban, { NumberForms.account(&$0) }, accountFrames + plainFrames),
    (.ipv4, { NumberForms.ipv4(&$0) }, addressFrames),
    (.ipv6, { NumberForms.ipv6(&$0) }, addressFrames),
    (.mac, { NumberForms.mac(&$0) }, hardwareFrames),
  ]

  private static let emailFrames = [
    "Write to % for the details.", "%", "My e-mail is %, thanks!", "Contact: <%>", "(%)", "Ask Jane (%) about it.",
    "mailto:%", "From: Jane Doe <%>", "请发邮件至%。", "邮箱：%", "我的邮箱是%，谢谢", "联系人：张三（%）", "投稿信箱%欢迎来稿",
    "Reply-To: %\nSubject: Hello", "name,%,London", "\"%\" is what she gave me.", "Was it % or not?", "e-mail:%;",
  ]
  private static let phoneFrames = [
    "Call me at % tomorrow.", "Tel: %", "Phone: %, ask for Jim.", "Mobile %", "Fax %.", "You can reach us on %.",
    "My number is %", "WhatsApp: %", "call % or come by", "contact us at %!", "Phone number: %\nHours: 9 to 5",
    "Customer hotline: %", "text me on %, please", "电话：%", "手机号%", "联系方式：%，谢谢。",
  ]
  private static let chinesePhoneFrames = [
    "电话%。", "请拨打%咨询", "联系电话：%（王女士）", "手机：%", "如有问题请致电%，我们会尽快回复。", "传真：%", "客服热线 %", "微信同号：%",
    "有意者请联系李先生，手机%", "咨询电话：%", "我的号码是%，你打过来吧。",
  ]
  private static let plainFrames = [
    "%", "Jane Doe, 12 High Street, %", "She wrote % on the paper.", "Is % still right?", "- %\n- see below", "(%)",
    "We have % on file for you.", "张三，%，北京", "他留下了%。", "%, as I said.",
  ]
  private static let identityFrames = [
    "身份证号：%", "身份证号码%", "公民身份号码%，住址北京市海淀区。", "张三（身份证%）", "证件号码：%。", "被告人李某，身份证号%，汉族。",
    "ID number %", "My Chinese ID is %.", "%", "姓名：王五 证件：%", "身份证%，手机另附",
  ]
  private static let socialFrames = [
    "My SSN is %.", "SSN: %", "social security number %", "Social Security No. %", "Applicant's SSN (%) is on page 2.",
  ]
  private static let cardFrames = [
    "Card number: %", "Pay with Visa %, please.", "My card % was stolen.", "credit card % exp 09/27", "银行卡号：%",
    "卡号%", "请转账到%（工商银行）", "信用卡%已冻结", "Amex %",
  ]
  private static let accountFrames = [
    "IBAN: %", "Please pay to % by Friday.", "account %, BIC DEUTDEFF", "Kontonummer %", "账号 %", "IBAN %.",
  ]
  private static let addressFrames = [
    "Connection from % refused.", "The server at % is down.", "ping %", "Host: %", "DNS %", "服务器地址：%",
    "登录IP：%", "IP %登录失败", "The IP address is %.", "[%] GET /index.html", "client=%", "blocked % and others",
  ]
  private static let hardwareFrames = [
    "MAC address: %", "link/ether % brd", "The device % joined.", "HWaddr %", "物理地址：%", "设备%已上线", "(%)",
  ]

  /// Sentences without personal data that look as if they had some.
  ///
  /// `{d4}` are digits, `{x4}` hexadecimal ones, `{10-20}` is a number from 10 below 30.
  private static let negatives = [
    "The meeting is on {date} in room 12.",
    "Updated {date} 10:30:22",
    "会议时间：{date}",
    "从{date}到{date}",
    "Born {date}, died {date}.",
    "It starts at {time} and ends at {time}.",
    "时间 {time}",
    "Install version {version} first.",
    "v{version} is out",
    "软件版本{version}已发布",
    "Upgrade from {version} to 2.0",
    "Linux 4.18.0-{0-999}.el8.x86_64",
    "See section {version} of the manual.",
    "Order #{d10} has shipped.",
    "Order number: {d16}",
    "订单号：{d18}",
    "订单编号1{d10}已完成",
    "快递单号SF{d13}",
    "Tracking 1Z999AA10{d8}",
    "Invoice INV-2023-{d6}",
    "Ticket {d8} is closed.",
    "ISBN 978-{0-10}-{d3}-{d5}-{0-10}",
    "ISBN: 9787{d9}",
    "国际标准书号 978-7-{d4}-{d4}-{0-10}",
    "ISSN {d4}-{d4}",
    "EAN 400{d10}",
    "Coordinates: {31-9}.{d4}, 121.{d4}",
    "40°{0-60}′46″N 79°58′{0-60}″W",
    "北纬39.{d6}，东经116.{d6}",
    "It cost ${1-9},{d3},{d3}.99",
    "The population is 1,412,{d3},000.",
    "总产值{d9}元",
    "Revenue rose to {d2}.{0-10} million in 2023",
    "Pages {100-99}-{200-99}, 2010-2015.",
    "The score was {0-9}-{0-9}.",
    "sha1 {x40}",
    "commit {x10} fixes it",
    "id {x8}-{x4}-4{x3}-a{x3}-{x12}",
    "timestamp 1681{d6}",
    "时间戳：1681{d9}",
    "at 1681{d9} ms",
    "Dial 911 or {100-99}.",
    "请拨打110或12345",
    "ZIP 9{d4}-{d4}",
    "邮编10{d4}",
    "The router is at 192.168.{0-256}.{0-256}.",
    "ping 10.{0-256}.0.1",
    "Use 2001:db8::{x4} in examples.",
    "fe80::{x3}:1 is local",
    "listen on ::1 port {1024-60000}",
    "std::vector<int> a{0-9}; foo::bar(1)",
    "Follow @user{0-999} for more.",
    "git clone git@github.com:org/repo{0-99}.git",
    "ssh root@localhost -p {1024-9999}",
    "<img src=\"icon{0-9}@2x.png\">",
    "npm install @types/node@18.{0-20}.{0-9}",
    "身份证号：{identity}是假的",
    "The test number {card} fails.",
    "流水号{d16}",
    "CAS 7732-18-{0-9}",
    "doi:10.1000/{d6}",
    "arXiv:2104.{d5}",
    "pi is 3.14159265358979",
    "6.02214076e23 per mole",
    "1920x1080 at 60 Hz, 16:9",
    "第{d9}号",
    "专利号ZL 2012 1 0{d6}.7",
    "QQ群：{d9}",
    "车牌京A{d5}，车次G{1-9}{0-999}",
    "Serial {x4}-{d4}-{d4}",
    "Model 415-{d3}-{d4} in black",
    "In {1900-120}, {1-99} of {d3} people left.",
    "{1-9} {d3} {d3} km from here",
    "表1 2019 2020 2021 2022 2023",
    "数据：12 34 56 78 90 11 22",
    "0.00{d9}",
    "Temperature 12.5 13.7 14.{0-10} 15.9",
    "RFC 2616, section 14.{0-50}.{0-9}.2",
    "price@10 per kg",
    "IMEI 35{d13}",
    "case no. 12-{d5}",
    "统一社会信用代码91110000{d9}L",
    "12:30:45.678 INFO started in 3.2 s",
    "00:01:02:03 on the counter",
    "Area 51, Route 66, Boeing 747-400",
    "2 + 2 = 4, (1) (2) (3)",
  ]

  /// Records with several pieces, as tables, logs, signatures and forms have them. `{email}` and so on are personal data.
  private static let records = [
    "{date} {time} INFO login user={email} ip={ipv4} took 0.3{d2} s", "{d5},{email},{phone},{date},active",
    "name: Li Lei | tel: {phone} | order {d8} | {email}", "张三\t{mobile}\t{identity-number}\t{date}",
    "收件人：王五，电话：{mobile}，邮编10{d4}，订单号{d12}", "Order {d10}: deliver to 12 High Street, call {phone} before {time}.",
    "{ipv4} - - [{date}] \"GET /a?id={d6} HTTP/1.1\" 200 {d4}", "{mac} {ipv4} {ipv6} eth0", "{mobile}/{mobile}",
    "Tel {phone} / Fax {phone}", "{phone} or {email}", "Jane Doe\n{phone}\n{email}\nRoom 12, floor 3",
    "{\"mail\": \"{email}\", \"phone\": \"{phone}\", \"ts\": 1681{d6}}", "<a href=\"tel:{phone}\">call</a>",
    "姓名：赵六；性别：男；身份证号：{identity-number}；手机：{mobile}；银行卡：{payment-card}", "Visa {payment-card}, exp 04/27, CVC {d3}",
    "IBAN {iban}, BIC DEUTDEFF, reference {d8}", "SSN {social}; DOB {date}; phone {phone}", "{email}; {email}, {email}",
    "v{version} released {date}; ask {email}", "from {ipv4}:{1024-9999} to {ipv4}:443", "http://{ipv4}/path?x={d5}",
    "[{ipv6}]:8080", "客服{mobile}（{time}-{time}）", "ISBN 978-7-{d4}-{d4}-{0-10}，定价45.00元，联系{email}",
    "QQ {d9} 微信 {mobile}", "{mobile}（微信同号），{mobile}（备用）", "({phone})", "\"{phone}\"", "{phone}; {phone}; {phone}",
  ]

  /// Lines around the sentence that matters.
  private static let fillers = [
    "", "", "", "It was a fine day. ", "今天天气很好。", "Dear all,\n", "1. ", "Note 3: ", "> ", "他说：",
  ]
  private static let tails = [
    "", "", "", " Best regards, Tom", "\nSee you in 2024.", "。谢谢！", " 12 people came.", "\n\n3/4",
  ]

  /// The next sentence; every third has no personal data.
  mutating func next() -> LabelledSentence {
    var sentence = LabelledSentence()
    sentence.add(random.choice(PersonalDataSentences.fillers))
    let choice = random.below(6)
    if choice < 2 {
      expand(random.choice(PersonalDataSentences.negatives), into: &sentence)
    } else if choice == 2 {
      expand(random.choice(PersonalDataSentences.records), into: &sentence)
    } else {
      let item = random.choice(PersonalDataSentences.positives)
      let parts = random.choice(item.frames).split(separator: "%", omittingEmptySubsequences: false)
      sentence.add(String(parts[0]))
      sentence.add(item.make(&random), item.kind)
      sentence.add(parts.dropFirst().joined(separator: "%"))
    }
    // A number right behind a number would be another one.
    let tail = random.choice(PersonalDataSentences.tails)
    if let last = sentence.text.utf8.last, tail.first == " ", (0x30...0x39).contains(last) { return sentence }
    sentence.add(tail)
    return sentence
  }

  /// Adds a pattern with its places filled.
  private mutating func expand(_ pattern: String, into sentence: inout LabelledSentence) {
    var rest = pattern[...]
    while let open = rest.firstIndex(of: "{") {
      sentence.add(String(rest[..<open]))
      rest = rest[open...].dropFirst()
      // A brace that opens no place is text.
      guard let close = rest.firstIndex(of: "}"), rest[..<close].allSatisfy({ !" \":,".contains($0) }) else {
        sentence.add("{")
        continue
      }
      add(rest[..<close], to: &sentence)
      rest = rest[close...].dropFirst()
    }
    sentence.add(String(rest))
  }

  private mutating func add(_ name: Substring, to sentence: inout LabelledSentence) {
    switch name {
    case "email": sentence.add(NumberForms.email(&random), .email)
    case "phone": sentence.add(NumberForms.writtenPhone(&random), .phone)
    case "mobile": sentence.add(NumberForms.chinesePhone(&random), .phone)
    case "identity-number": sentence.add(NumberForms.chineseIdentity(&random), .chineseIdentity)
    case "payment-card": sentence.add(NumberForms.card(&random), .card)
    case "social": sentence.add(NumberForms.socialSecurity(&random), .socialSecurity)
    case "iban": sentence.add(NumberForms.account(&random), .iban)
    case "ipv4": sentence.add(NumberForms.ipv4(&random), .ipv4)
    case "ipv6": sentence.add(NumberForms.ipv6(&random), .ipv6)
    case "mac": sentence.add(NumberForms.mac(&random), .mac)
    default: sentence.add(value(name))
    }
  }

  private mutating func value(_ name: Substring) -> String {
    switch name {
    case "date": return NumberForms.date(&random)
    case "time": return NumberForms.time(&random)
    case "version": return NumberForms.version(&random)
    case "identity": return NumberForms.wrongIdentity(&random)
    case "card": return NumberForms.wrongCard(&random)
    default: break
    }
    if name.hasPrefix("d"), let count = Int(name.dropFirst()) { return NumberForms.digits(&random, count) }
    if name.hasPrefix("x"), let count = Int(name.dropFirst()) { return NumberForms.hex(&random, count) }
    let bounds = name.split(separator: "-").compactMap { Int($0) }
    return bounds.count == 2 ? String(bounds[0] + random.below(bounds[1])) : ""
  }
}
