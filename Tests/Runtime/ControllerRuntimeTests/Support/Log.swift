import Synchronization

/// Collects values from concurrent tasks.
final class Log<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])

    func append(_ value: Value) { values.withLock { $0.append(value) } }

    var all: [Value] { values.withLock { $0 } }
    var count: Int { values.withLock { $0.count } }
}
