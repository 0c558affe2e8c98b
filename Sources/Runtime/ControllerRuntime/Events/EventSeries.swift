import KubernetesModel

/// Equal events of one object, counted together.
struct EventSeries: Equatable, Sendable {
    /// What makes events equal. What they say counts as well: two things that happened to one object are two events, and
    /// whoever looks for what happened reads notes. Notes that vary without end are bounded by the object's budget.
    struct Key: Hashable, Sendable {
        let regarding: ObjectReference
        let kind: ObjectEvent.Kind
        let action: String
        let reason: String
        let note: String

        init(_ event: ObjectEvent) {
            var regarding = event.regarding
            regarding.resourceVersion = nil
            self.regarding = regarding
            kind = event.kind
            action = event.action
            reason = event.reason
            note = event.note.truncated(toBytes: KubernetesEvent.noteLimit)
        }
    }

    /// The event as it was created; its series is brought up to date when it is written.
    var event: KubernetesEvent
    var count = 1
    /// How many occurrences the API server knows of.
    var reported = 1
    var reportedAt: Duration
    var lastAt: Duration
    var lastTime: WallTime

    /// The event with the present count, now counted as reported.
    mutating func report(now: Duration) -> KubernetesEvent {
        reported = count
        reportedAt = now
        event.series = KubernetesEvent.Series(count: count, lastObservedTime: lastTime.rfc3339Micro)
        return event
    }
}
