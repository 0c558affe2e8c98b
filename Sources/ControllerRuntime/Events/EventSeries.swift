import KubernetesModel

/// Equal events of one object, counted together.
struct EventSeries: Equatable, Sendable {
    /// What makes events equal. The note does not count, or varying notes would defeat the aggregation.
    struct Key: Hashable, Sendable {
        let regarding: ObjectReference
        let kind: ObjectEvent.Kind
        let action: String
        let reason: String

        init(_ event: ObjectEvent) {
            var regarding = event.regarding
            regarding.resourceVersion = nil
            self.regarding = regarding
            kind = event.kind
            action = event.action
            reason = event.reason
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
