import Core
import Foundation
import HTTPServer
import Labelling
import Testing

/// People at a real browser. Skipped where there is no Chromium; `MARTLET_SCREENSHOTS=<folder>` keeps pictures.
@Suite("Labelling in a browser", .enabled(if: Browser.path != nil), .serialized)
struct BrowserTests {
  /// A project that is served, and a browser that is logged in.
  private final class Site {
    let test: TestProject
    let store: LabellingStore
    let listener: HTTPListener
    let browser: Browser

    init(_ test: TestProject, _ lines: [String], name: String = "Ann", language: String = "en") throws {
      self.test = test
      store = try test.store(lines)
      listener = try HTTPListener(
        host: "127.0.0.1", port: 0, handler: LabellingService(store, token: TestProject.token))
      browser = try Browser(language: language)
      try browser.show(width: 1100, height: 760)
      try logIn(name)
    }

    deinit { listener.stop(within: 0) }

    func logIn(_ name: String) throws {
      let token = TestProject.token.replacingOccurrences(of: " ", with: "%20")
      // The link works on an open login page, too.
      try browser.go(to: "http://127.0.0.1:\(listener.port)/login")
      try browser.go(to: "http://127.0.0.1:\(listener.port)/login#token=\(token)")
      try browser.wait("document.getElementById('token').value")
      try browser.evaluate("document.getElementById('name').focus()")
      try browser.type(name)
      try browser.press("Enter")
      try browser.wait("document.getElementById('who')?.textContent === \(JSONValue.string(name).text())")
      try ready()
    }

    /// Waits until an item, or that there is none, is shown.
    func ready() throws { try browser.wait("document.querySelector('#editor')?.firstElementChild") }

    /// Waits until a text is shown.
    func shows(_ text: String) throws {
      try browser.wait("document.body.innerText.includes(\(JSONValue.string(text).text()))")
    }

    func own(_ item: Int, by name: String = "Ann") throws -> LabelValue? {
      try store.assignment(item, for: name, showsOthers: false)?.own
    }
  }

