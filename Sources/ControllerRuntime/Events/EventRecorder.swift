/// Takes note of events. Never blocks and never fails, so that reporting cannot disturb what is reported.
public protocol EventRecorder: Sendable {
    /// Records an event; it may be merged with equal ones, and dropped when there are too many.
    func record(_ event: ObjectEvent)
}
