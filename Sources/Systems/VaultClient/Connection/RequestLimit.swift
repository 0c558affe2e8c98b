import KubernetesModel
import Synchronization

/// Lets a limited number of requests pass at once; the others wait in order of arrival.
///
/// A request that takes long, because of a database or of leases that it waits for, makes room for the others: it goes on
/// without a place, if not too many do already. So what is slow has a share, and never all.
final class RequestLimit: Sendable {
    private let turns: Turns
    /// How many more may go on without a place.
    private let freeAside: Mutex<Int>

    /// - Parameters:
    ///   - count: how many requests have a place.
    ///   - aside: how many that take long go on without one.
    init(_ count: Int, aside: Int) {
        turns = Turns(count)
        freeAside = Mutex(max(aside, 1))
    }

    /// How many wait, for tests.
    var waitingCount: Int { turns.waitingCount }

    /// The right of a request to be under way.
    final class Place: Sendable {
        private let limit: RequestLimit
        private let isAside = Mutex(false)

        fileprivate init(_ limit: RequestLimit) {
            self.limit = limit
        }

        /// Makes room for another request.
        ///
        /// - Returns: whether the request may go on; false when too many do so already.
        func stepAside() -> Bool {
            let isNews: Bool? = isAside.withLock { isAside in
                if isAside { return false }
                let isAllowed = limit.freeAside.withLock { free in
                    guard free > 0 else { return false }
                    free -= 1
                    return true
                }
                isAside = isAllowed
                return isAllowed ? true : nil
            }
            if isNews == true { limit.turns.leave() }
            return isNews != nil
        }

        fileprivate func giveBack() {
            if isAside.withLock({ $0 }) {
                limit.freeAside.withLock { $0 += 1 }
            } else {
                limit.turns.leave()
            }
        }
    }

    /// Runs an operation when it is its turn.
    ///
    /// - Parameter time: how long it may take until then.
    /// - Throws: `VaultError` with code `slow` when its turn does not come, `cancelled` when the task is cancelled
    ///   while it waits; what the operation throws.
    func withPlace<Result>(
        atMost time: Duration, _ clock: any RuntimeClock, _ operation: (Place) async throws(VaultError) -> Result
    ) async throws(VaultError) -> Result {
        guard await turns.enter(atMost: time, clock) else {
            throw Task.isCancelled ? .taskCancelled : VaultError(.slow, "its turn did not come in time")
        }
        let place = Place(self)
        defer { place.giveBack() }
        return try await operation(place)
    }
}
