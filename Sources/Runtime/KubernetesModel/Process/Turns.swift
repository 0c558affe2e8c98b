/// A limited number of places; who finds none waits for one, first come first served.
///
/// For clients that share a few connections: a connection pool's own queue ends a wait whenever it likes, and calls that a
/// failure of the server.
public final class Turns: Sendable {
    /// How many places are free. While somebody waits there is none: a place that is given back is taken at once.
    private let free: Monitor<Int>

    /// - Parameter places: how many there are; at least one.
    public init(_ places: Int) {
        free = Monitor(max(places, 1))
    }

    /// How many wait.
    public var waitingCount: Int { free.waitingCount }

    /// Waits for a place, which is given back with `leave()`.
    ///
    /// - Parameter time: how long to wait.
    /// - Returns: whether there is one; false also when the task is cancelled.
    public func enter(atMost time: Duration, _ clock: any RuntimeClock) async -> Bool {
        if !Task.isCancelled, free.update({ Self.take(&$0) }) == true { return true }
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask { await self.waitForPlace() }
            group.addTask {
                try? await clock.sleep(for: time)
                return false
            }
            var hasEntered = false
            // Whichever ends first ends the other; a place that came at the last moment is taken.
            for await result in group {
                hasEntered = hasEntered || result
                group.cancelAll()
            }
            return hasEntered
        }
    }

    /// Hands the place to the first who waits.
    public func leave() {
        free.update { $0 += 1 }
    }

    private func waitForPlace() async -> Bool {
        (try? await free.waitInLine { Self.take(&$0) }) ?? false
    }

    /// Takes a place; nil when none is free.
    private static func take(_ free: inout Int) -> Bool? {
        guard free > 0 else { return nil }
        free -= 1
        return true
    }
}
