import KubernetesModel

/// Says on an object that it does not fit its type; only the replica that leads does.
public struct UndecodableReporter: Sendable {
    private let events: any EventRecorder
    private let fence: LeadershipFence
    private let reason: String

    /// Reports by events.
    ///
    /// - Parameters:
    ///   - fence: whether this replica leads.
    ///   - reason: of the events, a documented constant of the operator.
    public init(events: any EventRecorder, fence: LeadershipFence, reason: String) {
        self.events = events
        self.fence = fence
        self.reason = reason
    }

    /// Reports one object.
    func report<Object: KubernetesResource>(_ object: UndecodableObject, of type: Object.Type) {
        guard fence.remaining() != nil else { return }
        events.record(ObjectEvent(undecodable: object, of: type, reason: reason))
    }
}
