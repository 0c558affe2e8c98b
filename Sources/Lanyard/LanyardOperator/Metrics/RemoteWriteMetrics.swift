import Metrics

/// How many writes to one external system there were, and how they ended.
struct RemoteWriteMetrics<Operation: RawRepresentable & CaseIterable & Hashable & Sendable>: Sendable
where Operation.RawValue == String {
    /// How a write ended.
    enum Result: String, CaseIterable {
        case success
        case error
        /// Not sent, because this process may not write (any more).
        case fenced
    }

    private let counters: [Operation: [Result: Counter]]

    /// Makes all series, at zero.
    init(system: String, factory: any MetricsFactory = MetricsSystem.factory) {
        counters = Dictionary(
            uniqueKeysWithValues: Operation.allCases.map { operation in
                let results = Result.allCases.map { result in
                    let labels = [
                        ("system", system), ("operation", operation.rawValue), ("result", result.rawValue),
                    ]
                    return (result, Counter(label: "lanyard_remote_writes_total", dimensions: labels, factory: factory))
                }
                return (operation, Dictionary(uniqueKeysWithValues: results))
            })
    }

    func count(_ operation: Operation, _ result: Result) {
        counters[operation]?[result]?.increment()
    }
}
