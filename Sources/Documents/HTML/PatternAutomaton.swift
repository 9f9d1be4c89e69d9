/// Finds many patterns in one pass over a text.
///
/// Source: Aho and Corasick, Efficient String Matching, 1975.
struct PatternAutomaton: Sendable {
  /// The class of each byte; bytes that no pattern has are of class 0.
  private var classes = [UInt8](repeating: 0, count: 256)
  /// The next state by state and class.
  private var next: [UInt16]
  /// The values of the patterns that end in a state, united.
  private var values: [UInt32]
  private let width: Int

  /// A pass over a text.
  struct Scanner {
    fileprivate let classes: UnsafePointer<UInt8>
    fileprivate let next: UnsafePointer<UInt16>
    fileprivate let values: UnsafePointer<UInt32>
    fileprivate let width: Int
    private var state = 0
    /// The values of all patterns that were found.
    private(set) var found: UInt32 = 0

    fileprivate init(
      classes: UnsafePointer<UInt8>, next: UnsafePointer<UInt16>, values: UnsafePointer<UInt32>, width: Int
    ) {
      self.classes = classes
      self.next = next
      self.values = values
      self.width = width
    }

    /// Reads a byte.
    @inline(__always)
    mutating func step(_ byte: UInt8) {
      state = Int(next[state * width + Int(classes[Int(byte)])])
      found |= values[state]
    }
  }

  /// An automaton for patterns with values of one bit each, in which bytes with the same symbol are alike.
  init(_ patterns: [([UInt8], UInt32)], symbol: (UInt8) -> UInt8) {
    var count = 1
    var classOfSymbol = [UInt8](repeating: 0, count: 256)
    for (pattern, _) in patterns {
      for byte in pattern where classOfSymbol[Int(symbol(byte))] == 0 {
        classOfSymbol[Int(symbol(byte))] = UInt8(count)
        count += 1
      }
    }
    width = count
    for byte in 0..<256 { classes[byte] = classOfSymbol[Int(symbol(UInt8(byte)))] }
    next = Array(repeating: 0, count: width)
    values = [0]
    for (pattern, value) in patterns {
      var state = 0
      for byte in pattern {
        let slot = state * width + Int(classes[Int(byte)])
        if next[slot] == 0 {
          next[slot] = UInt16(values.count)
          values.append(0)
          next += Array(repeating: 0, count: width)
        }
        state = Int(next[slot])
      }
      values[state] |= value
    }
    // What follows a state that has no such letter is what follows its longest proper ending.
    var fallback = [Int](repeating: 0, count: values.count)
    var queue = (0..<width).map { Int(next[$0]) }.filter { $0 != 0 }
    var first = 0
    while first < queue.count {
      let state = queue[first]
      first += 1
      values[state] |= values[fallback[state]]
      for index in 0..<width {
        let other = next[fallback[state] * width + index]
        let slot = state * width + index
        if next[slot] == 0 {
          next[slot] = other
        } else {
          fallback[Int(next[slot])] = Int(other)
          queue.append(Int(next[slot]))
        }
      }
    }
  }

  /// Passes over a text.
  func withScanner<Result>(_ body: (inout Scanner) -> Result) -> Result {
    classes.withUnsafeBufferPointer { classes in
      next.withUnsafeBufferPointer { next in
        values.withUnsafeBufferPointer { values in
          var scanner = Scanner(
            classes: classes.baseAddress!, next: next.baseAddress!, values: values.baseAddress!, width: width)
          return body(&scanner)
        }
      }
    }
  }
}
