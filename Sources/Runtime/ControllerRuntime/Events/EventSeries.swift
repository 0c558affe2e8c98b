import KubernetesModel

/// Equal events of one object, counted together.
struct EventSeries: Sendable {
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

    /// Keeps an event out of the table of all series, which would be room for events mostly.
    private final class Box: Sendable {
        let event: KubernetesEvent

        init(_ event: KubernetesEvent) { self.event = event }
    }

    private let box: Box
    var count = 1
    /// How many occurrences the API server knows of.
    var reported = 1
    var reportedAt: Duration
    var lastAt: Duration
    var lastTime: WallTime

    /// A series of one event that was just created.
    init(_ event: KubernetesEvent, now: Duration, time: WallTime) {
        box = Box(event)
        reportedAt = now
        lastAt = now
        lastTime = time
    }

    /// The event as it was created.
    var event: KubernetesEvent { box.event }

    /// The event with the present count, now counted as reported.
    mutating func report(now: Duration) -> KubernetesEvent {
        reported = count
        reportedAt = now
        var event = event
        event.series = KubernetesEvent.Series(count: count, lastObservedTime: lastTime.rfc3339Micro)
        return event
    }
}
