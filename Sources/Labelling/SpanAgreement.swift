/// How far people agree on spans.
public enum SpanAgreement {
  /// Krippendorff's alpha with every scalar of the texts as a unit, whose value is the set of labels on it.
  ///
  /// - Parameter items: the length of each text in scalars, and what each person marked in it.
  ///
  /// Complexity: O(spans * log spans) and no more memory for long texts.
  public static func characterAlpha(_ items: [(length: Int, judgements: [[LabelValue.Span]])]) -> Double? {
    var coincidences = Agreement.Coincidences<[String]>()
    for item in items where item.judgements.count > 1 {
      // Between two neighbouring borders nothing changes, so that each stretch counts at once.
      var events: [(place: Int, person: Int, label: String, isStart: Bool)] = []
      for (person, spans) in item.judgements.enumerated() {
        for span in spans where span.start < span.end {
          events.append((span.start, person, span.label, true))
          events.append((min(span.end, item.length), person, span.label, false))
        }
      }
      events.sort { $0.place < $1.place }
      var active = [[String: Int]](repeating: [:], count: item.judgements.count)
      var place = 0
      func add(upTo end: Int) {
        guard end > place else { return }
        var counts: [[String]: Int] = [:]
        for labels in active { counts[labels.keys.sorted(), default: 0] += 1 }
        coincidences.add(counts, weight: end - place)
        place = end
      }
      for event in events {
        add(upTo: event.place)
        let depth = (active[event.person][event.label] ?? 0) + (event.isStart ? 1 : -1)
        active[event.person][event.label] = depth > 0 ? depth : nil
      }
      add(upTo: item.length)
    }
    return coincidences.alpha
  }

  /// The F1 of one person's spans against another's over the items that both judged: both borders and the label must be
  /// the same. It does not matter who comes first. Nil if neither marked anything.
  public static func exactF1(_ pairs: [([LabelValue.Span], [LabelValue.Span])]) -> Double? {
    var same = 0
    var all = 0
    for (one, other) in pairs {
      let marked = Set(one)
      same += Set(other).count { marked.contains($0) }
      all += marked.count + Set(other).count
    }
    return all == 0 ? nil : 2 * Double(same) / Double(all)
  }
}
