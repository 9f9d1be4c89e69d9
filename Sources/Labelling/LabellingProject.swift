import Core

/// What people are asked to label.
public struct LabellingProject: Sendable {
}
