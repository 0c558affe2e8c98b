/// Whether a reflector keeps its store up to date, for readiness checks and logs.
public struct SourceHealth: Equatable, Sendable {
    /// Whether the first complete list has been delivered.
    public var hasSynced: Bool
    /// What is wrong at the moment; nil when the watch is open.
    public var problem: Problem?

    /// How a source is now; nothing is wrong, where no problem is given.
    public init(hasSynced: Bool, problem: Problem? = nil) {
        self.hasSynced = hasSynced
        self.problem = problem
    }

    /// Whether work may rely on this source: it was listed, and nothing is wrong that only people can mend. An API server out
    /// of reach does not count, or all replicas would be taken out of service together, and put back again, with it.
    public var isReady: Bool {
        switch problem?.reason {
        case .forbidden, .notServed, .unauthorized: false
        case .unavailable, nil: hasSynced
        }
    }

    /// What keeps a store from being up to date.
    public struct Problem: Equatable, Sendable {
        /// The kind of problem.
        public var reason: Reason
        /// What happened, for people.
        public var message: String

        /// What is wrong, with a text for people.
        public init(_ reason: Reason, _ message: String) {
            self.reason = reason
            self.message = message
        }
    }

    /// Why a store is not up to date.
    public enum Reason: String, Sendable {
        /// The API server does not allow this process to list or watch the kind.
        case forbidden = "Forbidden"
        /// The kind does not exist (yet): its definition is not installed.
        case notServed = "NotServed"
        /// The API server does not accept the credentials.
        case unauthorized = "Unauthorized"
        /// The API server is out of reach, overloaded, or answers nonsense.
        case unavailable = "Unavailable"
    }
}
