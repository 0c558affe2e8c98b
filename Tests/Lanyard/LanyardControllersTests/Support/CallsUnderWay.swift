import Synchronization

/// Calls that are under way, each for as long as it takes others to begin, too.
final class CallsUnderWay: Sendable {
    private let counts = Mutex((now: 0, most: 0))

    /// How many were under way at once.
    var most: Int { counts.withLock { $0.most } }

    func stay() async {
        counts.withLock { counts in
            counts.now += 1
            counts.most = max(counts.most, counts.now)
        }
        for _ in 0..<200 { await Task.yield() }
        counts.withLock { $0.now -= 1 }
    }
}
