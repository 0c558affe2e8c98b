import Metrics
import SPIREClient
import Synchronization

/// How many calls to SPIRE there were, how they ended, and how long they took.
final class SPIRERequestMetrics: Sendable {
    /// What a call does: a closed set, so that no name of an object becomes a label.
    enum Operation: String {
        case createEntry = "create_entry"
        case updateEntry = "update_entry"
        case deleteEntry = "delete_entry"
        case readEntry = "read_entry"
        case listEntries = "list_entries"
        case countEntries = "count_entries"
        case readAgent = "read_agent"
        case listAgents = "list_agents"
        case readBundle = "read_bundle"
        case listFederation = "list_federation"
        case health
    }

    private struct Instruments {
        var counters: [Operation: [String: Counter]] = [:]
        var timers: [Operation: Timer] = [:]
    }

    private let instruments = Mutex(Instruments())
    private let factory: any MetricsFactory

    init(factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
    }

    /// Counts one that ended.
    ///
    /// - Parameter failure: what it ended with; nil when it worked.
    func ended(_ operation: Operation, _ failure: SPIREError.Code?) {
        let status = failure?.rawValue ?? "success"
        let counter = instruments.withLock { instruments in
            let counter =
                instruments.counters[operation]?[status]
                ?? Counter(
                    label: "spire_requests_total",
                    dimensions: [("operation", operation.rawValue), ("status", status)], factory: factory)
            instruments.counters[operation, default: [:]][status] = counter
            return counter
        }
        counter.increment()
    }

    /// Notes how long a call took, be it for one entry or for several.
    func took(_ operation: Operation, _ duration: Duration) {
        let timer = instruments.withLock { instruments in
            let timer =
                instruments.timers[operation]
                ?? Timer(
                    label: "spire_request_duration_seconds", dimensions: [("operation", operation.rawValue)],
                    factory: factory)
            instruments.timers[operation] = timer
            return timer
        }
        timer.record(duration: duration)
    }
}
