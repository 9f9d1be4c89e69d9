import Layers
import Models
import TensorGraph

/// The logits, the mean loss and the gradients of all parameters for `tokens` and `targets`, both i32[batch, length].
func lossProgram(_ configuration: any LanguageModelConfiguration, batch: Int, length: Int) throws -> Program {
  try Trace.program { trace in
    let scope = Scope(trace)
    let tokens = trace.input("tokens", TensorType([batch, length], .i32))
    let targets = trace.input("targets", TensorType([batch, length], .i32))
    let model = configuration.model(scope)
    trace.output("logits", model.logits(tokens))
    let loss = model.losses(tokens, targets).mean(over: targets.countedTargets())
    trace.output("loss", loss)
    let states = scope.parameters.map { trace.state($0.name, $0.type) }
    for (parameter, gradient) in zip(scope.parameters, gradients(of: loss, by: states)) {
      trace.output("gradient.\(parameter.name)", gradient)
    }
  }
}
