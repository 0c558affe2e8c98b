public import KubernetesModel
import Synchronization

/// The time until which this process may write to systems that know nothing of its Lease.
///
/// A process that was paused can wake up after its Lease went to somebody else. It therefore asks the fence before every
/// external write, and takes no longer for the write than the fence allows. The deadline counts from the *start* of the
/// last successful renewal, on a clock that goes on while the machine is suspended.
public final class LeadershipFence: Sendable {
    /// A fence for processes without leader election: everything is allowed.
    public static let alwaysOpen = LeadershipFence(clock: SystemClock(), deadline: .max)

    private static let unlimited: Duration = .seconds(86_400)

    private let clock: any RuntimeClock
    /// Nanoseconds of the clock; minimum when closed, maximum when never closing.
    private let deadline: Atomic<Int64>

    /// Makes a closed fence.
    public convenience init(clock: any RuntimeClock) {
        self.init(clock: clock, deadline: .min)
    }

    private init(clock: any RuntimeClock, deadline: Int64) {
        self.clock = clock
        self.deadline = Atomic(deadline)
    }

    /// Opens the fence until a time of the clock (`clock.now` plus something); an earlier time than the present one is ignored.
    public func extend(until time: Duration) {
        _ = deadline.max(time.wholeNanoseconds ?? .max - 1, ordering: .sequentiallyConsistent)
    }

    /// Forbids external writes from now on.
    public func close() {
        deadline.store(.min, ordering: .sequentiallyConsistent)
    }

    /// For how long external writes are allowed; nil when they are not.
    ///
    /// - Parameter margin: kept back at the end, for what is on its way when the time is up.
    public func remaining(margin: Duration = .seconds(1)) -> Duration? {
        let deadline = deadline.load(ordering: .sequentiallyConsistent)
        if deadline == .max { return Self.unlimited }
        guard deadline != .min else { return nil }
        let remaining = .nanoseconds(deadline) - clock.now - margin
        return remaining > .zero ? remaining : nil
    }
}

/// Thrown by the elector when the lease went to another replica or could not be renewed in time. The process has to end:
/// its fence is closed, and it must not go on with what it believed.
///
/// Reconcilers throw it when they find the fence closed before an external write.
public struct LeadershipLost: Error, Equatable, CustomStringConvertible {
    /// Says that this process does not lead.
    public init() {}

    /// One text for all reasons, for logs.
    public var description: String { "leadership was lost" }
}
