import Core
import Layers
import TestSupport
import Testing

@Suite struct ScheduleTests {
  /// The schedules of the golden file under the names and options that Martlet has for them.
  private func schedule(_ fields: JSONFields, _ options: JSONFields) throws -> Schedule? {
    let kind: Schedule.Kind
    switch try fields.string("lr_scheduler_type") {
    case "constant", "constant_with_warmup": kind = .constant
    case "linear": kind = .linear
    case "cosine", "cosine_with_min_lr": kind = .cosine
    case "warmup_stable_decay": kind = .warmupStableDecay
    default: return nil
    }
    let minimum = try options.number("min_lr_rate", default: options.number("min_lr_ratio", default: 0))
    return try Schedule(
      kind, learningRate: 1, minimumLearningRate: minimum, warmupSteps: fields.integer("warmup_steps", in: 0...1000),
      totalSteps: fields.integer("max_steps"), decaySteps: options.integer("num_decay_steps", default: 1),
      decay: #require(Schedule.Decay(rawValue: options.string("decay_type", default: "linear"))))
  }

  @Test func ratesAreThoseOfTransformers() throws {
    let file = try JSONFields(file: fixture("schedules/schedules.json"))
    var compared = 0
    for element in try #require(file.object["cases"]?.arrayValue) {
      let fields = JSONFields(try #require(element.objectValue), file: file.file)
      let options = try fields.fields("options")
      guard let schedule = try schedule(fields, options) else { continue }
      let steps = try #require(fields.object["steps"]?.arrayValue).compactMap(\.integerValue)
      let factors = try #require(fields.object["factors"]?.arrayValue).compactMap(\.doubleValue)
      for (step, factor) in zip(steps, factors) {
        #expect(abs(schedule.learningRate(at: step) - factor) < 1e-12, "\(schedule) at step \(step)")
      }
      compared += 1
    }
    #expect(compared == 13)
  }

  @Test func ratesStayAtTheMinimumBehindTheEnd() throws {
    for kind in Schedule.Kind.allCases where kind != .constant {
      let schedule = try Schedule(
        kind, learningRate: 0.01, minimumLearningRate: 0.001, warmupSteps: 5, totalSteps: 20, decaySteps: 10)
      for step in [20, 21, 1000] { #expect(abs(schedule.learningRate(at: step) - 0.001) < 1e-15) }
      #expect(schedule.learningRate(at: 5) == 0.01)
    }
  }

  @Test func impossibleSchedulesAreRefused() {
    func refusal(
      _ kind: Schedule.Kind = .linear, rate: Double = 1, minimum: Double = 0, warmup: Int = 0, total: Int = 5,
      decay: Int = 0
    ) -> String? {
      do {
        _ = try Schedule(
          kind, learningRate: rate, minimumLearningRate: minimum, warmupSteps: warmup, totalSteps: total,
          decaySteps: decay)
        return nil
      } catch { return (error as? MartletError)?.message }
    }
    #expect(refusal() == nil)
    #expect(refusal(rate: -1) == "learning_rate is -1.0")
    #expect(refusal(rate: .nan) == "learning_rate is nan")
    #expect(
      refusal(rate: 0.1, minimum: 0.2) == "the minimum learning rate 0.2 is not between 0 and learning_rate (0.1)")
    #expect(refusal(total: 0) == "the number of steps is 0")
    #expect(refusal(warmup: 6) == "warmup_steps is 6, the training has 5 steps")
    #expect(
      refusal(.warmupStableDecay, warmup: 3, decay: 3) == "3 steps of decay do not fit behind 3 of warm-up into 5 steps"
    )
  }
}
