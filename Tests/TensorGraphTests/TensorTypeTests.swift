import Core
import TensorGraph
import TestSupport
import Testing

@Suite struct TensorTypeTests {
  @Test func sizesBeyond64BitsAreTheLargestNumberAndNeverATrap() {
    let huge = TensorType([1 << 40, 1 << 40])
    #expect(huge.count == .max && huge.byteCount == .max && huge.strides == [1 << 40, 1])
    #expect(TensorType([1 << 62]).byteCount == .max)
    #expect(TensorType([1 << 40, 1 << 40, 0]).count == 0)
    #expect(TensorType([1 << 40, 1 << 40, 3]).strides == [3 << 40, 3, 1])
    #expect(TensorType([2, 3], .i64).byteCount == 48)
    #expect(([] as [Int]).product == 1)
  }

  @Test func aTensorThatNoMachineHoldsIsAnErrorThatNamesIt() {
    func error(_ body: (Trace) -> Void) -> MartletError? {
      #expect(throws: MartletError.self) { try Trace.program(body) }
    }
    let weight = error { _ = $0.state("wte", TensorType([1 << 24, 1 << 20])) }
    #expect(weight?.code == .resource && weight?.remedy != nil)
    #expect(weight?.message == "'wte', a tensor f32[16777216, 1048576], is larger than 4.3 TB")
    let product = error { trace in
      let x = trace.input("x", TensorType([1 << 24, 8]))
      trace.output("y", x.matmul(x, transposeOther: true).reshape([-1]))
    }
    #expect(product?.message == "the result of matmul, a tensor f32[16777216, 16777216], is larger than 4.3 TB")
    #expect(throws: Never.self) { try Trace.program { _ = $0.input("x", TensorType([1 << 40])) } }
  }
}
