import Core
import Testing
import Training

@Suite("Early stopping and the state of a run")
struct EarlyStoppingTests {
  @Test("A run stops when the loss has not fallen by the threshold for as many evaluations as the patience")
  func patience() {
    var stopping = EarlyStopping(patience: 2, threshold: 0.1)
    let isBest1 = stopping.record(3, step: 10)
    #expect(isBest1)
    let isBest2 = stopping.record(2.95, step: 20)
    #expect(isBest2, "lower than the best counts as best, though not as progress")
    #expect(!stopping.shouldStop)
    let isBest3 = stopping.record(2.85, step: 30)
    #expect(isBest3, "0.15 below the reference is progress")
    #expect(stopping.evaluationsWithoutImprovement == 0)
    let isBest4 = stopping.record(2.9, step: 40)
    #expect(!isBest4)
    let isBest5 = stopping.record(.nan, step: 50)
    #expect(!isBest5)
    #expect(stopping.shouldStop)
    #expect(stopping.bestLoss == 2.85)
    #expect(stopping.bestStep == 30)
  }

  @Test("Without patience a run never stops early")
  func never() {
    var stopping = EarlyStopping(patience: nil, threshold: 0)
    for step in 1...100 { _ = stopping.record(Double(step), step: step) }
    #expect(!stopping.shouldStop)
    #expect(stopping.bestStep == 1)
  }

  @Test("The state of a run comes back from JSON as it was, to the last bit")
  func json() throws {
    var state = TrainingState(earlyStopping: EarlyStopping(patience: 3, threshold: 0.01))
    state.step = 17
    state.appliedSteps = 15
    state.consecutiveSkips = 1
    state.tokens = 123_456
    state.seconds = 0.1 + 0.2
    state.interval.lossSum = 1.0 / 3
    state.interval.tokens = 99
    #expect(
      try TrainingState(JSONFields(state.json, file: "f"), earlyStopping: EarlyStopping(patience: 3, threshold: 0.01))
        == state)
    _ = state.earlyStopping.record(1e-7 / 3, step: 12)
    _ = state.earlyStopping.record(2, step: 16)
    state.validationLoss = 2
    let text = JSONValue.object(state.json).text()
    guard case .object(let object) = try JSONValue(parsing: Array(text.utf8), name: "f") else { return }
    #expect(
      try TrainingState(JSONFields(object, file: "f"), earlyStopping: EarlyStopping(patience: 3, threshold: 0.01))
        == state)
  }

  @Test("A state with impossible numbers is refused, with the key")
  func hostile() throws {
    var object = TrainingState(earlyStopping: EarlyStopping(patience: nil, threshold: 0)).json
    object["applied_steps"] = .integer(5)
    let error = #expect(throws: MartletError.self) {
      try TrainingState(
        JSONFields(object, file: "state.json"), earlyStopping: EarlyStopping(patience: nil, threshold: 0))
    }
    #expect(error?.description.contains("applied_steps") == true)
  }
}
