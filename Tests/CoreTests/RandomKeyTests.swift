import Core
import Testing

@Suite struct RandomKeyTests {
  /// The first test vector of the Random123 distribution: Philox-4x32-10 of zeros.
  @Test func matchesPublishedVector() {
    let block = RandomKey(low: 0, high: 0).block(0)
    #expect(block == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
  }

  @Test func namesGiveUnrelatedKeys() {
    let key = RandomKey(seed: 7)
    #expect(key.named("dropout") == key.named("dropout"))
    #expect(key.named("dropout") != key.named("shuffle"))
  }
}
