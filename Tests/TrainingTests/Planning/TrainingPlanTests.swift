import Core
import Testing
import Training

@Suite("What is foretold of a run")
struct TrainingPlanTests {
  private func plan(_ change: (inout TrainingPlan) -> Void) -> TrainingPlan {
    var plan = TrainingPlan()
    (plan.stateBytes, plan.workspaceBytes, plan.finishBytes, plan.processBytes) = (400, 300, 100, 50)
    (plan.availableMemory, plan.freeDisk, plan.totalSteps) = (1000, 1000, 10)
    change(&plan)
    return plan
  }

  @Test("Tokens that stay on the disk need no memory; what there is room for is part of what is foretold")
  func mappedData() throws {
    let corpus = plan { $0.dataBytes = 1 << 40 }
    try corpus.check()
    #expect(corpus.neededBytes == 800 && corpus.memoryBytes == 1050)
    #expect(plan { $0.dataBytes = 20 }.memoryBytes == 870)
    let error = #expect(throws: MartletError.self) { try plan { $0.stateBytes = 601 }.check() }
    #expect(error?.message == "this run needs about 1.0 kB of memory, 1.0 kB are available")
  }

  @Test("Checkpoints that are there already need no more disk; the one that is written does")
  func existingCheckpoints() throws {
    func disk(_ existing: Int, done: Int = 5) -> TrainingPlan {
      plan { ($0.diskBytes, $0.checkpointBytes, $0.existingBytes, $0.doneSteps) = (2400, 600, existing, done) }
    }
    #expect(throws: MartletError.self) { try disk(1300).check() }
    try disk(1400).check()
    #expect(disk(1400).newDiskBytes == 1000)
    #expect(disk(2400).newDiskBytes == 600 && disk(2400, done: 10).newDiskBytes == 0)
  }

  @Test("Only what is still to come takes time")
  func time() {
    let rest = plan {
      ($0.stepSeconds, $0.evaluationSeconds, $0.saveSeconds) = (1, 100, 10_000)
      ($0.evaluations, $0.saves, $0.doneSteps) = (5, 7, 4)
      ($0.doneEvaluations, $0.doneSaves) = (2, 3)
    }
    #expect(rest.totalSeconds == 6 + 300 + 40_000)
  }
}
