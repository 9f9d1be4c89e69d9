import CPUBackend
import Core
import Datasets
import TestSupport
import Testing
import Training

@Suite("What draws the batches")
struct SamplerTests {
  /// The training and `martlet verify` both ask the recipe.
  @Test("The sampler is the one that the recipe names", arguments: [DataSection.Sampling.random, .epoch])
  func order(sampling: DataSection.Sampling) throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write(String(repeating: "some text to draw from. ", count: 20), to: folder + "/a.txt")
      var recipe = Recipe()
      recipe.name = "sampler"
      recipe.data.files = [folder + "/a.txt"]
      recipe.data.tokenizer.type = .char
      recipe.data.sampling = sampling
      recipe.train.contextLength = 8
      recipe.train.seed = 3
      recipe.train.outputDir = folder + "/run"
      let dataset = try Trainer(recipe, on: CPU(threads: 1)).prepareData()
      let sampler = try recipe.sampler(of: dataset)
      let same = try BatchSampler(
        dataset.train, contextLength: 8, order: sampling == .epoch ? .epochs : .random, seed: 3)
      #expect(sampler.order == same.order)
      #expect((0..<50).map { sampler.windowStart(of: $0) } == (0..<50).map { same.windowStart(of: $0) })
    }
  }
}
