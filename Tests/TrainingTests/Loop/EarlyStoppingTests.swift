import Core
import Testing
import Training

@Suite("Early stopping")
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
}
