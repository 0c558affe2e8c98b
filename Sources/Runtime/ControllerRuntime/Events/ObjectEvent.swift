public import KubernetesModel

/// Something that happened to an object and that its owner should see in `kubectl describe`.
///
/// Report transitions, not passes, and keep the note constant for one reason: repetitions are then counted in one
/// event instead of filling the API server.
public struct ObjectEvent: Equatable, Sendable {
    /// Whether somebody should be worried.
    public enum Kind: String, Sendable {
        /// All is as intended.
        case normal = "Normal"
        /// Somebody has to look at it.
        case warning = "Warning"
    }

    /// The object that `kubectl describe` shows it on.
    public var regarding: ObjectReference
    /// Whether somebody should be worried.
    public var kind: Kind
    /// Why, as a documented UpperCamelCase constant.
    public var reason: String
    /// What was done or tried, in UpperCamelCase.
    public var action: String
    /// One sentence for people; at most 1 kB is kept.
    public var note: String

    /// When it happened is the recorder's to say.
    public init(regarding: ObjectReference, kind: Kind, reason: String, action: String, note: String) {
        self.regarding = regarding
        self.kind = kind
        self.reason = reason
        self.action = action
        self.note = note
    }
}

/// Takes note of events. Never blocks and never fails, so that reporting cannot disturb what is reported.
public protocol EventRecorder: Sendable {
    /// Records an event; it may be merged with equal ones, and dropped when there are too many.
    func record(_ event: ObjectEvent)
}
