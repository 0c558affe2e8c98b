/// One observation of an object's state, in the form that `kubectl wait` and kstatus read.
public struct Condition: Codable, Equatable, Sendable {
    /// What is observed, such as `Ready`.
    public var type: String
    /// Whether it holds.
    public var status: Status
    /// Why, in UpperCamelCase.
    public var reason: String
    /// A sentence for people.
    public var message: String
    /// The generation of the object that was looked at.
    public var observedGeneration: Int64?
    /// RFC 3339 time at which `status` last changed.
    public var lastTransitionTime: String

    /// Whether the observation holds.
    public enum Status: String, Codable, Sendable {
        case yes = "True"
        case no = "False"
        case unknown = "Unknown"
    }

    /// A condition with the time of its last transition, which is the caller's to keep.
    public init(
        type: String, status: Status, reason: String, message: String, observedGeneration: Int64? = nil,
        lastTransitionTime: String = ""
    ) {
        self.type = type
        self.status = status
        self.reason = reason
        self.message = message
        self.observedGeneration = observedGeneration
        self.lastTransitionTime = lastTransitionTime
    }
}

extension [Condition] {
    /// The condition of a type, if there is one.
    public func condition(_ type: String) -> Condition? {
        first { $0.type == type }
    }

    /// These conditions with the transition times of `previous` where the status did not change, and `now` where it did.
    ///
    /// - Parameters:
    ///   - previous: the conditions that are stored now.
    ///   - now: RFC 3339 time.
    public func keepingTransitionTimes(of previous: [Condition], now: String) -> [Condition] {
        map { condition in
            var stamped = condition
            if let old = previous.condition(condition.type), old.status == condition.status {
                stamped.lastTransitionTime = old.lastTransitionTime
            } else {
                stamped.lastTransitionTime = now
            }
            return stamped
        }
    }
}
