import KubernetesModel

/// A value that one task changes and others wait for.
public final class Observed<Value: Sendable>: Sendable {
    private let monitor: Monitor<Value>

    /// Starts with a value.
    public init(_ value: Value) {
        monitor = Monitor(value)
    }

    /// The value of now.
    public var value: Value { monitor.read { $0 } }

    /// Changes the value and wakes those whose condition holds now. The change must not use this object.
    @discardableResult
    public func update<Result: Sendable>(_ change: (inout Value) -> Result) -> Result {
        monitor.update(change)
    }

    /// Waits until the value meets a condition, which must not use this object.
    ///
    /// - Returns: the first value seen that does.
    /// - Throws: `CancellationError`.
    @discardableResult
    public func wait(until isMet: @escaping @Sendable (Value) -> Bool) async throws -> Value {
        try await monitor.wait { isMet($0) ? $0 : nil }
    }
}
