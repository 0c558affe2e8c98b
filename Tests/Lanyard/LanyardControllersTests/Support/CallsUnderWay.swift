import Synchronization
import TestSupport

/// Calls that are under way, the first of them until as many have begun as should be at once, and a little longer.
final class CallsUnderWay: Sendable {
    private let expected: Int
    private let counts = Mutex((now: 0, most: 0))

    /// - Parameter expected: how many should be under way at once.
    init(expecting expected: Int) {
        self.expected = expected
    }

    /// How many were under way at once.
    var most: Int { counts.withLock { $0.most } }

    /// - Throws: when fewer are under way at once than should be.
    func stay() async throws {
        counts.withLock { counts in
            counts.now += 1
            counts.most = max(counts.most, counts.now)
        }
        defer { counts.withLock { $0.now -= 1 } }
        try await eventually("\(expected) calls are under way at once") { most >= expected }
        // For one that should not begin yet.
        for _ in 0..<200 { await Task.yield() }
    }
}