  @Test("Classification by keyboard: label, skip, go back, change, take back, to the end; markup stays text")
  func classification() throws {
    let hostile = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script><b>bold</b>"
    let test = try TestProject()
    test.project.name = "Reviews"
    test.project.guidelines = "<b>Good</b> is praise."
    test.project.labels[1].name = "<i>bad</i>"
    test.project.labels[1].color = "#d55e00"
    test.project.labels[2].color = "#009e73"
    let lines = [
      JSONValue.object(["id": .integer(1), "text": .string(hostile)]).text(),
      "{\"id\":2,\"text\":\"The soup was cold, and nobody came to ask.\"}", "{\"id\":3,\"text\":\"Third\"}",
    ]
    let site = try Site(test, lines)
    let browser = site.browser
    try site.shows("<script>")
    try browser.screenshot("classification-light")
    #expect(
      try browser.evaluate("window.hacked === undefined && !document.querySelector('#editor b, #editor img')")
        == .bool(true))
    try browser.press("1")
    try site.shows("The soup")
    #expect(try site.own(1) == .label("good"))
    try browser.press("s")
    try site.shows("Third")
    try browser.press("2")
    try site.shows("All done")
    #expect(try site.own(3) == .label("<i>bad</i>"))
    try browser.press("[", times: 1)
    try site.shows("Third")
    #expect(try browser.evaluate("document.querySelectorAll('.label[aria-pressed=true]').length") == .integer(1))
    try browser.press("[")
    try site.shows("You skipped")
    try browser.press("3")
    try site.shows("Third")
    #expect(try site.own(2) == .label("mixed"))
    try browser.press("u")
    try site.shows("The soup")
    #expect(try site.own(2) == nil)
    try browser.press("z", .control)
    try site.shows("Third")
    #expect(try site.own(3) == nil)
    try browser.press("g")
    try site.shows("<b>Good</b> is praise.")
    try browser.press("1")  // the dialog has the keys
    try browser.press("Escape")
    #expect(try site.own(3) == nil)
    try browser.press("?")
    try browser.screenshot("help")
    try browser.press("Escape")
    try browser.show(width: 1100, height: 760, isDark: true)
    try browser.screenshot("classification-dark")
    try browser.show(width: 390, height: 760, isPhone: true)
    #expect(try browser.evaluate("document.documentElement.scrollWidth <= 390") == .bool(true))
    try browser.screenshot("classification-phone")
    try browser.click(".label")
    try browser.wait("!document.body.innerText.includes('Third')")
    #expect(try site.own(3) == .label("good"))
    #expect(try site.store.integrityCheck() == "ok")
  }

  @Test("Several labels by keyboard; what is begun survives the page; the words are Chinese for who reads Chinese")
  func multiLabel() throws {
    let test = try TestProject(.multiLabel, labels: ["体育", "经济", "科技"])
    test.project.name = "新闻"
    let site = try Site(
      test, ["{\"id\":1,\"text\":\"第一条新闻：球队上市了。\"}", "{\"id\":2,\"text\":\"第二条\"}"], name: "王芳", language: "zh-CN")
    try site.shows("提交")
    try site.browser.press("1")
    try site.browser.press("3")
    try site.browser.press("2")
    try site.browser.press("3")
    try site.browser.wait("the draft") {
      try site.store.assignment(1, for: "王芳", showsOthers: false)?.draft == .labels(["体育", "经济"])
    }
    try site.browser.call("Page.reload")
    try site.browser.wait("document.querySelectorAll('.label[aria-pressed=true]').length === 2")
    try site.browser.screenshot("multi-label-chinese")
    try site.browser.press("Enter")
    try site.shows("第二条")
    #expect(try site.own(1, by: "王芳") == .labels(["体育", "经济"]))
    try site.browser.press("Enter")
    try site.shows("全部完成")
    #expect(try site.own(2, by: "王芳") == .labels([]))
  }

  @Test("Spans by keyboard and mouse, counted in scalars through Chinese, emoji and accents; overlaps are refused")
  func spans() throws {
    let test = try TestProject(.span, labels: ["PER", "LOC"])
    test.project.name = "Names"
    test.project.labels[1].color = "#d55e00"
    // Scalars: 王 芳 = 0-1, 👩‍👧 = 2-4, é as two = 5-6, space 7, "in " 8-10, Paris 11-15.
    let text = "王芳👩\u{200D}👧e\u{301} in Paris 🗼 and 北京 today"
    let long = String(repeating: "一二三四五六七八九十 👍 abc ", count: 10_000) + "The End"
    let site = try Site(
      test,
      [
        JSONValue.object(["id": .integer(1), "text": .string(text)]).text(),
        JSONValue.object(["id": .integer(2), "text": .string(long)]).text(),
      ])
    let browser = site.browser
    try site.shows("Paris")
    // By keyboard: two characters from the start.
    try browser.press("Home")
    try browser.press("ArrowRight", .shift, times: 2)
    try browser.press("1")
    try browser.wait("document.querySelectorAll('mark').length === 1")
    // The family is one step for who moves by character.
    try browser.press("ArrowRight", .shift)
    try browser.press("2")
    try browser.wait("document.querySelectorAll('mark').length === 2")
    // By mouse: Paris.
    let points =
      try browser.evaluate(
        """
        (() => { const walk = document.createTreeWalker(document.querySelector('.spanbox .text'), NodeFilter.SHOW_TEXT);
          while (walk.nextNode()) { const at = walk.currentNode.data.indexOf('Paris'); if (at < 0) continue;
            const r = document.createRange(); r.setStart(walk.currentNode, at); r.setEnd(walk.currentNode, at + 5);
            const b = r.getBoundingClientRect(); return [b.left + 1, b.right - 1, b.top + b.height / 2]; } })()
        """
      ).arrayValue?.compactMap(\.doubleValue) ?? []
    try browser.drag(from: (points[0], points[2]), to: (points[1], points[2]))
    try browser.press("2")
    try browser.wait("document.querySelectorAll('mark').length === 3")
    // Something that overlaps is refused.
    try browser.press("ArrowLeft", .shift, times: 3)
    try browser.press("1")
    try site.shows("overlap")
    #expect(try browser.evaluate("document.querySelectorAll('mark').length") == .integer(3))
    try browser.screenshot("spans-light")
    try browser.show(width: 1100, height: 760, isDark: true)
    try browser.screenshot("spans-dark")
    try browser.show(width: 390, height: 760, isPhone: true)
    #expect(try browser.evaluate("document.documentElement.scrollWidth <= 390") == .bool(true))
    try browser.screenshot("spans-phone")
    try browser.show(width: 1100, height: 760)
    try browser.press("Escape")
    try browser.press("Enter")
    try browser.wait("document.querySelector('.spanbox .text').textContent.length > 100000")
    #expect(
      try site.own(1)
        == .spans([
          .init(start: 0, end: 2, label: "PER"), .init(start: 2, end: 5, label: "LOC"),
          .init(start: 11, end: 16, label: "LOC"),
        ]))
    // The end of a long text, past thousands of surrogate pairs.
    try browser.evaluate(
      "(() => { const n = document.querySelector('.spanbox .text').lastElementChild.firstChild; const at = n.length;"
        + " getSelection().setBaseAndExtent(n, at - 7, n, at); })()")
    try browser.press("2")
    try browser.wait("document.querySelectorAll('mark').length === 1")
    try browser.press("Enter")
    try browser.wait("document.querySelector('#editor .empty')")
    let count = long.unicodeScalars.count
    #expect(try site.own(2) == .spans([.init(start: count - 7, end: count, label: "LOC")]))
    // Back on the first, a span at the cursor is removed by key, and one by its button.
    try browser.press("[")
    try browser.wait("document.querySelector('.spanbox')")
    try browser.press("[")
    try browser.wait("document.querySelector('.spanbox .text')?.textContent.length < 1000")
    try browser.press("Home")
    try browser.press("ArrowRight")
    try browser.press("Backspace")
    try browser.wait("document.querySelectorAll('mark').length === 2")
    try browser.click(".spans button")
    try browser.wait("document.querySelectorAll('mark').length === 1")
    try browser.press("Enter")
    try browser.wait("document.querySelector('.spanbox .text')?.textContent.length > 100000")
    #expect(try site.own(1) == .spans([.init(start: 11, end: 16, label: "LOC")]))
  }

  @Test("Preferences by keyboard: what stands on the left is what is chosen, whichever it is")
  func preferences() throws {
    let test = try TestProject(.preference)
    test.project.allowsTie = true
    test.project.name = "Which answer is better?"
    let lines = (1...8).map {
      "{\"id\":\($0),\"prompt\":\"What is \($0) + \($0)?\",\"a\":\"It is \(2 * $0), because adding a number to itself doubles it.\",\"b\":\"wrong \($0)\"}"
    }
    let site = try Site(test, lines)
    var lefts: Set<String> = []
    for id in 1...6 {
      try site.browser.wait("document.body.innerText.includes('What is \(id) +')")
      if id == 1 {
        try site.browser.screenshot("preference-light")
        try site.browser.show(width: 390, height: 760, isPhone: true)
        try site.browser.screenshot("preference-phone")
        try site.browser.show(width: 1100, height: 760)
      }
      let left = try site.browser.evaluate("document.querySelector('.sides .text').textContent").stringValue ?? ""
      lefts.insert(String(left.prefix(5)))
      try site.browser.press("1")
      try site.browser.wait("document.body.innerText.includes('What is \(id + 1) +')")
      #expect(try site.own(id) == .choice(left.hasPrefix("wrong") ? .b : .a))
    }
    #expect(lefts.count == 2)
    try site.browser.press("0")
    try site.browser.wait("document.body.innerText.includes('What is 8 +')")
    #expect(try site.own(7) == .choice(.tie))
    try site.browser.press("2")
    try site.shows("All done")
  }

  @Test("Answers are typed; shortcuts and the Enter of an input method leave them alone")
  func answers() throws {
    let test = try TestProject(.answer)
    let site = try Site(test, ["{\"id\":1,\"text\":\"Why is the sky blue?\"}", "{\"id\":2,\"text\":\"And the sea?\"}"])
    let browser = site.browser
    try site.shows("sky")
    for key in ["s", "u", "1", "["] { try browser.press(key) }
    try browser.call(
      "Input.imeSetComposition", ["text": .string("tian"), "selectionStart": .integer(4), "selectionEnd": .integer(4)])
    // What browsers send while an input method composes.
    try browser.call(
      "Input.dispatchKeyEvent",
      [
        "type": .string("rawKeyDown"), "key": .string("Enter"), "windowsVirtualKeyCode": .integer(229),
        "modifiers": .integer(2),
      ])
    try browser.type("天空")
    #expect(try browser.evaluate("document.querySelector('textarea').value") == .string("su1[天空"))
    #expect(try site.own(1) == nil)
    try browser.press("Enter")
    try browser.type("second line")
    try browser.screenshot("answer-light")
    try browser.press("Enter", .control)
    try site.shows("And the sea?")
    #expect(try site.own(1) == .answer("su1[天空\nsecond line"))
    try browser.press("Enter", .control)
    try site.shows("Write an answer first.")
    #expect(try site.own(2) == nil)
    // The other keys work outside the text, and the text is a key away.
    try browser.press("Escape")
    try browser.press("Escape")
    try browser.press("s")
    #expect(try browser.evaluate("document.querySelector('textarea').value") == .string("s"))
    try browser.press("Escape")
    try browser.press("s")
    try site.shows("All done")
  }

  @Test("A reviewer sees what people said, takes one over or decides anew; likely errors are looked through")
  func reviewing() throws {
    let test = try TestProject()
    test.project.judgementsPerItem = 2
    test.project.reviewers = ["Rae"]
    var lines = (1...20).map { "{\"id\":\($0),\"text\":\"praise \($0)\",\"label\":\"good\",\"scores\":[0.9,0.1,0]}" }
    lines += (21...40).map { "{\"id\":\($0),\"text\":\"blame \($0)\",\"label\":\"bad\",\"scores\":[0.1,0.9,0]}" }
    lines.append("{\"id\":41,\"text\":\"Never again.\",\"label\":\"good\",\"scores\":[0.03,0.97,0]}")
    let site = try Site(test, lines, name: "Rae")
    for id in [1, 2] {
      try site.store.judge(id, .label("good"), by: "Ann")
      try site.store.judge(id, .label("bad"), by: "Bo")
    }
    let browser = site.browser
    // By keyboard alone: Enter on the button opens the reviews, and the next Enter is not the button's.
    for _ in 0..<20 where try browser.evaluate("document.activeElement.id") != .string("mode-review") {
      try browser.press("Tab")
    }
    try browser.press("Enter")
    try site.shows("praise 1")
    try site.shows("Bo")
    try browser.screenshot("review-light")
    try browser.press("2", .shift)
    try browser.press("Enter")
    try site.shows("praise 2")
    try browser.press("3")
    try site.shows("No conflicts are left")
    func decision(_ id: Int) throws -> LabelValue? {
      try site.store.assignment(id, for: "Rae", showsOthers: true)?.decision?.value
    }
    #expect(try decision(1) == .label("bad"))
    #expect(try decision(2) == .label("mixed"))
    try browser.press("u")
    try site.shows("praise 2")
    #expect(try decision(2) == nil)
    try browser.click("#mode-suspects")
    try site.shows("Never again.")
    try site.shows("3%")
    try browser.screenshot("suspect-light")
    try browser.press("2")
    try browser.wait("!document.body.innerText.includes('Never again.')")
    #expect(try decision(41) == .label("bad"))
    try browser.click("#mode-status")
    try site.shows("Ann · Bo")
    // Two people who disagree on both items agree less than by chance.
    try site.shows("Krippendorff’s alpha\t-0.500")
    try browser.screenshot("agreement-light")
    try browser.show(width: 390, height: 760, isPhone: true)
    #expect(try browser.evaluate("document.documentElement.scrollWidth <= 390") == .bool(true))
    try browser.screenshot("agreement-phone")
  }

  @Test("While the server is away nothing is lost: the choice is sent again when it is back")
  func serverAway() throws {
    let test = try TestProject()
    let site = try Site(test, TestProject.texts(2))
    let browser = site.browser
    try browser.call("Network.enable")
    func setOffline(_ isOffline: Bool) throws {
      try browser.call(
        "Network.emulateNetworkConditions",
        [
          "offline": .bool(isOffline), "latency": .integer(0), "downloadThroughput": .integer(-1),
          "uploadThroughput": .integer(-1),
        ])
    }
    try setOffline(true)
    try browser.press("1")
    try site.shows("Not saved")
    #expect(try site.own(1) == nil)
    try setOffline(false)
    // The button has the focus: a mouse is not needed.
    try browser.press("Enter")
    try site.shows("text 2")
    #expect(try site.own(1) == .label("good"))
  }
}
