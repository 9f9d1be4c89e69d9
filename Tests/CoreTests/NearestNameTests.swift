import Core
import Testing

@Suite("Nearest name")
struct NearestNameTests {
  let keys = ["learning_rate", "lr_scheduler_type", "temperature", "top_k", "top_p", "seed"]

  @Test(
    "A slip of a letter or two finds the name that was meant",
    arguments: [
      ("learning_rat", "learning_rate"), ("laerning_rate", "learning_rate"), ("learning-rate", "learning_rate"),
      ("Temperature", "temperature"), ("temp", "temperature"), ("sede", "seed"), ("top_q", "top_k"),
      ("seedling", "seed"),
    ])
  func slips(typed: String, meant: String) {
    #expect(nearestName(to: typed, among: keys) == meant)
  }

  @Test("A name unlike all others finds none", arguments: ["banana", "", "x", "output_folder"])
  func strangers(typed: String) {
    #expect(nearestName(to: typed, among: keys) == nil)
  }

  @Test("The nearest of several near names wins")
  func nearest() {
    #expect(nearestName(to: "top_p", among: keys) == "top_p")
    #expect(nearestName(to: "eval_step", among: ["eval_tokens", "eval_steps"]) == "eval_steps")
  }

  @Test("Names of any length are handled")
  func long() {
    #expect(nearestName(to: String(repeating: "a", count: 100_000), among: keys) == nil)
  }
}
