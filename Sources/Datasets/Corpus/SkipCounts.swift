import Core
import Documents

/// What was left out while an input was read, by reason, with the first few of each.
struct SkipCounts: Sendable, Equatable {
  private(set) var counts: [String: Int] = [:]
  private(set) var samples: [String: [Skip]] = [:]

  /// How many samples of a reason are kept.
  static let samplesPerReason = 5
  /// Reasons come from readers that name a few; should one put data into them, the rest is counted together.
  private static let mostReasons = 200
  private static let longestSample = 400

  var total: Int { counts.values.reduce(0, +) }

  mutating func add(_ skip: Skip) {
    var skip = skip
    if counts[skip.reason] == nil, counts.count >= Self.mostReasons { skip.reason = "other reasons" }
    counts[skip.reason, default: 0] += 1
    guard samples[skip.reason, default: []].count < Self.samplesPerReason else { return }
    skip.sample = Terminal.fit(String(skip.sample.prefix(Self.longestSample)), columns: Self.longestSample)
    samples[skip.reason, default: []].append(skip)
  }

  mutating func add(_ other: SkipCounts) {
    for (reason, count) in other.counts {
      counts[reason, default: 0] += count
      let room = Self.samplesPerReason - samples[reason, default: []].count
      if room > 0 { samples[reason, default: []] += (other.samples[reason] ?? []).prefix(room) }
    }
  }

  var json: JSONValue {
    var object = JSONObject()
    for reason in counts.keys.sorted() {
      object[reason] = .object([
        "count": .integer(counts[reason] ?? 0),
        "samples": .array(
          (samples[reason] ?? []).map { .object(["place": .string($0.place), "sample": .string($0.sample)]) }),
      ])
    }
    return .object(object)
  }

  init() {}

  init(_ fields: JSONFields) throws {
    for reason in fields.object.keys {
      let entry = try fields.fields(reason)
      counts[reason] = try entry.integer("count", in: 0...1 << 52)
      samples[reason] = try entry.objects("samples").map {
        Skip(reason: reason, place: try $0.string("place"), sample: try $0.string("sample"))
      }
    }
  }
}
