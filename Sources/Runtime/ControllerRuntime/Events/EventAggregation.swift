import KubernetesModel

/// Decides which events reach the API server: the first of a kind is created, the second makes it a series, later ones are
/// counted here and reported every half hour and at the end (client-go `tools/events`). Pure.
struct EventAggregation: Sendable {
    /// A request to make.
    enum Write: Equatable, Sendable {
        case create(KubernetesEvent)
        case updateSeries(KubernetesEvent)

        var event: KubernetesEvent {
            switch self {
            case .create(let event), .updateSeries(let event): event
            }
        }

        /// Where the event is stored.
        var namespace: String { event.metadata.namespace ?? "" }
    }

    static let reportEvery: Duration = .seconds(30 * 60)
    static let finishAfter: Duration = .seconds(6 * 60)
    static let maximumSeries = 4_096
    /// Per object: this many writes at once, then one per `budgetRefill`.
    static let budgetBurst: Double = 25
    static let budgetRefill: Duration = .seconds(5 * 60)

    private var series: [EventSeries.Key: EventSeries] = [:]
    private var budgets: [ObjectReference: (tokens: Double, at: Duration)] = [:]

    /// Takes note of an event.
    ///
    /// - Parameters:
    ///   - makeEvent: builds the object for a first occurrence.
    /// - Returns: the write that is due now, if any; `isOverBudget` when one would be, but the object had too many.
    mutating func observe(
        _ event: ObjectEvent, now: Duration, time: WallTime, makeEvent: () -> KubernetesEvent
    ) -> (write: Write?, isOverBudget: Bool) {
        let key = EventSeries.Key(event)
        // A series goes on until `due` has ended it, so that none is lost with a count that was not reported.
        if var known = series[key] {
            known.count += 1
            known.lastAt = now
            known.lastTime = time
            var write: Write?
            if known.count == 2 || now - known.reportedAt >= Self.reportEvery, takeBudget(key.regarding, now) {
                write = .updateSeries(known.report(now: now))
            }
            series[key] = known
            return (write, false)
        }
        guard takeBudget(key.regarding, now) else { return (nil, true) }
        makeRoom()
        let created = makeEvent()
        series[key] = EventSeries(created, now: now, time: time)
        return (.create(created), false)
    }

    /// Forgets a series whose creation was dropped, so that the next occurrence is a first one again.
    mutating func forget(_ event: ObjectEvent) {
        series[EventSeries.Key(event)] = nil
    }

    /// Series that are due for a report, or over.
    mutating func due(now: Duration) -> [Write] {
        var writes: [Write] = []
        for (key, known) in series.sorted(by: { $0.value.event.metadata.name < $1.value.event.metadata.name }) {
            var known = known
            let isOver = now - known.lastAt >= Self.finishAfter
            if known.count > known.reported, isOver || now - known.reportedAt >= Self.reportEvery {
                writes.append(.updateSeries(known.report(now: now)))
            }
            series[key] = isOver ? nil : known
        }
        // A table that is empty still has the room of its best days.
        if series.isEmpty { series = [:] }
        budgets = budgets.filter { refilled($0.value, now) < Self.budgetBurst }
        return writes
    }

    /// Ends all series, at shutdown.
    mutating func finish(now: Duration) -> [Write] {
        var writes: [Write] = []
        for (_, known) in series.sorted(by: { $0.value.event.metadata.name < $1.value.event.metadata.name })
        where known.count > known.reported {
            var known = known
            writes.append(.updateSeries(known.report(now: now)))
        }
        series = [:]
        return writes
    }

    /// The number of series and budgets that are remembered.
    var size: Int { series.count + budgets.count }

    private mutating func takeBudget(_ object: ObjectReference, _ now: Duration) -> Bool {
        if budgets[object] == nil, budgets.count >= Self.maximumSeries {
            let oldest = budgets.sorted { $0.value.at < $1.value.at }.prefix(Self.maximumSeries / 4)
            for (object, _) in oldest { budgets[object] = nil }
        }
        let tokens = budgets[object].map { refilled($0, now) } ?? Self.budgetBurst
        guard tokens >= 1 else { return false }
        budgets[object] = (tokens - 1, now)
        return true
    }

    private func refilled(_ budget: (tokens: Double, at: Duration), _ now: Duration) -> Double {
        min(Self.budgetBurst, budget.tokens + (now - budget.at) / Self.budgetRefill)
    }

    /// Drops the quarter of the series that is oldest when there are too many: rare, so a sort is cheap enough.
    private mutating func makeRoom() {
        guard series.count >= Self.maximumSeries else { return }
        let oldest = series.sorted { $0.value.lastAt < $1.value.lastAt }.prefix(Self.maximumSeries / 4)
        for (key, _) in oldest { series[key] = nil }
    }
}
