import HTTPServer
import Testing

@Suite("Requests, routes and sites")
struct HTTPRequestTests {
  @Test("Cookies are found by their whole name")
  func cookies() {
    let request = HTTPRequest("GET", HTTPTarget("/"), headers: ["Cookie": "xa=1; a=2;b=3=4; a=5"])
    #expect(request.cookie("a") == "2")
    #expect(request.cookie("b") == "3=4")
    #expect(request.cookie("c") == nil)
  }

  @Test(
    "Only this machine's addresses, localhost and listed names are answered for",
    arguments: [
      ("localhost:8420", nil), ("127.0.0.1:8420", nil), ("[::1]:8420", nil), ("10.0.0.7", nil), ("Lab.example", nil),
      ("evil.example", 421), ("127.0.0.1.evil.example", 421), ("127.0.0.1:99999", 400), ("127.0.0.1:", 400), ("", 400),
      ("a b", 400), ("[::1", 400), ("localhost:+80", 400), ("0x7f.1", 421), ("999.0.0.1", 421), ("[evil]", 421),
    ] as [(String, Int?)])
  func hosts(host: String, status: Int?) {
    let policy = SitePolicy(hostNames: ["lab.example"])
    #expect(policy.refusal(of: HTTPRequest("GET", HTTPTarget("/"), headers: ["Host": host]))?.status == status)
  }

  @Test(
    "Requests that come from other sites are refused",
    arguments: [
      ("POST", "Origin", "http://localhost:1", nil), ("POST", "Origin", "https://localhost:1", nil),
      ("POST", "Origin", "http://localhost:2", 403), ("POST", "Origin", "null", 403),
      ("GET", "Origin", "http://x", 403),
      ("POST", "Sec-Fetch-Site", "cross-site", 403), ("POST", "Sec-Fetch-Site", "same-origin", nil),
      ("GET", "Sec-Fetch-Site", "cross-site", nil), ("POST", "Sec-Fetch-Site", "same-site", 403),
    ] as [(String, String, String, Int?)])
  func origins(method: String, name: String, value: String, status: Int?) {
    let request = HTTPRequest(method, HTTPTarget("/"), headers: ["Host": "localhost:1", name: value])
    #expect(SitePolicy().refusal(of: request)?.status == status)
  }

  @Test("Unknown paths are 404, other methods 405 with those that are allowed")
  func routes() {
    let router = Router<Void>([
      .init("GET", "/a") { _, _ in HTTPResponse(200) }, .init("POST", "/a") { _, _ in HTTPResponse(201) },
      .init("GET", "/b/*") { _, _ in HTTPResponse(202) },
    ])
    func status(_ method: String, _ path: String) -> Int {
      switch router.match(HTTPRequest(method, HTTPTarget(path))) {
      case .route(let route): route.respond(HTTPRequest(method, HTTPTarget(path)), ()).status
      case .none(let response): response.status
      }
    }
    #expect(status("GET", "/a") == 200)
    #expect(status("HEAD", "/a") == 200)
    #expect(status("POST", "/a") == 201)
    #expect(status("DELETE", "/a") == 405)
    #expect(status("GET", "/b/c") == 202)
    #expect(status("GET", "/b/c/d") == 404)
    #expect(status("GET", "/b/") == 404)
    #expect(status("GET", "/A") == 404)
    guard case .none(let refusal) = router.match(HTTPRequest("PUT", HTTPTarget("/a"))) else {
      Issue.record("PUT found a route")
      return
    }
    #expect(refusal.headers["allow"] == "GET, POST, HEAD")
  }

  @Test("A seal fits its text and its secret alone")
  func seals() {
    let secret = Secret("some secret word")
    #expect(secret.matches("some secret word"))
    #expect(!secret.matches("some secret wore"))
    #expect(!secret.matches(""))
    let seal = secret.seal("name")
    #expect(secret.isSeal(seal, of: "name"))
    #expect(!secret.isSeal(seal, of: "nam"))
    #expect(!secret.isSeal(Array(seal.dropLast()), of: "name"))
    #expect(!Secret("another word").isSeal(seal, of: "name"))
    #expect(Set((0..<100).map { _ in Secret.randomWord() }).count == 100)
  }

  @Test("The seal is HMAC-SHA-256 with the hash of the word as its key")
  func sealVector() {
    // python3: hmac.new(hashlib.sha256(b"key").digest(), b"text", "sha256").hexdigest()
    let hex = Secret("key").seal("text").map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(hex == "18e5dd8bbc10bf8efc807e7a15b9b394a250c2269d09934b65664185ee549f23")
  }
}
