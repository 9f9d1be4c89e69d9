import Core

/// What people are asked to label, how, and where it is kept: the content of a project file.
public struct LabellingProject: Sendable, Equatable {
  /// What is asked of an item.
  public enum Task: String, Sendable, CaseIterable {
    /// One of the labels.
    case classification
    /// Any number of the labels.
    case multiLabel = "multi-label"
    /// Labels on parts of the text.
    case span
    /// Which of two texts is better.
    case preference
    /// A text that answers.
    case answer

    /// Whether the project must name labels.
    public var hasLabels: Bool { self == .classification || self == .multiLabel || self == .span }
  }

  /// A label that people choose.
  public struct Label: Sendable, Equatable {
    /// Its name, which is what is stored.
    public var name: String
    /// The key that chooses it: a digit or a small letter.
    public var key: String
    /// Its colour, `#rrggbb`.
    public var color: String

    /// A label.
    public init(name: String, key: String, color: String) {
      self.name = name
      self.key = key
      self.color = color
    }
  }

  /// In which order items are handed out.
  public enum Order: String, Sendable, CaseIterable {
    /// Those first that a model is least sure of, by the entropy of its scores; the rest in the order of the file.
    case entropy
    /// Those first whose two best scores are nearest; the rest in the order of the file.
    case margin
    /// In the order of the files.
    case file
  }

  /// The name, which the page shows.
  public var name = "Labelling"
  /// What is asked.
  public var task = Task.classification
  /// The labels, in order.
  public var labels: [Label] = []
  /// JSON Lines files with the items.
  public var input: [String] = []
  /// The SQLite database that judgements are kept in.
  public var database = "labels.db"
  /// Who may label; anybody who knows the token if there are none.
  public var annotators: [String] = []
  /// Who may decide conflicts; all annotators if there are none.
  public var reviewers: [String] = []
  /// How many people are to judge each item.
  public var judgementsPerItem = 1
  /// How to label, in words for the annotators.
  public var guidelines = ""
  /// The order of the items.
  public var order = Order.entropy
  /// Minutes for which an item that one person looks at is kept from others.
  public var lockMinutes = 10
  /// Whether spans may overlap.
  public var allowsOverlap = false
  /// Whether two texts may be called equally good.
  public var allowsTie = false
  /// Whether the two texts change sides at random, so that a habit of choosing the left one shows as no preference.
  public var shufflesSides = true
  /// Whether people see what a model says before they judge; it saves work and sways them.
  public var showsPredictions = false
  /// The address to listen on.
  public var host = "127.0.0.1"
  /// The port to listen on.
  public var port = 8420
  /// Names, besides addresses and `localhost`, under which browsers may reach the page.
  public var hostNames: [String] = []
  /// A file that holds the token.
  public var tokenFile: String?

  /// A project with the usual values.
  public init() {}

  /// Whether a person may log in by this name.
  public func allows(annotator: String) -> Bool {
    annotators.isEmpty || annotators.contains(annotator) || reviewers.contains(annotator)
  }

  /// Whether a person may decide.
  public func isReviewer(_ annotator: String) -> Bool { reviewers.isEmpty || reviewers.contains(annotator) }
}
