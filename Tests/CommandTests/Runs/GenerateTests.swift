import Core
import Foundation
import TestSupport
import Testing
import Training

@Suite("Generation from the command line", .serialized)
struct GenerateTests {
  @Test("What the model does not see of a prompt is said on standard error, and the text is written all the same")
  func prompts() throws {
    try TinyRun.with(["max_steps: 4"]) { run in
      #expect(try run.train().status == 0)
      func generate(_ prompt: String, _ more: String...) throws -> Martlet.Result {
        try Martlet.run(
          ["generate", "--model", run.output, "--prompt", prompt, "--seed", "1", "--max-new-tokens", "5"] + more)
      }
      let plain = try generate("ba do")
      #expect(plain.status == 0 && plain.errors == "")
      let unknown = try generate("ba\u{1F600} doX")
      #expect(unknown.status == 0 && unknown.output.hasPrefix("ba\u{1F600} doX"))
      #expect(unknown.errors.hasPrefix("martlet: warning: the tokenizer does not know \"\u{1F600}\", \"X\":"))
      let long = try generate(String(repeating: "ba do ", count: 4))
      #expect(long.status == 0)
      #expect(long.errors.contains("the prompt has 24 tokens, the model's n_positions is 16"), "\(long.errors)")
      #expect(try generate("ba do", "--top-k", "0").output == plain.output, "0 stands for all")
      #expect(try generate("ba do", "--top-k", "1").output != plain.output)
    }
  }

  @Test("A damaged best checkpoint is named where another one is taken for it")
  func damagedBest() throws {
    try TinyRun.with(["max_steps: 12", "save_steps: 4", "eval_steps: 4"]) { run in
      #expect(try run.train().status == 0)
      try FileSystem.remove(run.output + "/model")
      let best = try #require(try CheckpointFolder(outputFolder: run.output).bestStep)
      let path = CheckpointFolder(outputFolder: run.output).folder(of: best) + "/model.safetensors"
      var bytes = try FileSystem.read(path, limit: 1 << 24)
      bytes[bytes.count - 1] ^= 1
      try AtomicFile.write(bytes, to: path)
      let generated = try Martlet.run("generate", "--model", run.output, "--prompt", "ba", "--max-new-tokens", "2")
      #expect(generated.status == 0)
      #expect(generated.errors.contains("martlet: warning: damaged checkpoint: \(path)"), "\(generated.errors)")
      let exported = try Martlet.run("export", "--from", run.output, "--to", run.folder + "/out")
      #expect(exported.status == 0)
      #expect(exported.errors.contains("martlet: warning: damaged checkpoint: \(path)"), "\(exported.errors)")
    }
  }
}
